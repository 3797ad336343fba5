"""What an attacker on the network tries: guessing, forging, planting, injecting."""

import json
import re
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from support.admin import CHEAP, PASSWORD, AdminClient, Page, add_account, basic, bearer, create_token
from support.http import RawConnection
from support.waiting import until

DAEMON_FLAGS = CHEAP


# Guessing


def test_of_twenty_bad_logins_ten_are_tried_and_the_rest_is_told_to_wait(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ada")
    with AdminClient(daemon) as client:
        answers = [client.try_login("ada", f"wrong password {number}") for number in range(20)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 10
        assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in answers[10:])
        # Not even the right password gets in now, nor by another way.
        assert client.try_login("ada").status_code == 429
        assert daemon.client.get("/api/whoami", headers=basic("ada")).status_code == 429
        assert "Too many failed logins" in Page(answers[-1].text).text
    # Tokens are not guessed, and go on.
    assert daemon.client.get("/api/whoami", headers=daemon.authorization).status_code == 200
    refused = daemon.client.get("/api/status", headers=daemon.authorization).json()["refused"]
    assert refused["logins"] == 12


def test_an_account_is_protected_from_many_addresses_too(start_daemon):
    daemon = start_daemon(*CHEAP, "--trusted-proxy", "127.0.0.0/8", "--login-attempts", "3")
    add_account(daemon, "ada")
    add_account(daemon, "bob")

    def guess(name, address, password="wrong password"):
        headers = basic(name, password) | {"X-Forwarded-For": address}
        return daemon.client.get("/api/whoami", headers=headers).status_code

    assert [guess("ada", f"192.0.2.{number}") for number in range(5)] == [401, 401, 401, 429, 429]
    # Neither other accounts nor other addresses are locked out by that.
    assert guess("bob", "192.0.2.200", PASSWORD) == 200
    # And one address has its own limit, whatever the accounts.
    assert [guess(f"nobody{number}", "198.51.100.7") for number in range(5)] == [401, 401, 401, 429, 429]
    # Of IPv6 a customer has a whole network.
    assert [guess(f"none{number}", f"2001:db8::{number}") for number in range(5)] == [401, 401, 401, 429, 429]


def test_many_guesses_at_once_are_not_more_than_many_in_a_row(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ada")

    def guess(number):
        headers = basic("ada", f"wrong password {number}")
        return httpx.get(
            f"{daemon.url}/api/whoami", headers=headers, trust_env=False, verify=False, timeout=30
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(guess, range(40)))
    assert answers.count(401) in (10, 11) and answers.count(401) + answers.count(429) == 40


def test_logging_in_rightly_is_never_too_often(shared_daemon):
    add_account(shared_daemon, "often")
    for _ in range(15):
        with AdminClient(shared_daemon) as client:
            client.login("often")


def test_the_proxy_is_believed_only_where_it_is_trusted(start_daemon):
    for flags, expected in (((), "127.0.0.1"), (("--trusted-proxy", "127.0.0.1"), "203.0.113.9")):
        daemon = start_daemon(*CHEAP, *flags)
        headers = daemon.authorization | {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
        assert daemon.client.post("/api/articles/", json={"title": "t"}, headers=headers).status_code == 201
        [entry] = daemon.client.get("/api/audit/", headers=daemon.authorization).json()["results"]
        assert (entry["account"], entry["action"], entry["address"]) == ("local", "article created", expected)


# Forging


@pytest.fixture(scope="module")
def editor(shared_daemon):
    add_account(shared_daemon, "editor")
    shared_daemon.add("There")
    with AdminClient(shared_daemon) as client:
        yield client.login("editor")


FORMS = [
    "/admin/articles/add/",
    "/admin/articles/1/",
    "/admin/articles/1/delete/",
    "/admin/articles/delete/",
    "/admin/account/",
    "/admin/sessions/1/end/",
    "/admin/logout",
]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "wrong", "of another session"])
def test_a_form_without_this_sessions_token_does_nothing(shared_daemon, editor, path, token):
    if token == "of another session":
        with AdminClient(shared_daemon) as other:
            token = other.login("editor").csrf
    before = shared_daemon.client.get("/api/articles/").json()
    answer = editor.post(path, csrf=token, title="forged", topic="news", id="1", confirmed="yes", do="save")
    assert answer.status_code == 403
    assert shared_daemon.client.get("/api/articles/").json() == before
    assert editor.http.get("/admin/").status_code == 200


def test_a_login_form_of_another_browser_is_refused(shared_daemon, editor):
    with AdminClient(shared_daemon) as one, AdminClient(shared_daemon) as other:
        csrf = one.get("/admin/login").fields["csrf_token"]
        other.get("/admin/login")
        data = {"username": "editor", "password": PASSWORD, "csrf_token": csrf}
        assert other.http.post("/admin/login", data=data).status_code == 403
        assert other.session is None
        assert one.http.post("/admin/login", data=data).status_code == 303


@pytest.mark.parametrize("header", [None, "", "wrong"])
def test_the_api_takes_a_sessions_cookie_for_writing_only_with_its_token(shared_daemon, editor, header):
    headers = {} if header is None else {"X-CSRF-Token": header}
    assert editor.http.post("/api/articles/", json={"title": "t"}, headers=headers).status_code == 403
    good = {"X-CSRF-Token": editor.csrf}
    assert editor.http.post("/api/articles/", json={"title": "t"}, headers=good).status_code == 201
    # Reading needs none.
    assert editor.http.get("/api/whoami").json() == {"name": "editor", "role": "editor", "credential": "session"}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_other_sites_pages_can_not_write_whatever_they_send(shared_daemon, editor, origin):
    for headers in (shared_daemon.authorization, basic("editor"), {"X-CSRF-Token": editor.csrf}):
        client = editor.http if "X-CSRF-Token" in headers else shared_daemon.client
        answer = client.post("/api/articles/", json={"title": "t"}, headers=headers | {"Origin": origin})
        assert answer.status_code == 403, answer.text
    answer = editor.http.post("/admin/logout", data={"csrf_token": editor.csrf}, headers={"Origin": origin})
    assert answer.status_code == 403
    own = shared_daemon.authorization | {"Origin": shared_daemon.url}
    assert shared_daemon.client.post("/api/articles/", json={"title": "t"}, headers=own).status_code == 201


def test_an_allowed_origin_may_write_with_a_token_and_its_browser_is_told_so(start_daemon):
    daemon = start_daemon("--allowed-origin", "https://news.example")
    origin = {"Origin": "https://news.example"}
    question = origin | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = daemon.client.options("/api/articles/", headers=question)
    assert answer.status_code == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    posted = daemon.client.post("/api/articles/", json={"title": "t"}, headers=daemon.authorization | origin)
    refused = daemon.client.post("/api/articles/", json={"title": ""}, headers=daemon.authorization | origin)
    assert (posted.status_code, refused.status_code) == (201, 422)
    for response in (answer, posted, refused, daemon.client.get("/api/articles/", headers=origin)):
        assert response.headers["Access-Control-Allow-Origin"] == "https://news.example"
        assert "Origin" in response.headers["Vary"]
        # A person's session is not that page's to use.
        assert "Access-Control-Allow-Credentials" not in response.headers
    for other in ({}, {"Origin": "https://evil.example"}):
        response = daemon.client.get("/api/articles/", headers=other)
        assert "Access-Control-Allow-Origin" not in response.headers
    assert daemon.client.options("/api/articles/", headers=question | {"Origin": "https://evil.example"}).status_code == 405


# Planting and keeping


def test_a_login_begins_a_session_that_nobody_could_know(shared_daemon, editor):
    with AdminClient(shared_daemon) as victim:
        victim.http.cookies.set("articles_session", "planted-by-an-attacker", domain="127.0.0.1")
        assert victim.login("editor").session != "planted-by-an-attacker"
    # A session that was really another's ends with the login of the next.
    with AdminClient(shared_daemon) as attacker, AdminClient(shared_daemon) as victim:
        planted = attacker.login("editor").session
        page = victim.get("/admin/login")
        victim.http.cookies.set("articles_session", planted, domain="127.0.0.1")
        data = {"username": "editor", "password": PASSWORD, "csrf_token": page.fields["csrf_token"]}
        assert victim.http.post("/admin/login", data=data).status_code == 303
        assert attacker.http.get("/admin/").status_code == 303


def test_cookies_are_out_of_reach(start_daemon):
    daemon = start_daemon(*CHEAP, "--trusted-proxy", "127.0.0.1")
    add_account(daemon, "ada")
    for scheme in ("http", "https"):
        with AdminClient(daemon, **{"X-Forwarded-Proto": scheme}) as client:
            # What is secure does not come back over plain HTTP from this client: so by hand.
            first = client.http.get("/admin/login")
            login_cookie = first.headers["Set-Cookie"]
            client.http.cookies.clear()
            answer = client.http.post(
                "/admin/login",
                data={
                    "username": "ada",
                    "password": PASSWORD,
                    "csrf_token": Page(first.text).fields["csrf_token"],
                },
                headers={"Cookie": login_cookie.split(";")[0]},
            )
            assert answer.status_code == 303
            for cookie in [login_cookie, *answer.headers.get_list("Set-Cookie")]:
                parts = {part.strip().lower() for part in cookie.split(";")[1:]}
                assert {"httponly", "samesite=lax", "path=/"} <= parts
                assert ("secure" in parts) == (scheme == "https"), cookie


def test_sessions_end_by_idleness_and_by_age(start_daemon):
    daemon = start_daemon(*CHEAP, "--session-idle", "2s", "--session-lifetime", "1h")
    add_account(daemon, "ada")
    with AdminClient(daemon) as client:
        client.login("ada")
        until(lambda: daemon.client.get("/api/sessions/", headers=daemon.authorization).json()["results"] == [], "idle")
        assert client.http.get("/admin/").status_code == 303
    daemon.flags[-3:] = ["1h", "--session-lifetime", "2s"]
    daemon.restart()
    with AdminClient(daemon) as client:
        client.login("ada")
        until(lambda: client.http.get("/admin/").status_code == 303, "the end of its life, however busy")


def test_sessions_outlive_a_crash(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ada")
    with AdminClient(daemon) as client:
        client.login("ada")
        daemon.kill9()
        daemon.start()
        assert client.get("/admin/").text


# Injecting

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def test_markup_in_articles_is_text_everywhere(shared_daemon, editor):
    csrf = {"X-CSRF-Token": editor.csrf}
    article = {"title": f"t {MARKUP}", "body": f"b {MARKUP}", "author": f"a {MARKUP}"}
    id = editor.http.post("/api/articles/", json=article, headers=csrf).json()["id"]
    editor.http.patch(f"/api/articles/{id}/", json={"title": f"u {MARKUP}"}, headers=csrf)
    paths = ["", "?q=script", f"{id}/", f"{id}/history/", f"{id}/delete/"]
    pages = [editor.get(f"/admin/articles/{path}").html for path in paths]
    pages += [editor.get("/admin/").html, shared_daemon.client.get("/").text]
    pages.append(shared_daemon.client.get(f"/articles/{id}").text)
    preview = editor.post("/admin/articles/add/", **article, topic="news", do="preview")
    bulk = editor.post("/admin/articles/delete/", id=str(id))
    pages += [preview.text, bulk.text]
    for page in pages:
        assert "alert(1)" in page
        assert "<script>alert" not in page and "<img src=x" not in page
    # A topic can't hold any.
    assert editor.http.post("/api/articles/", json={"title": "t", "topic": MARKUP}, headers=csrf).status_code == 422
    answer = editor.post("/admin/articles/add/", title="t", body="", topic=MARKUP, do="save")
    assert answer.status_code == 422 and "<img src=x" not in answer.text


def test_markup_in_the_names_that_strangers_send_is_text_in_the_admin_site(shared_daemon):
    add_account(shared_daemon, "watcher", "admin")
    with AdminClient(shared_daemon, **{"User-Agent": MARKUP}) as stranger:
        assert "<img src=x" not in stranger.try_login(MARKUP, "wrong password").text
        stranger.login("watcher")
        for path in ("sessions", "audit", f"audit/?account={MARKUP}", "account", "accounts"):
            page = stranger.get(f"/admin/{path}").html
            assert "<img src=x" not in page and "<script>alert" not in page


def test_terminal_sequences_in_articles_do_not_reach_the_terminal(shared_daemon, bins):
    text = "\x1b[31mred\u202eorp\x07"
    id = shared_daemon.add("Sequence", text)
    done = subprocess.run(
        [str(bins.articlesctl), "get", str(id)], env=shared_daemon.env, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202e]", done.stdout)


@pytest.fixture(scope="module")
def traveller(shared_daemon):
    return add_account(shared_daemon, "traveller")


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "evil.example",
    ],
)
def test_the_login_leads_nowhere_else(shared_daemon, traveller, next):
    with AdminClient(shared_daemon) as client:
        answer = client.try_login(traveller, next=next)
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/admin/"
        assert all(not cookie.startswith("a=") for cookie in answer.headers.get_list("Set-Cookie"))
    with AdminClient(shared_daemon) as client:
        assert client.try_login(traveller, next="/articles/1?x=%20").headers["Location"] == "/articles/1?x=%20"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../local-token",
        "/assets/..%2flocal-token",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/assets//etc/passwd",
        "/admin/../../../etc/passwd",
        "/admin/accounts/..%2f..%2fetc%2fpasswd/",
    ],
)
def test_no_path_leads_out(shared_daemon, path):
    with RawConnection(shared_daemon) as connection:
        connection.request("GET", path, headers=[("Authorization", f"Bearer {shared_daemon.token}")])
        answer = connection.response()
    assert answer.status in (303, 404) and b"root:" not in answer.body
    assert shared_daemon.token.encode() not in answer.body


@pytest.mark.parametrize("value", ["x\r\nInjected: yes", "x\nInjected: yes", "x\r\n\r\n<html>"])
def test_what_is_sent_makes_no_headers(shared_daemon, editor, value):
    fields = {"title": value, "body": "", "topic": "news", "do": "save"}
    answers = [
        editor.post("/admin/articles/add/", **fields),
        editor.http.get("/admin/articles/", params={"q": value, "topic": value}),
        editor.http.get("/admin/", params={"done": value}),
        shared_daemon.client.get("/admin/accounts/", params={"x": value}),
    ]
    for answer in answers:
        assert "injected" not in answer.headers
        assert answer.status_code in (200, 303, 422)


def test_what_was_not_offered_can_not_be_assigned(shared_daemon, editor):
    admin = shared_daemon.authorization
    for member in ("id", "published", "updated", "cursor", "seq"):
        article = {"title": "t", member: 5}
        assert shared_daemon.client.post("/api/articles/", json=article, headers=admin).status_code == 422
    account = {"name": "mass", "role": "viewer", "password": PASSWORD}
    for member in ("id", "created", "last_login", "is_superuser"):
        answer = shared_daemon.client.post("/api/accounts/", json=account | {member: 1}, headers=admin)
        assert answer.status_code == 422
    answer = editor.post("/admin/account/", old_password=PASSWORD, password="x", password_again="y", role="admin")
    assert answer.status_code == 422
    assert editor.http.get("/api/whoami").json()["role"] == "editor"


def test_every_page_of_the_admin_site_is_shut_off(shared_daemon, editor):
    for path in ("/admin/login", "/admin/", "/admin/articles/", "/admin/account/"):
        headers = editor.http.get(path).headers if path != "/admin/login" else shared_daemon.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "same-origin"


# Limits


def test_writes_can_be_limited_for_each_address(start_daemon):
    daemon = start_daemon("--write-rate", "5")
    answers = [daemon.post({"title": f"t{number}"}) for number in range(8)]
    assert [answer.status_code for answer in answers][:5] == [201] * 5
    assert answers[-1].status_code == 429 and answers[-1].headers["Retry-After"] == "1"
    # A batch has no way around it.
    lines = "".join(json.dumps({"title": f"b{number}"}) + "\n" for number in range(20))
    until(lambda: daemon.post({"title": "again"}).status_code == 201, "the limit to let in again")
    answer = daemon.client.post(
        "/api/articles/batch", content=lines, headers=daemon.authorization | {"Content-Type": "application/x-ndjson"}
    )
    if answer.status_code == 200:
        statuses = [json.loads(line)["status"] for line in answer.text.splitlines()]
        assert len(statuses) == 20 and statuses.count(201) <= 10 and 429 in statuses
    assert daemon.client.get("/api/articles/").status_code == 200
    assert daemon.client.get("/api/status", headers=daemon.authorization).json()["refused"]["writes"] > 0


def test_connections_can_be_limited_for_each_address(start_daemon):
    daemon = start_daemon("--max-connections-per-address", "5")
    daemon.client.close()
    daemon.client = httpx.Client(base_url=daemon.url, trust_env=False, verify=False, timeout=15)
    held = [RawConnection(daemon) for _ in range(5)]
    try:
        for connection in held:
            connection.request("GET", "/healthz")
        statuses = [connection.response().status for connection in held]
        assert statuses.count(200) >= 4
        with RawConnection(daemon) as further:
            further.request("GET", "/healthz")
            answer = further.response()
            assert answer.status == 429 and answer.headers["retry-after"]
    finally:
        for connection in held:
            connection.__exit__()

    def is_let_in():
        with RawConnection(daemon) as later:
            later.request("GET", "/healthz")
            return later.response().status == 200

    until(is_let_in, "the others to be counted out")


def test_a_wrong_token_takes_as_long_wherever_it_differs(shared_daemon):
    """What is compared is a digest, so that there is nothing to measure: the store holds no token at all."""
    token = create_token(shared_daemon, "timing", "viewer")["token"]
    with sqlite3.connect(f"file:{shared_daemon.data_dir / 'articles.sqlite'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT name, hash FROM tokens").fetchall()
    assert all(len(hash) == 32 for _, hash in rows)
    assert token.encode() not in b"".join(hash for _, hash in rows)
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), "x" + token[1:], token + "x", "x"):
        assert shared_daemon.client.get("/api/whoami", headers=bearer(wrong)).status_code == 401


def test_a_login_that_hangs_up_harms_nobody(shared_daemon):
    for _ in range(5):
        connection = RawConnection(shared_daemon)
        value = basic("often", "wrong password")["Authorization"]
        connection.request("GET", "/api/whoami", headers=[("Authorization", value)])
        connection.reset()
    assert shared_daemon.client.get("/healthz").status_code == 200
