#!/usr/bin/env python3
"""Measure articled and others side by side, each under the same load, and print the table that docs/benchmarks.md has.

The server has the first core, with all of its processes, and `feedload` the second. In each round all servers take
turns; what is printed are medians over the rounds, with minimum and maximum. Everything happens on 127.0.0.1 and ends
by itself. Wants `make bench-peers`, two cores and a quiet machine; --from prints a table of results that were kept.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from servers import SERVERS, remaining_length

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from table import LOAD_CORE, SERVER_CORE, TOOLS, brief  # noqa: E402

CELLS = {
    # As many subscribers as the demo was loaded with, and a steady stream.
    "feed": (256, "--subs 1000 --rate 20 --inflight 16 --duration 8 --max-time 30"),
    # A fifth of them stops reading for five seconds.
    "slow": (2048, "--subs 100 --rate 2000 --inflight 64 --duration 8 --slow 20 --slow-after 1 --slow-for 5 --max-time 30"),
}
TOPIC_AND_ID = 2 + len("articles") + 2


def main():
    options = parse()
    saved = options.saved or options.keep
    results = json.loads(saved.read_text()) if saved and saved.exists() else {}
    for number in range(0 if options.saved else options.rounds):
        for cell in options.cells:
            for name in options.servers:
                result = measure(name, cell)
                results.setdefault(cell, {}).setdefault(name, []).append(result)
                print(f"round {number + 1}, {cell}, {name}: {summary(result)}", file=sys.stderr)
        if options.keep:
            options.keep.write_text(json.dumps(results))
    print(table(results))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured (default: 3)")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS), metavar="CELL")
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS), metavar="SERVER")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="add all results to this file of JSON")
    parser.add_argument("--from", dest="saved", type=Path, metavar="FILE", help="measure nothing, print these results")
    return parser.parse_args()


def measure(name, cell):
    size, load = CELLS[cell]
    # Where nobody may go, whose rights some servers get if we are root.
    place = "/tmp" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="articles-peers-", dir=place) as directory:
        with SERVERS[name](Path(directory)) as target:
            length = remaining_length(TOPIC_AND_ID + size)
            arguments = [word.replace("{length}", length) for word in target.arguments]
            command = ["taskset", "-c", LOAD_CORE, TOOLS / "feedload", "--port", str(target.port)]
            command += ["--path", target.path, *arguments, "--size", str(size), *load.split()]
            for pid in target.pids:
                command += ["--server-pid", str(pid)]
            done = subprocess.run(
                [*command, "--server-core", SERVER_CORE], capture_output=True, text=True, timeout=150
            )
    if done.returncode or not done.stdout:
        raise SystemExit(f"{name}, {cell}: feedload ended with {done.returncode}: {done.stderr[-1000:]}")
    return json.loads(done.stdout)


def summary(result):
    return (
        f"{result['open_at_end']} open, {result['acked_per_s']:.0f} publications/s, "
        f"{result['server']['cpu_us_per_delivery']:.2f} µs for a delivery, p99 {result['latency_ms']['p99']:.1f} ms, "
        f"{result['lost_total']} lost, {result['out_of_seq']} out of order, {result['pub_first_error']}"
    )


def spread(value):
    """A column: median, and minimum and maximum where they differ from it."""

    def text(results):
        values = [value(result) for result in results]
        values = [number for number in values if number is not None]
        if not values:
            return "unknown"
        median, low, high = (brief(number) for number in (statistics.median(values), min(values), max(values)))
        return median if low == high else f"{median} ({low}–{high})"

    return text


def lost(result):
    """Not there half a minute after the start, in percent of what was acknowledged to the publisher."""
    due = result["acked"] * result["subs"]
    return 100 * result["lost_total"] / due if due else 0


def order(result):
    """Subscribers that had everything in another order than most; unknown if hardly anybody had everything."""
    complete = result["open_at_end"] - result["lossy_conns"]
    return result["conns_off_majority_order"] if complete > result["subs"] / 2 else None


COLUMNS = {
    "feed": [
        ("publications/s", lambda result: result["acked_per_s"]),
        ("answer to a publisher, p50, ms", lambda result: result["ack_ms"]["p50"]),
        ("CPU for a delivery, µs", lambda result: result["server"]["cpu_us_per_delivery"]),
        ("p50, ms", lambda result: result["latency_ms"]["p50"]),
        ("p99, ms", lambda result: result["latency_ms"]["p99"]),
        ("not delivered, %", lost),
        ("in another order", order),
        ("RSS without subscribers, MiB", lambda result: result["server"]["rss_before_kib"] / 1024),
        ("RSS of a subscriber, KiB", lambda result: result["server"]["rss_per_conn_kib"]),
    ],
    "slow": [
        ("publications/s", lambda result: result["acked_per_s"]),
        ("p99 of the others, ms", lambda result: result["latency_ms"]["p99"]),
        ("not delivered, %", lost),
        ("in another order", order),
        ("slow ones with everything, of 20", lambda result: result["slow"]["got_everything"]),
        ("slow ones cut off", lambda result: result["slow"]["disconnected"]),
        (
            "growth of RSS, MiB",
            lambda result: (result["server"]["rss_peak_kib"] - result["server"]["rss_idle_kib"]) / 1024,
        ),
    ],
}


def table(results):
    lines = []
    for cell, servers in results.items():
        columns = COLUMNS[cell]
        lines += [f"{cell}: `{CELLS[cell][1]} --size {CELLS[cell][0]}`", ""]
        lines.append("| | " + " | ".join(name for name, _ in columns) + " |")
        lines.append("|---|" + "---|" * len(columns))
        for name, measured in servers.items():
            lines.append(f"| {name} | " + " | ".join(spread(value)(measured) for _, value in columns) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
