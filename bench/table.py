#!/usr/bin/env python3
"""Measure articled beside rawlimit, cell by cell, and print the table that docs/benchmarks.md has.

The daemon (or rawlimit) runs on the first core and the load on the second, rawlimit right after the daemon, so that
what else the machine does touches both; each figure is a ratio of such a pair, and what is printed is the median of the
rounds. Everything happens on 127.0.0.1 and ends by itself. Wants `make release bench-tools`, two cores and a quiet
machine.
"""

import argparse
import contextlib
import json
import os
import random
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".build" / "bench"
SERVER_CORE, LOAD_CORE = "0", "1"
TEMPLATE = '{"title":"bench","body":"%s"}'

CELLS = {
    "a20": "--subs 1000 --rate 20 --inflight 16 --duration 8",
    "a": "--subs 1000 --rate 200 --inflight 64 --duration 8",
    "b": "--subs 1000 --inflight 8 --duration 6",
    "c": "--subs 10000 --rate 5 --inflight 16 --duration 8",
    "d": "--subs 5000 --conn-inflight 500 --settle 0 --rate 1 --expect 1",
    "e": "--subs 100 --size 2048 --rate 2000 --inflight 64 --duration 8 --slow 20 --slow-after 1 --slow-for 5",
    "f": "--subs 10 --inflight 64 --duration 5",
}


def per_delivery(result):
    return result["server"]["cpu_us_per_delivery"]


def deliveries(result):
    return result["deliveries_per_s"]


def connects(result):
    return result["connects_per_s"]


def publishes(result):
    return result["acked_per_s"]


# For each cell what is compared: its name, the figure, whether it is a ratio to rawlimit, and what must be reached.
FIGURES = [
    ("a20", "CPU per delivery / rawlimit", per_delivery, True, ("≤", 1.15)),
    ("a", "CPU per delivery / rawlimit", per_delivery, True, ("≤", 0.95)),
    ("a", "p99, ms", lambda result: result["latency_ms"]["p99"], False, ("≤", 60)),
    ("b", "deliveries/s / rawlimit", deliveries, True, ("≥", 5)),
    ("c", "RSS of a subscriber, KiB", lambda result: result["server"]["rss_per_conn_kib"], False, ("≤", 4)),
    ("d", "connects/s / rawlimit", connects, True, ("≥", 0.3)),
    ("e", "lost", lambda result: result["lost_total"] + result["slow"]["lost"], False, ("≤", 0)),
    ("e", "cut off", lambda result: result["slow"]["disconnected"], False, ("≤", 0)),
    (
        "e",
        "growth of RSS, MiB",
        lambda result: (result["server"]["rss_peak_kib"] - result["server"]["rss_idle_kib"]) / 1024,
        False,
        ("≤", 64),
    ),
    ("e", "p99 of the others, ms", lambda result: result["latency_ms"]["p99"], False, ("≤", 100)),
    ("f", "publications/s / rawlimit", publishes, True, ("≥", 0.8)),
]


def main():
    options = parse()
    results = {cell: [] for cell in options.cells}
    for number in range(options.rounds):
        for cell in options.cells:
            ours = measure(cell, options.flags)
            raw = measure_rawlimit(cell)
            results[cell].append((ours, raw))
            print(f"round {number + 1}, {cell}: {summary(ours)} | rawlimit {summary(raw)}", file=sys.stderr)
            for side in (ours, raw):
                assert side["duplicates"] == 0 and side["orders_seen"] <= 1, side
    print_table(results)
    print_floors(results, options)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each cell is measured (default: 3)")
    parser.add_argument(
        "--cells", nargs="+", choices=CELLS, default=list(CELLS), metavar="CELL", help="default: all, a20 to f"
    )
    parser.add_argument(
        "--flags", type=shlex.split, default=[], help='further flags of articled, such as "--store memory:"'
    )
    return parser.parse_args()


def print_table(results):
    print("| cell | figure | rounds (median) | goal | |")
    print("|---|---|---|---|---|")
    for cell, name, figure, is_ratio, (relation, goal) in FIGURES:
        if cell not in results:
            continue
        values = [figure(ours) / figure(raw) if is_ratio else figure(ours) for ours, raw in results[cell]]
        median = statistics.median(values)
        met = median <= goal if relation == "≤" else median >= goal
        shown = ", ".join(map(brief, values))
        print(f"| {cell} | {name} | {shown} ({brief(median)}) | {relation} {goal} | {'met' if met else 'missed'} |")


def print_floors(results, options):
    """What commits alone cost, for the cell that publishes as fast as it can."""
    if "f" not in results:
        return
    ours = statistics.median(publishes(ours) for ours, _ in results["f"])
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as directory:
        done = subprocess.run(
            ["taskset", "-c", SERVER_CORE, TOOLS / "commitlimit", f"{directory}/limit", "--batch", "64"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    floor = json.loads(done.stdout)
    print(f"\nf: {ours:.0f} publications/s {' '.join(options.flags)}; commitlimit --batch 64: {done.stdout.strip()}")
    print(f"f / commitlimit: {brief(ours / floor['publishes_per_s'])}")


def brief(value):
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.2f}"


def summary(result):
    server = result["server"]
    return (
        f"{result['deliveries_per_s']:.0f} deliveries/s, {server['cpu_us_per_delivery']:.2f} µs each, "
        f"{result['acked_per_s']:.0f} publishes/s, {result['connects_per_s']:.0f} connects/s, "
        f"p99 {result['latency_ms']['p99']:.1f} ms, {server['rss_per_conn_kib']:.2f} KiB each, "
        f"{result['lost_total']} lost"
    )


def measure(cell, flags):
    with tempfile.TemporaryDirectory(prefix="articles-bench-") as directory:
        port = free_port()
        command = [ROOT / ".build" / "release" / "articled", "serve", "--port", str(port), "--data-dir", directory]
        with running([*command, "--threads", "1", "--log-level", "warning", *flags]) as server:
            token = wait_for(lambda: (Path(directory) / "local-token").read_text().strip())
            wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200)
            arguments = ["--path", "/articles?last=0", "--publish-url", "/api/articles/", "--pub-template", TEMPLATE]
            arguments += ["--pub-header", f"Authorization: Bearer {token}"]
            return load(cell, port, server.pid, arguments)


def measure_rawlimit(cell):
    port = free_port()
    with running([TOOLS / "rawlimit", "--port", str(port)]) as server:
        wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True)
        return load(cell, port, server.pid, ["--path", "/", "--publish-url", "/publish"])


def load(cell, port, pid, arguments):
    command = ["taskset", "-c", LOAD_CORE, TOOLS / "feedload", "--host", "127.0.0.1", "--port", str(port), *arguments]
    command += ["--server-pid", str(pid), "--server-core", SERVER_CORE, *CELLS[cell].split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout, f"feedload ended with {done.returncode}: {done.stderr[-1000:]}"
    return json.loads(done.stdout)


@contextlib.contextmanager
def running(command, core=SERVER_CORE):
    process = subprocess.Popen(
        ["taskset", "-c", core, *map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(condition, deadline=20):
    end = time.monotonic() + deadline
    while True:
        try:
            if value := condition():
                return value
        except OSError:
            pass
        if time.monotonic() > end:
            raise SystemExit("the server did not start: are `make release bench-tools` done?")
        time.sleep(0.05)


def free_port():
    for port in random.sample(range(15000, 32768), 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise SystemExit("no port of 127.0.0.1 is free")


if __name__ == "__main__":
    main()
