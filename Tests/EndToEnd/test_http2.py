"""HTTP/2 over TLS: what it serves, its feed, and the limits that hold a client back."""

import json
import os
import socket
import subprocess
import time

import h2.errors
import pytest

from support.certificates import Authority
from support.http import RawConnection
from support.http2 import HTTP2
from support.metrics import Metrics
from support.waiting import until

# How a flood is ended; the reason is lost where the end overtakes it, because the client still sends.
ENDED = (h2.errors.ErrorCodes.ENHANCE_YOUR_CALM, None)
LINES = [("accept", "application/x-ndjson")]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    return authority.issue()


@pytest.fixture
def start(start_daemon, authority, pair):
    return lambda *flags: start_daemon(
        "--tls-cert", pair[0], "--tls-key", pair[1], *flags, ca_file=authority.file
    )


@pytest.fixture
def secure(start):
    return start()


def bearer(daemon):
    return [("authorization", f"Bearer {daemon.token}")]


def events(body):
    """The events among lines of a feed that has begun or ended."""
    values = [json.loads(line) for line in body.split(b"\n")[:-1] if line]
    return [value for value in values if "pk" in value]


# What is spoken


@pytest.mark.parametrize(
    ("offered", "chosen"), [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), (["other"], None), ([], None)]
)
def test_the_protocol_is_agreed_on_in_the_handshake(secure, offered, chosen):
    context = secure.ssl_context(*offered)
    with context.wrap_socket(
        socket.create_connection((secure.host, secure.port), 10), server_hostname=secure.host
    ) as connection:
        assert connection.selected_alpn_protocol() == chosen
        if chosen != "h2":
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_http_2_can_be_left_out(start):
    daemon = start("--no-http2")
    assert curl(daemon, "/healthz", "--http2").startswith("1.1 200")


def curl(daemon, path, *arguments):
    done = subprocess.run(
        ["curl", "-sS", "--cacert", daemon.ca_file, "-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
        + [*map(str, arguments), daemon.url + path],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("path", ["/", "/api/articles/", "/admin/login", "/feed.atom", "/openapi.json", "/healthz"])
def test_curl_gets_everything_with_http_2(secure, path):
    assert curl(secure, path, "--http2") == "2 200"


def test_answers_are_those_of_http_1(secure):
    for number in range(3):
        secure.add(f"article {number}", "b" * 40_000)
    with HTTP2(secure) as client:
        for path in ["/", "/api/articles/", "/api/articles/2/", "/nothing", "/feed.json"]:
            status, head, body = client.get(path, [("x-request-id", "same")])
            other = secure.client.get(path, headers={"Accept-Encoding": "identity", "X-Request-ID": "same"})
            assert (status, body) == (other.status_code, other.content), path
            ours = {name: value for name, value in head.items() if not name.startswith(":") and name != "date"}
            theirs = {name: value for name, value in other.headers.items() if name != "date"}
            assert ours == theirs, path


def test_articles_are_written(secure):
    with HTTP2(secure) as client:
        stream = client.begin(
            "POST", "/api/articles/", bearer(secure) + [("content-type", "application/json")], end=False
        )
        client.send(stream, b'{"title":"over ')
        client.send(stream, b'HTTP/2"}', end=True)
        status, head, body = client.answer(stream)
        assert status == 201
        assert secure.get(json.loads(body)["id"])["title"] == "over HTTP/2"
        status, _, body = client.answer(
            client.begin("DELETE", head["location"], bearer(secure))
        )
        assert (status, body) == (204, b"")


def test_a_batch_is_answered_while_it_arrives_and_may_take_its_time(start):
    daemon = start("--request-timeout", "600ms")
    with HTTP2(daemon) as client:
        stream = client.begin(
            "POST", "/api/articles/batch", bearer(daemon) + [("content-type", "application/x-ndjson")], end=False
        )
        began = time.monotonic()
        count = 0
        while time.monotonic() < began + 2:
            count += 1
            client.send(stream, b'{"title":"line %d"}\n' % count)
            client.until(lambda: client.bodies[stream].count(b"\n") == count)
        client.connection.end_stream(stream)
        client.flush()
        status, _, body = client.answer(stream)
        assert status == 200
        assert [json.loads(line)["status"] for line in body.splitlines()] == [201] * count


def test_a_hundred_requests_at_once_are_answered_and_counted(secure):
    secure.add("article", "b" * 30_000)
    before = Metrics.of(secure).get("articled_http_responses_total", code="200")
    with HTTP2(secure) as client:
        streams = [client.begin("GET", "/api/articles/1/") for _ in range(100)]
        for stream in streams:
            status, _, body = client.answer(stream)
            assert status == 200 and json.loads(body)["title"] == "article"
    assert Metrics.of(secure).get("articled_http_responses_total", code="200") >= before + 100


# The feed


def test_the_feed_comes_whole_and_in_order(secure):
    with HTTP2(secure) as client:
        stream = client.begin("GET", "/events?last=0", LINES)
        client.until(lambda: b'"live"' in client.bodies[stream])
        ids = [secure.add(f"article {number}") for number in range(200)]
        client.until(lambda: client.bodies[stream].endswith(b"\n") and len(events(client.bodies[stream])) >= 200)
        assert [event["pk"] for event in events(client.bodies[stream])] == ids
        # Others go on beside it.
        assert client.get("/healthz")[0] == 200


def test_server_sent_events_are_resumed_and_end_where_they_should(secure):
    ids = [secure.add(f"article {number}") for number in range(20)]
    with HTTP2(secure) as client:
        _, head, body = client.get("/events?since=0-00000000&follow=false", LINES)
        assert head["content-type"] == "application/x-ndjson"
        found = events(body)
        assert [event["pk"] for event in found] == ids
        _, head, body = client.get("/events?follow=false", [("last-event-id", found[9]["cursor"])])
        assert head["content-type"] == "text/event-stream"
        assert body.count(b"event: created\n") == 10


def test_a_slow_reader_gets_everything_later_and_costs_little_meanwhile(secure):
    with HTTP2(secure) as client:
        slow = client.begin("GET", "/events?last=0", LINES, reads=False)
        quick = client.begin("GET", "/events?last=0", LINES)
        client.until(lambda: b'"live"' in client.bodies[slow] and b'"live"' in client.bodies[quick])
        ids = [secure.add("a", "z" * 60_000) for _ in range(20)]
        before = resident(secure)
        ids += [secure.add("a", "z" * 60_000) for _ in range(80)]
        client.until(lambda: len(client.bodies[quick]) > len(ids) * 60_000)
        # Its window is full: of what has come since it has had no more than that.
        assert len(client.bodies[slow]) <= 65_535
        # 5 MB went by; what grows is the feed's own memory (--backlog, 16 MiB) and not that of a reader.
        assert resident(secure) - before < 24 * 1024
        client.reads.add(slow)
        client.connection.acknowledge_received_data(len(client.bodies[slow]), slow)
        client.flush()
        client.until(lambda: len(client.bodies[slow]) > len(ids) * 60_000 and client.bodies[slow].endswith(b"\n"))
        assert [event["pk"] for event in events(client.bodies[slow])] == ids


def resident(daemon):
    """KiB of memory."""
    with open(f"/proc/{daemon.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def test_a_reader_that_takes_nothing_is_cut_off_and_its_connection_lives(start):
    daemon = start("--stall-timeout", "700ms")
    with HTTP2(daemon) as client:
        slow = client.begin("GET", "/events?last=0", LINES, reads=False)
        client.until(lambda: b'"live"' in client.bodies[slow])
        for _ in range(10):
            daemon.add("a", "z" * 60_000)
        client.until(lambda: slow in client.resets)
        assert slow not in client.ended
        assert client.get("/healthz")[0] == 200
    until(lambda: daemon.status()["subscribers"] == 0, "it is gone")


def test_a_reader_that_goes_on_slowly_is_not_cut_off(start):
    daemon = start("--stall-timeout", "1s")
    with HTTP2(daemon) as client:
        slow = client.begin("GET", "/events?last=0", LINES, reads=False)
        client.until(lambda: b'"live"' in client.bodies[slow])
        for _ in range(10):
            daemon.add("a", "z" * 60_000)
        taken, end = 0, time.monotonic() + 4
        while time.monotonic() < end:
            # A piece a few times a second: what lies between it and the rest is many stall times long.
            client.until(lambda: len(client.bodies[slow]) - taken >= 20_000)
            time.sleep(0.2)
            client.connection.acknowledge_received_data(20_000, slow)
            client.flush()
            taken += 20_000
            if taken > 500_000:
                break
        assert slow not in client.resets


def test_a_reader_that_leaves_is_noticed_at_once(secure):
    with HTTP2(secure) as client:
        stream = client.begin("GET", "/events", LINES)
        until(lambda: secure.status()["subscribers"] == 1, "it is there")
        client.connection.reset_stream(stream)
        client.flush()
        until(lambda: secure.status()["subscribers"] == 0, "it has gone", 2)
        client.begin("GET", "/events", LINES)
        until(lambda: secure.status()["subscribers"] == 1, "another is there")
    until(lambda: secure.status()["subscribers"] == 0, "it has gone with its connection", 2)


def test_stopping_ends_feeds_with_a_goodbye(start):
    daemon = start("--drain-timeout", "3s")
    out = daemon.directory / "events"
    # Not by the library: it reads nothing more once the server has announced that it goes.
    with out.open("wb") as file:
        reader = subprocess.Popen(
            ["curl", "-sSN", "--http2", "--cacert", daemon.ca_file, "-H", "Accept: application/x-ndjson"]
            + [daemon.url + "/events"],
            stdout=file,
        )
    try:
        until(lambda: b'"live"' in out.read_bytes(), "the feed")
        assert daemon.stop() == 0
        # It was told that the answer is complete.
        assert reader.wait(10) == 0
        assert json.loads(out.read_bytes().splitlines()[-1])["bye"]["reason"] == "shutdown"
    finally:
        reader.kill()
        reader.wait()


# Limits


def ended(daemon, reason):
    """How many connections were ended for a reason, and for none else."""
    name = "articled_http2_connections_ended_total"
    metrics = Metrics.of(daemon)
    assert metrics.get(name) == metrics.get(name, reason=reason), metrics.text
    return metrics.get(name, reason=reason)


def cut_off(daemon, reason):
    return Metrics.of(daemon).get("articled_connections_cut_off_total", reason=reason)


def test_a_request_whose_body_does_not_come_is_taken_back(start):
    daemon = start("--request-timeout", "500ms")
    with HTTP2(daemon) as client:
        stream = client.begin(
            "POST", "/api/articles/", bearer(daemon) + [("content-type", "application/json")], end=False
        )
        client.until(lambda: stream in client.resets)
        assert client.get("/healthz")[0] == 200


def test_a_connection_without_requests_ends_in_time(start):
    daemon = start("--request-timeout", "500ms", "--idle-timeout", "1s")
    with HTTP2(daemon) as client:
        client.until_ended()
    until(lambda: cut_off(daemon, "request") == 1, "it was cut off for want of a request")
    before = cut_off(daemon, "idle")
    with HTTP2(daemon) as client:
        assert client.get("/healthz")[0] == 200
        assert client.until_ended() == h2.errors.ErrorCodes.NO_ERROR
    until(lambda: cut_off(daemon, "idle") > before, "it was asked to leave")


def test_a_client_that_hangs_up_is_gone_and_holds_up_no_stop(start):
    daemon = start()
    with HTTP2(daemon) as client:
        assert client.get("/healthz")[0] == 200
        # The end of sending, below TLS and without a word of it.
        with socket.socket(fileno=os.dup(client.socket.fileno())) as raw:
            raw.shutdown(socket.SHUT_WR)
        assert client.until_ended() is None


def test_a_long_header_is_refused_and_a_longer_one_ends_the_connection(start):
    daemon = start("--max-header", "4096")
    with HTTP2(daemon) as client:
        status, head, body = client.get("/", [("x-long", "v" * 5000), ("x-request-id", "mine")])
        assert (status, head["content-type"]) == (431, "application/problem+json")
        assert json.loads(body)["detail"] == "The request's header is too large."
        assert head["x-request-id"] == json.loads(body)["request_id"] == "mine"
        assert client.get("/", [("x-long", "v" * 3000)])[0] == 200
        client.begin("GET", "/", [("x-long", "v" * 14_000)])
        assert client.until_ended() is not None
    assert ended(daemon, "header") == 1


def test_a_long_body_is_refused(start):
    daemon = start("--max-body", "1000")
    with HTTP2(daemon) as client:
        stream = client.begin(
            "POST", "/api/articles/", bearer(daemon) + [("content-type", "application/json")], end=False
        )
        client.send(stream, b'{"title":"t","body":"' + b"x" * 60_000 + b'"}', end=True)
        assert client.answer(stream)[0] == 413


def test_no_more_requests_at_once_than_are_allowed(start):
    daemon = start("--http2-streams", "3")
    with HTTP2(daemon) as client:
        for _ in range(3):
            stream = client.begin("GET", "/events", LINES)
            client.until(lambda: b'"live"' in client.bodies[stream])
        # The library would not: what the server says of it is put aside.
        client.connection.remote_settings[0x3] = 100
        client.connection.remote_settings.acknowledge()
        refused = client.begin("GET", "/healthz")
        try:
            client.until(lambda: refused in client.resets)
        except (EOFError, ConnectionError):
            assert client.goaway is not None
    assert ended(daemon, "streams") == 1
    until(lambda: daemon.status()["subscribers"] == 0, "its feeds have ended")


def test_a_flood_of_requests_taken_back_ends_the_connection(start):
    daemon = start("--http2-resets", "20")
    with HTTP2(daemon) as client:
        assert flood(client, lambda: client.connection.reset_stream(client.begin("GET", "/")), 200) in ENDED
    assert ended(daemon, "resets") == 1


@pytest.mark.parametrize("frame", ["ping", "settings", "priority"])
def test_a_flood_of_control_frames_ends_the_connection(start, frame):
    daemon = start("--http2-control-frames", "20")
    with HTTP2(daemon) as client:
        frames = {
            "ping": lambda: client.connection.ping(b"12345678"),
            "settings": lambda: client.connection.update_settings({0x4: 65_535}),
            "priority": lambda: client.connection.prioritize(101, weight=10),
        }
        assert flood(client, frames[frame], 300) in ENDED
    assert ended(daemon, "control_frames") == 1


def flood(client, one, times):
    """Do something again and again; how the server ended it."""
    try:
        for _ in range(times):
            one()
            client.flush()
    except (ConnectionError, EOFError, OSError):
        pass
    return client.until_ended()


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


HEADERS, CONTINUATION = 0x1, 0x9


@pytest.mark.parametrize("payload", [b"", b"\x00\x01a\x01b" * 50], ids=["empty", "filled"])
def test_continuations_without_end_end_the_connection(secure, payload):
    with HTTP2(secure) as client:
        # Else the client's answer to the server's settings would stand among them, which ends any connection.
        assert client.get("/healthz")[0] == 200
        client.socket.sendall(frame(HEADERS, 0, 3, b"\x82\x84\x87"))
        try:
            for _ in range(2000):
                client.socket.sendall(frame(CONTINUATION, 0, 3, payload))
        except OSError:
            pass
        client.until_ended()
    assert ended(secure, "header") == 1


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        frame(0x0, 0, 0, b"data on no stream"),
        frame(0x8, 0, 0, b"\x00\x00\x00\x00"),
        frame(HEADERS, 0x5, 1, b"\xff" * 40),
        frame(0x4, 0, 0, b"\x00\x04\xff\xff\xff\xff"),
        b"\xff" * 100,
    ],
    ids=["http 1", "data", "window", "headers", "settings", "bytes"],
)
def test_what_breaks_the_protocol_ends_the_connection(secure, rubbish):
    with HTTP2(secure) as client:
        client.socket.sendall(rubbish)
        client.until_ended()
    assert ended(secure, "invalid") == 1


@pytest.mark.parametrize("flag, expected", [("--max-connections-per-address", 429), ("--max-connections", 503)])
def test_a_connection_too_many_is_told_so(start, flag, expected):
    daemon = start(flag, "2")
    daemon.client.close()
    with RawConnection(daemon), RawConnection(daemon), HTTP2(daemon) as client:
        status, head, _ = client.get("/healthz")
        assert (status, head["retry-after"]) == (expected, "5")


def test_an_answer_that_nobody_takes_is_given_up(start):
    daemon = start("--stall-timeout", "500ms")
    for _ in range(5):
        daemon.add("large", "b" * 60_000)
    with HTTP2(daemon) as client:
        stream = client.begin("GET", "/api/articles/", reads=False)
        client.until(lambda: stream in client.resets)
    assert Metrics.of(daemon).get("articled_http2_stalled_requests_total") == 1


@pytest.mark.parametrize(
    ("name", "more", "status"),
    [("localhost", [("host", "other")], 400), ("localhost", [("host", "localhost")], 200)],
)
def test_a_request_has_one_authority(secure, name, more, status):
    with HTTP2(secure) as client:
        assert client.answer(client.begin("GET", "/healthz", more, authority=name))[0] == status


def test_a_node_without_feeds_says_so(start):
    daemon = start("--only", "http")
    with HTTP2(daemon) as client:
        assert client.get("/events")[0] == 421
        assert client.get("/")[0] == 200


def test_the_websocket_is_not_offered(secure):
    with HTTP2(secure) as client:
        assert client.get("/healthz")[0] == 200
        assert not client.connection.remote_settings.enable_connect_protocol
