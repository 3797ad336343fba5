"""Backups while the daemon runs, restoring them, checking, and giving back space."""

import json
import os
import pty
import sqlite3
import subprocess

import pytest

from support.feed import titles, v1
from support.ledger import Ledger, Publisher, WebSocketFollower, seq
from support.waiting import until

DATABASE = "articles.sqlite"


@pytest.fixture
def articled(bins):
    """Runs a command of the daemon's program to its end: `articled(daemon, "check")`."""

    def run(daemon, *arguments, prefix=(), input=None, **environment):
        return subprocess.run(
            [*prefix, bins.articled, *map(str, arguments)],
            env=daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)} | environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def succeeds(done):
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    return done


def fails(done, status, *words):
    assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}"
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stderr.count("\n") <= 3, f"more than three lines: {done.stderr}"


def stored_titles(file):
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return [title for (title,) in connection.execute("SELECT title FROM articles ORDER BY id")]
    finally:
        connection.close()


def sound(articled, daemon, file):
    done = succeeds(articled(daemon, "check", "--json", "--file", file))
    return json.loads(done.stdout)


# Backing up


def test_a_backup_while_articles_are_published_is_whole_and_nobody_waits_for_it(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    daemon.add("large", "x" * 60_000)
    publishers = [Publisher(daemon, f"p{number}") for number in range(3)]
    with Ledger(daemon, publishers, [WebSocketFollower(daemon, "v1")]) as ledger:
        for number in range(3):
            ledger.until_promised(30)
            least = {title for publisher in publishers for title in list(publisher.promised)}
            file = tmp_path / f"backup-{number}.sqlite"
            done = succeeds(articled(daemon, "backup", file))
            assert str(file) in done.stderr and done.stdout == ""
            assert file.stat().st_mode & 0o777 == 0o600
            found = sound(articled, daemon, file)
            assert least <= set(stored_titles(file)), "what was acknowledged before is in it"
            assert found["problems"] == [] and found["events"] == seq(found["cursor"])
        assert not any(publisher.refusals for publisher in publishers)
        ledger.settle()
        ledger.check()
    assert sorted(path.name for path in tmp_path.glob("backup-*")) == [f"backup-{n}.sqlite" for n in range(3)]


def test_a_backup_can_be_made_while_the_daemon_is_stopped(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    daemon.add("kept")
    assert daemon.stop() == 0
    # Also under a name of one character, where one is.
    succeeds(articled(daemon, "backup", "x", prefix=("env", "-C", tmp_path)))
    assert stored_titles(tmp_path / "x") == ["kept"]


def test_a_backup_after_kill_9_has_what_is_only_in_the_log(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    daemon.add("in the log")
    daemon.kill9()
    succeeds(articled(daemon, "backup", tmp_path / "copy"))
    assert stored_titles(tmp_path / "copy") == ["in the log"]


def test_a_file_that_is_there_is_replaced_only_when_asked(daemon, articled, tmp_path):
    file = tmp_path / "there"
    file.write_text("mine")
    fails(articled(daemon, "backup", file), 1, str(file), "--force")
    assert file.read_text() == "mine"
    succeeds(articled(daemon, "backup", "--force", file))
    assert sound(articled, daemon, file)["problems"] == []
    # Not even then the database itself.
    fails(articled(daemon, "backup", "--force", daemon.data_dir / DATABASE), 1, "itself")


def test_a_backup_that_fails_leaves_nothing(daemon, articled, tmp_path):
    daemon.add("large", "x" * 60_000)
    full = tmp_path / "full"
    full.mkdir()
    mount = f'mount -t tmpfs -o size=64k tmpfs {full} && "$@"; code=$?; ls -A {full}; exit $code'
    done = articled(daemon, "backup", full / "copy", prefix=("unshare", "--mount", "sh", "-c", mount, "sh"))
    fails(done, 1, str(full / "copy"), "the disk is full")
    assert done.stdout == ""
    fails(articled(daemon, "backup", tmp_path / "nowhere" / "copy"), 1, "No such file or directory")
    fails(articled(daemon, "backup", "--data-dir", tmp_path, tmp_path / "copy"), 1, "There is no", "--data-dir")
    assert articled(daemon, "backup").returncode == 64


def test_a_damaged_database_makes_no_backup(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    for number in range(3):
        daemon.add(f"article {number}")
    assert daemon.stop() == 0
    with (daemon.data_dir / DATABASE).open("r+b") as database:
        database.seek(8192)
        database.write(os.urandom(4096))
    fails(articled(daemon, "backup", tmp_path / "copy"), 1, "damaged")
    assert not list(tmp_path.glob("copy*"))


def test_a_database_of_a_newer_version_makes_no_backup(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    assert daemon.stop() == 0
    connection = sqlite3.connect(daemon.data_dir / DATABASE)
    with connection:
        connection.execute("INSERT INTO grdb_migrations VALUES ('99 from the future')")
    connection.close()
    fails(articled(daemon, "backup", tmp_path / "copy"), 1, str(daemon.data_dir), "a newer version")
    assert not list(tmp_path.glob("copy*"))


def test_what_this_user_may_not_read_is_not_said_to_be_missing(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    assert daemon.stop() == 0
    # Root may read everything, unless it has given that up.
    capabilities = "-dac_override,-dac_read_search"
    prefix = ("setpriv", f"--inh-caps={capabilities}", f"--bounding-set={capabilities}") if os.geteuid() == 0 else ()
    database = daemon.data_dir / DATABASE
    for closed in (database, daemon.data_dir):
        mode = closed.stat().st_mode
        closed.chmod(0)
        try:
            for command in (["backup", tmp_path / "copy"], ["check"], ["check", "--file", database]):
                fails(articled(daemon, *command, prefix=prefix), 1, f"{database} can't be read by this user", "as root")
        finally:
            closed.chmod(mode)


def test_progress_is_shown_on_a_terminal_only(daemon, bins, tmp_path):
    daemon.add("a")
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [bins.articled, "backup", "--data-dir", daemon.data_dir, tmp_path / "copy"],
        env=daemon.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=end,
    )
    os.close(end)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:
        pass
    finally:
        os.close(terminal)
    assert process.wait(20) == 0
    assert b"Backing up: 100 %" in shown and shown.rstrip().endswith(b").")


# Restoring


def backed_up(start_daemon, articled, tmp_path):
    daemon = start_daemon()
    for number in range(3):
        daemon.add(f"old {number}")
    file = tmp_path / "backup.sqlite"
    succeeds(articled(daemon, "backup", file))
    return daemon, file


def test_after_a_restoration_subscribers_are_told_and_go_on(start_daemon, articled, tmp_path):
    daemon, file = backed_up(start_daemon, articled, tmp_path)
    lost = [daemon.add(f"lost {number}") for number in range(3)]
    follower = WebSocketFollower(daemon, "v1").start()
    try:
        until(lambda: len(follower.events) == 6, "everything is seen")
        place = follower.events[2]["cursor"]
        assert daemon.stop() == 0
        done = succeeds(articled(daemon, "restore", file))
        assert "Restored 3 articles," in done.stderr and "replaced" in done.stderr and "revoke" in done.stderr
        daemon.start()
        new = daemon.add("new")
        assert new > max(lost), "ids are never used again"
        until(lambda: follower.resets, "the subscriber is told")
        assert follower.resets[0]["reset"]["reason"] == "forked"
        until(lambda: any(event["pk"] == new for event in follower.events), "what comes after is seen")
        # Who has seen nothing that the backup lacks goes on as if nothing had been.
        with v1(daemon, f"?since={place}") as early:
            frames = [early.next()]
            while not isinstance(frames[-1], list):
                frames.append(early.next())
            assert not any("reset" in frame for frame in frames if isinstance(frame, dict))
            assert titles(frames[-1]) == ["new"]
    finally:
        follower.ask_to_stop()
        follower.join()
    assert [a["title"] for a in daemon.client.get("/api/articles/").json()["results"]] == ["new", "old 2", "old 1", "old 0"]
    (aside,) = daemon.data_dir.glob(DATABASE + ".replaced-*")
    assert stored_titles(aside)[3:] == ["lost 0", "lost 1", "lost 2"]
    assert (daemon.data_dir / DATABASE).stat().st_mode & 0o777 == 0o600
    assert sound(articled, daemon, daemon.data_dir / DATABASE)["problems"] == []


def test_a_restoration_is_refused_while_the_daemon_runs(start_daemon, articled, tmp_path):
    daemon, file = backed_up(start_daemon, articled, tmp_path)
    fails(articled(daemon, "restore", file), 1, str(daemon.data_dir), "Stop it")
    assert daemon.add("goes on") == 4


@pytest.mark.parametrize("damage", ["text", "empty", "cut", "page", "foreign", "newer", "hole"])
def test_a_bad_backup_is_refused_and_nothing_is_touched(start_daemon, articled, tmp_path, damage):
    daemon, file = backed_up(start_daemon, articled, tmp_path)
    assert daemon.stop() == 0
    before = (daemon.data_dir / DATABASE).read_bytes()
    content = bytearray(file.read_bytes())
    if damage == "text":
        file.write_text("this is not a database at all, and long enough to be looked at as one" * 20)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "page":
        content[8192:12288] = os.urandom(4096)
        file.write_bytes(content)
    else:
        connection = sqlite3.connect(tmp_path / "other" if damage == "foreign" else file)
        connection.executescript(
            {
                "foreign": "CREATE TABLE theirs (a)",
                "newer": "INSERT INTO grdb_migrations VALUES ('99 from the future')",
                "hole": "DELETE FROM events WHERE seq = 2",
            }[damage]
        )
        connection.close()
        file = tmp_path / "other" if damage == "foreign" else file
    done = articled(daemon, "restore", file)
    fails(done, 1, str(file))
    assert (daemon.data_dir / DATABASE).read_bytes() == before
    assert not list(daemon.data_dir.glob("*partial*")) and not list(daemon.data_dir.glob("*replaced*"))
    assert articled(daemon, "check", "--file", file).returncode == 1
    if damage in ("text", "cut", "page", "hole"):
        done = articled(daemon, "check", "--json", "--file", file)
        assert json.loads(done.stdout)["problems"] and "articled restore FILE" in done.stderr
    daemon.start()
    daemon.add("goes on")


def test_a_damaged_database_is_kept_aside_with_its_log(start_daemon, articled, tmp_path):
    daemon, file = backed_up(start_daemon, articled, tmp_path)
    # What was written before is in the file now.
    daemon.restart()
    daemon.add("only in the log")
    daemon.kill9()
    database = daemon.data_dir / DATABASE
    database.write_bytes(b"damaged " * 2000)
    log = (daemon.data_dir / (DATABASE + "-wal")).read_bytes()
    succeeds(articled(daemon, "restore", file))
    (aside,) = [path for path in daemon.data_dir.glob(DATABASE + ".replaced-*") if not path.name.endswith(("-wal", "-shm"))]
    assert aside.read_bytes() == b"damaged " * 2000
    assert aside.with_name(aside.name + "-wal").read_bytes() == log
    daemon.start()
    assert len(daemon.client.get("/api/articles/").json()["results"]) == 3


def test_into_an_empty_data_directory(start_daemon, articled, tmp_path):
    daemon, file = backed_up(start_daemon, articled, tmp_path)
    other = start_daemon.prepare()
    succeeds(articled(other, "restore", file))
    other.start()
    assert len(other.client.get("/api/articles/").json()["results"]) == 3


def test_a_login_does_not_come_back_with_a_backup(start_daemon, articled, tmp_path):
    daemon = start_daemon("--password-cost", "10")
    succeeds(articled(daemon, "user", "add", "ada", "--role", "admin", "--password-stdin", input="long enough, surely\n"))
    connection = sqlite3.connect(daemon.data_dir / DATABASE)
    connection.execute("INSERT INTO sessions VALUES (1, x'00', 1, 0, 0, '', '')")
    connection.commit()
    connection.close()
    succeeds(articled(daemon, "backup", tmp_path / "backup"))
    assert daemon.stop() == 0
    succeeds(articled(daemon, "restore", tmp_path / "backup"))
    connection = sqlite3.connect(daemon.data_dir / DATABASE)
    assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    assert connection.execute("SELECT name FROM accounts").fetchall() == [("ada",)]
    connection.close()


# Checking


def test_a_check_tells_what_there_is_beside_a_running_daemon(daemon, articled):
    daemon.add("a")
    daemon.edit(daemon.add("b"), title="B")
    daemon.delete(1)
    done = succeeds(articled(daemon, "check"))
    assert "BAD" not in done.stdout and "1 article, 4 events from 1 up to 4-" in done.stdout
    daemon.add("goes on")


def test_a_check_names_what_is_wrong(start_daemon, articled):
    daemon = start_daemon()
    for number in range(3):
        daemon.add(str(number))
    assert daemon.stop() == 0
    connection = sqlite3.connect(daemon.data_dir / DATABASE)
    connection.executescript("DELETE FROM events WHERE seq = 2; DELETE FROM articles WHERE id = 3")
    connection.close()
    done = articled(daemon, "check")
    assert done.returncode == 1
    assert "BAD   events" in done.stdout and "event 2 is missing" in done.stdout
    assert "BAD   articles" in done.stdout and "article 3, of event 3, is not there" in done.stdout
    assert "articled restore" in done.stderr
    found = json.loads(articled(daemon, "check", "--json").stdout)
    assert {problem["check"] for problem in found["problems"]} == {"events", "articles"}


# Space


def test_space_is_given_back_while_it_runs(start_daemon, articled):
    daemon = start_daemon("--retention", "10")
    publisher = Publisher(daemon, "p", topic="meanwhile")
    ids = [daemon.add(f"{number}", os.urandom(30_000).hex()) for number in range(250)]
    database = daemon.data_dir / DATABASE
    until(lambda: database.stat().st_size > 12_000_000, "a large file")
    for id in ids:
        daemon.delete(id)
    # Its page would else be in the log alone.
    with Ledger(daemon, [publisher], []) as ledger:
        until(lambda: "Gave back space" in daemon.log(), "space is given back", 60)
        until(lambda: database.stat().st_size < 9_000_000, "the file is shorter", 30)
        assert not publisher.refusals
        ledger.until_promised(10)
    assert sound(articled, daemon, database)["problems"] == []


def test_vacuum_gives_back_all_of_it_and_waits_for_nobody(start_daemon, articled):
    daemon = start_daemon("--retention", "10")
    ids = [daemon.add(f"{number}", os.urandom(30_000).hex()) for number in range(60)]
    for id in ids:
        daemon.delete(id)
    daemon.add("kept")
    fails(articled(daemon, "vacuum"), 1, "by itself", "Stop it")
    assert daemon.stop() == 0
    database = daemon.data_dir / DATABASE
    before = database.stat().st_size
    done = succeeds(articled(daemon, "vacuum"))
    assert "before" in done.stderr
    assert database.stat().st_size < before / 4
    assert sound(articled, daemon, database)["unused_bytes"] == 0
    daemon.start()
    assert daemon.client.get("/api/articles/").json()["results"][0]["title"] == "kept"


# Other stores


@pytest.mark.parametrize(
    "command, word",
    [(["backup", "x"], "BGSAVE"), (["restore", "x"], "dump.rdb"), (["check"], "redis-check-rdb"), (["vacuum"], "MEMORY PURGE")],
)
def test_on_a_redis_they_say_what_to_do_instead(start_daemon, articled, command, word):
    daemon = start_daemon.prepare()
    fails(articled(daemon, *command, ARTICLED_STORE="redis://127.0.0.1:1/0"), 1, "redis://127.0.0.1:1", word)
    fails(articled(daemon, *command, "--store", "memory:"), 1, "memory")
