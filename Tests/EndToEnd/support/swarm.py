"""Many subscribers at once, in a thread of their own."""

import asyncio
import json
import threading

from websockets.asyncio.client import connect

from .waiting import until


class Swarm:
    """Subscribers of a library's that keep all the events they get: every other one of the whole feed, and of both kinds
    every other one compressed."""

    def __init__(self, daemon, count):
        self._url = f"ws://{daemon.host}:{daemon.port}/articles?last=0"
        self._daemon = daemon
        # For each subscriber the text of every event, and what it got that is no event.
        self.events = [[] for _ in range(count)]
        self.controls = [[] for _ in range(count)]
        self.errors = []
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        try:
            until(lambda: self.errors or self._daemon.status()["subscribers"] >= len(self.events), "all subscribed", 20)
            assert not self.errors, self.errors
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the subscribers did not end"

    async def _run(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        readers = [asyncio.create_task(self._read(number)) for number in range(len(self.events))]
        await self._stop.wait()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    async def _read(self, number):
        subprotocols = ["articles.v1"] if number % 2 else None
        compression = "deflate" if number & 2 else None
        try:
            async with connect(
                self._url, subprotocols=subprotocols, compression=compression, proxy=None, max_size=None
            ) as connection:
                async for frame in connection:
                    value = json.loads(frame)
                    if isinstance(value, list):
                        self.events[number] += [json.dumps(event, ensure_ascii=False) for event in value]
                    elif "ping" not in value:
                        self.controls[number].append(value)
                self.errors.append(f"subscriber {number} was closed: {connection.close_code}")
        except Exception as error:
            self.errors.append(f"subscriber {number}: {error!r}")

    def until_each_has(self, count, deadline):
        """Wait until every subscriber has at least that many events."""
        until(
            lambda: self.errors or min(map(len, self.events)) >= count, f"{count} events for each subscriber", deadline
        )
        assert not self.errors, self.errors
