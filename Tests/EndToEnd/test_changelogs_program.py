"""The program that makes articles of changelogs, by itself: what it reads, says, and ends with."""

import gzip
import json

import pytest

from support.changelogs import run
from support.daemon import environment, free_port


@pytest.fixture
def changelogs(tmp_path):
    """Writes changelogs to a directory like /usr/share/doc."""

    def write(text, package="pkg"):
        file = tmp_path / "doc" / package / "changelog.Debian.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(text if isinstance(text, bytes) else text.encode()))
        return tmp_path / "doc"

    return write


def dry(directory, tmp_path, *arguments):
    done = run("--dry-run", "--directory", directory, *arguments, env=environment(tmp_path / "home"))
    return [json.loads(line) for line in done.stdout.splitlines()], done


ENTRY = (
    "pkg ({version}) unstable; urgency=low\n\n{text}\n\n"
    " -- {name} <a@b.example>  Mon, 01 Jan 2024 00:00:0{version} +0000\n\n"
)


def test_an_entry_becomes_an_article(changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * First.\n\n  * Second.", name="Étienne Mollier"))
    articles, done = dry(directory, tmp_path)
    assert articles == [
        {"title": "pkg 1", "body": "  * First.\n\n  * Second.", "topic": "debian", "author": "Étienne Mollier"}
    ]
    assert done.returncode == 0


def test_the_oldest_entry_comes_first_and_a_limit_takes_the_newest(changelogs, tmp_path):
    directory = changelogs("".join(ENTRY.format(version=v, text="  * x", name="A") for v in (3, 2, 1)))
    assert [article["title"] for article in dry(directory, tmp_path)[0]] == ["pkg 1", "pkg 2", "pkg 3"]
    assert [article["title"] for article in dry(directory, tmp_path, "--limit", 2)[0]] == ["pkg 2", "pkg 3"]


def test_bytes_that_are_not_utf_8_are_read_as_latin_1(changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * été", name="J\xf6rg").encode("latin-1"))
    [article] = dry(directory, tmp_path)[0]
    assert (article["author"], article["body"]) == ("Jörg", "  * été")


def test_control_characters_do_not_get_into_an_author(changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * \x1b[31mred", name="A\x1b[31m\x85B" + "x" * 100))
    [article] = dry(directory, tmp_path)[0]
    assert article["author"].startswith("A\ufffd[31m\ufffdBx") and len(article["author"]) == 64
    assert article["body"] == "  * \x1b[31mred"


def test_a_long_body_is_cut_with_a_note(changelogs, tmp_path):
    [article] = dry(changelogs(ENTRY.format(version=1, text="é" * 50_000, name="A")), tmp_path)[0]
    assert len(article["body"].encode()) <= 65536
    assert article["body"].startswith("é" * 32_000)
    assert article["body"].endswith("[Cut here: the whole entry has 100000 bytes.]")


def test_an_entry_without_an_end_and_a_broken_file_are_named_and_the_rest_goes_on(changelogs, tmp_path):
    endless = "pkg (9) unstable; urgency=low\n\n  * no end\n\n"
    changelogs(endless + ENTRY.format(version=1, text="  * x", name="A"), "one")
    directory = changelogs("x", "two")
    (directory / "two" / "changelog.Debian.gz").write_bytes(b"not gzip")
    articles, done = dry(directory, tmp_path)
    assert [article["title"] for article in articles] == ["pkg 1"]
    assert "line 1: pkg 9" in done.stderr and "two/changelog.Debian.gz" in done.stderr
    assert done.returncode == 0


def test_nothing_to_post_is_a_failure(tmp_path):
    articles, done = dry(tmp_path, tmp_path)
    assert (articles, done.returncode) == ([], 1)
    assert str(tmp_path) in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--limit", "0"],
        ["--limit", "x"],
        ["--rate", "-1"],
        ["--concurrency", "0"],
        ["--url", "localhost"],
        ["--colour"],
    ],
)
def test_wrong_use_is_64(tmp_path, arguments):
    assert run(*arguments, env=environment(tmp_path)).returncode == 64


def test_no_server_is_69_and_names_the_url(changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * x", name="A"))
    env = environment(tmp_path / "home") | {"ARTICLES_TOKEN": "x"}
    url = f"http://127.0.0.1:{free_port()}"
    done = run("--directory", directory, "--url", url, env=env)
    assert done.returncode == 69 and url in done.stderr


def test_no_token_is_77(changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * x", name="A"))
    done = run("--directory", directory, env=environment(tmp_path / "home"))
    assert done.returncode == 77 and "--token-file" in done.stderr


def test_a_wrong_token_is_77(changelogs, shared_daemon):
    directory = changelogs(ENTRY.format(version=1, text="  * x", name="A"))
    done = run("--directory", directory, env=shared_daemon.env | {"ARTICLES_TOKEN": "wrong"})
    assert done.returncode == 77 and "401" in done.stderr


def test_an_article_that_is_refused_is_named_and_the_rest_goes_on(start_daemon, changelogs):
    daemon = start_daemon("--max-body", "1000")
    texts = {1: "  * short", 2: "  * " + "long" * 1000, 3: "  * short"}
    directory = changelogs("".join(ENTRY.format(version=v, text=text, name="A") for v, text in texts.items()))
    done = run("--directory", directory, "--token-file", daemon.token_file, env=daemon.env)
    assert done.returncode == 1
    assert "pkg 2: 413" in done.stderr and "2 of 3 articles posted" in done.stderr
    assert {article["title"] for article in daemon.client.get("/api/articles/").json()["results"]} == {"pkg 1", "pkg 3"}


def test_the_local_daemon_s_own_token_is_found(start_daemon, changelogs, tmp_path):
    directory = changelogs(ENTRY.format(version=1, text="  * x", name="A"))
    env = environment(tmp_path / "user")
    daemon = start_daemon(data_dir=tmp_path / "user" / ".local/share" / "articled")
    assert run("--directory", directory, "--url", daemon.url, env=env).returncode == 0
    assert daemon.get(1)["title"] == "pkg 1"
