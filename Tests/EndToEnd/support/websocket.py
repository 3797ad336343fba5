"""WebSocket by hand (RFC 6455), for frames that no library would send."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass

from .http import RawConnection

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
KEY = base64.b64encode(bytes(range(16))).decode()
ACCEPT = base64.b64encode(hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None):
    """The bytes of one frame; `length` claims another length than the payload's."""
    length = len(payload) if length is None else length
    flag = 0x80 if mask else 0
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    if length < 126:
        head += bytes([flag | length])
    elif length < 65536:
        head += bytes([flag | 126]) + struct.pack(">H", length)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", length)
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


@dataclass(frozen=True)
class Frame:
    """One frame as the server sent it."""

    fin: bool
    opcode: int
    payload: bytes

    @property
    def close_code(self):
        assert self.opcode == CLOSE, self
        return struct.unpack(">H", self.payload[:2])[0] if self.payload else None

    def json(self):
        return json.loads(self.payload)


class RawWebSocket(RawConnection):
    """A connection to the feed on which any frames can be sent."""

    def handshake(self, query="", path="/articles", method="GET", version="HTTP/1.1", behind=b"", **headers):
        """Send the handshake with changed headers (None leaves one out) and bytes behind it; return the answer."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        pairs = [(name, value) for name, value in (HANDSHAKE | changed).items() if value is not None]
        lines = [f"{method} {path}{query} {version}", f"Host: {self.host}"] + [f"{n}: {v}" for n, v in pairs]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + behind)
        return self.response()

    def open(self, query="", **options):
        """A handshake that must be granted."""
        answer = self.handshake(query, **options)
        assert answer.status == 101, answer
        return self

    def receive(self):
        """The next frame, which must look like a server's: not masked, no reserved bits, the shortest length."""
        first, second = self.read(2)
        assert not first & 0x70 and not second & 0x80, f"not a server's frame: {first:#x} {second:#x}"
        length = second
        if second == 126:
            length = struct.unpack(">H", self.read(2))[0]
            assert length >= 126
        elif second == 127:
            length = struct.unpack(">Q", self.read(8))[0]
            assert length >= 65536
        return Frame(bool(first & 0x80), first & 0x0F, self.read(length))

    def receive_close(self):
        """The close frame, after which nothing may come; text before it is passed over."""
        while (received := self.receive()).opcode == TEXT:
            pass
        assert received.opcode == CLOSE, received
        return received

    def ping_pong(self, payload=b"alive?"):
        """A ping and its answer: all that was sent before has been read by then."""
        self.send(frame(PING, payload))
        while (received := self.receive()).opcode == TEXT:
            pass
        assert (received.opcode, received.payload) == (PONG, payload), received
