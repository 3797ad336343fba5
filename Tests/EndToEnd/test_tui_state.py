"""What the viewer keeps between its sessions, and how it starts from that."""

import os
import re
import signal
import sqlite3
from pathlib import Path


def state_files(daemon):
    return sorted(Path(daemon.env["XDG_STATE_HOME"], "articles").glob("tui-*.sqlite"))


def leave(window):
    window.keys("q")
    assert window.exit_status() == 0


def live(window, deadline=40):
    window.until(lambda _: window.status().startswith(" live "), "live", deadline)


def test_read_marks_outlive_the_session(daemon, tui):
    for number in range(1, 6):
        daemon.add(f"Number {number}.")
    window = tui()
    window.until_shown("5 articles, 5 unread", " live ")
    window.keys("Enter", "Escape", "j", "j", "r")
    window.until_shown("5 articles, 3 unread")
    leave(window)
    window = tui()
    window.until_shown("5 articles, 3 unread", " live ")
    assert re.search(r"^ ●.*Number 4", window.screen(), re.MULTILINE)
    assert re.search(r"^> .*Number 5", window.screen(), re.MULTILINE)


def test_a_session_goes_on_where_the_last_one_was_left(daemon, tui):
    daemon.add("Before")
    window = tui("--last", "3")
    window.until_shown("Before", " live ")
    leave(window)
    # More than a snapshot would hold: only who resumes gets them all.
    for number in range(1, 11):
        daemon.add(f"Meanwhile {number}.")
    window = tui("--last", "3")
    window.until_shown("11 articles,", "Meanwhile 1.", "Before", " live ")
    assert "gap" not in window.screen()


def test_it_can_be_read_offline_and_says_so(daemon, tui):
    daemon.add("Kept", "The kept body: kernel.")
    daemon.add("Newer")
    window = tui()
    window.until_shown("Kept", " live ")
    leave(window)
    assert daemon.stop() == 0
    window = tui("--offline")
    window.until_shown("Kept", "Newer", "--offline", "from the cache of ")
    assert window.status().startswith(" offline ")
    window.keys("/")
    window.type("kernel")
    window.keys("Enter")
    window.until_shown("The kept body: kernel.")
    leave(window)
    # Without the flag it shows the same, and goes on trying.
    window = tui()
    window.until_shown("Kept", "reconnecting in ", "from the cache of ")
    daemon.start()
    live(window)
    window.until_gone("from the cache of ")
    assert "2 articles," in window.screen()


def test_two_instances_do_each_other_no_harm(daemon, tui):
    for number in range(1, 7):
        daemon.add(f"Number {number}.")
    first, second = tui(), tui()
    for window in (first, second):
        window.until_shown("6 articles, 6 unread", " live ")
    first.keys("r")
    second.keys("G", "r")
    for window in (first, second):
        window.until_shown("6 articles, 5 unread")
    daemon.add("For both")
    for window in (first, second):
        window.until_shown("For both")
        leave(window)
    window = tui()
    window.until_shown("7 articles, 5 unread", " live ")


def test_a_damaged_file_is_set_aside_with_a_message(daemon, tui):
    daemon.add("Still readable")
    window = tui()
    window.until_shown("Still readable", " live ")
    leave(window)
    (file,) = state_files(daemon)
    file.write_bytes(b"not a database" * 1000)
    window = tui()
    window.until_shown("the state file was damaged", "Still readable")
    live(window)
    leave(window)
    assert list(file.parent.glob("*.damaged-*"))
    assert sqlite3.connect(file).execute("select count(*) from articles").fetchone() == (1,)


def test_state_that_cannot_be_written_is_said_so(daemon, tui):
    daemon.add("Readable")
    window = tui(env={"XDG_STATE_HOME": "/dev/null"})
    window.until_shown("nothing is kept: /dev/null/articles can't be made", "Readable")
    window.keys("r")
    window.until_shown("1 article, 0 unread")


def test_a_killed_viewer_leaves_a_state_that_the_next_one_takes_up(daemon, tui):
    daemon.add("First")
    window = tui()
    window.until_shown("First", " live ")
    daemon.add("Second")
    window.until_shown("Second")
    os.kill(window.pid, signal.SIGKILL)
    window.until_shown("exit status 137")
    daemon.add("Third")
    window = tui()
    window.until_shown("Third", "Second", "First", "3 articles,", " live ")
    assert "gap" not in window.screen()


def test_the_state_is_private_and_nothing_secret_is_in_it(daemon, tui):
    daemon.add("Secretly read")
    window = tui(env={"ARTICLES_TOKEN": daemon.token})
    window.until_shown("Secretly read", " live ")
    leave(window)
    (file,) = state_files(daemon)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert daemon.token.encode() not in file.read_bytes()


def test_a_restored_server_is_another_history(daemon, tui):
    """The server's data go back to an earlier state: what the viewer keeps is not mixed with what comes."""
    daemon.add("Common")
    window = tui()
    window.until_shown("Common", " live ")
    for number in range(1, 4):
        daemon.add(f"Lost {number}.")
    window.until_shown("Lost 3.")
    assert daemon.stop() == 0
    for file in daemon.data_dir.glob("articles.sqlite*"):
        file.unlink()
    daemon.start()
    daemon.add("After the restoration")
    live(window)
    screen = window.until_shown("gap: the server's history was replaced", "After the restoration", "1 article,")
    assert "Lost" not in screen and "Common" not in screen
    # Nor do the next session and the cache know anything of it.
    leave(window)
    assert daemon.stop() == 0
    window = tui("--offline")
    screen = window.until_shown("After the restoration", "--offline")
    assert "Lost" not in screen and "Common" not in screen
    daemon.start()
