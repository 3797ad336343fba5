"""HTTP by hand, for requests that no library would send."""

import json
import socket
import struct
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Response:
    """One answer as it came over the wire."""

    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)


class RawConnection:
    """One TCP connection to a daemon, to which any bytes can be written."""

    def __init__(self, daemon, timeout=10.0):
        self._socket = socket.create_connection((daemon.host, daemon.port), timeout)
        if daemon.ca_file:
            self._socket = daemon.ssl_context().wrap_socket(self._socket, server_hostname=daemon.host)
        self._unread = b""
        self.host = f"{daemon.host}:{daemon.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        self._socket.sendall(data)

    def send_as_much_as_is_taken(self, data):
        """Send until all is sent or the other side has hung up."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_nowait(self, data):
        """Send what the other side takes within a moment."""
        timeout = self._socket.gettimeout()
        self._socket.settimeout(0.2)
        try:
            self._socket.sendall(data)
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self._socket.settimeout(timeout)

    def reset(self):
        """End the connection with RST instead of FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    @property
    def local_port(self):
        return self._socket.getsockname()[1]

    def finish_sending(self):
        self._socket.shutdown(socket.SHUT_WR)

    def request(self, method, path, headers=(), body=b"", version="HTTP/1.1"):
        """Send one request; `headers` are pairs, sent as they are after Host."""
        lines = [f"{method} {path} {version}", f"Host: {self.host}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def response(self, to_head=False):
        """Read one answer; that to HEAD has no body whatever its headers say."""
        head = self.read_until(b"\r\n\r\n").decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        version, status, *_ = first.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0"), f"not an HTTP answer: {first!r}"
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        status = int(status)
        if to_head or status in (100, 101, 204, 304):
            return Response(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            return Response(status, headers, self._chunks())
        return Response(status, headers, self.read(int(headers["content-length"])))

    def _chunks(self):
        body = b""
        while size := int(self.read_until(b"\r\n").split(b";")[0], 16):
            body += self.read(size)
            self.read(2)
        self.read_until(b"\r\n")
        return body

    def read(self, count):
        """Exactly that many bytes."""
        while len(self._unread) < count:
            self._receive()
        data, self._unread = self._unread[:count], self._unread[count:]
        return data

    def read_until(self, mark):
        """The bytes up to and with the mark."""
        while mark not in self._unread:
            self._receive()
        end = self._unread.index(mark) + len(mark)
        data, self._unread = self._unread[:end], self._unread[end:]
        return data

    def rest(self):
        """All that comes until the other side closes; a reset is an end too."""
        try:
            while True:
                self._receive()
        except (EOFError, ConnectionResetError):
            data, self._unread = self._unread, b""
            return data

    def trickle(self, data, deadline):
        """Send the data again and again, a few times a second, until the other side ends it; return what came."""
        self._socket.settimeout(0.2)
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            try:
                self._socket.sendall(data)
                self._receive()
            except TimeoutError:
                continue
            except (EOFError, BrokenPipeError, ConnectionResetError):
                return self._unread
        raise AssertionError(f"the connection was still open after {deadline:g} s")

    def _receive(self):
        data = self._socket.recv(65536)
        if not data:
            raise EOFError(f"the connection ended after {self._unread[:200]!r}")
        self._unread += data
