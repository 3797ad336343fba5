"""articles-tui in a real terminal, against a real daemon."""

import ctypes
import locale
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from support.waiting import until
from support.tmux import Tmux

ENDINGS = [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
CRASHES = [
    signal.SIGSEGV,
    signal.SIGABRT,
    signal.SIGILL,
    signal.SIGTRAP,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGQUIT,
]


def run(bins, daemon, *flags, **env):
    """The viewer without a terminal."""
    return subprocess.run(
        [str(bins.articles_tui), *flags], env=daemon.env | env, capture_output=True, text=True, timeout=20
    )


# The feed


def test_the_latest_and_then_live_articles_are_shown(daemon, tui):
    daemon.add("Before it started", "An old body.")
    window = tui()
    window.until_shown("Before it started", "An old body.")
    daemon.add("While it runs", topic="sport")
    screen = window.until_shown("While it runs", "2 articles, 2 unread", "following")
    assert screen.index("While it runs") < screen.index("Before it started")
    assert window.status().startswith(" live ")
    assert daemon.url in window.status()


def test_the_selection_and_the_reading_pane_stay_when_news_arrives(daemon, tui):
    daemon.add("Being read", "\n".join(f"line {number}" for number in range(1, 80)))
    window = tui()
    window.until_shown("line 20")
    window.keys("Enter", "NPage")
    before = window.until(lambda screen: "line 2\n" not in screen and "line 45" in screen, "the second page")
    daemon.add("Just in")
    after = window.until_shown("Just in")
    assert [line.partition("│")[2] for line in after.split("\n")[1:-2]] == [
        line.partition("│")[2] for line in before.split("\n")[1:-2]
    ]
    assert re.search(r"^>.*Being read", after, re.MULTILINE)


def test_following_goes_along_with_what_arrives_until_it_is_turned_off(daemon, tui):
    daemon.add("First", "Body of the first.")
    window = tui()
    window.until_shown("Body of the first.", "following")
    daemon.add("Second", "Body of the second.")
    window.until_shown("Body of the second.")
    window.keys("F")
    window.until_gone("following")
    daemon.add("Third", "Body of the third.")
    assert "Body of the second." in window.until_shown("Third", "1 new")


def test_edits_and_deletions_are_shown_where_the_article_is(daemon, tui):
    first, second = daemon.add("First title"), daemon.add("Second title", "Its body.")
    window = tui()
    window.until_shown("Second title", "First title")
    daemon.edit(first, title="Better title")
    window.until_shown("Better title [edited]")
    window.until_gone("First title")
    window.keys("Enter")
    window.until_shown("2 articles, 1 unread")
    daemon.delete(second)
    window.until_shown("This article was deleted.", "Its body.", "1 article,")


def test_only_the_topics_asked_for_are_shown(daemon, tui):
    daemon.add("About sport", topic="sport")
    daemon.add("About cooking", topic="cooking")
    window = tui("--topic", "sport")
    window.until_shown("About sport", "1 article,")
    daemon.add("More cooking", topic="cooking")
    daemon.add("More sport", topic="sport")
    assert "cooking" not in window.until_shown("More sport")


def test_it_begins_with_as_many_articles_as_asked_for(daemon, tui):
    for number in range(1, 6):
        daemon.add(f"Number {number}.")
    screen = tui("--last", "2").until_shown("2 articles,", " live ")
    assert "Number 5." in screen and "Number 4." in screen and "Number 3." not in screen


def test_restarts_of_the_daemon_are_survived_without_loss_or_doubles(daemon, tui):
    rounds = 3
    daemon.add("Article 0.")
    window = tui()
    window.until_shown("Article 0.", " live ")
    for number in range(1, rounds + 1):
        assert daemon.stop() == 0
        window.until(lambda _: re.match(r" reconnecting in \d+ s \(attempt \d+\) ", window.status()), "reconnecting")
        daemon.start()
        daemon.add(f"Article {number}.")
        window.until(lambda _: window.status().startswith(" live "), "live", deadline=40)
        window.until_shown(f"Article {number}.", f"{number + 1} articles,")
    listed = re.findall(r"^.{18,22}(Article \d)\.", window.screen(), re.MULTILINE)
    assert listed == [f"Article {number}" for number in range(rounds, -1, -1)]


def test_a_server_that_is_not_there_is_waited_for(daemon, tui):
    assert daemon.stop() == 0
    window = tui()
    window.until_shown("reconnecting in ", "No articles yet: the server has not answered.")
    daemon.start()
    window.until(lambda _: window.status().startswith(" live "), "live", deadline=40)


def test_a_refusal_for_good_is_offline_with_the_reason(daemon, tui):
    window = tui("--url", f"{daemon.url}/nowhere")
    window.until(lambda _: window.status().startswith(" offline "), "offline")
    window.keys("q")
    assert window.exit_status() == 0


def test_a_burst_is_shown_whole(daemon, tui):
    window = tui("--last", "500")
    window.until_shown(" live ")
    for number in range(300):
        daemon.add(f"Burst {number}.")
    window.until_shown("300 articles,", "Burst 299.")


# Keys and sizes


def test_keys_move_open_and_go_back(daemon, tui):
    for number in range(1, 4):
        daemon.add(f"Title {number}", f"Body of {number}.")
    window = tui(columns=60, rows=12)
    window.until_shown("Title 3", " live ")
    window.keys("Down", "j", "k")
    window.until(lambda screen: re.search(r"^>.*Title 2", screen, re.MULTILINE), "the second selected")
    window.keys("Enter")
    window.until_shown("Body of 2.")
    # ESC and a key right behind it are two keys, not one sequence.
    window.keys("Escape")
    window.until_gone("Body of 2.")
    window.keys("G")
    window.until(lambda screen: re.search(r"^>.*Title 1", screen, re.MULTILINE), "the oldest selected")
    window.keys("Home")
    window.until(lambda screen: re.search(r"^>.*Title 3", screen, re.MULTILINE), "the newest selected")
    window.keys("n", "l")
    window.until(lambda screen: "Title 3" not in screen and "3 articles, 1 unread" in screen, "an article opened")


def test_help_is_an_overlay_headed_keys(daemon, tui):
    window = tui()
    window.until_shown(" live ")
    window.keys("?")
    screen = window.until_shown("Keys")
    for key in ["Enter", "Ctrl-D", "PgUp", "Tab", "Esc", " q "]:
        assert key in screen
    window.keys("Escape")
    window.until_gone("Ctrl-D")
    # Every key in it works: this one asks for a command.
    window.keys("?", ":")
    window.until(lambda screen: "Keys" not in screen and "\n :" in screen, "the command line")


def test_every_size_is_taken_up(daemon, tui):
    daemon.add("A title", "A body of some words that is to be wrapped when the terminal is narrow. " * 3)
    window = tui()
    window.until_shown("A title", "A body of some words that is to be wrapped when the")
    for columns, rows in [(60, 20), (40, 10), (1, 1), (200, 50), (20, 3), (80, 24), (120, 40)]:
        window.resize(columns, rows)
        if columns >= 20:
            window.until(
                lambda _, columns=columns: window.status().startswith(" live ")
                and (columns < 60 or window.status().rstrip().endswith("? help"))
                and len(window.status().rstrip()) <= columns,
                f"the status line at {columns}×{rows}",
            )
    window.until_shown("│ A title", "? help")
    window.keys("q")
    assert window.exit_status() == 0


def test_a_small_terminal_shows_the_essential(daemon, tui):
    daemon.add("Small is fine", "And so is its body.")
    window = tui(columns=40, rows=10)
    window.until_shown("Small is fine", "1 article, 1 unread")
    assert window.status().startswith(" live ")
    window.keys("Enter")
    window.until_shown("And so is its body.")
    assert window.status().startswith(" live ")


# Text


def columns_of(text):
    """Columns as the C library counts them, and with it tmux."""
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    return sum(ctypes.CDLL(None).wcwidth(ord(character)) for character in text)


def test_columns_are_straight_whatever_the_titles_are_made_of(daemon, tui):
    titles = [
        "漢字かな交じり文のタイトルはまっすぐに並ぶはず",
        "Family 👨‍👩‍👧‍👦 flags 🇩🇪🇯🇵 heart ❤️ thumb 👍🏽 key 1️⃣ end of it",
        "Cafe\u0301 de\u0301compose\u0301 t̷̢̛e̵x̶t",
        "עברית וערבית: مرحبا بالعالم",
        "क्षत्रिय हिन्दी शीर्षक",
        "한국어 제목 \u1112\u1161\u11ab",
        "Plain",
    ]
    for title in titles:
        daemon.add(title, title)
    window = tui()
    window.until_shown("Plain", "漢字", " live ")
    # The newest is selected: walk down so that every title is in the pane, too, with the separator before it.
    for _ in titles:
        body = window.lines()[1:-1]
        assert {columns_of(line.partition("│")[0]) for line in body} == {48}
        assert all(columns_of(line) <= 120 for line in body)
        window.keys("j")


def test_articles_cannot_drive_the_terminal(daemon, tui):
    daemon.add("Harmless", "a\x1b[2Jb\x07c\x9bd\u202ee \x1b]0;title\x07")
    window = tui()
    window.until_shown("a␛[2Jb␇c<U+009B>d<U+202E>e ␛]0;title␇")


def test_ascii_draws_with_ascii_alone(daemon, tui):
    daemon.add("First", "Its body.")
    window = tui("--ascii")
    window.until_shown("| First", "Its body.")
    assert window.screen().isascii()


def test_the_plain_c_locale_shows_unicode_all_the_same(daemon, tui):
    daemon.add("Grüße 漢字")
    tui(env={"LC_ALL": "C", "LANG": "C"}).until_shown("Grüße 漢字")


def test_without_colors_meaning_stays(daemon, tui):
    daemon.add("Unread")
    window = tui(env={"NO_COLOR": "1"})
    window.until_shown(">●", "Unread", " live ")
    escapes = window.screen("-e")
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?3[0-7]m", escapes)


# Starting


def test_without_a_terminal_it_names_what_to_use_instead(bins, daemon):
    result = run(bins, daemon)
    assert (result.returncode, result.stdout) == (1, "")
    assert "articlesctl watch" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("prefix", "redirection"),
    [
        ("", " < /dev/null"),
        ("env TERM=dumb ", ""),
        ("env -u TERM ", ""),
        ("env TERM=no-such-terminal ", ""),
    ],
)
def test_a_terminal_that_cannot_be_used_is_refused(tui, prefix, redirection):
    window = tui(prefix=prefix, redirection=redirection)
    assert window.exit_status() == 1
    assert "articlesctl watch" in window.screen().replace("\n", "")
    assert window.is_restored()


@pytest.mark.parametrize(
    ("flags", "named", "code"),
    [
        (["--url", "localhost:8000"], "--url", 64),
        (["--url", "ftp://localhost"], "http", 64),
        (["--topic", "Not A Topic"], "topic", 64),
        (["--last", "501"], "last", 64),
        (["--last", "many"], "--last", 64),
        (["--no-such-flag"], "--no-such-flag", 64),
        (["--token-file", "/nowhere/token"], "/nowhere/token", 66),
    ],
)
def test_wrong_usage_says_what_is_wrong(bins, daemon, flags, named, code):
    result = run(bins, daemon, *flags)
    assert (result.returncode, result.stdout) == (code, "")
    assert named in result.stderr


def test_version_and_help_need_no_terminal(bins, daemon):
    version = run(bins, daemon, "--version")
    assert (version.returncode, version.stdout) == (0, "1.0\n")
    usage = run(bins, daemon, "--help")
    assert usage.returncode == 0
    assert "--topic" in usage.stdout


# Ending


def test_q_ends_with_0_and_restores_the_terminal(tui):
    window = tui()
    window.until_shown(" live ")
    window.keys("q")
    assert window.exit_status() == 0
    assert window.is_restored()


def test_ctrl_c_ends_with_130_and_restores_the_terminal(tui):
    window = tui()
    window.until_shown(" live ")
    window.keys("C-c")
    assert window.exit_status() == 130
    assert window.is_restored()


@pytest.mark.parametrize(("number", "code"), ENDINGS)
def test_signals_end_it_and_restore_the_terminal(tui, number, code):
    window = tui()
    window.until_shown(" live ")
    os.kill(window.pid, number)
    assert window.exit_status() == code
    assert window.is_restored()


@pytest.mark.parametrize("number", CRASHES)
def test_a_crash_restores_the_terminal(tui, number):
    window = tui()
    window.until_shown(" live ")
    os.kill(window.pid, number)
    assert window.exit_status() == 128 + number
    assert window.is_restored()


def test_it_ends_even_while_the_server_is_away(daemon, tui):
    assert daemon.stop() == 0
    window = tui()
    window.until_shown("reconnecting in ")
    os.kill(window.pid, signal.SIGTERM)
    assert window.exit_status() == 143
    assert window.is_restored()


def test_it_ends_when_its_window_is_closed(tui):
    window = tui()
    window.until_shown(" live ")
    pid = window.pid
    window.close()
    until(lambda: not Path(f"/proc/{pid}").exists(), "the viewer's end")


def test_a_stop_signal_gives_the_terminal_back_until_it_is_continued(daemon, tui):
    daemon.add("Still here")
    window = tui()
    window.until_shown("Still here", " live ")
    os.kill(window.pid, signal.SIGTSTP)
    until(lambda: "\nState:\tT" in Path(f"/proc/{window.pid}/status").read_text(), "the viewer stopped")
    assert "Still here" not in window.screen()
    os.kill(window.pid, signal.SIGCONT)
    window.until_shown("Still here", " live ")


def test_it_can_be_suspended_and_continued(bins, daemon, tmp_path):
    daemon.add("Still there")
    shell = "bash --norc --noprofile -i"
    with Tmux(tmp_path, shell, daemon.env | {"PS1": "prompt> "}, 80, 24) as window:
        window.until_shown("prompt>")
        window.keys(str(bins.articles_tui), "Enter")
        window.until_shown("Still there", " live ")
        window.keys("C-z")
        window.until_shown("Stopped", "prompt>")
        window.keys("echo in the; echo shell", "Enter")
        window.until_shown("in the\nshell")
        daemon.add("Meanwhile")
        window.keys("fg", "Enter")
        window.until_shown("Meanwhile", "Still there", " live ")
        window.keys("q")
        window.until(lambda screen: "Still there" not in screen and "prompt>" in screen, "the shell again")
        window.keys("echo back again", "Enter")
        window.until_shown("\nback again")


def test_a_stop_from_outside_is_followed_by_a_whole_picture(daemon, tui):
    daemon.add("Painted anew")
    window = tui()
    window.until_shown("Painted anew", " live ")
    os.kill(window.pid, signal.SIGSTOP)
    window.keys("-R")
    window.until_gone("Painted anew")
    os.kill(window.pid, signal.SIGCONT)
    window.until_shown("Painted anew", " live ")
