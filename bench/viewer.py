#!/usr/bin/env python3
"""What leaving articles-tui open costs: first paint, memory with 100,000 articles, idle processor time, scrolling.

Runs a daemon of its own and the viewer in a pseudo-terminal of 120×40. Prints a table; takes about a minute.
"""

import argparse
import fcntl
import http.client
import json
import os
import pty
import select
import signal
import socket
import statistics
import struct
import subprocess
import tempfile
import termios
import threading
import time
from pathlib import Path

COLUMNS, ROWS = 120, 40


class Viewer:
    """The viewer in a pseudo-terminal, whose output is read as fast as it comes."""

    def __init__(self, program, arguments, env):
        self.start = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(program, [program, *arguments], env)
        self.output = b""
        self.first = None
        self.lock = threading.Lock()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while select.select([self.terminal], [], []):
            try:
                data = os.read(self.terminal, 1 << 16)
            except OSError:
                return
            with self.lock:
                self.output = (self.output + data)[-(1 << 20) :]
                # The status line is painted last.
                if self.first is None and b"? help" in self.output:
                    self.first = time.monotonic() - self.start

    def until(self, text, seconds=60):
        end = time.monotonic() + seconds
        while True:
            with self.lock:
                if text.encode() in self.output:
                    return
            if time.monotonic() > end:
                raise SystemExit(f"{text!r} did not appear")
            time.sleep(0.01)

    def press(self, keys):
        os.write(self.terminal, keys)

    def clear(self):
        with self.lock:
            self.output = b""

    def anonymous_memory(self):
        """In MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("RssAnon:")[1].split()[0]) / 1024

    def processor_time(self):
        """Of all its threads, in milliseconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:13])) * 1000 / os.sysconf("SC_CLK_TCK")

    def end(self):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)


def post(port, token, first, count):
    """Post articles as lines of one batch."""
    body = "".join(
        json.dumps(
            {
                "title": f"Article {number} with a title of the length that most titles have",
                "body": f"The body of article {number}. " * 20,
                "topic": ["news", "sport", "kernel"][number % 3],
            }
        )
        + "\n"
        for number in range(first, first + count)
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(
        "POST",
        "/api/articles/batch",
        body,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
    )
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", default=".build/release", help="where articled and articles-tui are")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--starts", type=int, default=9)
    options = parser.parse_args()
    programs = Path(options.programs).resolve()

    with tempfile.TemporaryDirectory() as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        env = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", "TZ": "UTC"}
        daemon = subprocess.Popen(
            [programs / "articled", "serve", "--port", str(port), "--data-dir", f"{home}/data"],
            env=env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            token_file = Path(home, "data", "local-token")
            while not token_file.exists() or not listens(port):
                time.sleep(0.05)
            measure(programs, port, token_file.read_text().strip(), env, options)
        finally:
            daemon.terminate()
            daemon.wait()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def row(name, value):
    print(f"{name:50} {value}", flush=True)


def measure(programs, port, token, env, options):
    def start():
        return Viewer(str(programs / "articles-tui"), ["--url", f"http://127.0.0.1:{port}"], env)

    post(port, token, 0, 500)
    paints = []
    for _ in range(options.starts):
        viewer = start()
        viewer.until("? help")
        viewer.until("live")
        paints.append(viewer.first * 1000)
        viewer.end()
    row("first paint, ms", f"{statistics.median(paints):.0f} ({min(paints):.0f}-{max(paints):.0f})")

    viewer = start()
    viewer.until("live")
    row("RssAnon with 500 articles, MiB", f"{viewer.anonymous_memory():.1f}")
    begin, before = time.monotonic(), viewer.processor_time()
    for first in range(500, options.articles, 5000):
        post(port, token, first, min(5000, options.articles - first))
    # It has taken everything up when it sleeps again.
    while True:
        used = viewer.processor_time()
        time.sleep(1)
        if viewer.processor_time() - used < 5:
            break
    duration = time.monotonic() - begin
    row(f"{options.articles} arrive, articles/s", f"{options.articles / duration:.0f}")
    row("CPU for each that arrives, µs", f"{(viewer.processor_time() - before) * 1000 / options.articles:.0f}")
    row(f"RssAnon with {options.articles} articles, MiB", f"{viewer.anonymous_memory():.1f}")

    before = viewer.processor_time()
    time.sleep(20)
    row("CPU in 20 idle seconds, ms", f"{viewer.processor_time() - before:.1f}")

    before = viewer.processor_time()
    for _ in range(600):
        viewer.press(b"j")
        time.sleep(1 / 60)
    row("CPU for a second of scrolling at 60/s, ms", f"{(viewer.processor_time() - before) / 10:.0f}")
    row("RssAnon after scrolling, MiB", f"{viewer.anonymous_memory():.1f}")
    viewer.end()


if __name__ == "__main__":
    main()
