"""A feed that is no articles server, and that loses what it is told to lose: what bench must notice."""

import contextlib
import re
import socketserver
import threading

from websockets.sync.server import serve

MARKER = re.compile(rb"BENCH:(\d+):")


class OtherFeed:
    """Publishers over TCP: `hello`, then articles of one line each, answered with `+`. Subscribers over WebSocket with
    the subprotocol `other`, each of whom must first say `subscribe` in a binary message."""

    def __init__(self, swallow=(), mute=(), double=()):
        self.swallow, self.mute, self.double = swallow, mute, double
        self.subscribers = []
        self.published = []

    @contextlib.contextmanager
    def run(self):
        feed = self

        class Publisher(socketserver.StreamRequestHandler):
            def handle(self):
                if self.rfile.readline() != b"hello\n":
                    return
                self.wfile.write(b"welcome\n")
                for line in self.rfile:
                    if feed.publish(line):
                        self.wfile.write(b"+\n")

        class Publishers(socketserver.ThreadingTCPServer):
            daemon_threads = True

        with (
            Publishers(("127.0.0.1", 0), Publisher) as publishers,
            serve(self.subscribe, "127.0.0.1", 0, subprotocols=["other"], compression=None) as subscribers,
        ):
            self.publish_port = publishers.server_address[1]
            self.port = subscribers.socket.getsockname()[1]
            threads = [threading.Thread(target=server.serve_forever) for server in (publishers, subscribers)]
            for thread in threads:
                thread.start()
            try:
                yield self
            finally:
                publishers.shutdown()
                subscribers.shutdown()
                for thread in threads:
                    thread.join()

    def subscribe(self, connection):
        if connection.subprotocol == "other" and connection.recv() == b"\x00subscribe":
            self.subscribers.append(connection)
        for _ in connection:
            pass

    def publish(self, line):
        """Whether it is to be answered."""
        number = int(MARKER.search(line)[1])
        self.published.append(line)
        if number not in self.swallow:
            for connection in self.subscribers:
                for _ in range(2 if number in self.double else 1):
                    connection.send(b"\x00head " + line)
        return number not in self.mute

    def arguments(self):
        """Of a bench."""
        return [
            *("--subscribe", f"ws://127.0.0.1:{self.port}/", "--subprotocol", "other"),
            *("--on-connect-binary", r"\x00subscribe", "--publish", f"tcp://127.0.0.1:{self.publish_port}"),
            *("--publish-hello", r"hello\n", "--publish-body", r"text {{body}}\n", "--publish-answer", r"+\n"),
            *("--settle", "300ms"),
        ]
