"""`articlesctl` with every kind of input, output, terminal and mistake."""

import http.server
import json
import os
import shlex
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from support.articlesctl import DEADLINE, Console, Ctl, lines
from support.daemon import environment, free_port
from support.waiting import until


@pytest.fixture
def alone(bins, tmp_path):
    """Without a server."""
    url = f"http://127.0.0.1:{free_port()}"
    return Ctl(bins.articlesctl, environment(tmp_path / "home") | {"ARTICLES_URL": url})


@pytest.fixture
def ctl(bins, daemon):
    """With a server, whose token is found as that of this machine."""
    return Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)})


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


# Without a server


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"]])
def test_help_starts_with_examples(alone, arguments):
    text = alone(*arguments).succeeded()
    assert "articlesctl add --title" in "\n".join(text.splitlines()[:6])
    assert "USAGE" in text and "69" in text


def test_version(alone):
    assert alone("--version").succeeded().strip().replace(".", "").isdigit()


@pytest.mark.parametrize(
    "arguments, word",
    [
        (["bogus"], "bogus"),
        (["add"], "--title"),
        (["add", "--title", "t", "--bogus"], "--bogus"),
        (["add", "--title", "t", "--body", "b", "--body-file", "f"], "--body-file"),
        (["get"], "id"),
        (["get", "one"], "one"),
        (["list", "--limit", "0"], "--limit"),
        (["edit", "1"], "--title"),
        (["rm", "1"], "--yes"),
        (["watch", "--last", "501"], "--last"),
        (["watch", "--since", "zzz"], "--since"),
        (["watch", "--topic", "Bad!"], "--topic"),
        (["status", "--url", "localhost:8000"], "--url"),
        (["status", "--url", "ftp://localhost"], "--url"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64_and_names_what_is_wrong(alone, arguments, word):
    alone(*arguments).failed(64, word)


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "--title", "t", "--body", "b"],
        ["list"],
        ["get", "1"],
        ["edit", "1", "--title", "t"],
        ["rm", "1", "--yes"],
        ["status"],
        ["watch", "--until-live"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_dead_server_is_69_with_its_address_and_the_flag(alone, arguments):
    alone(*arguments).failed(69, alone.env["ARTICLES_URL"], "--url", "ARTICLES_URL")


def test_an_unknown_host_is_69(alone):
    alone("list", "--url", "http://no-such-host.invalid").failed(69, "no-such-host.invalid", "--url")


def test_what_is_no_articles_server_is_told_as_such(alone):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with server:
        done = alone("list", "--url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert done.code in (1, 69) and str(server.server_port) in done.err, done


@pytest.mark.parametrize(
    "flags, code", [(["--body-file", "/no/such/file"], 66), (["--body-file", "/"], 66), (["--token-file", "/no/such/file"], 66)]
)
def test_a_file_that_cannot_be_read_is_66_and_named(alone, flags, code):
    alone("add", "--title", "t", *flags).failed(code, *flags)


def test_an_empty_token_file_is_66_and_named(alone, tmp_path):
    (tmp_path / "token").touch()
    alone("list", "--token-file", tmp_path / "token").failed(66, str(tmp_path / "token"), "--token-file")


@pytest.mark.parametrize(
    "arguments, stdin, word",
    [
        (["--title", ""], "", "--title"),
        (["--title", "x" * 257], "", "256"),
        (["--title", "a\x1bb"], "", "U+001B"),
        (["--title", "t", "--topic", "No Topic"], "", "--topic"),
        (["--title", "t"], b"\xff\xfe", "UTF-8"),
    ],
)
def test_bad_data_is_65_without_asking_the_server(alone, arguments, stdin, word):
    alone("add", *arguments, stdin=stdin).failed(65, word)


def test_a_password_in_the_address_is_refused_and_never_repeated(alone):
    assert "s3cret" not in alone("list", "--url", "http://ada:s3cret@localhost/?x").failed(64, "--token-file")


# add


def test_add_prints_the_id_alone_or_the_article(ctl, daemon):
    out = ctl("add", "--title", "Hello", "--body", "First").succeeded()
    assert daemon.get(int(out)) | {"title": "Hello", "body": "First", "topic": "news"} == daemon.get(int(out))
    assert out == f"{int(out)}\n"
    article = json.loads(ctl("add", "--title", "T", "--topic", "ops", "--json", "--body", "").succeeded())
    assert article["topic"] == "ops" and article["id"] == int(out) + 1 and "-" in article["cursor"]


TEXT = "line\r\n\ttab \x1b[31m é 日本語 👩‍👩‍👧 \u202e end, no newline"


@pytest.mark.parametrize(
    "arguments, stdin",
    [
        (["--body", TEXT], ""),
        ([], TEXT),
        (["--body", "-"], TEXT),
        (["--body-file", "-"], TEXT),
        (["--body-file", "FILE"], ""),
        (["--body-file", "PIPE"], ""),
    ],
    ids=["option", "pipe", "dash", "file-dash", "file", "named pipe"],
)
def test_a_body_arrives_byte_for_byte_wherever_it_comes_from(ctl, daemon, tmp_path, arguments, stdin):
    file, fifo = tmp_path / "body", tmp_path / "pipe"
    file.write_bytes(TEXT.encode())
    os.mkfifo(fifo)
    names = {"FILE": str(file), "PIPE": str(fifo)}
    with subprocess.Popen(["sh", "-c", f'cat "{file}" > "{fifo}"'] if "PIPE" in arguments else ["true"]):
        out = ctl("add", "--title", "t", *(names.get(word, word) for word in arguments), stdin=stdin).succeeded()
    assert daemon.get(int(out))["body"] == TEXT


def test_nothing_on_standard_input_is_an_empty_body(ctl, daemon):
    with open("/dev/null") as null:
        out = ctl("add", "--title", "t", stdin=null).succeeded()
    assert daemon.get(int(out))["body"] == ""


def test_a_body_over_the_limit_is_65(ctl):
    ctl("add", "--title", "t", stdin="x" * 65_537).failed(65, ctl.env["ARTICLES_URL"])


def test_an_output_that_cannot_be_written_is_no_success(ctl):
    with open("/dev/full", "wb") as full, ctl.start("add", "--title", "t", "--body", "b", stdout=full) as process:
        assert b"can't be written" in process.communicate(timeout=DEADLINE)[1]
        assert process.returncode == 1


# Who is calling


def test_a_wrong_token_is_77_and_is_not_shown(ctl, daemon):
    said = ctl("add", "--title", "t", "--body", "b", ARTICLES_TOKEN="wr0ng").failed(77, daemon.url, "--token-file")
    assert "wr0ng" not in said


def test_without_a_token_writing_is_77_and_reading_is_allowed(ctl, tmp_path):
    nowhere = {"ARTICLED_DATA_DIR": str(tmp_path)}
    ctl("add", "--title", "t", "--body", "b", **nowhere).failed(77, "--token-file", "ARTICLES_TOKEN")
    ctl("list", **nowhere).succeeded()


def test_the_file_wins_over_the_variable_and_that_over_the_machine_s_token(ctl, daemon, tmp_path):
    add = ["add", "--title", "t", "--body", "b"]
    ctl(*add, "--token-file", daemon.token_file, ARTICLES_TOKEN="wr0ng").succeeded()
    ctl(*add, ARTICLES_TOKEN="wr0ng").failed(77)
    ctl(*add, ARTICLES_TOKEN=daemon.token, ARTICLED_DATA_DIR=str(tmp_path)).succeeded()
    ctl(*add, ARTICLES_TOKEN="").succeeded()


def test_a_daemon_that_was_only_started_needs_no_configuration(bins, start_daemon):
    daemon = start_daemon.prepare()
    daemon.data_dir = Path(daemon.env["XDG_DATA_HOME"]) / "articled"
    daemon.start()
    assert Ctl(bins.articlesctl, daemon.env)("add", "--title", "t", "--body", "b").succeeded() == "1\n"


# list, get, status


def test_a_list_has_tabs_in_a_pipe_and_objects_as_json(ctl, daemon):
    first, second = daemon.add("First"), daemon.add("Second", topic="ops")
    rows = [line.split("\t") for line in ctl("list").succeeded().splitlines()]
    assert [(int(row[0]), row[2], row[4]) for row in rows] == [(second, "ops", "Second"), (first, "news", "First")]
    assert lines(ctl("list", "--json").succeeded()) == [daemon.get(second), daemon.get(first)]


def test_a_list_can_be_narrowed(ctl, daemon):
    ids = [daemon.add(f"Article {n}", body="needle" if n == 1 else "", topic="ops" if n > 1 else "news") for n in range(4)]

    def listed(*arguments):
        return [article["id"] for article in lines(ctl("list", "--json", *arguments).succeeded())]

    assert listed("--limit", 2) == [ids[3], ids[2]]
    assert listed("--before", ids[2]) == [ids[1], ids[0]]
    assert listed("--topic", "ops") == [ids[3], ids[2]]
    assert listed("--search", "needle") == [ids[1]]


def test_a_long_list_is_fetched_in_pages(ctl, daemon):
    ids = [daemon.add(f"Article {n}") for n in range(510)]
    out = ctl("list", "--limit", 505).succeeded()
    assert [int(line.split("\t")[0]) for line in out.splitlines()] == ids[:-506:-1]


def test_get_shows_the_article(ctl, daemon):
    id = daemon.add("Title", "Body\nof two lines", "ops")
    text = ctl("get", id).succeeded()
    assert text.startswith("Title\n") and text.endswith("\n\nBody\nof two lines\n") and "ops" in text
    assert json.loads(ctl("get", id, "--json").succeeded()) == daemon.get(id)


def test_an_article_that_is_not_there_is_1(ctl):
    for command in (["get", 7], ["edit", 7, "--title", "t"], ["rm", 7, "--yes"]):
        ctl(*command).failed(1, "7", ctl.env["ARTICLES_URL"])


def test_status_is_that_of_the_server(ctl, daemon):
    assert daemon.url in ctl("status").succeeded()
    ours, its = json.loads(ctl("status", "--json").succeeded()), daemon.status()
    assert {name: ours[name] for name in ("node", "version", "role", "cursor")} == {
        name: its[name] for name in ("node", "version", "role", "cursor")
    }


def test_articles_cannot_drive_a_terminal(ctl, daemon):
    id = daemon.add("Title \u202e turned", body="bell \x07 colour \x1b[31m c1 \x9b31m")
    for arguments in (["list"], ["get", str(id)], ["list", "--json"], ["get", str(id), "--json"], ["watch", "--until-live"]):
        output = ctl.output_on_terminal(*arguments)
        for control in ("\x07", "\x1b[31m", "\x9b", "\u202e"):
            assert control not in output, (arguments, output)
    assert json.loads(ctl.output_on_terminal("get", str(id), "--json")) == daemon.get(id)


def test_colour_is_for_terminals_that_want_it(ctl, daemon):
    daemon.add("Title")
    assert "\x1b[" in ctl.output_on_terminal("list")
    assert "\x1b[" not in ctl("list").succeeded()
    ctl.env |= {"NO_COLOR": "1"}
    assert "\x1b[" not in ctl.output_on_terminal("list")


# edit


def test_edit_changes_what_is_named_and_nothing_else(ctl, daemon):
    id = daemon.add("Old", "Body", "ops")
    assert ctl("edit", id, "--title", "New").succeeded() == ""
    assert (daemon.get(id)["title"], daemon.get(id)["body"], daemon.get(id)["topic"]) == ("New", "Body", "ops")
    assert json.loads(ctl("edit", id, "--body", "-", "--json", stdin="Other").succeeded())["body"] == "Other"
    ctl("edit", id, "--topic", "news").succeeded()
    assert daemon.get(id)["topic"] == "news"


def test_an_editor_opens_with_title_and_body(ctl, daemon, tmp_path):
    id = daemon.add("Old title", "Old body")
    editor = script(tmp_path / "editor", f'cp "$2" "{tmp_path}/shown"; sed -i s/Old/New/ "$2"')
    with ctl.terminal(tmp_path, "edit", str(id), VISUAL=f"{editor} --option") as terminal:
        terminal.until_shown("exit status 0")
    assert (tmp_path / "shown").read_text() == "Old title\n\nOld body"
    assert (daemon.get(id)["title"], daemon.get(id)["body"]) == ("New title", "New body")


def test_an_article_that_changed_meanwhile_is_not_overwritten_and_the_text_is_kept(ctl, daemon, tmp_path):
    id = daemon.add("Old", "Body")
    again = shlex.join([str(ctl.executable), "edit", str(id), "--title", "Theirs"])
    editor = script(tmp_path / "editor", f'{again} </dev/null; echo "Ours" > "$1"')
    with ctl.terminal(tmp_path, "edit", str(id), EDITOR=editor, TMPDIR=str(tmp_path)) as terminal:
        screen = terminal.until_shown("exit status 1")
    assert "changed by somebody else" in screen
    assert daemon.get(id)["title"] == "Theirs"
    assert [file.read_text() for file in tmp_path.glob("article-*.txt")] == ["Ours\n"]


# The editor of add


def test_add_opens_an_editor_on_a_terminal(ctl, daemon, tmp_path):
    # It reads from the terminal, as a real one does: only the foreground process group may.
    editor = script(tmp_path / "editor", 'echo Ready; read -r line < /dev/tty; echo "$line" > "$1"')
    with ctl.terminal(tmp_path, "add", "--title", "Written", EDITOR=editor, TMPDIR=str(tmp_path)) as terminal:
        terminal.until_shown("Ready")
        terminal.keys("some text", "Enter")
        terminal.until_shown("exit status 0")
    assert daemon.get(1)["body"] == "some text"
    assert list(tmp_path.glob("article-*")) == []


def test_interrupting_is_the_editor_s_business(ctl, daemon, tmp_path):
    editor = script(tmp_path / "editor", "trap 'echo Still here' INT; echo Ready; read -r a; read -r b; echo text > \"$1\"")
    with Console(ctl, "add", "--title", "t", EDITOR=editor) as console:
        console.until_shown(b"Ready")
        console.type(b"\x03")
        console.until_shown(b"Still here")
        console.type(b"\n\n")
        assert console.until_ended() == 0, console.shown
    assert daemon.get(1)["body"] == "text"


@pytest.mark.parametrize(
    "editor, status, word",
    [
        ("true", 1, "nothing was posted"), ("printf '\\n \\n' >", 1, "nothing was posted"), ("false", 1, "failed"),
        ("printf '\\377' >", 65, "is kept in"),
    ],
)
def test_an_edit_that_was_given_up_posts_nothing(ctl, daemon, tmp_path, editor, status, word):
    with ctl.terminal(tmp_path, "add", "--title", "t", EDITOR=editor, TMPDIR=str(tmp_path)) as terminal:
        assert word in terminal.until_shown(f"exit status {status}")
    assert daemon.status()["cursor"] == "0-00000000"


# rm


def test_rm_never_hangs_where_nobody_can_be_asked(ctl, daemon):
    id = daemon.add("Kept")
    ctl("rm", id, stdin="y\n").failed(64, "--yes")
    assert daemon.get(id)
    assert ctl("rm", id, daemon.add("Two"), "--yes").succeeded() == ""
    ctl("get", id).failed(1)


@pytest.mark.parametrize("answer, is_deleted", [("y", True), ("n", False), ("", False)])
def test_rm_asks_on_a_terminal(ctl, daemon, tmp_path, answer, is_deleted):
    id = daemon.add("Doomed?")
    with ctl.terminal(tmp_path, "rm", str(id)) as terminal:
        terminal.until_shown('"Doomed?"? [y/N]')
        terminal.keys(answer, "Enter") if answer else terminal.keys("Enter")
        terminal.until_shown("exit status 0")
    assert (ctl("get", id).code == 1) == is_deleted


# watch


class Watch:
    """`watch` beside the test, and what it has printed."""

    def __init__(self, ctl, directory, *arguments):
        self._output = directory / "watch.out"
        self._errors = directory / "watch.err"
        with self._output.open("wb") as out, self._errors.open("wb") as err:
            self.process = ctl.start("watch", *arguments, stdout=out, stderr=err)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    @property
    def events(self):
        return lines("".join(line for line in self._output.read_text().splitlines(True) if line.endswith("\n")))

    @property
    def said(self):
        return self._errors.read_text()

    def until_printed(self, count):
        until(lambda: len(self.events) >= count, f"{count} events of watch", DEADLINE)


def test_watch_prints_what_is_there_and_ends_when_told_to(ctl, daemon):
    ids = [daemon.add(f"Article {n}") for n in range(7)]
    assert [event["pk"] for event in lines(ctl("watch", "--until-live").succeeded())] == ids[-5:]
    assert [event["pk"] for event in lines(ctl("watch", "--until-live", "--last", 2).succeeded())] == ids[-2:]
    assert ctl("watch", "--until-live", "--last", 0).succeeded() == ""


def test_watch_goes_on_after_a_place(ctl, daemon):
    first = lines(ctl("watch", "--until-live", "--since", "0-00000000").succeeded())
    assert first == []
    id = daemon.add("One")
    daemon.edit(id, title="Two")
    cursor = lines(ctl("watch", "--until-live").succeeded())[0]["cursor"]
    daemon.delete(id)
    events = lines(ctl("watch", "--until-live", "--since", cursor).succeeded())
    assert [event["event"] for event in events] == ["updated", "deleted"]


def test_watch_can_be_narrowed_to_topics(ctl, daemon):
    ids = {topic: daemon.add(topic, topic=topic) for topic in ("ops", "dev", "news")}
    events = lines(ctl("watch", "--until-live", "--topic", "ops", "--topic", "dev").succeeded())
    assert [event["pk"] for event in events] == [ids["ops"], ids["dev"]]


def test_watch_misses_and_repeats_nothing_over_restarts(ctl, daemon, tmp_path):
    with Watch(ctl, tmp_path, "--last", 0, "--since", "0-00000000") as watch:
        ids = []
        for round in range(4):
            ids += [daemon.add(f"Round {round}, {n}") for n in range(5)]
            if round % 2:
                watch.until_printed(len(ids))
            if round == 2:
                daemon.kill9()
                daemon.start()
            else:
                daemon.restart()
            ids.append(daemon.add(f"After round {round}"))
        watch.until_printed(len(ids))
        assert [event["pk"] for event in watch.events] == ids
        assert "trying again" in watch.said and "gap" not in watch.said
        watch.process.send_signal(signal.SIGINT)
        assert watch.process.wait(DEADLINE) == 130


def test_watch_waits_for_a_server_that_is_not_there_yet(bins, start_daemon, tmp_path):
    daemon = start_daemon.prepare()
    with Watch(Ctl(bins.articlesctl, daemon.env), tmp_path) as watch:
        until(lambda: "trying again" in watch.said, "watch says that it waits")
        daemon.start()
        id = daemon.add("First")
        watch.until_printed(1)
        assert [event["pk"] for event in watch.events] == [id]


def test_watch_says_so_when_a_place_cannot_be_continued(ctl, daemon):
    id = daemon.add("Only")
    done = ctl("watch", "--until-live", "--since", "999-0badcafe")
    assert done.code == 0 and "gap" in done.err
    assert [event["pk"] for event in lines(done.out)] == [id]


def test_watch_ends_quietly_with_its_reader(ctl, daemon):
    daemon.add("One")
    process = ctl.start("watch")
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(DEADLINE) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_a_reader_that_has_enough_is_no_error(ctl, daemon):
    for n in range(30):
        daemon.add(f"Article {n}", body="x" * 10_000)
    done = subprocess.run(
        ["bash", "-c", '"$0" list --json --limit 30 | head -c 100 >/dev/null; echo "${PIPESTATUS[0]}"', ctl.executable],
        env=ctl.env, capture_output=True, text=True, timeout=DEADLINE,
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_an_interrupt_is_130(ctl, daemon):
    daemon.add("Shown")
    with Console(ctl, "watch") as console:
        console.until_shown(b"Shown")
        console.type(b"\x03")
        assert console.until_ended() == 130


# TLS


@pytest.fixture
def tls_port(tmp_path):
    """A server whose certificate nobody trusts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("arguments", [["list"], ["watch", "--until-live"]], ids=lambda arguments: arguments[0])
def test_a_certificate_that_is_not_trusted_is_refused_in_plain_words(alone, tls_port, arguments):
    said = alone(*arguments, "--url", f"https://localhost:{tls_port}").failed(69, "certificate is not trusted")
    assert "SSL" not in said


@pytest.mark.parametrize("arguments", [["list"], ["watch", "--until-live"]], ids=lambda arguments: arguments[0])
def test_a_server_without_tls_is_told_as_such(alone, daemon, arguments):
    alone(*arguments, "--url", f"https://127.0.0.1:{daemon.port}").failed(69, "https://127.0.0.1", "--url")
