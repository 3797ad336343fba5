"""articles-tui in a real terminal, against a real daemon."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from support.terminal import Terminal
from support.waiting import until


@pytest.fixture
def view(bins, tmp_path):
    """Opens the viewer of a daemon in a terminal: `view(daemon, "--topic", "x", columns=40, rows=10)`."""
    open_terminals = []

    def view(daemon, *flags, columns=120, rows=40, env=None):
        command = [bins.articles_tui, "--url", daemon.url, *flags]
        terminal = Terminal(tmp_path, command, daemon.env | (env or {}), columns, rows)
        open_terminals.append(terminal)
        return terminal.__enter__()

    yield view
    for terminal in open_terminals:
        terminal.__exit__()


def status_line(terminal):
    """The last line that is not empty; nothing while the terminal is."""
    return next((line for line in reversed(terminal.screen().splitlines()) if line.strip()), "")


def until_status(terminal, word, deadline=10.0):
    return until(lambda: status_line(terminal).strip().startswith(word), f"the state {word!r}", deadline)


def until_ended(terminal, code):
    """The program has ended, and the terminal is as it was before."""
    terminal.until_shown(f"exit status {code}")

    def modes():
        return [line.strip() for line in terminal.unwrapped_screen().splitlines() if line.count(":") > 30]

    before, after = until(lambda: len(modes()) == 2 and modes(), "the terminal's modes before and after")
    assert before == after
    assert not terminal.is_alternate()


def test_the_next_article_appears_at_once(daemon, view):
    daemon.add("Before", "The body of the first.")
    terminal = view(daemon)
    terminal.until_shown("The body of the first.")
    until_status(terminal, "live")
    daemon.add("After")
    terminal.until_shown("After")
    assert "2 articles" in status_line(terminal)


@pytest.mark.parametrize("columns, rows", [(120, 40), (80, 24), (40, 10)])
def test_the_state_and_the_newest_title_are_seen_at_any_size(daemon, view, columns, rows):
    daemon.add("Short title")
    terminal = view(daemon, columns=columns, rows=rows)
    terminal.until_shown("Short title")
    until_status(terminal, "live")
    assert len(terminal.screen().rstrip("\n").splitlines()) == rows


def test_it_follows_every_size_down_to_one_cell_and_back(daemon, view):
    daemon.add("A title", "A body of some words")
    terminal = view(daemon)
    terminal.until_shown("A body of some words")
    terminal.resize(1, 1)
    daemon.add("While tiny")
    terminal.resize(60, 12)
    terminal.until_shown("While tiny")
    until_status(terminal, "live")
    terminal.resize(120, 40)
    terminal.until_shown("│")


def test_the_selection_stays_on_its_article_when_news_arrives(daemon, view):
    for number in range(1, 6):
        daemon.add(f"Number {number}", f"body of {number}")
    terminal = view(daemon)
    terminal.until_shown("body of 5")
    terminal.keys("j")
    terminal.until_shown("body of 4")
    daemon.add("Number 6", "body of 6")
    terminal.until_shown("1 new")
    assert "body of 4" in terminal.screen()
    terminal.keys("g")
    terminal.until_shown("body of 6")


def test_keys_open_close_and_help(daemon, view):
    daemon.add("Title", "words of the body")
    terminal = view(daemon, columns=60, rows=20)
    terminal.until_shown("Title")
    terminal.keys("Enter")
    terminal.until_shown("words of the body")
    terminal.keys("Escape")
    until(lambda: "words of the body" not in terminal.screen(), "the list again")
    terminal.keys("?")
    terminal.until_shown("Keys")
    terminal.keys("?")
    until(lambda: "Keys" not in terminal.screen(), "the help closed")
    terminal.keys("q")
    until_ended(terminal, 0)


def test_columns_stay_straight_whatever_is_written(daemon, view):
    titles = ["plain", "日本語の題名", "e\u0301a\u0308o\u0302 combining", "👩‍👩‍👧 family 👍🏽 ❤️ x", "🇩🇪 flags 🇯🇵", "שלום عالم", "ｆｕｌｌ"]
    for title in titles:
        daemon.add(title + " " + "long " * 20)
    terminal = view(daemon)
    terminal.until_shown("plain")
    until_status(terminal, "live")
    # Cells, not characters: the cursor of a terminal knows how wide the text before a cell is.
    rows = terminal.screen().splitlines()[1 : len(titles) + 1]
    widths = {cells(row[: row.index("│")]) for row in rows}
    assert widths == {48}, rows


def cells(text):
    import unicodedata

    def width(character):
        if unicodedata.category(character) in ("Mn", "Me", "Cf"):
            return 0
        return 2 if unicodedata.east_asian_width(character) in "WF" else 1

    return sum(map(width, text))


def test_text_from_the_feed_can_not_drive_the_terminal(daemon, view):
    daemon.add("safe \u202eevil", "\x1b[2J\x1b]0;owned\x07 \x9b31m red")
    terminal = view(daemon)
    terminal.until_shown("safe <U+202E>evil")
    terminal.until_shown("␛[2J␛]0;owned␇ <U+009B>31m red")


def test_a_disconnect_never_ends_it_and_loses_nothing(daemon, view):
    daemon.add("First")
    terminal = view(daemon)
    until_status(terminal, "live")
    daemon.kill9()
    screen = terminal.until_shown("reconnecting in")
    assert "(attempt 1)" in screen or "(attempt" in screen
    daemon.start()
    daemon.add("Second")
    until_status(terminal, "live", deadline=40)
    terminal.until_shown("Second")
    lines = [line.split("│")[0] for line in terminal.screen().splitlines()]
    assert sum("First" in line for line in lines) == 1
    assert sum("Second" in line for line in lines) == 1


def test_edits_and_deletions_are_shown(daemon, view):
    kept, gone = daemon.add("Old words"), daemon.add("To be deleted")
    terminal = view(daemon)
    terminal.until_shown("To be deleted")
    until_status(terminal, "live")
    daemon.edit(kept, title="New words")
    daemon.delete(gone)
    terminal.until_shown("New words [edited]")
    until(lambda: "To be deleted" not in terminal.screen(), "the deletion")


def test_a_silent_link_is_called_stale(start_daemon, view):
    daemon = start_daemon("--ping-interval", "300ms")
    terminal = view(daemon)
    until_status(terminal, "live")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        until_status(terminal, "stale")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    until_status(terminal, "live", deadline=40)


def test_a_server_that_is_down_is_waited_for(start_daemon, view):
    daemon = start_daemon.prepare()
    terminal = view(daemon)
    terminal.until_shown("reconnecting in")
    daemon.start()
    until_status(terminal, "live", deadline=40)


@pytest.mark.parametrize(
    "number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGSEGV, 139)]
)
def test_the_terminal_is_restored_whatever_signal_ends_it(daemon, view, number, code):
    terminal = view(daemon)
    until_status(terminal, "live")
    os.kill(terminal.program(), number)
    until_ended(terminal, code)


def test_it_can_be_stopped_and_continued(daemon, view):
    daemon.add("Still here")
    terminal = view(daemon)
    terminal.until_shown("Still here")
    program = terminal.program()
    os.kill(program, signal.SIGTSTP)
    until(lambda: Path(f"/proc/{program}/stat").read_text().split()[2] == "T", "the viewer stopped")
    assert not terminal.is_alternate()
    os.kill(program, signal.SIGCONT)
    until(terminal.is_alternate, "the viewer continued")
    terminal.until_shown("Still here")


def test_no_color_leaves_colours_out(daemon, view):
    daemon.add("Title")
    terminal = view(daemon, env={"NO_COLOR": "1"})
    until_status(terminal, "live")
    assert "\x1b[3" not in terminal.styled_screen().replace("\x1b[39m", "")


def test_ascii_draws_with_ascii_only(daemon, view):
    daemon.add("Title " + "long " * 40)
    terminal = view(daemon, "--ascii")
    until_status(terminal, "live")
    assert terminal.screen().isascii()


def test_the_c_locale_will_do(daemon, view):
    daemon.add("Grüße 日本")
    terminal = view(daemon, env={"LC_ALL": "C"})
    until_status(terminal, "live")
    terminal.until_shown("Gr")


def test_idle_it_uses_no_processor_time(start_daemon, view):
    daemon = start_daemon("--ping-interval", "60s")
    terminal = view(daemon)
    until_status(terminal, "live")
    stat = Path(f"/proc/{terminal.program()}/stat")

    def ticks():
        return sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))

    # Once it has settled, a hundred looks at it, two seconds, find it asleep.
    before = ticks()
    looks = iter(range(100))
    until(lambda: next(looks, None) is None, "the end of the looks")
    assert ticks() - before <= 2


def run(bins, daemon_env, *flags, stdin=subprocess.DEVNULL, **env):
    return subprocess.run(
        [bins.articles_tui, *flags], env=daemon_env | env, stdin=stdin, capture_output=True, text=True, timeout=20
    )


def test_without_a_terminal_it_names_the_command_that_needs_none(shared_daemon, bins):
    done = run(bins, shared_daemon.env)
    assert (done.returncode, done.stdout) == (1, "")
    assert "articlesctl watch" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["dumb", "no-such-terminal"])
def test_on_a_terminal_that_can_not_do_it_says_so(shared_daemon, bins, name):
    command = f"TERM={name} {bins.articles_tui}"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        env=shared_daemon.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert "articlesctl watch" in done.stdout and "\x1b" not in done.stdout


@pytest.mark.parametrize("flags", [("--url", "nonsense"), ("--url", "ftp://x"), ("--topic", "BAD"), ("--last", "501"), ("--nonsense",)])
def test_wrong_arguments_are_told(shared_daemon, bins, flags):
    done = run(bins, shared_daemon.env, *flags)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr
