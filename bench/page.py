#!/usr/bin/env python3
"""Measure what a request for the page costs beside a text that Hummingbird answers, and print docs/benchmarks.md's table.

Each server runs on the first core with one event loop and is asked 1,000 times a second over one connection, one right
after the other in each round; CPU is the server's own, user and system, from /proc. Everything happens on 127.0.0.1 and
ends by itself. Wants `make bench-page`, two cores and a quiet machine.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

RELEASE = Path(__file__).resolve().parents[1] / ".build" / "release"
SERVER_CORE, LOAD_CORE = 0, 1
ARTICLES = 50


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=1000, help="requests a second")
    parser.add_argument("--seconds", type=float, default=6)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    rows = {}
    with tempfile.TemporaryDirectory() as directory, static_text() as floor, articled(directory) as daemon:
        for number in range(ARTICLES):
            daemon.publish(number)
        cells = {
            "the page, compressed": ("/", daemon, "gzip", 0),
            "the page as it is": ("/", daemon, "identity", 0),
            "the page, 20 articles a second": ("/", daemon, "gzip", 20),
            "feed.atom, compressed": ("/feed.atom", daemon, "gzip", 0),
        }
        for _ in range(arguments.rounds):
            base = floor.cost("/", "identity", arguments)
            for name, (path, server, encoding, news) in cells.items():
                with server.publishing(news):
                    cost = server.cost(path, encoding, arguments)
                rows.setdefault(name, []).append((cost, cost / base))
            rows.setdefault("static text", []).append((base, 1.0))
        size = {name: daemon.size(path, encoding) for name, (path, _, encoding, _) in cells.items()}
    print("| | bytes | µs of CPU a request | / static text (median) |\n|---|---|---|---|")
    for name, results in rows.items():
        costs = ", ".join(f"{cost:.0f}" for cost, _ in results)
        ratios = ", ".join(f"{ratio:.2f}" for _, ratio in results)
        print(f"| {name} | {size.get(name, 5)} | {costs} | {ratios} ({statistics.median(r for _, r in results):.2f}) |")


class Server:
    def __init__(self, process, port):
        self.process = process
        self.port = port

    def connect(self):
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), 10)
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, connection, request):
        connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(262_144)
        return body

    def request(self, path, encoding):
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept-Encoding: {encoding}\r\n\r\n".encode()

    def size(self, path, encoding):
        with self.connect() as connection:
            return len(self.ask(connection, self.request(path, encoding)))

    def cost(self, path, encoding, arguments):
        """Microseconds of CPU a request."""
        request = self.request(path, encoding)
        with self.connect() as connection:
            for _ in range(200):
                self.ask(connection, request)
            count = int(arguments.rate * arguments.seconds)
            before, start = self.cpu(), time.monotonic()
            for number in range(count):
                time.sleep(max(0, start + number / arguments.rate - time.monotonic()))
                self.ask(connection, request)
            return (self.cpu() - before) / count * 1e6


class Daemon(Server):
    def __init__(self, process, port, directory):
        super().__init__(process, port)
        self.directory = directory

    def publish(self, number):
        token = (Path(self.directory) / "local-token").read_text().strip()
        body = json.dumps({"title": f"Article {number}", "body": "A line that says something. " * 8}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/articles/", body, headers)
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()

    @contextlib.contextmanager
    def publishing(self, rate):
        """Publishes at a rate meanwhile, whose cost counts."""
        ended = threading.Event()

        def run():
            while rate and not ended.wait(1 / rate):
                self.publish(0)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command):
    def on_core():
        os.sched_setaffinity(0, {SERVER_CORE})

    process = subprocess.Popen(command, preexec_fn=on_core, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@contextlib.contextmanager
def static_text():
    port = free_port()
    with running([RELEASE / "static-text", str(port)]) as process:
        server = Server(process, port)
        server.connect().close()
        yield server


@contextlib.contextmanager
def articled(directory):
    port = free_port()
    flags = ["--port", str(port), "--data-dir", directory, "--threads", "1", "--log-level", "error"]
    with running([RELEASE / "articled", "serve", *flags]) as process:
        server = Daemon(process, port, directory)
        server.connect().close()
        yield server


if __name__ == "__main__":
    main()
