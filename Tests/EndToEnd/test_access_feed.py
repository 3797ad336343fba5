"""Who may subscribe, and what happens to open feeds when that changes."""

import json
import threading
import time

import httpx
import pytest

from support.admin import CHEAP, AdminClient, add_account, basic, bearer, create_token
from support.feed import SUBPROTOCOL
from support.waiting import until
from support.websocket import CLOSE, RawWebSocket


@pytest.fixture
def closed(start_daemon):
    daemon = start_daemon("--require-auth", *CHEAP)
    daemon.add("First")
    return daemon


class Feed:
    """A v1 subscriber with any headers."""

    def __init__(self, daemon, headers=None, query=""):
        self._socket = RawWebSocket(daemon)
        names = {name.replace("-", "_"): value for name, value in (headers or {}).items()}
        self.answer = self._socket.handshake(query, Sec_WebSocket_Protocol=SUBPROTOCOL, **names)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.__exit__()

    def until_live(self):
        assert self.answer.status == 101, self.answer
        while "live" not in (frame := self._socket.receive().json()):
            pass
        return frame

    def ping_pong(self):
        """What it sends is read."""
        self._socket.ping_pong()

    def until_closed(self):
        """The control objects that still come, and the close code."""
        frames = []
        while (frame := self._socket.receive()).opcode != CLOSE:
            if isinstance(value := frame.json(), dict) and "ping" not in value:
                frames.append(value)
        return frames, frame.close_code


def status(daemon, headers=None, query=""):
    with Feed(daemon, headers, query) as feed:
        return feed.answer.status


def test_the_feed_lets_in_by_token_password_cookie_and_ticket_and_nobody_else(closed):
    add_account(closed, "vera", "viewer")
    token = create_token(closed, "screen", "viewer")["token"]
    assert status(closed) == 401
    assert status(closed, bearer("wrong")) == 401
    assert status(closed, basic("vera", "wrong password")) == 401
    assert status(closed, {"Cookie": "articles_session=wrong"}) == 401
    assert status(closed, query="?ticket=wrong") == 401
    # A long-lived token in a URL would end in logs and histories.
    assert status(closed, query=f"?token={token}&access_token={token}") == 401

    for headers in (bearer(token), basic("vera"), basic("vera")):
        with Feed(closed, headers) as feed:
            feed.until_live()
            feed.ping_pong()
    with AdminClient(closed).login("vera") as vera, Feed(closed, {"Cookie": f"articles_session={vera.session}"}) as feed:
        feed.until_live()


def test_a_ticket_admits_once(closed):
    answer = closed.client.post("/api/tickets", headers=bearer(create_token(closed, "screen", "viewer")["token"]))
    assert answer.status_code == 201 and answer.headers["Cache-Control"] == "no-store"
    ticket = answer.json()["ticket"]
    with Feed(closed, query=f"?ticket={ticket}") as feed:
        feed.until_live()
        feed.ping_pong()
    assert status(closed, query=f"?ticket={ticket}") == 401


def test_another_sites_page_does_not_get_in_by_the_cookie(closed):
    add_account(closed, "vera", "viewer")
    with AdminClient(closed).login("vera") as vera:
        cookie = {"Cookie": f"articles_session={vera.session}"}
        assert status(closed, cookie | {"Origin": "https://evil.example"}) == 403
        assert status(closed, cookie | {"Origin": closed.url}) == 101


def ends_with_revoked(feed):
    frames, code = feed.until_closed()
    assert code == 1008
    assert frames[-1]["bye"]["reason"] == "revoked", frames


@pytest.mark.parametrize("how", ["token", "expiry", "account", "demotion", "password", "logout", "session"])
def test_an_open_feed_ends_when_what_it_was_let_in_by_is_taken_back(closed, how):
    admin = closed.authorization
    eve = AdminClient(closed)
    if how in ("token", "expiry"):
        more = {}
        if how == "expiry":
            more["expires"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        headers = bearer(create_token(closed, "screen", "viewer", **more)["token"])
    elif how in ("logout", "session"):
        add_account(closed, "eve", "editor")
        eve.login("eve")
        headers = {"Cookie": f"articles_session={eve.session}"}
    else:
        add_account(closed, "eve", "editor")
        headers = basic("eve")
    with eve, Feed(closed, headers) as feed, Feed(closed, admin) as other:
        feed.until_live()
        other.until_live()
        if how == "token":
            closed.client.delete("/api/tokens/screen/", headers=admin)
        elif how == "account":
            closed.client.delete("/api/accounts/eve/", headers=admin)
        elif how == "demotion":
            closed.client.patch("/api/accounts/eve/", json={"role": "viewer"}, headers=admin)
        elif how == "password":
            closed.client.patch("/api/accounts/eve/", json={"password": "another one"}, headers=admin)
        elif how == "logout":
            assert eve.post("/admin/logout").status_code == 303
        elif how == "session":
            [session] = closed.client.get("/api/sessions/", headers=admin).json()["results"]
            assert closed.client.delete(f"/api/sessions/{session['id']}/", headers=admin).status_code == 204
        ends_with_revoked(feed)
        # Others go on.
        closed.add("Second")
        assert other._socket.receive().json()[0]["fields"]["title"] == "Second"
        if how != "demotion":
            assert status(closed, headers) == 401


def test_server_sent_events_end_too(closed):
    token = create_token(closed, "screen", "viewer")["token"]
    lines = []

    def follow():
        headers = bearer(token) | {"Accept": "application/x-ndjson"}
        with httpx.stream(
            "GET", f"{closed.url}/events", headers=headers, trust_env=False, verify=False, timeout=20
        ) as answer:
            for line in answer.iter_lines():
                if line:
                    lines.append(json.loads(line))

    reader = threading.Thread(target=follow)
    reader.start()
    until(lambda: any("live" in line for line in lines if isinstance(line, dict)), "the feed to be live")
    closed.client.delete("/api/tokens/screen/", headers=closed.authorization)
    reader.join(10)
    assert not reader.is_alive()
    assert lines[-1]["bye"]["reason"] == "revoked"


def test_credentials_that_are_wrong_are_refused_on_an_open_server_too(daemon):
    assert status(daemon) == 101
    assert status(daemon, bearer("wrong")) == 401


def test_a_demoted_token_or_account_writes_no_more(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "eve", "editor")

    def post():
        return daemon.client.post("/api/articles/", json={"title": "t"}, headers=basic("eve")).status_code

    assert post() == 201
    daemon.client.patch("/api/accounts/eve/", json={"role": "viewer"}, headers=daemon.authorization)
    assert post() == 403
    daemon.client.patch("/api/accounts/eve/", json={"password": "another one"}, headers=daemon.authorization)
    assert post() == 401
