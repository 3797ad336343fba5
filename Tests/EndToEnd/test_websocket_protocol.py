"""The feed's WebSocket, byte for byte: handshakes and frames as RFC 6455 demands them."""

import struct

import pytest

from support.http import RawConnection
from support.waiting import until
from support.websocket import (
    ACCEPT,
    BINARY,
    CLOSE,
    CONTINUATION,
    HANDSHAKE,
    PING,
    PONG,
    TEXT,
    RawWebSocket,
    close_frame,
    frame,
)


@pytest.fixture
def raw(shared_daemon):
    with RawWebSocket(shared_daemon) as connection:
        yield connection


@pytest.fixture
def feed(raw):
    """An open feed that has nothing to say."""
    return raw.open("?last=0")


@pytest.fixture(autouse=True)
def healthy_afterwards(shared_daemon):
    pid = shared_daemon.pid
    yield
    assert shared_daemon.is_running and shared_daemon.pid == pid
    assert shared_daemon.client.get("/readyz").status_code == 200


# The handshake


@pytest.mark.parametrize("path", ["/articles", "/articles/"])
def test_a_good_handshake_is_granted(raw, path):
    answer = raw.handshake(path=path)
    assert answer.status == 101
    assert answer.headers["upgrade"].lower() == "websocket"
    assert answer.headers["connection"].lower() == "upgrade"
    assert answer.headers["sec-websocket-accept"] == ACCEPT
    assert "sec-websocket-protocol" not in answer.headers
    assert "sec-websocket-extensions" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "uPGRADE"},
        {"Upgrade": "WebSocket"},
        {"Origin": None},
        {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"},
        {"Cookie": "a=b"},
    ],
)
def test_a_handshake_may_look_different(raw, headers):
    assert raw.handshake(**headers).status == 101


@pytest.mark.parametrize(
    "offered, chosen",
    [
        ("articles.v1", "articles.v1"),
        ("chat, articles.v1", "articles.v1"),
        ("articles.v2", None),
        ("chat", None),
        ("Articles.V1", None),
    ],
)
def test_the_subprotocol_is_chosen_from_those_offered(raw, offered, chosen):
    answer = raw.handshake(Sec_WebSocket_Protocol=offered)
    assert answer.status == 101
    assert answer.headers.get("sec-websocket-protocol") == chosen


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Key": "AAAA"},
        {"Sec-WebSocket-Key": "not base64 at all!!!!!!!"},
        {"Sec-WebSocket-Key": "A" * 24},
        {"Connection": None},
        {"Connection": "keep-alive"},
    ],
)
def test_a_malformed_handshake_is_400(raw, headers):
    answer = raw.handshake(**headers)
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert raw.rest() == b""


@pytest.mark.parametrize("hosts", [[], ["Host: a.example", "Host: b.example"]])
def test_a_handshake_without_a_host_or_with_two_is_400(raw, hosts):
    """RFC 6455 section 4.2.1, RFC 9112 section 3.2; without one host no Origin could be judged."""
    lines = ["GET /articles HTTP/1.1", *hosts, *(f"{name}: {value}" for name, value in HANDSHAKE.items())]
    raw.send("\r\n".join(lines).encode() + b"\r\n\r\n")
    assert raw.response().status == 400


@pytest.mark.parametrize("version", ["8", "7", "0", "14", "13, 8", "", None])
def test_another_version_is_426_and_names_ours(raw, version):
    answer = raw.handshake(Sec_WebSocket_Version=version)
    assert answer.status == 426
    assert answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE"])
def test_a_handshake_that_is_no_get_is_refused(raw, method):
    assert raw.handshake(method=method).status in (400, 405)


def test_a_handshake_in_http_1_0_is_refused(raw):
    assert raw.handshake(version="HTTP/1.0").status == 400


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_403(raw, origin):
    answer = raw.handshake(Origin=origin)
    assert answer.status == 403
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_the_page_s_own_origin_is_allowed(raw):
    assert raw.handshake(Origin=f"http://{raw.host}").status == 101


def test_an_origin_can_be_allowed(start_daemon):
    daemon = start_daemon("--allowed-origin", "https://news.example")
    for origin, status in (("https://news.example", 101), ("https://other.example", 403)):
        with RawWebSocket(daemon) as connection:
            assert connection.handshake(Origin=origin).status == status


@pytest.mark.parametrize(
    "query",
    [
        "?last=501",
        "?last=-1",
        "?last=",
        "?last=x",
        "?last=1e2",
        "?topic=BAD",
        "?topic=",
        "?topic=news&topic=BAD",
    ],
)
@pytest.mark.parametrize("subprotocol", [None, "articles.v1"])
def test_a_bad_query_is_400_and_named(raw, query, subprotocol):
    answer = raw.handshake(query, Sec_WebSocket_Protocol=subprotocol)
    assert answer.status == 400
    assert query[1:].split("=")[0] in answer.json()["detail"]


@pytest.mark.parametrize(
    "since", ["xyz", "", "1", "1-", "1-9c1e7a3", "1-9C1E7A3B", "-1-9c1e7a3b", "1-9c1e7a3bb", "9" * 30 + "-00000000"]
)
def test_a_cursor_that_is_none_is_400(raw, since):
    answer = raw.handshake(f"?since={since}", Sec_WebSocket_Protocol="articles.v1")
    assert answer.status == 400
    assert "since" in answer.json()["detail"]


def test_a_cursor_is_not_for_the_plain_mode(raw):
    answer = raw.handshake("?since=0-00000000")
    assert answer.status == 400
    assert "since" in answer.json()["detail"]


def test_unknown_parameters_are_ignored(raw):
    assert raw.handshake("?colour=red&x").status == 101


def test_another_path_has_no_feed(raw):
    answer = raw.handshake(path="/api/articles/")
    assert answer.status in (400, 404)


# What breaks the protocol


@pytest.mark.parametrize(
    "frames, code",
    [
        pytest.param(frame(TEXT, b"Hello", mask=False), 1002, id="not masked"),
        pytest.param(frame(PING, b"Hello", mask=False), 1002, id="ping not masked"),
        pytest.param(frame(TEXT, b"Hello", rsv=4), 1002, id="RSV1"),
        pytest.param(frame(TEXT, b"Hello", rsv=2), 1002, id="RSV2"),
        pytest.param(frame(TEXT, b"Hello", rsv=1), 1002, id="RSV3"),
        pytest.param(frame(PING, rsv=7), 1002, id="RSV on a ping"),
        *[pytest.param(frame(opcode), 1002, id=f"opcode {opcode}") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)],
        pytest.param(frame(PING, b"x", fin=False), 1002, id="fragmented ping"),
        pytest.param(frame(PONG, b"x", fin=False), 1002, id="fragmented pong"),
        pytest.param(frame(CLOSE, struct.pack(">H", 1000), fin=False), 1002, id="fragmented close"),
        pytest.param(frame(PING, b"x" * 126), 1002, id="ping of 126 bytes"),
        pytest.param(frame(CLOSE, struct.pack(">H", 1000) + b"x" * 124), 1002, id="close of 126 bytes"),
        pytest.param(frame(CONTINUATION, b"x"), 1002, id="stray continuation"),
        pytest.param(frame(CONTINUATION, b"x", fin=False), 1002, id="stray continuation that goes on"),
        pytest.param(frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"), 1002, id="text within text"),
        pytest.param(b"\x81\xfe\x00\x05" + bytes(9), 1002, id="length longer than need be"),
        pytest.param(b"\x81\xff" + b"\xff" * 8 + bytes(4), 1002, id="length with the top bit"),
        pytest.param(frame(BINARY, b"x"), 1003, id="binary"),
        pytest.param(frame(BINARY), 1003, id="empty binary"),
        pytest.param(frame(TEXT, b"\xff"), 1007, id="no UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), 1007, id="surrogate"),
        pytest.param(frame(TEXT, b"\xc0\xaf"), 1007, id="overlong"),
        pytest.param(frame(TEXT, b"\xf4\x90\x80\x80"), 1007, id="beyond Unicode"),
        pytest.param(frame(TEXT, "é".encode()[:1]), 1007, id="cut character"),
        pytest.param(
            frame(TEXT, b"a\xff", fin=False) + frame(CONTINUATION, b"b"), 1007, id="no UTF-8 in the first fragment"
        ),
        pytest.param(
            frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"\xff"), 1007, id="no UTF-8 in the last fragment"
        ),
        pytest.param(frame(TEXT, b"x" * 4097), 1009, id="4097 bytes"),
        pytest.param(frame(TEXT, b"x", length=1 << 40), 1009, id="a terabyte announced"),
        pytest.param(
            frame(TEXT, b"x" * 4000, fin=False) + frame(CONTINUATION, b"x" * 97), 1009, id="4097 bytes in fragments"
        ),
        pytest.param(frame(CLOSE, b"\x03"), 1002, id="close of one byte"),
        *[
            pytest.param(close_frame(bad), 1002, id=f"close code {bad}")
            for bad in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
        ],
        pytest.param(close_frame(1000, b"\xff"), 1007, id="close reason no UTF-8"),
    ],
)
def test_what_breaks_the_protocol_closes_with_its_code(feed, frames, code):
    feed.send(frames)
    assert feed.receive_close().close_code == code
    assert feed.rest() == b""


# What keeps to it


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(frame(TEXT, b'{"greeting":"Hello"}'), id="the demo's greeting"),
        pytest.param(frame(TEXT), id="empty"),
        pytest.param(frame(TEXT, b"no JSON"), id="no JSON"),
        pytest.param(frame(TEXT, b"x" * 4096), id="4096 bytes"),
        pytest.param(frame(TEXT, "日本語 👩‍👩‍👧".encode()), id="UTF-8"),
        pytest.param(
            frame(TEXT, b"\xe2\x82", fin=False) + frame(CONTINUATION, b"\xac"), id="a character in two fragments"
        ),
        pytest.param(
            frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"", fin=False) * 50 + frame(CONTINUATION, b"b"),
            id="many fragments",
        ),
        pytest.param(frame(PONG, b"unasked"), id="a pong that nobody asked for"),
        pytest.param(frame(TEXT, b"x" * 4096) * 20, id="many messages"),
    ],
)
def test_text_from_the_client_is_read_and_ignored(feed, frames):
    feed.send(frames)
    feed.ping_pong()


@pytest.mark.parametrize("payload", [b"", b"Hello", b"\x00\xff", b"x" * 125])
def test_a_ping_is_answered_with_its_payload(feed, payload):
    feed.ping_pong(payload)


def test_pings_are_answered_in_order(feed):
    payloads = [str(number).encode() for number in range(500)]
    feed.send(b"".join(frame(PING, payload) for payload in payloads))
    assert [(received := feed.receive()).opcode == PONG and received.payload for _ in payloads] == payloads


def test_a_ping_between_fragments_is_answered_at_once(feed):
    feed.send(frame(TEXT, b"a", fin=False) + frame(PING, b"now"))
    assert feed.receive().payload == b"now"
    feed.send(frame(CONTINUATION, b"b"))
    feed.ping_pong()


def test_frames_may_come_byte_by_byte(feed):
    for byte in frame(TEXT, b"Hello") + frame(TEXT, b"x" * 130) + frame(PING, b"slowly"):
        feed.send(bytes([byte]))
    assert feed.receive().payload == b"slowly"


def test_frames_sent_with_the_handshake_are_read(raw):
    answer = raw.handshake("?last=0", behind=frame(TEXT, b"Hello") + frame(PING, b"early"))
    assert answer.status == 101
    assert raw.receive().payload == b"early"


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4999])
def test_a_close_is_echoed(feed, code):
    feed.send(close_frame(code, "adieu".encode()))
    assert feed.receive_close().close_code == code
    assert feed.rest() == b""


def test_a_close_without_a_code_is_echoed(feed):
    feed.send(frame(CLOSE))
    assert feed.receive_close().payload in (b"", struct.pack(">H", 1000))
    assert feed.rest() == b""


def test_nothing_is_answered_behind_a_close(feed):
    feed.send(close_frame(1000) + frame(PING, b"late"))
    assert feed.receive_close().close_code == 1000
    assert feed.rest() == b""


def test_a_client_that_just_hangs_up_is_forgotten(shared_daemon):
    with RawWebSocket(shared_daemon) as connection:
        connection.open()
        connection.ping_pong()
        until(lambda: shared_daemon.status()["subscribers"] == 1, "one subscriber")
    until(lambda: shared_daemon.status()["subscribers"] == 0, "no subscriber")


def test_the_same_path_without_an_upgrade_is_not_the_feed(shared_daemon):
    with RawConnection(shared_daemon) as connection:
        connection.request("GET", "/articles")
        assert connection.response().status != 101
