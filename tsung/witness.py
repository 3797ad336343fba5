"""A subscriber that writes down everything, without any library: what Tsung's own subscribers get they do not look at."""

import json
import socket
import struct
import threading


class Witness:
    """One plain subscriber of the whole feed, from before the load to after it.

    It never reconnects: whatever cuts it off is a finding.
    """

    def __init__(self, port):
        self.events = []
        # Why it ended before it was told to.
        self.problem = None
        self._is_done = False
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        self._unread = b""
        self._socket.sendall(
            f"GET /articles?last=0 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = self._until(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"not upgraded: {head.splitlines()[0].decode('latin-1')}")
        # Heartbeats come every 10 s; who hears none for a minute is cut off without knowing it.
        self._socket.settimeout(60)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def close(self):
        self._is_done = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join()
        self._socket.close()

    def _work(self):
        try:
            while True:
                opcode, payload = self._frame()
                if opcode == 8:
                    raise ConnectionError(f"closed with {payload[:2].hex()}")
                value = json.loads(payload) if opcode == 1 else None
                if isinstance(value, list):
                    self.events += value
        except (OSError, ValueError) as error:
            if not self._is_done:
                self.problem = f"{type(error).__name__}: {error}"

    def _frame(self):
        """Opcode and payload of the next frame (RFC 6455 section 5.2); a server's are neither masked nor cut up."""
        first, length = self._exactly(2)
        if not first & 0x80 or first & 0x70 or length & 0x80:
            raise ValueError(f"an unexpected frame: {first:02x} {length:02x}")
        if length == 126:
            (length,) = struct.unpack("!H", self._exactly(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self._exactly(8))
        return first & 0x0F, self._exactly(length)

    def _exactly(self, count):
        while len(self._unread) < count:
            self._more()
        data, self._unread = self._unread[:count], self._unread[count:]
        return data

    def _until(self, end):
        while end not in self._unread:
            self._more()
        data, _, self._unread = self._unread.partition(end)
        return data

    def _more(self):
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("cut off")
        self._unread += data
