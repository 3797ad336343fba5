"""Thousands of subscribers in one thread, each with just enough of the protocol to tell what it has."""

import asyncio
import json
import threading

from .waiting import until
from .websocket import HANDSHAKE

LIVE, EVENTS = b'{"live":', b"["


class Member(asyncio.Protocol):
    """One subscriber, over as many connections as it is given."""

    def __init__(self, herd):
        self.herd = herd
        self.place = "0-00000000"
        self.seqs = []
        self.is_live = False
        self.transport = None

    def connection_made(self, transport):
        self.transport, self._unread, self._is_open = transport, b"", False
        headers = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
        transport.write(
            f"GET /articles?since={self.place} HTTP/1.1\r\nHost: {self.herd.host}\r\n"
            f"Sec-WebSocket-Protocol: articles.v1\r\n{headers}\r\n".encode()
        )

    def data_received(self, data):
        self._unread += data
        if not self._is_open:
            head, separator, rest = self._unread.partition(b"\r\n\r\n")
            if not separator:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.herd.problems.append(head)
            self._is_open, self._unread = True, rest
        while (end := self._frame_end()) is not None:
            start, end = end
            self._take(self._unread[start:end])
            self._unread = self._unread[end:]

    def _frame_end(self):
        if len(self._unread) < 2:
            return None
        length, start = self._unread[1], 2
        if length == 126:
            start, length = 4, int.from_bytes(self._unread[2:4], "big")
        elif length == 127:
            start, length = 10, int.from_bytes(self._unread[2:10], "big")
        return (start, start + length) if len(self._unread) >= start + length else None

    def _take(self, payload):
        if payload.startswith(EVENTS):
            for event in json.loads(payload):
                self.place = event["cursor"]
                self.seqs.append(int(self.place.split("-")[0]))
        elif payload.startswith(LIVE):
            self.is_live = True
        elif payload.startswith(b'{"reset"'):
            self.herd.problems.append(payload)

    def connection_lost(self, _):
        self.is_live, self.transport = False, None


class Herd:
    """Many subscribers that connect all at once, whenever they are told to."""

    def __init__(self, daemon, count):
        self.host, self._port = daemon.host, daemon.port
        self.problems = []
        self.members = [Member(self) for _ in range(count)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._disconnect(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _disconnect(self):
        for member in self.members:
            if member.transport:
                member.transport.abort()
        while any(member.transport for member in self.members):
            await asyncio.sleep(0.01)

    def connect_all(self, deadline=60):
        """Connect everybody at once and wait until everybody is live."""
        asyncio.run_coroutine_threadsafe(self._connect_all(), self._loop).result(deadline)
        until(lambda: self._count_live() == len(self.members), "everybody live", deadline)

    async def _connect_all(self):
        async def connect(member):
            # The kernel may drop what is beyond its backlog, and then a client tries again.
            while member.transport is None:
                try:
                    await self._loop.create_connection(lambda: member, self.host, self._port)
                except OSError:
                    await asyncio.sleep(0.05)

        await asyncio.gather(*map(connect, self.members))

    def _count_live(self):
        assert not self.problems, self.problems[0]
        return sum(member.is_live for member in self.members)

    def until_gone(self, deadline=30):
        until(lambda: not any(member.transport for member in self.members), "all connections gone", deadline)

    def until_each_has(self, seqs, deadline=60):
        until(lambda: all(len(member.seqs) >= len(seqs) for member in self.members), f"{len(seqs)} events", deadline)
        assert all(member.seqs == seqs for member in self.members)
