"""Subscribers that are a library's, not ours: Python's websockets."""

import json

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

SUBPROTOCOL = "articles.v1"


class Subscriber:
    """An open feed; frames come as JSON values."""

    def __init__(self, daemon, query="", subprotocol=None):
        self._opening = connect(
            f"{'wss' if daemon.ca_file else 'ws'}://{daemon.host}:{daemon.port}/articles{query}",
            ssl=daemon.ssl_context(),
            subprotocols=[subprotocol] if subprotocol else None,
            proxy=None,
            max_size=None,
        )

    def __enter__(self):
        self._connection = self._opening.__enter__()
        return self

    def __exit__(self, *error):
        self._opening.__exit__(*error)

    def text(self, timeout=5):
        """The next frame as it came."""
        frame = self._connection.recv(timeout=timeout)
        assert isinstance(frame, str)
        return frame

    def next(self, timeout=5):
        """The next frame that is no ping."""
        while is_ping(value := json.loads(self.text(timeout))):
            pass
        return value

    def ping(self, timeout=5):
        """The next frame, which must be a ping."""
        value = json.loads(self.text(timeout))
        assert is_ping(value), value
        return value

    def events(self, count):
        """The next events, however many share a frame; nothing else may come between."""
        events = []
        while len(events) < count:
            frame = self.next()
            assert isinstance(frame, list), frame
            events += frame
        assert len(events) == count, events
        return events

    def send(self, text):
        self._connection.send(text)

    def until_closed(self, timeout=10):
        """The frames that still come, and the close code."""
        frames = []
        try:
            while True:
                frames.append(json.loads(self.text(timeout)))
        except ConnectionClosed as closed:
            return [frame for frame in frames if not is_ping(frame)], closed.rcvd.code if closed.rcvd else None


def is_ping(value):
    return isinstance(value, dict) and "ping" in value


def plain(daemon, query=""):
    """A subscriber in the plain mode, as the original demo's."""
    return Subscriber(daemon, query)


def v1(daemon, query=""):
    """A subscriber of the whole feed."""
    return Subscriber(daemon, query, SUBPROTOCOL)


def titles(frame):
    return [event["fields"]["title"] for event in frame]
