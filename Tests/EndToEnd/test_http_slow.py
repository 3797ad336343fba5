"""The HTTP API: clients that take too long cost nothing but themselves."""

import pytest

from support.http import RawConnection

DAEMON_FLAGS = ["--request-timeout", "1s"]
CUT_OFF = (b"HTTP/1.1 408", b"")


@pytest.fixture(autouse=True)
def healthy_afterwards(shared_daemon):
    pid = shared_daemon.pid
    yield
    assert shared_daemon.is_running and shared_daemon.pid == pid
    assert shared_daemon.client.get("/readyz").status_code == 200
    assert shared_daemon.client.get("/api/articles/").json()["results"] == []


@pytest.fixture
def raw(shared_daemon):
    with RawConnection(shared_daemon) as connection:
        yield connection


def body_to_come(daemon):
    return (
        f"POST /api/articles/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 50000\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("beginning", [b"GET / HTTP/1.1\r\nX-Slow: ", b"GET /"])
def test_a_header_that_trickles_in_is_cut_off(raw, beginning):
    raw.send(beginning)
    assert raw.trickle(b"x", 10)[:12] in CUT_OFF


def test_headers_that_trickle_in_are_cut_off(raw):
    raw.send(b"GET / HTTP/1.1\r\n")
    assert raw.trickle(b"X-Slow: yes\r\n", 10)[:12] in CUT_OFF


def test_a_body_that_trickles_in_is_cut_off(shared_daemon, raw):
    raw.send(body_to_come(shared_daemon))
    assert raw.trickle(b" ", 10)[:12] in CUT_OFF


def test_a_body_that_stops_is_cut_off(shared_daemon, raw):
    raw.send(body_to_come(shared_daemon) + b'{"title":')
    assert raw.rest()[:12] in CUT_OFF


def test_a_connection_that_says_nothing_is_cut_off(raw):
    assert raw.rest()[:12] in CUT_OFF


def test_a_header_that_stops_is_answered_408(raw):
    raw.send(b"GET / HTTP/1.1\r\nX-Slow: ")
    assert raw.response().status == 408
    assert raw.rest() == b""


def test_a_later_request_that_trickles_in_is_cut_off(raw):
    raw.request("GET", "/healthz")
    assert raw.response().status == 200
    raw.send(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    assert raw.trickle(b"x", 10)[:12] in CUT_OFF


def test_many_slow_clients_do_not_keep_others_waiting(shared_daemon):
    slow = [RawConnection(shared_daemon) for _ in range(200)]
    try:
        for connection in slow:
            connection.send(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert shared_daemon.client.get("/healthz").status_code == 200
        assert [connection.rest()[:12] in CUT_OFF for connection in slow] == [True] * 200
    finally:
        for connection in slow:
            connection.__exit__()


def test_an_idle_connection_between_requests_is_not_cut_off_so_soon(raw, shared_daemon):
    raw.request("GET", "/healthz")
    assert raw.response().status == 200
    with RawConnection(shared_daemon) as silent:
        silent.rest()
    raw.request("GET", "/healthz")
    assert raw.response().status == 200
