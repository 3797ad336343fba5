"""Who may do what: every route, with every kind of credential."""

from datetime import datetime, timedelta, timezone

import pytest

from support.admin import CHEAP, add_account, basic, bearer, create_token
from support.waiting import until

DAEMON_FLAGS = CHEAP

WHO = ["nobody", "viewer", "editor", "admin", "wrong", "expired", "revoked"]

# For each route: what nobody, a viewer, an editor and an admin are answered; bad credentials are 401 everywhere but
# where nobody looks at them.
OPEN = (200, 200, 200, 200)
ROUTES = [
    ("GET", "/", None, OPEN),
    ("GET", "/articles", None, OPEN),
    ("GET", "/articles/1", None, OPEN),
    ("GET", "/api/articles/", None, OPEN),
    ("GET", "/api/articles/1/", None, OPEN),
    ("GET", "/events?follow=false", None, OPEN),
    ("GET", "/feed.atom", None, OPEN),
    ("GET", "/feed.json", None, OPEN),
    ("GET", "/api/topics/", None, OPEN),
    ("GET", "/api/status", None, OPEN),
    ("GET", "/openapi.json", None, OPEN),
    ("POST", "/api/articles/", {"title": "t"}, (401, 403, 201, 201)),
    ("POST", "/api/articles/batch", '{"title":"t"}\n', (401, 403, 200, 200)),
    ("PUT", "/api/articles/1/", {"title": "t"}, (401, 403, 200, 200)),
    ("PATCH", "/api/articles/1/", {"title": "t"}, (401, 403, 200, 200)),
    ("DELETE", "/api/articles/99999/", None, (401, 403, 404, 404)),
    ("GET", "/api/whoami", None, (401, 200, 200, 200)),
    ("POST", "/api/tickets", {}, (401, 201, 201, 201)),
    ("GET", "/api/accounts/", None, (401, 403, 403, 200)),
    ("POST", "/api/accounts/", {"name": "x"}, (401, 403, 403, 422)),
    ("GET", "/api/accounts/viewer/", None, (401, 403, 403, 200)),
    ("PATCH", "/api/accounts/viewer/", {"role": "viewer"}, (401, 403, 403, 200)),
    ("DELETE", "/api/accounts/nobody/", None, (401, 403, 403, 404)),
    ("GET", "/api/tokens/", None, (401, 403, 403, 200)),
    ("POST", "/api/tokens/", {"name": "x"}, (401, 403, 403, 422)),
    ("DELETE", "/api/tokens/nothing/", None, (401, 403, 403, 404)),
    ("GET", "/api/sessions/", None, (401, 403, 403, 200)),
    ("DELETE", "/api/sessions/99999/", None, (401, 403, 403, 404)),
    ("GET", "/api/audit/", None, (401, 403, 403, 200)),
]
ALWAYS_OPEN = [("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/admin/login"), ("GET", "/favicon.ico")]


def make_credentials(daemon):
    if not daemon.client.get("/api/articles/").json()["results"]:
        daemon.add("First")
    for role in ("viewer", "editor", "admin"):
        add_account(daemon, role, role)
    soon = (datetime.now(timezone.utc) + timedelta(seconds=1)).isoformat()
    headers = {"nobody": {}, "wrong": bearer("art_" + "x" * 43)}
    for role in ("viewer", "editor", "admin"):
        headers[role] = bearer(create_token(daemon, f"t-{role}", role)["token"])
    headers["expired"] = bearer(create_token(daemon, "t-expired", "admin", expires=soon)["token"])
    headers["revoked"] = bearer(create_token(daemon, "t-revoked", "admin")["token"])
    answer = daemon.client.delete("/api/tokens/t-revoked/", headers=daemon.authorization)
    assert answer.status_code == 204
    until(
        lambda: daemon.client.get("/api/whoami", headers=headers["expired"]).status_code == 401, "the token to expire"
    )
    return headers


@pytest.fixture(scope="module")
def credentials(shared_daemon):
    return make_credentials(shared_daemon)


def ask(daemon, method, path, body, headers):
    options = {}
    if isinstance(body, str):
        options = {"content": body, "headers": headers | {"Content-Type": "application/x-ndjson"}}
    elif body is not None:
        options = {"json": body, "headers": headers}
    else:
        options = {"headers": headers}
    return daemon.client.request(method, path, **options)


def expected_status(row, who):
    return dict(zip(WHO, [*row, 401, 401, 401], strict=True))[who]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path", "body", "row"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_a_token_may_do_what_its_role_may(shared_daemon, credentials, method, path, body, row, who):
    answer = ask(shared_daemon, method, path, body, credentials[who])
    assert answer.status_code == expected_status(row, who), answer.text
    if answer.status_code == 401:
        assert "Bearer" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("who", ["viewer", "editor", "admin"])
@pytest.mark.parametrize(("method", "path", "body", "row"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_a_password_may_do_what_its_role_may(shared_daemon, credentials, method, path, body, row, who):
    answer = ask(shared_daemon, method, path, body, basic(who))
    assert answer.status_code == expected_status(row, who), answer.text


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("method", "path"), ALWAYS_OPEN)
def test_what_is_always_open_looks_at_no_credentials(shared_daemon, credentials, method, path, who):
    assert ask(shared_daemon, method, path, None, credentials[who]).status_code == 200


@pytest.fixture(scope="module")
def closed_daemon(bins, tmp_path_factory):
    from conftest import DaemonStarter

    starter = DaemonStarter(bins, tmp_path_factory.mktemp("closed"), False)
    yield starter(*CHEAP, "--require-auth")
    starter.finish()


@pytest.fixture(scope="module")
def closed_credentials(closed_daemon):
    closed_daemon.post({"title": "First"})
    headers = {}
    for role in ("viewer", "editor", "admin"):
        add_account(closed_daemon, role, role)
        headers[role] = bearer(create_token(closed_daemon, f"t-{role}", role)["token"])
    return headers | {"nobody": {}, "wrong": bearer("x")}


@pytest.mark.parametrize("who", ["nobody", "wrong", "viewer", "editor", "admin"])
@pytest.mark.parametrize(("method", "path", "body", "row"), ROUTES, ids=[f"{r[0]} {r[1]}" for r in ROUTES])
def test_with_require_auth_only_those_with_an_account_read(
    closed_daemon, closed_credentials, method, path, body, row, who
):
    answer = ask(closed_daemon, method, path, body, closed_credentials[who])
    expected = 401 if who in ("nobody", "wrong") else expected_status(row, who)
    assert answer.status_code == expected, answer.text


@pytest.mark.parametrize(("method", "path"), ALWAYS_OPEN)
def test_with_require_auth_health_and_login_are_still_open(closed_daemon, closed_credentials, method, path):
    assert closed_daemon.client.request(method, path).status_code == 200


def test_with_require_auth_a_browser_is_sent_to_the_login_and_back(closed_daemon, closed_credentials):
    answer = closed_daemon.client.get("/articles/1?x=1", headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/login?next=%2Farticles%2F1%3Fx%3D1"


def test_the_details_of_the_status_are_for_admins(shared_daemon, credentials):
    public = shared_daemon.client.get("/api/status", headers=credentials["editor"]).json()
    full = shared_daemon.client.get("/api/status", headers=credentials["admin"]).json()
    assert set(full) - set(public) == {"store", "connections", "transports", "rates", "refused", "addresses", "problems"}
    assert full["store"]["kind"] == "sqlite"
    assert full["addresses"] == [f"127.0.0.1:{shared_daemon.port}"]
