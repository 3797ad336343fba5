"""The admin site, form by form, as it is without scripts."""

import json
import os
import pty
import stat
import subprocess

import pytest

from support.admin import CHEAP, PASSWORD, AdminClient, Page, add_account, basic, bearer, run
from support.feed import v1
from support.metrics import Metrics
from support.waiting import until

DAEMON_FLAGS = CHEAP


# The first run


def setup_path(daemon):
    file = daemon.data_dir / "setup-link"
    link = until(lambda: file.exists() and file.read_text().strip(), "the link")
    assert link.startswith(daemon.url.replace("127.0.0.1", "localhost") + "/admin/setup?token=")
    return "/admin/setup" + link.split("/admin/setup")[1]


def set_up(client, path, name="root", password=PASSWORD, again=None):
    form = client.get(path).forms[-1]["fields"]
    data = form | {"username": name, "password": password, "password_again": again or password}
    return client.http.post("/admin/setup", data=data)


def figure(daemon, name):
    return Metrics.of(daemon).get(f"articled_{name}")


def test_the_first_account_is_made_with_a_link_that_works_once(start_daemon):
    daemon = start_daemon(*CHEAP)
    file = daemon.data_dir / "setup-link"
    # It is written a moment after the daemon listens.
    until(file.exists, "the link")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    path = setup_path(daemon)
    secret = path.split("token=")[1]
    # Neither the log nor an output that is no terminal tells it.
    assert secret not in daemon.log() + daemon.output()
    assert str(file) in daemon.log() and str(file) in daemon.output()
    with AdminClient(daemon) as client:
        client.get("/admin/setup?token=wrong", status=403)
        client.get("/admin/setup", status=403)
        for name, password, again, said in (
            ("root", "short", None, "at least 8"),
            ("root", PASSWORD, "another one", "not the same"),
            ("r o o t", PASSWORD, None, "letters"),
        ):
            answer = set_up(client, path, name, password, again)
            assert answer.status_code == 422 and said in answer.text
        assert (figure(daemon, "accounts"), figure(daemon, "sessions")) == (0, 0)
        assert set_up(client, path).status_code == 303
        assert "root" in client.get("/admin/").text
        assert (figure(daemon, "accounts"), figure(daemon, "sessions")) == (1, 1)
    assert not file.exists()
    with AdminClient(daemon) as late:
        assert "has done its work" in late.get(path, status=410).text
    with AdminClient(daemon) as client:
        client.login("root")
    daemon.restart()
    assert not file.exists()


def test_two_who_use_the_link_at_once_make_one_account(start_daemon):
    daemon = start_daemon(*CHEAP)
    path = setup_path(daemon)
    with AdminClient(daemon) as one, AdminClient(daemon) as two:
        form = two.get(path).forms[-1]["fields"]
        assert set_up(one, path).status_code == 303
        data = form | {"username": "second", "password": PASSWORD, "password_again": PASSWORD}
        assert two.http.post("/admin/setup", data=data).status_code == 410
    listed = daemon.client.get("/api/accounts/", headers=daemon.authorization).json()["results"]
    assert [account["name"] for account in listed] == ["root"]


def test_a_link_that_was_not_used_expires(start_daemon):
    daemon = start_daemon(*CHEAP, "--setup-link-lifetime", "1s")
    path = setup_path(daemon)
    until(lambda: not (daemon.data_dir / "setup-link").exists(), "the link to expire")
    with AdminClient(daemon) as client:
        assert "has expired" in client.get(path, status=410).text
    assert "expired unused" in daemon.log()
    daemon.restart()
    with AdminClient(daemon) as client:
        assert set_up(client, setup_path(daemon)).status_code == 303


def test_the_link_goes_when_an_admin_is_made_otherwise(start_daemon):
    daemon = start_daemon(*CHEAP)
    run(daemon, "createsuperuser", "--username", "root", "--password-stdin", stdin=PASSWORD)
    until(lambda: not (daemon.data_dir / "setup-link").exists(), "the link to go")


def test_a_terminal_is_shown_the_link(start_daemon):
    daemon = start_daemon.prepare(*CHEAP)
    primary, secondary = pty.openpty()
    with daemon.log_file.open("ab") as log:
        daemon.process = subprocess.Popen(
            daemon.command, stdin=subprocess.DEVNULL, stdout=secondary, stderr=log, env=daemon.env
        )
    os.close(secondary)
    until(daemon.is_ready, "the daemon")
    shown = ""
    while "Try in other terminals" not in shown:
        shown += os.read(primary, 4096).decode()
    assert setup_path(daemon) in shown
    daemon.stop()
    os.close(primary)


# Who is logged in


@pytest.fixture(scope="module")
def accounts(shared_daemon):
    for role in ("viewer", "editor", "admin"):
        add_account(shared_daemon, role, role)


@pytest.fixture
def editor(shared_daemon, accounts):
    with AdminClient(shared_daemon) as client:
        yield client.login("editor")


@pytest.fixture
def admin(shared_daemon, accounts):
    with AdminClient(shared_daemon) as client:
        yield client.login("admin")


PAGES = {
    "/admin/": "editor",
    "/admin/articles/": "editor",
    "/admin/articles/add/": "editor",
    "/admin/account/": "viewer",
    "/admin/accounts/": "admin",
    "/admin/accounts/add/": "admin",
    "/admin/accounts/viewer/": "admin",
    "/admin/accounts/viewer/delete/": "admin",
    "/admin/tokens/": "admin",
    "/admin/sessions/": "admin",
    "/admin/audit/": "admin",
}
RANK = {"viewer": 0, "editor": 1, "admin": 2}


@pytest.mark.parametrize("role", ["nobody", "viewer", "editor", "admin"])
@pytest.mark.parametrize(("path", "needed"), PAGES.items())
def test_each_page_is_for_those_it_is_for(shared_daemon, accounts, path, needed, role):
    with AdminClient(shared_daemon) as client:
        if role == "nobody":
            answer = client.http.get(path)
            assert answer.status_code == 303 and answer.headers["Location"].startswith("/admin/login")
            return
        client.login(role)
        client.get(path, status=200 if RANK[role] >= RANK[needed] else 403)
        assert client.http.get(path.rstrip("/")).status_code == (200 if RANK[role] >= RANK[needed] else 403)


def test_a_token_does_not_open_the_site_for_browsers(shared_daemon, accounts):
    answer = shared_daemon.client.get("/admin/", headers=shared_daemon.authorization)
    assert answer.status_code == 303


def test_wrong_passwords_and_unknown_names_are_told_alike(shared_daemon, accounts):
    with AdminClient(shared_daemon) as client:
        wrong = client.try_login("editor", "not the password")
        unknown = client.try_login("nobody-here", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    said = "The name or the password is wrong."
    assert said in Page(wrong.text).text and said in Page(unknown.text).text


def test_logging_out_ends_the_session(shared_daemon, accounts):
    with AdminClient(shared_daemon) as client:
        session = client.login("editor").session
        assert client.post("/admin/logout").headers["Location"] == "/admin/login?done=logout"
        assert client.session is None
        client.http.cookies.set("articles_session", session, domain="127.0.0.1")
        assert client.http.get("/admin/").status_code == 303


def test_a_form_that_was_open_when_the_session_ended_says_so(shared_daemon, accounts):
    with AdminClient(shared_daemon) as client:
        csrf = client.login("editor").csrf
        client.post("/admin/logout")
        answer = client.post("/admin/articles/add/", csrf=csrf, title="Lost?", topic="news", do="save")
        assert answer.status_code == 403 and "Nothing was changed" in answer.text


# Articles


def latest(daemon):
    return daemon.client.get("/api/articles/").json()["results"][0]


def test_an_article_that_is_added_reaches_every_subscriber(shared_daemon, editor):
    with v1(shared_daemon, "?last=0") as subscriber:
        assert "hello" in subscriber.next() and "live" in subscriber.next()
        answer = editor.post(
            "/admin/articles/add/", title="From the site", body="One\r\nTwo", topic="sport", author="", do="save"
        )
        assert answer.headers["Location"] == "/admin/articles/?done=added"
        [event] = subscriber.events(1)
    fields = event["fields"]
    assert (fields["title"], fields["body"], fields["topic"], fields["author"]) == (
        "From the site",
        "One\nTwo",
        "sport",
        "editor",
    )
    assert "every subscriber has it" in editor.get("/admin/articles/?done=added").text


def test_a_double_click_posts_once(shared_daemon, editor):
    page = editor.get("/admin/articles/add/")
    fields = {"title": "Once", "body": "", "topic": "news", "key": page.fields["key"], "do": "save"}
    for _ in range(2):
        assert editor.post("/admin/articles/add/", **fields).status_code == 303
    found = shared_daemon.client.get("/api/articles/?limit=2").json()["results"]
    assert [article["title"] for article in found].count("Once") == 1


def test_what_breaks_a_rule_is_said_at_its_field_and_nothing_typed_is_lost(shared_daemon, editor):
    before = latest(shared_daemon)
    answer = editor.post("/admin/articles/add/", title="", body="My text", topic="No Topic", do="save")
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "must not be empty" in page.text and "must be 1–64" in page.text
    assert "My text" in page.text and page.fields["topic"] == "No Topic"
    assert latest(shared_daemon) == before
    long = editor.post("/admin/articles/add/", title="t", body="x" * 70000, topic="news", do="save")
    assert long.status_code == 413 and "70000 bytes" in long.text and "x" * 70000 in long.text


def test_a_preview_shows_and_saves_nothing(shared_daemon, editor):
    before = latest(shared_daemon)
    answer = editor.post("/admin/articles/add/", title="Draft", body="Body", topic="news", do="preview")
    assert answer.status_code == 200 and "Preview: not saved yet" in answer.text
    assert latest(shared_daemon) == before
    assert Page(answer.text).fields["title"] == "Draft"


def test_the_list_searches_filters_counts_and_pages(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "editor")
    lines = [{"title": f"Even {n}" if n % 2 == 0 else f"Odd {n}", "topic": "b" if n > 60 else "a"} for n in range(120)]
    daemon.client.post(
        "/api/articles/batch",
        content="\n".join(json.dumps(line) for line in lines),
        headers=daemon.authorization | {"Content-Type": "application/x-ndjson"},
    )
    with AdminClient(daemon).login("editor") as editor:
        first = editor.get("/admin/articles/")
        assert "120 articles, page 1 of 3" in first.text
        assert "Odd 119" in first.text and "Even 68" not in first.text
        assert "/admin/articles/?page=2" in first.links
        assert "Even 68" in editor.get("/admin/articles/?page=2").text
        assert "Even 0" in editor.get("/admin/articles/?page=3").text
        assert "60 articles, page 1 of 2" in editor.get("/admin/articles/?q=odd").text
        # As a form writes a space.
        assert "1 article" in editor.get("/admin/articles/?q=odd+119").text
        assert "59 articles" in editor.get("/admin/articles/?topic=b").text
        both = editor.get("/admin/articles/?q=odd&topic=b")
        assert "30 articles" in both.text
        assert "No article fits" in editor.get("/admin/articles/?q=100%25").text
        assert "No articles yet" in editor.get("/admin/articles/?page=999").text
        for odd in ("?page=-1", "?page=x", "?page=99999999999999999999", "?topic=%00", "?q=%00"):
            editor.get(f"/admin/articles/{odd}")


def test_of_two_who_save_the_same_article_the_second_sees_it_and_loses_nothing(shared_daemon, editor, admin):
    id = shared_daemon.add("Start", "Text")
    path = f"/admin/articles/{id}/"
    mine, theirs = editor.get(path).fields, admin.get(path).fields
    common = {"topic": "news", "author": "x", "do": "save"}
    assert admin.post(path, title="Theirs", body="Their text", version=theirs["version"], **common).status_code == 303
    answer = editor.post(path, title="Mine", body="My text", version=mine["version"], **common)
    assert answer.status_code == 409
    page = Page(answer.text)
    assert "Somebody else has changed this article" in page.text
    assert "Their text" in page.text and "My text" in page.text and page.fields["title"] == "Mine"
    assert shared_daemon.get(id)["title"] == "Theirs"
    # Knowing it, they may go on.
    again = editor.post(path, title="Mine", body="My text", version=page.fields["version"], **common)
    assert again.status_code == 303
    assert shared_daemon.get(id)["title"] == "Mine"


def test_saving_an_article_that_was_deleted_keeps_the_text(shared_daemon, editor):
    id = shared_daemon.add("Start", "Text")
    version = editor.get(f"/admin/articles/{id}/").fields["version"]
    shared_daemon.delete(id)
    answer = editor.post(
        f"/admin/articles/{id}/", title="Mine", body="My text", topic="news", author="x", version=version, do="save"
    )
    assert answer.status_code == 409
    page = Page(answer.text)
    assert "was deleted meanwhile" in page.text and "My text" in page.text
    assert page.forms[-1]["action"] == "/admin/articles/add/"


def test_an_article_can_be_deleted_after_a_question(shared_daemon, editor):
    id = shared_daemon.add("To go")
    assert "To go" in editor.get(f"/admin/articles/{id}/delete/").text
    assert editor.post(f"/admin/articles/{id}/delete/", confirmed="yes").status_code == 303
    assert shared_daemon.client.get(f"/api/articles/{id}/").status_code == 404
    editor.get(f"/admin/articles/{id}/", status=404)


def test_many_articles_are_deleted_behind_a_summary(shared_daemon, editor):
    ids = [shared_daemon.add(f"Bulk {n}") for n in range(3)]
    with v1(shared_daemon, "?last=0") as subscriber:
        assert "hello" in subscriber.next() and "live" in subscriber.next()
        summary = editor.http.post("/admin/articles/delete/", data={"csrf_token": editor.csrf, "id": ids})
        assert summary.status_code == 200 and "Delete 3 articles?" in summary.text
        assert all(f"Bulk {n}" in summary.text for n in range(3))
        # One of them goes meanwhile.
        shared_daemon.delete(ids[1])
        data = {"csrf_token": editor.csrf, "id": ids, "confirmed": "yes"}
        assert editor.http.post("/admin/articles/delete/", data=data).status_code == 303
        assert {event["pk"] for event in subscriber.events(3)} == set(ids)
    none = editor.post("/admin/articles/delete/")
    assert none.status_code == 422 and "No article is ticked" in none.text


def test_the_history_tells_who_when_and_what(shared_daemon, editor, admin):
    id = shared_daemon.add("Before", "Text")
    version = editor.get(f"/admin/articles/{id}/").fields["version"]
    editor.post(
        f"/admin/articles/{id}/", title="After", body="Other", topic="news", author="local", version=version, do="save"
    )
    admin.post(f"/admin/articles/{id}/delete/")
    text = " ".join(editor.get(f"/admin/articles/{id}/history/").text.split())
    for said in (
        "article created",
        "local",
        "127.0.0.1",
        "editor",
        "article changed",
        "title was “Before”, body",
        "admin",
        "article deleted",
        "deleted",
    ):
        assert said in text, said
    editor.get("/admin/articles/999999/history/", status=404)


# Accounts, tokens, sessions, the audit log


def test_accounts_are_added_changed_and_removed(shared_daemon, admin):
    answer = admin.post(
        "/admin/accounts/add/", name="grace", role="viewer", password=PASSWORD, password_again=PASSWORD
    )
    assert answer.status_code == 303
    assert shared_daemon.client.get("/api/whoami", headers=basic("grace")).json()["role"] == "viewer"
    assert admin.post("/admin/accounts/grace/", role="editor", do="role").status_code == 303
    assert shared_daemon.client.get("/api/whoami", headers=basic("grace")).json()["role"] == "editor"
    new = {"password": "another one", "password_again": "another one", "do": "password"}
    assert admin.post("/admin/accounts/grace/", **new).status_code == 303
    assert shared_daemon.client.get("/api/whoami", headers=basic("grace")).status_code == 401
    differs = admin.post("/admin/accounts/grace/", **(new | {"password_again": "x"}))
    assert differs.status_code == 422 and "the same both times" in differs.text
    assert "Remove the account grace?" in admin.get("/admin/accounts/grace/delete/").text
    assert admin.post("/admin/accounts/grace/delete/").status_code == 303
    admin.get("/admin/accounts/grace/", status=404)
    for bad in ({"name": "grace", "role": "boss"}, {"name": "g race", "role": "viewer"}, {"name": "editor"}):
        fields = {"role": "viewer", "password": PASSWORD, "password_again": PASSWORD} | bad
        assert admin.post("/admin/accounts/add/", **fields).status_code in (409, 422)


def test_deleting_yourself_as_the_last_admin_is_refused(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    with AdminClient(daemon).login("root") as root:
        answer = root.post("/admin/accounts/root/delete/")
        assert answer.status_code == 409 and "last admin" in answer.text
        answer = root.post("/admin/accounts/root/", role="viewer", do="role")
        assert answer.status_code == 409 and "last admin" in answer.text
        assert root.get("/admin/accounts/").text


def test_ones_own_password_needs_the_old_one_and_keeps_this_session(shared_daemon, accounts):
    add_account(shared_daemon, "henry", "viewer")
    with AdminClient(shared_daemon).login("henry") as here, AdminClient(shared_daemon).login("henry") as there:
        new = {"password": "another one", "password_again": "another one"}
        wrong = here.post("/admin/account/", old_password="wrong password", **new)
        assert wrong.status_code == 422 and "not your password" in wrong.text
        assert here.post("/admin/account/", old_password=PASSWORD, **new).status_code == 303
        assert here.http.get("/admin/account/").status_code == 200
        assert there.http.get("/admin/account/").status_code == 303


def test_a_token_is_shown_once(shared_daemon, admin):
    answer = admin.post("/admin/tokens/", name="robot", role="editor", days="30")
    assert answer.status_code == 200
    [token] = [word for word in Page(answer.text).text.split() if word.startswith("art_")]
    assert shared_daemon.client.get("/api/whoami", headers=bearer(token)).json()["name"] == "robot"
    listed = admin.get("/admin/tokens/")
    assert "robot" in listed.text and token not in listed.html
    assert admin.post("/admin/tokens/", name="robot", role="editor", days="30").status_code == 409
    [revoke] = [link for link in listed.links if link and link.endswith("/revoke/")]
    assert "Revoke the token robot?" in admin.get(revoke).text
    assert admin.post(revoke).status_code == 303
    assert shared_daemon.client.get("/api/whoami", headers=bearer(token)).status_code == 401


def test_sessions_are_listed_and_ended(shared_daemon, accounts, admin, editor):
    before = admin.get("/admin/sessions/")
    assert "editor" in before.text and "this browser" in before.text
    listed = shared_daemon.client.get("/api/sessions/", headers=shared_daemon.authorization).json()["results"]
    mine = max(session["id"] for session in listed if session["account"] == "editor")
    other = max(session["id"] for session in listed if session["account"] == "admin")
    # Others' sessions are not an editor's to end.
    assert editor.post(f"/admin/sessions/{other}/end/").status_code == 403
    assert admin.post(f"/admin/sessions/{mine}/end/").status_code == 303
    assert editor.http.get("/admin/").status_code == 303


def test_the_audit_log_has_every_write_and_login(start_daemon):
    daemon = start_daemon(*CHEAP)
    run(daemon, "user", "add", "root", "--role", "admin", "--password-stdin", stdin=PASSWORD)
    id = daemon.add("Article")
    daemon.edit(id, title="Changed")
    daemon.delete(id)
    with AdminClient(daemon) as root:
        root.try_login("root", "wrong password")
        root.try_login("my-secret-password-typed-as-name", "x")
        root.login("root")
        root.post("/admin/accounts/add/", name="ada", role="viewer", password=PASSWORD, password_again=PASSWORD)
        root.post("/admin/accounts/ada/", role="editor", do="role")
        root.post("/admin/tokens/", name="ci", role="viewer", days="0")
        root.post("/admin/accounts/ada/delete/")
        page = root.get("/admin/audit/")
        assert "my-secret" not in page.html
        filtered = root.get("/admin/audit/?account=root&action=role+changed")
        assert [line.split()[0] for line in filtered.rows] == ["just"]
        assert "viewer → editor" in filtered.rows[0]
        assert len(root.get("/admin/audit/?account=root&action=").rows) > 3
        root.post("/admin/logout")
    results = daemon.client.get("/api/audit/?limit=100", headers=daemon.authorization).json()["results"]
    done = [(entry["account"], entry["action"], entry["subject"]) for entry in reversed(results)]
    assert done == [
        ("local", "account added", "root"),
        ("local", "article created", None),
        ("local", "article changed", "Changed"),
        ("local", "article deleted", "Changed"),
        ("root", "login failed", None),
        ("", "login failed", None),
        ("root", "logged in", None),
        ("root", "account added", "ada"),
        ("root", "role changed", "ada"),
        ("root", "token created", "ci"),
        ("root", "account removed", "ada"),
        ("root", "logged out", None),
    ]
    assert all(entry["address"] == "127.0.0.1" for entry in results)
    pages, path = [], "/api/audit/?limit=5"
    while path:
        page = daemon.client.get(path, headers=daemon.authorization).json()
        pages += page["results"]
        path = page["next"]
    assert [entry["id"] for entry in pages] == [entry["id"] for entry in results]


def test_the_audit_log_is_bounded(start_daemon):
    daemon = start_daemon(*CHEAP, "--audit-retention", "3")
    for number in range(6):
        daemon.add(f"Article {number}")
    daemon.restart()
    daemon.add("One more")
    results = daemon.client.get("/api/audit/", headers=daemon.authorization).json()["results"]
    assert len(results) <= 4 and results[0]["article"] == 7


def test_the_dashboard_tells_how_it_goes(shared_daemon, admin, editor):
    with v1(shared_daemon) as subscriber:
        subscriber.next()
        text = " ".join(admin.get("/admin/").text.split())
    assert "Subscribers11 WebSocket" in text
    assert str(shared_daemon.data_dir) in text and "Last warnings and errors" in text
    seen_by_editor = " ".join(editor.get("/admin/").text.split())
    assert str(shared_daemon.data_dir) not in seen_by_editor and "Last warnings" not in seen_by_editor


def test_looking_on_in_the_background_keeps_no_session_alive(start_daemon):
    daemon = start_daemon(*CHEAP, "--session-idle", "2s")
    add_account(daemon, "ada")
    with AdminClient(daemon).login("ada") as ada:
        until(
            lambda: ada.http.get("/admin/", headers={"X-Background": "true"}).status_code == 303, "the idle session to end"
        )
