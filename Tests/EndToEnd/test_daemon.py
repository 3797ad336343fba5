"""Starting, stopping, and what must not be harmed."""

import hashlib
import json
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess

import pytest
from websockets.sync.client import connect

from support.waiting import until


def refused_start(daemon):
    """Start it where it can't run, and return what it says on standard error."""
    daemon.launch()
    code = daemon.wait()
    said = daemon.log()
    assert code == 1, f"exit status {code}: {said}"
    assert said.startswith("articled: "), f"not a message for a user: {said}"
    assert said.count("\n") <= 3, f"more than three lines: {said}"
    return said


def digest(directory):
    return hashlib.sha256((directory / "articles.sqlite").read_bytes()).hexdigest()


def stopped_with_an_article(start_daemon):
    daemon = start_daemon()
    daemon.add("Kept")
    assert daemon.stop() == 0
    return daemon


# What it says


def test_the_start_names_the_page_the_admin_the_data_the_token_and_the_next_commands(start_daemon):
    daemon = start_daemon()
    url = f"http://localhost:{daemon.port}"
    output = until(lambda: "articles-tui" in daemon.output() and daemon.output(), "the welcome on standard output")
    for expected in (f"{url}/", f"{url}/admin", str(daemon.data_dir), str(daemon.token_file)):
        assert re.search(rf"\s{re.escape(expected)}\s", output), f"{expected} is not in:\n{output}"
    assert re.search(r"^\s+articlesctl add .*--title", output, re.MULTILINE)
    assert re.search(r"^\s+articles-tui", output, re.MULTILINE)


def test_the_command_that_the_start_suggests_works_as_it_stands(start_daemon, bins):
    daemon = start_daemon.prepare()
    daemon.data_dir = daemon.directory / "other data"
    daemon.start()
    output = until(lambda: "articles-tui" in daemon.output() and daemon.output(), "the welcome on standard output")
    [name, *arguments] = shlex.split(re.search(r"^\s+(articlesctl add .*)$", output, re.MULTILINE)[1])
    del daemon.env["ARTICLES_URL"]
    done = subprocess.run([getattr(bins, name), *arguments], env=daemon.env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert daemon.get(1)["title"] == "Hello"


def test_a_start_without_a_host_says_so(start_daemon):
    daemon = start_daemon.prepare("--host", "").launch()
    assert daemon.wait() == 1
    assert daemon.log().splitlines()[-1] == "articled: --host is empty. Name an address of this machine."


def test_the_start_does_not_show_the_token(daemon):
    assert daemon.token not in daemon.output() + daemon.log()


def test_the_local_token_is_for_its_user_alone(daemon):
    assert stat.S_IMODE(daemon.token_file.stat().st_mode) == 0o600
    assert daemon.token_file.read_text().count("\n") == 1
    assert len(daemon.token) >= 32


def test_the_local_token_stays_over_a_restart(daemon):
    token = daemon.token
    daemon.restart()
    assert daemon.token == token


# Ending


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_cleanly(start_daemon, name):
    daemon = start_daemon()
    daemon.add("One")
    assert daemon.stop(getattr(signal, name)) == 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_with_subscribers_and_idle_connections(start_daemon, name):
    daemon = start_daemon()
    with (
        connect(f"ws://127.0.0.1:{daemon.port}/articles", proxy=None) as subscriber,
        socket.create_connection(("127.0.0.1", daemon.port)),
    ):
        assert subscriber.recv(timeout=5) == "[]"
        assert daemon.stop(getattr(signal, name)) == 0


def test_articles_are_there_after_a_restart(daemon):
    id = daemon.add("Kept", body="over a restart", topic="tests")
    before = daemon.get(id)
    daemon.restart()
    assert daemon.get(id) == before
    assert daemon.add("The next") > id


def test_kill_9_loses_nothing_that_was_acknowledged(start_daemon):
    daemon = start_daemon()
    ids = {daemon.add(f"Acknowledged {number}", body="x" * number): number for number in range(50)}
    daemon.kill9()
    daemon.start()
    for id, number in ids.items():
        article = daemon.get(id)
        assert (article["title"], article["body"]) == (f"Acknowledged {number}", "x" * number)


# Where it must not run


def test_a_second_daemon_on_the_same_data_is_refused(start_daemon):
    first = start_daemon()
    second = start_daemon.prepare(data_dir=first.data_dir)
    said = refused_start(second)
    assert str(first.data_dir) in said and "--data-dir" in said
    assert first.add("The first goes on") == 1


def test_a_port_that_is_taken_is_named(start_daemon):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = refused_start(start_daemon.prepare(port=port))
    assert str(port) in said and "--port" in said


def test_a_file_as_data_directory_is_refused_and_stays(start_daemon, tmp_path):
    file = tmp_path / "a-file"
    file.write_text("somebody's")
    said = refused_start(start_daemon.prepare(data_dir=file))
    assert str(file) in said and "--data-dir" in said
    assert file.read_text() == "somebody's"


def test_a_read_only_file_system_is_refused(start_daemon, tmp_path):
    directory = tmp_path / "read-only"
    directory.mkdir()
    daemon = start_daemon.prepare(data_dir=directory)
    # Root may write into a directory without the write bit, but not into a read-only file system.
    script = 'mount -t tmpfs -o ro none "$0" && exec "$@"'
    daemon.prefix = ["unshare", "--mount", "--map-root-user", "sh", "-c", script, str(directory)]
    daemon.launch()
    assert daemon.wait() == 1
    said = daemon.log()
    assert said.startswith("articled: "), said
    assert str(directory) in said and "--data-dir" in said


def test_a_database_of_a_newer_version_is_refused_and_stays(start_daemon):
    daemon = stopped_with_an_article(start_daemon)
    with sqlite3.connect(daemon.data_dir / "articles.sqlite") as database:
        database.execute("INSERT INTO grdb_migrations (identifier) VALUES ('9999 from the future')")
    database.close()
    before = digest(daemon.data_dir)
    daemon.log_file.unlink()
    said = refused_start(daemon)
    assert "newer" in said and str(daemon.data_dir) in said
    assert digest(daemon.data_dir) == before


def test_a_database_that_is_not_one_is_refused_and_stays(start_daemon):
    daemon = start_daemon.prepare()
    daemon.data_dir.mkdir()
    (daemon.data_dir / "articles.sqlite").write_bytes(b"These are not the pages you are looking for.\n" * 500)
    before = digest(daemon.data_dir)
    said = refused_start(daemon)
    assert str(daemon.data_dir / "articles.sqlite") in said
    assert digest(daemon.data_dir) == before


def test_a_damaged_database_is_refused_and_stays(start_daemon):
    daemon = stopped_with_an_article(start_daemon)
    file = daemon.data_dir / "articles.sqlite"
    sqlite3.connect(file).execute("PRAGMA journal_mode = DELETE").connection.close()
    content = bytearray(file.read_bytes())
    content[100:4096] = b"\xff" * 3996
    file.write_bytes(content)
    before = digest(daemon.data_dir)
    daemon.log_file.unlink()
    said = refused_start(daemon)
    assert str(file) in said
    assert digest(daemon.data_dir) == before


def test_a_data_directory_can_move_to_another_port_and_place(start_daemon, tmp_path):
    daemon = stopped_with_an_article(start_daemon)
    moved = tmp_path / "moved"
    shutil.move(daemon.data_dir, moved)
    assert start_daemon(data_dir=moved).get(1)["title"] == "Kept"


def test_a_database_with_damaged_pages_is_refused_and_stays(start_daemon):
    """The file still begins as a database, so that SQLite opens it; what is wrong shows when it is read."""
    daemon = start_daemon()
    for number in range(100):
        daemon.add(f"Article {number}", body="x" * 3000)
    assert daemon.stop() == 0
    file = daemon.data_dir / "articles.sqlite"
    content = file.read_bytes()
    head = 16 * 4096
    file.write_bytes(content[:head] + b"\xa5" * (len(content) - head))
    before = digest(daemon.data_dir)
    daemon.log_file.unlink()
    said = refused_start(daemon)
    assert str(file) in said
    assert digest(daemon.data_dir) == before


@pytest.mark.parametrize(
    "flags, named",
    [
        (["--port", "70000"], "--port"),
        (["--ping-interval", "soon"], "--ping-interval"),
        (["--log-level", "loud"], "--log-level"),
        (["--no-such-flag"], "--no-such-flag"),
    ],
)
def test_a_wrong_flag_is_named_and_ends_with_64(start_daemon, flags, named):
    daemon = start_daemon.prepare(*flags)
    daemon.launch()
    assert daemon.wait() == 64
    assert named in daemon.log()


def test_the_original_demo_s_clients_find_their_members(daemon):
    daemon.add("Hello", body="First article")
    with connect(f"ws://127.0.0.1:{daemon.port}/articles", proxy=None) as subscriber:
        snapshot = subscriber.recv(timeout=5)
        daemon.add("Second")
        live = subscriber.recv(timeout=5)
    for frame, pk, title in ((snapshot, 1, "Hello"), (live, 2, "Second")):
        [instance] = json.loads(frame)
        assert {"model", "pk", "fields"} <= instance.keys()
        assert instance["pk"] == pk and instance["fields"]["title"] == title
