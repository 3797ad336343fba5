#!/usr/bin/env python3
"""What a Redis can take: appends articles with the daemon's own script, without any daemon.

Starts a Redis of its own, and a replica with --wait; prints articles a second, Redis' CPU for each, and their memory.
"""

import argparse
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

LUA = Path(__file__).resolve().parent.parent / "Sources" / "RedisScripts" / "lua"
KEYS = "meta terms events articles index by-topic topics idempotency idempotency-expiry audit audit-by-article".split()


def encode(*words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, *commands):
        self.socket.sendall(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise SystemExit(line.decode())
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest


def start(directory, port, *options):
    folder = Path(directory) / str(port)
    folder.mkdir()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", *options]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    for _ in range(200):
        try:
            return process, Connection(port)
        except OSError:
            time.sleep(0.05)
    raise SystemExit("Redis does not start")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=50_000)
    parser.add_argument("--size", type=int, default=500, help="bytes of each body")
    parser.add_argument("--batch", type=int, default=256, help="articles in one pipeline")
    parser.add_argument("--fsync", default="always", help="appendfsync (default: always)")
    parser.add_argument("--wait", type=int, default=0, choices=(0, 1), help="replicas to WAIT for")
    parser.add_argument("--port", type=int, default=28379)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="redislimit-")
    processes = []
    try:
        process, primary = start(directory, options.port, "--appendonly", "yes", "--appendfsync", options.fsync)
        processes.append(process)
        if options.wait:
            more = ["--appendonly", "yes", "--replicaof", "127.0.0.1", options.port, "--repl-diskless-sync-delay", 0]
            process, replica = start(directory, options.port + 1, *more)
            processes.append(process)
            while b"master_link_status:up" not in replica.send(("INFO", "replication"))[0]:
                time.sleep(0.05)
        script = b"".join((LUA / f"{name}.lua").read_bytes() for name in ("time", "audit", "append"))
        digest = primary.send(("SCRIPT", "LOAD", script))[0]
        body = b'"' + b"x" * options.size + b'"'

        def call(count):
            words = ["EVALSHA", digest, len(KEYS), *("{main}:" + key for key in KEYS)]
            words += [int(time.time() * 1000), "0000002a", 1_000_000, 10**12, 10**8, 1_000_000, 10**12]
            for _ in range(count):
                words += ["c", "bench", "127.0.0.1", "2026-01-01T00:00:00.000Z", "news", '"a title"', body, '"bench"', "", ""]
            return words

        def cpu():
            fields = dict(line.split(b":") for line in primary.send(("INFO", "cpu"))[0].split(b"\r\n") if b":" in line)
            return float(fields[b"used_cpu_sys"]) + float(fields[b"used_cpu_user"])

        used, began = cpu(), time.monotonic()
        for _ in range(options.articles // options.batch):
            calls = [call(64) for _ in range(options.batch // 64)] or [call(options.batch)]
            replies = primary.send(*calls, *([("WAIT", 1, 1000)] if options.wait else []))
            if options.wait and replies[-1] < 1:
                raise SystemExit("the replica did not keep up")
        elapsed, used = time.monotonic() - began, cpu() - used
        count = int(primary.send(("HGET", "{main}:meta", "article"))[0])
        memory = {key: primary.send(("MEMORY", "USAGE", "{main}:" + key, "SAMPLES", 100))[0] or 0 for key in KEYS}
        print(f"{count / elapsed:,.0f} articles/s, {used / count * 1e6:.1f} µs of Redis' CPU each", end="; ")
        print(", ".join(f"{key} {memory[key] / count:.0f}" for key in KEYS if memory[key] / count >= 1), "bytes each")
        stats = primary.send(("INFO", "commandstats"))[0].decode()
        print(next(line for line in stats.split("\r\n") if line.startswith("cmdstat_evalsha")))
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
