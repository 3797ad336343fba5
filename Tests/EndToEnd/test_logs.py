"""The log: its form, what requests are called in it, what it never says, and the access log."""

import json
import os
import pty
import re
import subprocess

import httpx
import pytest

from support.admin import CHEAP, add_account, basic, bearer
from support.feed import v1
from support.http import RawConnection
from support.waiting import until
from support.websocket import RawWebSocket

# The access log does not depend on the level.
DAEMON_FLAGS = [*CHEAP, "--access-log", "--log-level", "warning"]
OURS = re.compile(r"[0-9a-hjkmnp-tv-z]{7}-[0-9a-hjkmnp-tv-z]{7}")


def entries(daemon, message=None):
    """The lines of the log, each of which must be a JSON object."""
    found = [json.loads(line) for line in daemon.log().splitlines()]
    return [entry for entry in found if message in (None, entry["message"])]


def access_line(daemon, **members):
    """The line of the access log with these members, when it comes."""
    return until(
        lambda: next((line for line in entries(daemon, "Answered") if members.items() <= line.items()), None),
        f"a line with {members}",
    )


def publish(daemon, article, **headers):
    """Posts on a connection of its own, past the router: one that was asked for anything else is the router's for good."""
    with httpx.Client(base_url=daemon.url, trust_env=False, timeout=15) as publisher:
        return publisher.post("/api/articles/", json=article, headers=daemon.authorization | headers)


# Its form


def test_into_a_file_the_log_is_json_a_line_for_each(daemon):
    listening = entries(daemon, "Listening")[0]
    assert listening["level"] == "info" and listening["port"] == str(daemon.port)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", listening["time"])


def test_text_can_be_had_anywhere(start_daemon):
    daemon = start_daemon("--log-format", "text")
    assert re.search(r"^\S+Z info Listening host=127\.0\.0\.1 port=\d+$", daemon.log(), re.M)


@pytest.mark.parametrize(
    "flags, form", [([], r"Z info Listening host="), (["--log-format", "json"], r'"message":"Listening"')]
)
def test_on_a_terminal_the_log_is_text_unless_asked_otherwise(start_daemon, flags, form):
    daemon = start_daemon.prepare(*flags)
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(daemon.command, stdin=its_end, stdout=subprocess.DEVNULL, stderr=its_end, env=daemon.env)
    os.close(its_end)
    shown = b""
    try:
        while b"Listening" not in shown or not shown.endswith(b"\n"):
            shown += os.read(terminal, 4096)
    finally:
        process.terminate()
        process.wait(10)
        os.close(terminal)
    assert re.search(form.encode(), shown), shown


def test_the_level_is_what_was_asked_for(start_daemon):
    daemon = start_daemon("--log-level", "error")
    assert daemon.log() == ""


# What requests are called


def test_every_answer_has_the_request_s_name_and_no_two_are_the_same(daemon):
    daemon.add("One")
    names = [
        daemon.client.get(path).headers["X-Request-ID"] for path in ("/", "/api/articles/", "/healthz", "/nothing")
    ]
    names += [publish(daemon, {"title": "t"}).headers["X-Request-ID"] for _ in range(2)]
    with RawWebSocket(daemon) as feed:
        names.append(feed.handshake().headers["x-request-id"])
    with RawWebSocket(daemon) as feed:
        names.append(feed.handshake(Sec_WebSocket_Version="12").headers["x-request-id"])
    assert all(OURS.fullmatch(name) for name in names), names
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", ["abc-123", "4bf92f3577b34da6a3ce929d0e0e4736", "k" * 64, "a.b:c+d=e@f_g"])
def test_a_client_s_own_name_is_kept(shared_daemon, name):
    headers = {"X-Request-ID": name}
    for answer in (
        shared_daemon.client.get("/healthz", headers=headers),
        shared_daemon.post({"title": "t"}, **headers),
        publish(shared_daemon, {"title": "t"}, **headers),
        shared_daemon.client.put(
            "/api/articles/1/", headers=headers | shared_daemon.authorization, json={"title": "u"}
        ),
    ):
        assert answer.headers["X-Request-ID"] == name
    with RawWebSocket(shared_daemon) as feed:
        assert feed.handshake(X_Request_ID=name).headers["x-request-id"] == name


@pytest.mark.parametrize("name", ["", "a b", "k" * 65, 'a"b', "<b>", "a;b=c", "ä".encode("utf-8").decode("latin-1")])
def test_a_name_that_is_not_sane_is_replaced(shared_daemon, name):
    pairs = [("X-Request-ID", name)]
    with RawConnection(shared_daemon) as connection:
        connection.request("GET", "/healthz", pairs)
        assert OURS.fullmatch(connection.response().headers["x-request-id"])
    with RawConnection(shared_daemon) as connection:
        publication = [("Authorization", f"Bearer {shared_daemon.token}"), ("Content-Type", "application/json")]
        connection.request("POST", "/api/articles/", publication + pairs, b'{"title":"t"}')
        assert OURS.fullmatch(connection.response().headers["x-request-id"])


def test_every_problem_says_the_request_s_name(start_daemon):
    daemon = start_daemon("--request-timeout", "300ms", "--max-header", "2048", "--only", "http")
    answers = [
        daemon.client.get("/api/articles/99/"),
        daemon.client.get("/nothing", headers={"X-Request-ID": "mine"}),
        daemon.client.post("/api/articles/", json={"title": "t"}),
        daemon.post({"titel": "t"}),
        daemon.post({"title": "t"}, Authorization="Bearer art_wrong"),
        daemon.client.get("/events"),
        daemon.client.delete("/api/articles/"),
        publish(daemon, {"titel": "t"}),
        publish(daemon, {"title": "t"}, Authorization="Bearer art_wrong"),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 401, 422, 401, 421, 405, 422, 401]
    for answer in answers:
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert answers[1].json()["request_id"] == "mine"
    for rubbish in (
        b"GET / HTTP/1.1\r\nX-Slow: ",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 4000 + b"\r\n\r\n",
        b"rubbish\r\n\r\n",
    ):
        with RawConnection(daemon) as connection:
            connection.send(rubbish)
            answer = connection.response()
            assert answer.status in (408, 431, 400)
            assert OURS.fullmatch(answer.json()["request_id"])
            assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("second", "line", "name"),
    [
        (b"rubbish\r\n%s\r\n", None, None),
        (b"GET /two HTTP/1.1\r\nHost: a\r\nHost: b\r\n%s\r\n", ("GET", "/two"), "two-hosts"),
        (
            b"POST /api/articles/ HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n%s\r\nrubbish\r\n",
            ("POST", "/api/articles/"),
            "a-broken-body",
        ),
    ],
    ids=["rubbish", "two hosts", "a broken body"],
)
def test_what_is_no_http_has_a_name_too_behind_other_requests(shared_daemon, second, line, name):
    header = f"Authorization: Bearer {shared_daemon.token}\r\n" + (f"X-Request-ID: {name}\r\n" if name else "")
    with RawConnection(shared_daemon) as connection:
        connection.request("GET", "/healthz")
        assert connection.response().status == 200
        connection.send(second % header.encode())
        answer = connection.response()
        assert answer.status == 400 and answer.headers["connection"] == "close"
        assert answer.headers["content-type"] == "application/problem+json"
        id = answer.headers["x-request-id"]
        assert answer.json()["request_id"] == id and "not a valid HTTP request" in answer.json()["detail"]
        connection.finish_sending()
        assert connection.rest() == b"", "a second answer"
    # A name that could be read is kept.
    assert id == name if name else OURS.fullmatch(id)
    found = access_line(shared_daemon, request_id=id)
    assert found["status"] == 400 and found["client"] == "127.0.0.1"
    assert (found["method"], found["path"]) == (line or ("-", "-"))
    assert len([entry for entry in entries(shared_daemon, "Answered") if entry["request_id"] == id]) == 1


# The access log


def test_without_asking_there_is_no_access_log(daemon):
    daemon.add("One")
    assert daemon.client.get("/").status_code == 200
    assert entries(daemon, "Answered") == []


def test_the_access_log_has_every_kind_of_answer_with_its_name(shared_daemon):
    daemon = shared_daemon
    answers = {
        "page": daemon.client.get("/?topic=news"),
        "publication": publish(daemon, {"title": "t"}),
        "routed": daemon.post({"title": "t"}),
        "form": daemon.client.post("/api/articles/", data={"title": "t"}, headers=daemon.authorization),
        "refused": publish(daemon, {"title": ""}),
        "nobody": daemon.client.post("/api/articles/", json={"title": "t"}),
        "missing": daemon.client.get("/api/articles/99999/"),
    }
    lines = {
        kind: access_line(daemon, request_id=answer.headers["X-Request-ID"], status=answer.status_code)
        for kind, answer in answers.items()
    }
    assert (lines["page"]["method"], lines["page"]["path"]) == ("GET", "/")
    assert lines["page"]["bytes"] > 1000 and lines["page"]["client"] == "127.0.0.1" and "user" not in lines["page"]
    for kind in ("publication", "routed", "form"):
        line = lines[kind]
        assert (line["method"], line["path"], line["user"], line["status"]) == ("POST", "/api/articles/", "local", 201)
        assert line["bytes"] == len(answers[kind].content) and 0 < line["ms"] < 60_000
        assert line["client"] == "127.0.0.1" and line["level"] == "info"
    assert lines["refused"]["status"] == 422 and lines["nobody"]["status"] == 401


def test_the_access_log_has_feeds_when_they_begin_or_end(shared_daemon):
    with RawWebSocket(shared_daemon) as feed:
        name = feed.handshake("?last=0").headers["x-request-id"]
        line = access_line(shared_daemon, request_id=name)
        assert (line["path"], line["status"]) == ("/articles", 101)
    with RawWebSocket(shared_daemon) as feed:
        name = feed.handshake("?last=no").headers["x-request-id"]
        assert access_line(shared_daemon, request_id=name)["status"] == 400
    whole = shared_daemon.client.get("/events?follow=false", headers={"Accept": "application/x-ndjson"})
    assert "complete" not in access_line(shared_daemon, request_id=whole.headers["X-Request-ID"], path="/events")
    with RawConnection(shared_daemon) as stream:
        stream.request("GET", "/events?last=0", [("X-Request-ID", "cut-off")])
        stream.read_until(b'"live"')
        assert not [line for line in entries(shared_daemon) if line.get("request_id") == "cut-off"]
    assert access_line(shared_daemon, request_id="cut-off", status=200)["complete"] == "no"


def test_the_access_log_sees_through_trusted_proxies(start_daemon):
    daemon = start_daemon("--access-log", "--trusted-proxy", "127.0.0.1")
    forwarded = {"X-Forwarded-For": "198.51.100.7"}
    names = [
        daemon.client.get("/", headers=forwarded).headers["X-Request-ID"],
        daemon.post({"title": "t"}, **forwarded).headers["X-Request-ID"],
        publish(daemon, {"title": "t"}, **forwarded).headers["X-Request-ID"],
    ]
    for name in names:
        assert access_line(daemon, request_id=name)["client"] == "198.51.100.7"


# What it never says


def test_no_secret_and_no_text_of_anybody_is_ever_logged(start_daemon):
    daemon = start_daemon(*CHEAP, "--log-level", "trace", "--access-log")
    link = (
        until(lambda: (daemon.data_dir / "setup-link").exists(), "the link")
        and (daemon.data_dir / "setup-link").read_text()
    )
    add_account(daemon, "ada", "admin", "passw0rd-of-ada")
    ticket = daemon.client.post("/api/tickets", json={}, headers=daemon.authorization).json()["ticket"]
    token = daemon.client.post(
        "/api/tokens/", json={"name": "ci", "role": "editor"}, headers=daemon.authorization
    ).json()["token"]
    secrets = {
        "local token": daemon.token,
        "token": token,
        "ticket": ticket,
        "password": "passw0rd-of-ada",
        "basic": basic("ada", "passw0rd-of-ada")["Authorization"].split()[1],
        "title": "unheard-of-title",
        "body": "unheard-of-body",
        "key": "unheard-of-key",
        "query": "unheard-of-query",
        "wrong": "art_wrong-token",
        "wrong password": "wr0ng-passw0rd",
        "link": link.split("token=")[-1].strip(),
    }
    article = {"title": "unheard-of-title", "body": "unheard-of-body"}
    for post in (daemon.post, lambda *more, **headers: publish(daemon, *more, **headers)):
        assert post(article, **{"Idempotency-Key": "unheard-of-key"}).status_code in (200, 201)
        assert post(article | {"title": "", "topic": "unheard-of-title"}).status_code == 422
    daemon.client.post("/api/articles/", json=article, headers=bearer(token))
    daemon.client.post("/api/articles/", data=article, headers=basic("ada", "passw0rd-of-ada"))
    daemon.client.get("/api/articles/?q=unheard-of-query")
    daemon.client.get("/api/whoami", headers=bearer("art_wrong-token"))
    daemon.client.get("/api/whoami", headers=basic("ada", "wr0ng-passw0rd"))
    daemon.client.get(f"/admin/setup?token={secrets['link']}")
    daemon.client.post("/api/articles/", content=b'{"title": unheard-of-title', headers=daemon.authorization)
    with v1(daemon, f"?ticket={ticket}") as feed:
        assert "hello" in feed.next()
    with RawWebSocket(daemon) as feed:
        assert feed.handshake(f"?ticket={ticket}").status == 401
    access_line(daemon, path="/admin/setup")
    log = daemon.log()
    assert len(entries(daemon, "Answered")) >= 10
    for kind, secret in secrets.items():
        assert len(secret) > 8 and secret not in log, kind
    # Nor what a library would say of the daemon's own parts: all that is in them.
    assert max(map(len, log.splitlines())) < 1000


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_a_client_sends_can_forge_a_line_or_drive_a_terminal(start_daemon, form):
    daemon = start_daemon("--access-log", "--log-format", form)
    paths = [b"/api/articles/\x1b[2J\x07", b"/a\xc2\x9bb", b"/a\xe2\x80\xae b", b'/x"y=z level=error', b"/\xff\xfe"]
    for path in paths:
        with RawConnection(daemon) as connection:
            connection.send(
                b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nX-Request-ID: \x1b[2J\r\nConnection: close\r\n\r\n"
            )
            connection.rest()
    daemon.client.get("/last")
    until(lambda: "/last" in daemon.log(), "the last line")
    raw = daemon.log_file.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", raw), raw
    text = raw.decode()
    assert not re.search("[\x80-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", text), text
    for line in text.splitlines():
        if form == "json":
            assert json.loads(line)["level"] in ("info", "notice")
        else:
            assert re.match(r"\S+Z (info|notice) (Answered|Listening|There is no admin)", line), line
