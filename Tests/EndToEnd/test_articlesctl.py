"""articlesctl as people and scripts run it, against a real daemon."""

import json
import os
import pty
import signal
import subprocess
import threading

import pytest

from support.waiting import until


@pytest.fixture
def ctl(bins):
    """Runs articlesctl to its end: `ctl(daemon, "add", "--title", "x", input="body")`."""

    def ctl(daemon, *arguments, input="", env=None, **options):
        return subprocess.run(
            [bins.articlesctl, *map(str, arguments)],
            env=daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)} | (env or {}),
            input=input,
            capture_output=True,
            text=True,
            timeout=30,
            **options,
        )

    return ctl


class Watch:
    """A running `articlesctl watch`; its lines are collected as they come."""

    def __init__(self, bins, daemon, *flags):
        self.lines = []
        self.process = subprocess.Popen(
            [bins.articlesctl, "watch", "--json", *flags],
            env=daemon.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def titles(self):
        return [line["fields"]["title"] for line in self.lines]

    def until_titles(self, expected, deadline=40):
        until(lambda: len(self.titles()) >= len(expected), f"{len(expected)} lines", deadline)
        assert self.titles() == expected


# Adding


def test_add_prints_the_id_alone_and_works_with_no_configuration(shared_daemon, ctl):
    done = ctl(shared_daemon, "add", "--title", "Hello", "--body", "First article")
    assert (done.returncode, done.stderr) == (0, "")
    article = shared_daemon.get(int(done.stdout))
    assert done.stdout == f"{article['id']}\n"
    assert (article["title"], article["body"], article["topic"], article["author"]) == (
        "Hello", "First article", "news", "local",
    )  # fmt: skip


def test_add_prints_the_article_as_json(shared_daemon, ctl):
    done = ctl(shared_daemon, "add", "-t", "As JSON", "-b", "b", "--topic", "x.y", "--json")
    article = json.loads(done.stdout)
    assert (article["title"], article["topic"]) == ("As JSON", "x.y") and article["cursor"]


@pytest.mark.parametrize("flags", [(), ("--body", "-"), ("--body-file", "-")])
def test_the_body_comes_from_a_pipe(shared_daemon, ctl, flags):
    done = ctl(shared_daemon, "add", "-t", "Piped", *flags, input="line 1\nlíne 2\n")
    assert shared_daemon.get(int(done.stdout))["body"] == "line 1\nlíne 2\n"


def test_an_empty_pipe_is_an_empty_body(shared_daemon, ctl):
    done = ctl(shared_daemon, "add", "-t", "Empty")
    assert shared_daemon.get(int(done.stdout))["body"] == ""


def test_the_body_comes_from_a_file(shared_daemon, ctl, tmp_path):
    (tmp_path / "body.txt").write_text("from a file")
    done = ctl(shared_daemon, "add", "-t", "File", "--body-file", tmp_path / "body.txt")
    assert shared_daemon.get(int(done.stdout))["body"] == "from a file"


def test_two_adds_are_two_articles(shared_daemon, ctl):
    ids = [int(ctl(shared_daemon, "add", "-t", "Same", "-b", "same").stdout) for _ in range(2)]
    assert ids[0] != ids[1]


@pytest.mark.parametrize(
    "code, arguments, input",
    [
        (64, ("add",), ""),
        (64, ("add", "-t", "x", "-b", "y", "--body-file", "z"), ""),
        (64, ("nonsense",), ""),
        (64, ("list", "--limit", "0"), ""),
        (64, ("watch", "--since", "nonsense"), ""),
        (64, ("watch", "--last", "501"), ""),
        (64, ("rm", "1"), ""),
        (64, ("--url", "nonsense", "list"), ""),
        (64, ("list", "--url", "nonsense"), ""),
        (65, ("add", "-t", "", "-b", "x"), ""),
        (65, ("add", "-t", "x" * 257, "-b", "x"), ""),
        (65, ("add", "-t", "a\nb", "-b", "x"), ""),
        (65, ("add", "-t", "x", "--topic", "BAD", "-b", "x"), ""),
        (65, ("add", "-t", "x"), "x" * 70_000),
        (66, ("add", "-t", "x", "--body-file", "/no/such/file"), ""),
        (66, ("list", "--token-file", "/no/such/file"), ""),
        (1, ("get", "999999"), ""),
        (1, ("edit", "999999", "-t", "x"), ""),
        (1, ("rm", "999999", "--yes"), ""),
    ],
)
def test_what_goes_wrong_has_its_exit_code_and_a_message(shared_daemon, ctl, code, arguments, input):
    done = ctl(shared_daemon, *arguments, input=input)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr
    assert code == 64 or done.stderr.count("\n") <= 3


def test_a_dead_server_is_named_with_the_flag_to_change_it(shared_daemon, ctl):
    done = ctl(shared_daemon, "list", "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (69, "")
    assert "http://127.0.0.1:1" in done.stderr and "--url" in done.stderr and done.stderr.count("\n") <= 3


def test_something_else_on_the_port_is_told(shared_daemon, ctl):
    done = ctl(shared_daemon, "get", "1", "--url", f"{shared_daemon.url}/articles")
    assert done.returncode in (1, 69) and done.stderr.count("\n") <= 3


# Tokens


def test_tokens_come_from_the_file_then_the_environment_then_the_local_daemon(shared_daemon, ctl, tmp_path):
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_text(shared_daemon.token + "\n")
    bad.write_text("wrong\n")
    add = ("add", "-t", "Token", "-b", "b")
    assert ctl(shared_daemon, *add, "--token-file", good, env={"ARTICLES_TOKEN": "wrong"}).returncode == 0
    assert ctl(shared_daemon, *add, env={"ARTICLES_TOKEN": "wrong"}).returncode == 77
    refused = ctl(shared_daemon, *add, "--token-file", bad)
    assert refused.returncode == 77 and "--token-file" in refused.stderr and "wrong" not in refused.stderr


def test_the_token_is_never_printed(shared_daemon, ctl):
    outputs = [ctl(shared_daemon, *arguments) for arguments in (("status",), ("list",), ("add", "-t", "x", "--json"))]
    assert all(shared_daemon.token not in done.stdout + done.stderr for done in outputs)


# Reading and changing


def test_list_is_newest_first_and_pages_by_itself(daemon, ctl):
    for number in range(1, 31):
        daemon.add(f"Title {number}", topic="odd" if number % 2 else "even")
    lines = ctl(daemon, "list", "--limit", 25, "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == list(range(30, 5, -1))
    odd = ctl(daemon, "list", "--topic", "odd", "--before", 10, "--json").stdout.splitlines()
    assert [json.loads(line)["id"] for line in odd] == [9, 7, 5, 3, 1]
    assert "Title 17" in ctl(daemon, "list", "--search", "title 17").stdout


def test_get_edit_and_rm(shared_daemon, ctl):
    id = shared_daemon.add("Before", "the body")
    assert "the body" in ctl(shared_daemon, "get", id).stdout
    assert ctl(shared_daemon, "edit", id, "--title", "After").returncode == 0
    article = shared_daemon.get(id)
    assert (article["title"], article["body"]) == ("After", "the body")
    assert ctl(shared_daemon, "rm", id, "--yes").returncode == 0
    assert ctl(shared_daemon, "get", id).returncode == 1


def in_terminal(bins, daemon, *arguments, typed="", env=None):
    """Run with a terminal as standard input and output; returns exit code and what was shown."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [bins.articlesctl, *map(str, arguments)],
        env=daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)} | (env or {}),
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, typed.encode())
    shown = b""
    while True:
        try:
            chunk = os.read(leader, 4096)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    os.close(leader)
    return process.wait(20), shown.decode()


def test_rm_asks_on_a_terminal_and_obeys(shared_daemon, bins, ctl):
    id = shared_daemon.add("Precious")
    code, shown = in_terminal(bins, shared_daemon, "rm", id, typed="n\n")
    assert code == 0 and "Precious" in shown
    assert shared_daemon.get(id)
    in_terminal(bins, shared_daemon, "rm", id, typed="y\n")
    assert ctl(shared_daemon, "get", id).returncode == 1


def editor(tmp_path, script):
    path = tmp_path / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"VISUAL": "", "EDITOR": str(path)}


def test_edit_opens_the_editor_with_title_and_body(shared_daemon, bins, tmp_path):
    id = shared_daemon.add("Old title", "old body")
    env = editor(tmp_path, 'sed -i "s/Old title/New title/; s/old body/new body/" "$1"')
    assert in_terminal(bins, shared_daemon, "edit", id, env=env)[0] == 0
    article = shared_daemon.get(id)
    assert (article["title"], article["body"]) == ("New title", "new body")


@pytest.mark.parametrize("script", [":", ': > "$1"', "exit 1"], ids=["unchanged", "emptied", "failed"])
def test_an_edit_that_was_given_up_changes_nothing(shared_daemon, bins, tmp_path, script):
    id = shared_daemon.add("Title", "body")
    assert in_terminal(bins, shared_daemon, "edit", id, env=editor(tmp_path, script))[0] == 1
    assert shared_daemon.get(id)["updated"] is None


def test_what_somebody_else_changed_is_not_overwritten(shared_daemon, bins, tmp_path):
    id = shared_daemon.add("Title", "body")
    other = (
        f'curl -sf -X PATCH -H "Authorization: Bearer {shared_daemon.token}" -H "Content-Type: application/json" '
        f"-d '{{\"title\":\"Theirs\"}}' {shared_daemon.url}/api/articles/{id}/ > /dev/null; echo mine >> \"$1\""
    )
    code, shown = in_terminal(bins, shared_daemon, "edit", id, env=editor(tmp_path, other))
    assert code == 1 and "changed by somebody else" in shown
    assert shared_daemon.get(id)["title"] == "Theirs"


def test_titles_can_not_drive_the_terminal(shared_daemon, ctl):
    id = shared_daemon.add("safe \u202eevil", "\x1b[31mred")
    assert "safe <U+202E>evil" in ctl(shared_daemon, "list").stdout
    assert "␛[31mred" in ctl(shared_daemon, "get", id).stdout


def test_status_and_help(shared_daemon, ctl):
    status = json.loads(ctl(shared_daemon, "status", "--json").stdout)
    assert status["version"] and status["cursor"]
    shown = ctl(shared_daemon)
    assert shown.returncode == 0 and 'articlesctl add --title "Hello"' in shown.stdout
    assert ctl(shared_daemon, "--version").stdout.strip()


# Watching


def test_watch_begins_with_the_latest_and_goes_on(daemon, bins):
    for number in range(1, 8):
        daemon.add(f"Title {number}")
    with Watch(bins, daemon) as watch:
        watch.until_titles([f"Title {number}" for number in range(3, 8)])
        daemon.add("Title 8")
        watch.until_titles([f"Title {number}" for number in range(3, 9)])


def test_watch_loses_and_repeats_nothing_over_restarts_and_crashes(daemon, bins):
    expected = []
    with Watch(bins, daemon) as watch:
        for round in range(4):
            for number in range(3):
                expected.append(f"Title {round}.{number}")
                daemon.add(expected[-1])
            watch.until_titles(expected)
            daemon.kill9() if round % 2 else daemon.stop()
            daemon.start()
            expected.append(f"Title {round} after")
            daemon.add(expected[-1])
        watch.until_titles(expected)


def test_watch_can_end_when_live_and_begin_at_a_cursor(daemon, ctl):
    daemon.add("One")
    cursor = daemon.status()["cursor"]
    daemon.add("Two", topic="x")
    daemon.add("Three")
    done = ctl(daemon, "watch", "--until-live", "--since", cursor, "--json")
    assert done.returncode == 0
    assert [json.loads(line)["fields"]["title"] for line in done.stdout.splitlines()] == ["Two", "Three"]
    done = ctl(daemon, "watch", "--until-live", "--topic", "x", "--json")
    assert [json.loads(line)["fields"]["title"] for line in done.stdout.splitlines()] == ["Two"]


def test_watch_says_where_something_may_be_missing(daemon, ctl):
    daemon.add("Here")
    done = ctl(daemon, "watch", "--until-live", "--since", "1-ffffffff")
    assert "gap" in done.stderr and "Here" in done.stdout


def test_watch_ends_quietly_when_its_reader_goes_away(daemon, bins):
    daemon.add("One")
    # Nothing more is written once head has gone, and still it must notice.
    command = f"{bins.articlesctl} watch | head -n 1"
    done = subprocess.run(["sh", "-c", command], env=daemon.env, capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stderr) == (0, "") and "One" in done.stdout


def test_watch_is_interrupted_with_130(daemon, bins):
    daemon.add("One")
    with Watch(bins, daemon) as watch:
        watch.until_titles(["One"])
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(10) == 130
