"""`articlesctl` when something between it and the server fails, or when it is killed itself."""

import json
import subprocess

import pytest

from support.admin import CHEAP, PASSWORD
from support.articlesctl import Ctl
from support.proxy import Proxy
from support.waiting import until


def connected(bins, daemon):
    return Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)})


@pytest.fixture
def ctl(bins, daemon):
    return connected(bins, daemon)


def titles(daemon):
    return [article["title"] for article in daemon.client.get("/api/articles/?after=0&limit=500").json()["results"]]


def test_an_article_whose_answer_was_lost_is_posted_once(ctl, daemon):
    answers = []

    def to_client(data):
        answers.append(data)
        return None if len(answers) == 1 else data

    with Proxy(daemon.port, to_client=to_client) as proxy:
        out = ctl("add", "--title", "Once", "--body", "b", ARTICLES_URL=proxy.url, ARTICLES_TOKEN=daemon.token).succeeded()
    assert out == "1\n" and len(answers) == 2
    assert titles(daemon) == ["Once"]


def test_an_import_that_was_killed_goes_on_without_doubles(ctl, daemon, tmp_path):
    file = tmp_path / "articles.ndjson"
    expected = [f"Title {number}" for number in range(400)]
    file.write_text("".join(json.dumps({"title": title, "body": "x" * 20_000}) + "\n" for title in expected))
    with ctl.start("import", file) as process:
        until(lambda: daemon.status()["cursor"] != "0-00000000", "the first articles")
        process.kill()
        process.communicate()
    done = json.loads(ctl("import", file, "--json").out)
    assert done["imported"] + done["there_already"] == 400 and done["there_already"] > 0
    assert titles(daemon) == expected


def test_an_export_that_was_cut_off_says_how_to_go_on(ctl, daemon):
    for number in range(600):
        daemon.add(f"Title {number}")
    pages = []

    def to_server(data):
        pages.append(b"after=500" in data)
        return None if pages[-1] else data

    with Proxy(daemon.port, to_server=to_server) as proxy:
        done = ctl("export", ARTICLES_URL=proxy.url)
    assert done.code == 69 and "To go on: --after 500" in done.err and done.err.count("\n") <= 3
    rest = ctl("export", "--after", 500).succeeded()
    both = [json.loads(line)["title"] for line in (done.out + rest).splitlines()]
    assert both == [f"Title {number}" for number in range(600)]


def test_the_doctor_sees_a_proxy_that_does_not_pass_the_upgrade_on(ctl, daemon):
    with Proxy(daemon.port, to_server=lambda data: data.replace(b"Upgrade", b"X-Lost_")) as proxy:
        done = ctl("doctor", "--json", ARTICLES_URL=proxy.url)
    found = {line["check"]: line for line in map(json.loads, done.out.splitlines())}
    assert done.code != 0 and found["connection"]["result"] == "ok" and found["feed"]["result"] == "failed"
    assert "Upgrade" in found["feed"]["advice"]


def test_the_doctor_sees_clocks_that_are_apart(ctl):
    """The answer's date, an hour later than it was."""

    def later(data):
        head, mark, rest = data.partition(b"date: ")
        if not mark:
            head, mark, rest = data.partition(b"Date: ")
        return head + mark + b"Tue, 24 Nov 2020 13:59:15 GMT" + rest[29:] if mark else data

    port = int(ctl.env["ARTICLES_URL"].rpartition(":")[2])
    with Proxy(port, to_client=later) as proxy:
        done = ctl("doctor", "--json", ARTICLES_URL=proxy.url)
    clock = next(line for line in map(json.loads, done.out.splitlines()) if line["check"] == "clock")
    assert clock["result"] == "note" and "ahead of the server" in clock["detail"] and "clock" in clock["advice"]


# What every command has


def dumped(bins):
    """All commands of the program, by their words, with the names of their options."""
    told = subprocess.run([bins.articlesctl, "--experimental-dump-help"], capture_output=True, check=True).stdout

    def walk(command, words=()):
        children = [child for child in command.get("subcommands", []) if child["commandName"] != "help"]
        if not children:
            yield words, {name["name"] for argument in command["arguments"] for name in argument.get("names", [])}
        for child in children:
            yield from walk(child, (*words, child["commandName"]))

    return dict(walk(json.loads(told)["command"]))


def test_every_command_speaks_json_and_knows_no_token_in_its_arguments(bins, ctl):
    commands = dumped(bins)
    # These print nothing but data of a form of its own.
    without = {words for words, options in commands.items() if "json" not in options}
    assert without == {("export",), ("completions",)}
    assert all("token" not in options and "password" not in options for options in commands.values())
    ctl("list", "--token", "s3cret").failed(64, "--token")


def test_what_changes_something_says_so_as_json(bins, start_daemon):
    daemon = start_daemon(*CHEAP)
    ctl = connected(bins, daemon)

    def told(*arguments, **options):
        return json.loads(ctl(*arguments, "--json", **options).succeeded())

    ids = [daemon.add("One"), daemon.add("Two")]
    assert told("edit", ids[0], "--title", "New")["title"] == "New"
    assert told("rm", *ids, "--yes") == {"removed": ids}
    assert told("user", "add", "ada", "--password-stdin", stdin=PASSWORD) == {"name": "ada", "role": "editor"}
    assert told("user", "role", "ada", "viewer") == {"name": "ada", "role": "viewer"}
    assert told("user", "passwd", "ada", "--password-stdin", stdin=PASSWORD + "2")["changed"] == "password"
    assert told("user", "rm", "ada", "--yes") == {"removed": "ada"}
    made = told("token", "create", "ci", "--expires", "1h")
    assert made["name"] == "ci" and made["role"] == "editor" and made["expires"]
    assert told("login", stdin=made["token"] + "\n") == {"server": daemon.url, "name": "ci", "role": "editor"}
    assert told("whoami")["name"] == "ci"
    assert told("logout") == {"server": daemon.url, "was_logged_in": True}
    assert told("token", "revoke", "ci") == {"revoked": "ci"}
