"""What the viewer's keys and its mouse do, in a real terminal against a real daemon."""

import re
import shlex

import pytest
from support.waiting import until


def selected(screen):
    """The selected line of the list."""
    found = re.search(r"^>(.*?)(?:│|$)", screen, re.MULTILINE)
    return found.group(1) if found else ""


def select(window, title):
    window.until(lambda screen: title in selected(screen), f"{title} selected")


@pytest.fixture
def many(daemon):
    """Twelve articles, of which three are about the kernel, and two topics."""
    for number in range(1, 13):
        daemon.add(
            f"Kernel {number}." if number % 4 == 0 else f"Other {number}.",
            f"Body {number}: https://example.org/{number}",
            topic="sport" if number % 3 == 0 else "news",
        )
    return daemon


def test_search_selects_the_first_match_and_counts(many, tui):
    window = tui()
    window.until_shown("Other 11.", " live ")
    window.keys("/")
    window.type("kernel")
    window.until_shown("\n /kernel")
    window.keys("Enter")
    window.until_shown("/kernel 1 of 3 ")
    select(window, "Kernel 12.")
    window.keys("N")
    window.until_shown("/kernel 2 of 3 ")
    select(window, "Kernel 8.")
    window.keys("P", "P")
    window.until_shown("no newer match")
    window.keys("Escape")
    window.until_gone("1 of 3")


def test_search_asks_the_server_for_what_is_not_loaded(many, tui):
    window = tui("--last", "2")
    window.until_shown("2 articles,", " live ")
    window.keys("/")
    window.type("body 4:")
    window.keys("Enter")
    window.until_shown("/body 4: 1 of 1 ", "Body 4: https://example.org/4[1]")
    select(window, "Kernel 4.")
    assert "3 articles," in window.screen()


def test_a_filter_works_as_it_is_typed(many, tui):
    window = tui()
    window.until_shown("Other 11.", " live ")
    window.keys("f")
    window.type("ker")
    window.until_shown("3 of 12 articles")
    window.keys("C-u")
    window.type("!ker")
    window.until_shown("9 of 12 articles")
    window.keys("Enter")
    many.add("One more")
    window.until_shown("10 of 13 articles", "One more")
    window.keys("Escape")
    window.until_shown("13 articles,")


def test_topics_are_tabs_with_unread_counts(many, tui):
    window = tui()
    window.until_shown("[all 12] news 8  sport 4", " live ")
    window.keys("]", "]")
    window.until_shown("[sport 4]", "4 of 12 articles")
    assert "Other 11." not in window.screen()
    window.keys("Enter")
    window.until_shown("[sport 3]")
    window.keys("Escape", "t")
    window.until_shown("\n Topics ", "news        8 loaded")
    window.keys("k", "Enter")
    window.until_shown("[news 8]")
    many.add("About sport", topic="sport")
    window.until_shown(" sport 4 ")
    assert "About sport" not in window.screen()


def test_older_articles_are_loaded_when_one_scrolls_towards_them(daemon, tui):
    for number in range(1, 61):
        daemon.add(f"Number {number}.")
    window = tui("--last", "20", columns=60, rows=12)
    window.until_shown("20 articles,", " live ")
    window.keys("G")
    window.until_shown("60 articles,")
    window.keys("G")
    select(window, "Number 1.")


def test_a_day_is_found_through_the_server(daemon, tui):
    batch = "".join(
        f'{{"title":"Of day {day}","published":"2025-03-{day:02}T12:00:00Z","key":"{day}"}}\n' for day in range(1, 29)
    )
    answer = daemon.client.post(
        "/api/articles/batch",
        content=batch,
        headers=daemon.authorization | {"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200
    window = tui("--last", "2", columns=80)
    window.until_shown("2 articles,", " live ")
    window.keys("D")
    window.type("2025-03-07")
    window.keys("Enter")
    select(window, "Of day 7")
    window.keys("D")
    window.type("2001-01-01")
    window.keys("Enter")
    window.until_shown("there is nothing as old as that")


def test_unread_ones_can_be_listed_and_marked(many, tui):
    window = tui(columns=80)
    window.until_shown("12 articles, 12 unread", " live ")
    window.keys("j", "r", "u")
    window.until_shown("11 of 12 articles", "unread only")
    window.keys("u", "R")
    window.until_shown("Mark 11 articles as read? y/n")
    window.keys("y")
    window.until_shown("12 articles, 0 unread")


def test_a_link_is_opened_in_the_browser(many, tui, tmp_path):
    log = tmp_path / "browser.log"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" >> {shlex.quote(str(log))}\n')
    script.chmod(0o755)
    window = tui(env={"BROWSER": f"/nowhere/browser:{script} %s"})
    window.until_shown("Kernel 12.", " live ")
    window.keys("o")
    until(lambda: log.exists() and log.read_text() == f"{many.url}/articles/12\n", "the article's page opened")
    window.until_shown("Kernel 12.", "opened ")
    window.keys("Enter", "1")
    until(lambda: log.read_text().endswith("\nhttps://example.org/12\n"), "the link in it opened")


def test_a_link_is_copied_through_the_terminal(many, tui):
    window = tui()
    window.until_shown("Kernel 12.", " live ")
    window.allow_clipboard()
    window.keys("y")
    window.until_shown(f"copied {many.url}/articles/12")
    until(lambda: window.clipboard() == f"{many.url}/articles/12", "the link in the clipboard")


def test_an_article_is_piped_to_a_command(many, tui, tmp_path):
    window = tui()
    window.until_shown("Kernel 12.", " live ")
    window.keys("|")
    window.type(f"tee {tmp_path / 'piped'}")
    window.keys("Enter")
    window.until_shown("Body 12: https://example.org/12\n", "[done] Enter goes back")
    assert (tmp_path / "piped").read_text() == "Kernel 12.\n\nBody 12: https://example.org/12\n"
    window.keys("Enter")
    window.until_shown(" live ", "? help")
    window.keys("|")
    window.type("exit 3")
    window.keys("Enter")
    window.until_shown("[exit status 3]")
    window.keys("Enter")
    window.until_shown("exit 3: exit status 3")


def test_ctrl_c_in_a_command_is_for_the_command_alone(many, tui):
    window = tui()
    window.until_shown("Kernel 12.", " live ")
    window.keys("|")
    window.type("echo it runs; exec tail -f /dev/null")
    window.keys("Enter")
    window.until_shown("it runs")
    window.keys("C-c")
    window.until_shown("[exit status 130] Enter goes back")
    window.keys("Enter")
    window.until_shown(" live ", "Kernel 12.")


def test_the_command_line_knows_every_command(many, tui, tmp_path):
    window = tui()
    window.until_shown("Kernel 12.", " live ")
    window.type(":topi")
    window.keys("Tab")
    window.type("sport")
    window.keys("Enter")
    window.until_shown("[sport 4]")
    window.type(f":save {tmp_path / 'saved'}")
    window.keys("Enter")
    window.until_shown("saved in ")
    assert (tmp_path / "saved").read_text().startswith("Kernel 12.\n\nBody 12")
    window.type(":nonsense")
    window.keys("Enter")
    window.until_shown("there is no command nonsense")
    window.type(":quit")
    window.keys("Enter")
    assert window.exit_status() == 0


def test_the_mouse_selects_opens_and_scrolls(daemon, tui):
    for number in range(1, 61):
        daemon.add(f"Number {number}.", "\n".join(f"line {line}" for line in range(1, 100)))
    window = tui()
    window.until_shown("Number 60.", " live ")
    window.mouse("click", 10, 4)
    select(window, "Number 57.")
    window.mouse("down", 10, 4)
    select(window, "Number 54.")
    window.mouse("down", 80, 10)
    # Its first three lines, with the number of the article, are gone.
    window.until(lambda screen: "#54" not in screen and "│ line 1\n" in screen, "the article scrolled")
    select(window, "Number 54.")
    window.mouse("click", 10, 1)
    window.mouse("click", 10, 1)
    window.until_shown("60 articles, 59 unread")
    window.keys("m")
    window.until_shown("mouse off")
    window.keys("q")
    assert window.exit_status() == 0
    assert window.is_restored()


def test_escape_is_told_from_the_sequence_of_a_key(many, tui):
    window = tui(columns=60, rows=12)
    window.until_shown("Kernel 12.", " live ")
    window.keys("Enter")
    window.until_shown("Body 12:")
    # A key that is a sequence moves, and does not go back.
    window.keys("Down", "Up")
    assert "Body 12:" in window.screen()
    window.keys("Escape")
    window.until_gone("Body 12:")
    window.keys("j")
    select(window, "Other 11.")
