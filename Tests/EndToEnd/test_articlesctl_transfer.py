"""`articlesctl import` and `export`: in and out, and in again."""

import json
import os
import re
import shlex
import subprocess
import threading

import pytest

from support.admin import bearer

from support.waiting import until


@pytest.fixture
def ctl(daemon, bins):
    return Control(daemon, bins)


class Control:
    """`articlesctl` against a daemon."""

    def __init__(self, daemon, bins):
        self.daemon = daemon
        self.program = str(bins.articlesctl)
        self.env = daemon.env | {"ARTICLES_TOKEN": daemon.token}

    def __call__(self, *arguments, stdin=None, **options):
        return subprocess.run(
            [self.program, *map(str, arguments)],
            env=self.env,
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=100,
            **options,
        )


def lines(articles):
    return "".join(json.dumps(article) + "\n" for article in articles)


def stored(daemon):
    """All articles, oldest first."""
    found, after = [], 0
    while page := daemon.client.get(f"/api/articles/?after={after}&limit=500").json()["results"]:
        found += page
        after = page[-1]["id"]
    return found


def without_ids(articles):
    return [{name: value for name, value in article.items() if name not in ("id", "updated")} for article in articles]


ARTICLES = [
    {
        "title": f"Title {number} ü “”",
        "body": f'Body {number}\n"quoted" \\ {{}}',
        "topic": "abc"[number % 3],
        "author": f"author {number % 7}",
        "published": f"2020-01-01T00:00:{number % 60:02}.000Z",
    }
    for number in range(1234)
]


@pytest.mark.parametrize("format", ["ndjson", "django"])
def test_what_was_exported_is_imported_as_it_was(ctl, start_daemon, bins, format, tmp_path):
    first = ctl("import", "-", stdin=lines(ARTICLES))
    assert (first.returncode, first.stdout) == (0, "") and "imported 1234 articles" in first.stderr
    assert without_ids(stored(ctl.daemon)) == ARTICLES
    exported = ctl("export", "--format", format)
    assert exported.returncode == 0 and exported.stderr == ""
    if format == "django":
        objects = json.loads(exported.stdout)
        assert objects[0]["model"] == "articles.article" and objects[0]["pk"] == 1
    file = tmp_path / "articles"
    file.write_text(exported.stdout)
    other = Control(start_daemon(), bins)
    assert other("import", file).returncode == 0
    assert without_ids(stored(other.daemon)) == ARTICLES


def test_the_same_file_again_makes_no_doubles(ctl, tmp_path):
    file = tmp_path / "articles.ndjson"
    # Two that are alike are two.
    file.write_text(lines([{"title": "Twice"}, {"title": "Twice"}, {"title": "Once"}]))
    for imported, there in ((3, 0), (0, 3)):
        done = ctl("import", file, "--json")
        assert done.returncode == 0
        assert json.loads(done.stdout) == {"imported": imported, "there_already": there, "failed": 0}
    assert len(stored(ctl.daemon)) == 3


def test_bad_lines_are_named_and_the_rest_goes_on(ctl):
    good = [{"title": f"Good {number}"} for number in range(3)]
    text = json.dumps(good[0]) + "\n{oops\n\n" + json.dumps({"title": ""}) + "\n[1]\n" + lines(good[1:])
    done = ctl("import", stdin=text + json.dumps({"title": "t", "topic": "No!"}))
    assert done.returncode == 65
    for said in ("line 2: is not valid JSON", "line 4: title must not be empty", "line 5: must be", "line 8: topic must"):
        assert said in done.stderr, done.stderr
    assert "imported 3 articles" in done.stderr and "4 lines were not imported" in done.stderr
    assert [article["title"] for article in stored(ctl.daemon)] == ["Good 0", "Good 1", "Good 2"]


def test_strict_stops_at_the_first_bad_line(ctl):
    text = lines([{"title": "Good"}]) + "{oops\n" + lines([{"title": "Never"}])
    done = ctl("import", "--strict", stdin=text)
    assert done.returncode == 65 and "line 2" in done.stderr
    assert all(article["title"] != "Never" for article in stored(ctl.daemon))


def test_topics_can_be_replaced_and_exported_apart(ctl):
    ctl("import", "--topic", "old", stdin=lines(ARTICLES[:5]))
    ctl("import", stdin=lines(ARTICLES[5:10]))
    exported = ctl("export", "--topic", "old").stdout.splitlines()
    assert [json.loads(line)["topic"] for line in exported] == ["old"] * 5
    counts = dict(line.split("\t") for line in ctl("topics").stdout.splitlines())
    assert counts["old"] == "5" and sum(map(int, counts.values())) == 10


def test_an_export_goes_on_after_an_article(ctl):
    ctl("import", stdin=lines(ARTICLES[:7]))
    assert [json.loads(line)["id"] for line in ctl("export", "--after", 5).stdout.splitlines()] == [6, 7]
    assert ctl("export", "--after", 7, "--format", "django").stdout == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["import", "/nothing/here"], 66, "/nothing/here can't be read"),
        (["import", "--url", "http://127.0.0.1:9"], 69, "127.0.0.1:9"),
        (["export", "--url", "http://127.0.0.1:9"], 69, "127.0.0.1:9"),
        (["export", "--format", "xml"], 64, "ndjson"),
        (["export", "--after", "-1"], 64, "--after"),
    ],
)
def test_what_can_not_be_done_says_why(ctl, arguments, code, said):
    done = ctl(*arguments, stdin='{"title":"t"}\n')
    assert done.returncode == code, done.stderr
    assert said in done.stderr


def test_an_import_without_the_right_to_write_is_refused(ctl):
    ctl.env = ctl.env | {"ARTICLES_TOKEN": "wrong"}
    done = ctl("import", stdin='{"title":"t"}\n')
    assert done.returncode == 77 and "token" in done.stderr


def test_an_import_outlives_crashes_of_the_server_and_doubles_nothing(start_daemon, bins):
    daemon = start_daemon()
    token = daemon.token
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [str(bins.articlesctl), "import", "--json"],
        env=daemon.env | {"ARTICLES_TOKEN": token},
        stdin=reader,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(reader)
    count = 20000

    def feed():
        with os.fdopen(writer, "w") as pipe:
            for number in range(count):
                pipe.write(json.dumps({"title": f"Title {number}", "body": "x" * 100}) + "\n")

    feeder = threading.Thread(target=feed)
    feeder.start()
    for share in (0.1, 0.4):
        until(lambda: newest_id(daemon) > count * share, "some articles", 60)
        daemon.kill9()
        daemon.start()
    output, errors = process.communicate(timeout=100)
    feeder.join()
    assert process.returncode == 0, errors
    done = json.loads(output)
    assert done["imported"] + done["there_already"] == count and done["failed"] == 0
    assert [article["title"] for article in stored(daemon)] == [f"Title {number}" for number in range(count)]


def newest_id(daemon):
    page = daemon.client.get("/api/articles/?limit=1", headers=bearer(daemon.token)).json()["results"]
    return page[0]["id"] if page else 0


def test_a_hundred_thousand_articles_are_imported_in_flat_memory(start_daemon, bins, tmp_path):
    daemon = start_daemon("--store", "memory:")
    peaks = []
    for count in (2000, 100_000):
        file = tmp_path / f"{count}.ndjson"
        with file.open("w") as out:
            for number in range(count):
                out.write(json.dumps({"title": f"Title {count} {number}", "body": "x" * 100}) + "\n")
        process = subprocess.Popen(
            [str(bins.articlesctl), "import", str(file)],
            env=daemon.env | {"ARTICLES_TOKEN": daemon.token},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss)
    assert peaks[1] < peaks[0] + 30 * 1024, peaks
    assert newest_id(daemon) == 102_000


# On a terminal


def bar(shown):
    """The texts of the progress line, in their order."""
    return [text for text in re.split(r"\r\x1b\[K", shown) if " articles, " in text]


def test_import_shows_rate_and_time_left_on_a_terminal(ctl, tmp_path):
    file = tmp_path / "articles.ndjson"
    with file.open("w") as out:
        for number in range(20_000):
            out.write(json.dumps({"title": f"Title {number}", "body": "x" * 200}) + "\n")
    shown = on_terminal(ctl, f"import {file}")
    texts = bar(shown)
    assert texts and all(re.match(r"\d+ articles, \d+/s, \d+ %, \d+:\d\d left", text) for text in texts), shown
    counts = [int(text.split()[0]) for text in texts]
    assert counts == sorted(counts)
    # The line has gone when the result is said.
    assert shown.rsplit("\r\x1b[K", 1)[1].strip() == "articlesctl: imported 20000 articles"
    assert "\x1b" not in ctl("import", stdin=lines(ARTICLES)).stderr

    exported = on_terminal(ctl, f"export > {tmp_path / 'exported'}")
    assert all(re.match(r"\d+ articles, \d+/s, \d+ %, \d+:\d\d left", text) for text in bar(exported)) and bar(exported)
    assert len((tmp_path / "exported").read_text().splitlines()) == 20_000 + len(ARTICLES)


def on_terminal(ctl, arguments):
    """What the command shows on a terminal of its own."""
    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", f"{shlex.quote(ctl.program)} {arguments}", "/dev/null"],
        env=ctl.env | {"TERM": "xterm"}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    # Not as text: that would make line ends of the returns that the line is written over with.
    return done.stdout.decode()


# Feeds of other places


def test_a_feed_of_another_place_is_imported(ctl, tmp_path):
    file = tmp_path / "feed.xml"
    items = "".join(f"<item><title>News {n}</title><description>Body {n}</description></item>" for n in (2, 1))
    file.write_text(f'<?xml version="1.0"?>\n<rss version="2.0"><channel>{items}</channel></rss>')
    done = ctl("import", "--from", file, "--topic", "blog")
    assert done.returncode == 0, done.stderr
    assert [(a["title"], a["body"], a["topic"]) for a in stored(ctl.daemon)] == [
        ("News 1", "Body 1", "blog"),
        ("News 2", "Body 2", "blog"),
    ]
    file.write_text("<rss><channel>")
    broken = ctl("import", file)
    assert broken.returncode == 65 and "not valid XML" in broken.stderr
