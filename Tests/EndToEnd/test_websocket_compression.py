"""permessage-deflate (RFC 7692): agreed on without context takeover, for those who offer it."""

import json
import zlib

import pytest

from support.feed import SUBPROTOCOL, Subscriber
from support.websocket import TEXT, RawWebSocket, frame

GRANTED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


class Deflated(RawWebSocket):
    """A client that does its own compression, so that the bits on the wire can be looked at."""

    def open_deflated(self, query="", **headers):
        answer = self.handshake(query, Sec_WebSocket_Extensions="permessage-deflate", **headers)
        assert answer.status == 101 and answer.headers["sec-websocket-extensions"] == GRANTED
        return self

    def message(self):
        """Whether the next message was compressed, and the message."""
        first, second = self.read(2)
        length = second
        if second == 126:
            length = int.from_bytes(self.read(2), "big")
        elif second == 127:
            length = int.from_bytes(self.read(8), "big")
        payload = self.read(length)
        assert first & 0xBF == 0x80 | TEXT, hex(first)
        return bool(first & 0x40), json.loads(inflate(payload) if first & 0x40 else payload)


def deflate(data):
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(payload):
    return zlib.decompressobj(wbits=-15).decompress(payload + b"\x00\x00\xff\xff")


@pytest.fixture
def client(daemon):
    with Deflated(daemon) as connection:
        yield connection


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("permessage-deflate", GRANTED),
        ("permessage-deflate; client_max_window_bits", GRANTED),
        ("permessage-deflate; client_max_window_bits=10; server_no_context_takeover", GRANTED),
        ("permessage-deflate; server_max_window_bits=15", GRANTED + "; server_max_window_bits=15"),
        ("x-other, permessage-deflate; server_max_window_bits=10, permessage-deflate", GRANTED),
        ("permessage-deflate; server_max_window_bits=10", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; unknown", None),
        ("permessage-deflate; client_max_window_bits=7", None),
        ("permessage-deflate; client_no_context_takeover; client_no_context_takeover", None),
        ("permessage-deflate;", None),
        ("x-webkit-deflate-frame", None),
        ("", None),
    ],
)
def test_offers_are_granted_or_declined(daemon, offer, answer):
    with RawWebSocket(daemon) as raw:
        response = raw.handshake(Sec_WebSocket_Extensions=offer)
        assert response.status == 101
        assert response.headers.get("sec-websocket-extensions") == answer


def test_long_messages_are_compressed_and_short_ones_are_not(daemon, client):
    client.open_deflated(Sec_WebSocket_Protocol=SUBPROTOCOL)
    while "live" not in (message := client.message())[1]:
        pass
    assert message[0] is False
    daemon.add("long", "all work and no play " * 200)
    compressed, [event] = client.message()
    assert compressed and event["fields"]["body"] == "all work and no play " * 200


def test_every_message_stands_alone(daemon, client):
    client.open_deflated("?last=0")
    for _ in range(3):
        daemon.add("same", "the same again " * 50)
        compressed, [event] = client.message()
        assert compressed and event["fields"]["title"] == "same"


def test_the_snapshot_is_compressed_too(daemon, client):
    for _ in range(5):
        daemon.add("same", "the same again " * 50)
    compressed, events = client.open_deflated().message()
    assert compressed and len(events) == 5


def test_who_offers_nothing_gets_plain_frames(daemon):
    with Deflated(daemon) as compressed, RawWebSocket(daemon) as plain:
        compressed.open_deflated("?last=0")
        plain.open("?last=0")
        daemon.add("long", "all work and no play " * 200)
        # Fails on reserved bits.
        assert plain.receive().json() == compressed.message()[1]


def test_the_administrator_can_turn_it_off(start_daemon):
    daemon = start_daemon("--no-compression")
    with RawWebSocket(daemon) as raw:
        assert "sec-websocket-extensions" not in raw.handshake(Sec_WebSocket_Extensions="permessage-deflate").headers


def test_a_library_reads_every_article(daemon):
    texts = ["", "x" * 60_000, "ünïcödé 🎈 " * 100, "line\nline\n" * 500]
    with Subscriber(daemon, "?last=0") as subscriber:
        for text in texts:
            daemon.add("t", text)
            [event] = subscriber.next()
            assert event["fields"]["body"] == text


def test_a_compressed_message_from_the_client_is_read(daemon, client):
    client.open_deflated("?last=0")
    client.send(frame(TEXT, deflate(b'{"greeting":"Hello"}'), rsv=4))
    client.ping_pong()


def test_a_compressed_message_in_fragments_is_read(daemon, client):
    client.open_deflated("?last=0")
    payload = deflate(b"hello " * 100)
    client.send(frame(TEXT, payload[:5], rsv=4, fin=False) + frame(0, payload[5:]))
    client.ping_pong()


@pytest.mark.parametrize(
    ("bytes_", "code"),
    [
        # 1 MiB of zeros in a kilobyte.
        (frame(TEXT, deflate(bytes(1024 * 1024)), rsv=4), 1009),
        (frame(TEXT, b"\xff\xff\xff\xff", rsv=4), 1007),
        (frame(TEXT, deflate(b"\xff\xfe"), rsv=4), 1007),
        (frame(TEXT, b"x", fin=False) + frame(0, b"y", rsv=4), 1002),
        (frame(TEXT, deflate(b"x"), rsv=6), 1002),
    ],
)
def test_what_is_wrong_is_refused(daemon, client, bytes_, code):
    client.open_deflated("?last=0")
    client.send(bytes_)
    assert client.receive_close().close_code == code


def test_nobody_compresses_without_having_agreed(daemon):
    with RawWebSocket(daemon) as raw:
        raw.open("?last=0").send(frame(TEXT, deflate(b"x"), rsv=4))
        assert raw.receive_close().close_code == 1002
