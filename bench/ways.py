#!/usr/bin/env python3
"""Measure what each way to subscribe costs articled: a subscription, an idle subscriber, and a delivery.

The daemon runs on the first core, the subscribers on the second, one way after the other. Everything happens on 127.0.0.1
and ends by itself. Wants `make release`, openssl, two cores and a quiet machine.
"""

import argparse
import asyncio
import os
import ssl
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from table import LOAD_CORE, ROOT, free_port, running, wait_for

# Of 256 characters, with as much to compress as there is in words.
BODY = b'{"title":"bench","body":"%s"}' % b" ".join(b"word%d" % (number * 7919 % 10_007) for number in range(30))[:256]
RATE = 20
TICKS = os.sysconf("SC_CLK_TCK")

WEBSOCKET = (
    "GET /articles?last=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
EVENTS = "GET /events?last=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
# The name of each way, what is sent for it, and whether it is over TLS.
WAYS = [
    ("WebSocket", WEBSOCKET, False),
    ("the same, compressed", WEBSOCKET + "Sec-WebSocket-Extensions: permessage-deflate\r\n", False),
    ("the same over TLS", WEBSOCKET, True),
    ("server-sent events", EVENTS + "Accept: text/event-stream\r\n", False),
    ("lines", EVENTS + "Accept: application/x-ndjson\r\n", False),
]


def main():
    options = parse()
    os.sched_setaffinity(0, {int(LOAD_CORE)})
    results = {name: [] for name, _, _ in WAYS}
    with tempfile.TemporaryDirectory(prefix="articles-bench-") as directory:
        certificate = make_certificate(Path(directory))
        for _ in range(options.rounds):
            for name, request, is_tls in WAYS:
                with tempfile.TemporaryDirectory(prefix="articles-bench-") as data:
                    results[name].append(measure(data, request, certificate if is_tls else None, options))
    print("| | subscribing, µs of CPU | idle, KiB of RSS | a delivery, µs of CPU | bytes |")
    print("|---|---|---|---|---|")
    for name, rounds in results.items():
        cells = [shown(values, digits) for values, digits in zip(zip(*rounds), (0, 1, 1, 0))]
        print(f"| {name} | {' | '.join(cells)} |")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--subs", type=int, default=500, help="how many subscribe (default: 500)")
    parser.add_argument("--duration", type=float, default=8, help="seconds of deliveries (default: 8)")
    return parser.parse_args()


def shown(values, digits):
    rounds = ", ".join(f"{value:.{digits}f}" for value in values)
    return f"{rounds} ({statistics.median(values):.{digits}f})"


def make_certificate(directory):
    certificate, key = directory / "certificate.pem", directory / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


def measure(data, request, certificate, options):
    port = free_port()
    command = [ROOT / ".build" / "release" / "articled", "serve", "--port", str(port), "--data-dir", data]
    command += ["--threads", "1", "--log-level", "warning", "--ping-interval", "1h"]
    context = None
    if certificate:
        command += ["--tls-cert", certificate[0], "--tls-key", certificate[1]]
        context = ssl.create_default_context(cafile=certificate[0])
    with running(command) as server:
        # Written once connections are accepted.
        wait_for(lambda: (Path(data) / "url").read_text().strip())
        token = (Path(data) / "local-token").read_text().strip()
        return asyncio.run(load(server.pid, port, request, context, token, options))


async def load(pid, port, request, context, token, options):
    cpu, memory = cpu_seconds(pid), rss(pid)
    few = asyncio.Semaphore(50)
    subscribers = await asyncio.gather(*[subscribe(port, request, context, few) for _ in range(options.subs)])
    await asyncio.sleep(1)
    subscribing = (cpu_seconds(pid) - cpu) / options.subs * 1e6
    idle = (rss(pid) - memory) / options.subs
    readers = [asyncio.create_task(drain(reader)) for reader, _ in subscribers]
    cpu = cpu_seconds(pid)
    published = await publish(port, context, token, options.duration)
    await asyncio.sleep(0.5)
    delivery = (cpu_seconds(pid) - cpu) / (published * options.subs) * 1e6
    for reader in readers:
        reader.cancel()
    received = await asyncio.gather(*readers)
    assert min(received) == max(received) > 0, "a subscriber has not got everything"
    return subscribing, idle, delivery, max(received) / published


async def subscribe(port, request, context, few):
    async with few:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, limit=4096)
        writer.write(f"{request}\r\n".encode())
        status = await reader.readuntil(b"\r\n\r\n")
        assert status.split()[1] in (b"101", b"200"), status
        return reader, writer


async def drain(reader):
    """Reads until it is cancelled, and returns how many bytes came."""
    received = 0
    try:
        while data := await reader.read(4096):
            received += len(data)
    except asyncio.CancelledError:
        pass
    return received


async def publish(port, context, token, duration):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    request = (
        b"POST /api/articles/ HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (port, token.encode(), len(BODY), BODY)
    )
    begun = time.monotonic()
    count = 0
    while time.monotonic() - begun < duration:
        writer.write(request)
        status = await reader.readuntil(b"\r\n\r\n")
        assert status.startswith(b"HTTP/1.1 201 "), status
        await reader.readexactly(int(status.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        count += 1
        await asyncio.sleep(max(0, begun + count / RATE - time.monotonic()))
    return count


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss(pid):
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


if __name__ == "__main__":
    main()
