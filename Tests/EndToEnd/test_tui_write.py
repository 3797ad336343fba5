"""Writing articles in the viewer: the editor, the outbox, and that everything is posted once."""

import os
import signal

import pytest
from support.waiting import until


@pytest.fixture
def editor(tmp_path):
    """Makes an editor that replaces the text by another: `editor("Title\\n\\nBody")`."""
    script = tmp_path / "editor"
    text = tmp_path / "text"
    script.write_text(f'#!/bin/sh\ncp "$1" "{tmp_path}/shown"\n[ ! -e "{text}" ] || cp "{text}" "$1"\n')
    script.chmod(0o755)

    def write(content):
        if content is None:
            text.unlink(missing_ok=True)
        else:
            text.write_text(content)
        return {"EDITOR": str(script), "VISUAL": "", "ARTICLES_TOKEN": ""}

    return write


def articles(daemon):
    return daemon.client.get("/api/articles/?limit=100").json()["results"]


def token(daemon):
    return {"ARTICLES_TOKEN": daemon.token}


def test_an_article_is_written_in_the_editor_and_posted(daemon, tui, editor, tmp_path):
    window = tui(env=editor("Written here\ntopic: sport\n\nIts body.\n") | token(daemon))
    window.until_shown("No articles yet", " live ")
    window.keys("a")
    window.until_shown("Written here", "Its body.")
    assert (tmp_path / "shown").read_text().startswith("\ntopic: news\n\n\n# ---- 8< ----")
    assert [(article["title"], article["body"], article["topic"]) for article in articles(daemon)] == [
        ("Written here", "Its body.", "sport")
    ]
    window.until_gone("draft")


def test_an_article_is_edited_and_deleted(daemon, tui, editor, tmp_path):
    id = daemon.add("Before", "The body.")
    window = tui(env=editor("After\n\nAnother body.\n") | token(daemon))
    window.until_shown("Before", "The body.", " live ")
    window.keys("e")
    window.until_shown("After [edited]", "Another body.")
    assert (tmp_path / "shown").read_text().startswith("Before\ntopic: news\n\nThe body.\n# ---- 8< ----")
    assert daemon.get(id)["body"] == "Another body."
    window.keys("d")
    window.until_shown('Delete "After"? y/n')
    window.keys("n")
    window.until_shown("nothing was changed")
    window.keys("d", "y")
    window.until_shown("No articles yet")
    assert articles(daemon) == []


@pytest.mark.parametrize("text", [None, "\n\nno title\n"])
def test_what_is_unchanged_or_has_no_title_is_not_posted(daemon, tui, editor, text):
    window = tui(env=editor(text) | token(daemon))
    window.until_shown("No articles yet", " live ")
    window.keys("a")
    window.until_shown("nothing was changed")
    assert articles(daemon) == []


def test_an_editor_that_fails_posts_nothing(daemon, tui):
    window = tui(env={"EDITOR": "false", "VISUAL": ""} | token(daemon))
    window.until_shown("No articles yet", " live ")
    window.keys("a")
    window.until_shown('the editor "false" failed (1): nothing was posted')


def test_drafts_wait_while_the_server_is_away_and_are_posted_once(daemon, tui, editor):
    window = tui(env=editor("Written offline\n\nBody.\n") | token(daemon))
    window.until_shown("No articles yet", " live ")
    assert daemon.stop() == 0
    window.until_shown("reconnecting in ")
    window.keys("a")
    # That one waits stands in the status line too, where the reason of the outage leaves room for it.
    window.until_shown("[waiting] Written offline")
    daemon.start()
    window.until(lambda _: window.status().startswith(" live "), "live", deadline=40)
    window.until_gone("[waiting")
    window.until_shown("Written offline", "1 article,")
    assert len(articles(daemon)) == 1


def test_what_waits_outlives_the_viewer_and_is_posted_once_by_two_of_them(daemon, tui, editor):
    env = editor("Kept\n\nBody.\n") | token(daemon)
    assert daemon.stop() == 0
    window = tui(env=env)
    window.until_shown("reconnecting in ")
    window.keys("a")
    window.until_shown("[waiting] Kept")
    window.keys("q")
    assert window.exit_status() == 0
    two = [tui(env=env), tui(env=env)]
    for window in two:
        window.until_shown("[waiting] Kept")
    daemon.start()
    for window in two:
        window.until(lambda _, window=window: window.status().startswith(" live "), "live", deadline=40)
        window.until_gone("[waiting", deadline=40)
    until(lambda: [article["title"] for article in articles(daemon)] == ["Kept"], "posted once")


def test_a_crash_loses_no_draft(daemon, tui, editor):
    env = editor("Safe\n\nBody.\n") | token(daemon)
    assert daemon.stop() == 0
    window = tui(env=env)
    window.until_shown("reconnecting in ")
    window.keys("a")
    window.until_shown("[waiting] Safe")
    os.kill(window.pid, signal.SIGKILL)
    window.until_shown("exit status 137")
    daemon.start()
    window = tui(env=env)
    window.until_shown("Safe", "1 article,", deadline=40)
    assert len(articles(daemon)) == 1


def test_what_the_server_refuses_is_kept_and_can_be_mended(daemon, tui, editor):
    window = tui(env=editor("x" * 300 + "\n\nBody.\n") | token(daemon))
    window.until_shown("No articles yet", " live ")
    window.keys("a")
    window.until_shown("[not posted] ", "1 draft waits")
    editor("Shorter\n\nBody.\n")
    window.keys("O")
    window.until_shown("\n Outbox ")
    window.keys("Enter")
    window.until_shown("Shorter", "1 article,")
    window.until_gone("[not posted]")


def test_somebody_elses_change_is_not_overwritten(daemon, tui, editor, tmp_path):
    id = daemon.add("Original", "Body.")
    env = editor("Mine\n\nBody.\n") | token(daemon)
    # While the editor is open somebody else changes the article.
    changing = tmp_path / "changing"
    changing.write_text(
        f'#!/bin/sh\ncurl -s -X PATCH -H "Authorization: Bearer {daemon.token}" -H "Content-Type: application/json" '
        f"-d '{{\"title\":\"Theirs\"}}' {daemon.url}/api/articles/{id}/ >/dev/null\nexec {env['EDITOR']} \"$1\"\n"
    )
    changing.chmod(0o755)
    window = tui(env=env | {"EDITOR": str(changing)})
    window.until_shown("Original", " live ")
    window.keys("e")
    window.until_shown("[not posted] Mine", f"not posted: somebody has changed #{id} meanwhile", "Theirs")
    assert daemon.get(id)["title"] == "Theirs"


def test_without_a_token_it_says_what_helps(daemon, tui):
    window = tui(env={"ARTICLES_TOKEN": ""})
    window.until_shown("No articles yet", " live ")
    window.keys("a")
    window.until_shown("writing needs a token", "articlesctl login")


def test_a_token_that_is_refused_is_said_so_and_the_draft_is_kept(daemon, tui, editor, tmp_path):
    bad = tmp_path / "token"
    bad.write_text("wrong\n")
    daemon.add("Readable")
    window = tui("--token-file", bad, env=editor("Draft\n\n.\n"))
    window.until(lambda _: window.status().startswith(" offline "), "offline")
    assert "The token is not valid" in window.status()
    window.keys("a")
    window.until_shown("[not posted] Draft", "The token is not valid")
