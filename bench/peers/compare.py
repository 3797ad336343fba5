#!/usr/bin/env python3
"""Measure articled and others side by side, each under the same load, and print the table that docs/benchmarks.md has.

The server has the first core, with all of its processes, and `articlesctl bench` the second. In each round all servers take
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

from servers import ROOT, SERVERS

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from table import LOAD_CORE, brief  # noqa: E402

CELLS = {
    # As many subscribers as the demo was loaded with, and a steady stream.
    "feed": (256, "--subscribers 1000 --rate 20 --inflight 16 --duration 8s --max-time 30s"),
    # A fifth of them stops reading for five seconds.
    "slow": (
        2048,
        "--subscribers 100 --rate 2000 --inflight 64 --duration 8s --slow 20 --slow-after 1s --slow-for 5s --max-time 30s",
    ),
}
BENCH = ROOT / ".build" / "release" / "articlesctl"
# Of the report: a list of every subscriber would make the file of results large.
LONG = ("per_subscriber", "intervals")


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
        with SERVERS[name](Path(directory), size) as target:
            command = ["taskset", "-c", LOAD_CORE, BENCH, "bench", "--json", "--threads", "1", *target.arguments]
            command += ["--size", str(size), *load.split()]
            for pid in target.pids:
                command += ["--server-pid", str(pid)]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150)
    # 1 with a report: nobody got anything.
    if done.returncode not in (0, 1) or not done.stdout:
        raise SystemExit(f"{name}, {cell}: the bench ended with {done.returncode}: {done.stderr[-1000:]}")
    return brief_report(json.loads(done.stdout))


def brief_report(report):
    """A report without its lists, with what they say of the slow subscribers."""
    each = report["per_subscriber"]
    slow = [one for one in each if one["disturbed"]]
    report["complete"] = sum(one["lost"] == 0 for one in each)
    report["slow_complete"] = sum(one["lost"] == 0 for one in slow)
    report["slow_cut_off"] = sum(one["disconnects"] > 0 for one in slow)
    return {name: value for name, value in report.items() if name not in LONG}


def summary(result):
    usage, p99 = result["server_usage"], result["latency_ms"]["p99"]
    return (
        f"{result['achieved_rate']:.0f} publications/s, {usage['cpu_us_per_delivery'] or 0:.2f} µs for a delivery, "
        f"p99 {p99 or 0:.1f} ms, {result['lost']} lost, {result['duplicated']} twice, {result['orders']} orders, "
        f"{result['disconnects']} cut off, {result['first_problem']}"
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
    return 100 * result["lost"] / result["expected"] if result["expected"] else 0


def orders(result):
    """How many different orders those saw who got everything; unknown if hardly anybody did."""
    return result["orders"] if result["complete"] > result["subscribers"] / 2 else None


def mebibytes(name, less=None):
    def value(result):
        usage = result["server_usage"]
        return (usage[name] - (usage[less] if less else 0)) / 1024 / 1024

    return value


COLUMNS = {
    "feed": [
        ("publications/s", lambda result: result["achieved_rate"]),
        ("answer to a publisher, p50, ms", lambda result: result["answer_ms"]["p50"]),
        ("CPU for a delivery, µs", lambda result: result["server_usage"]["cpu_us_per_delivery"]),
        ("p50, ms", lambda result: result["latency_ms"]["p50"]),
        ("p99, ms", lambda result: result["latency_ms"]["p99"]),
        ("not delivered, %", lost),
        ("orders seen", orders),
        ("RSS without subscribers, MiB", mebibytes("rss_before_bytes")),
        ("RSS of a subscriber, KiB", lambda result: result["server_usage"]["rss_bytes_per_subscriber"] / 1024),
    ],
    "slow": [
        ("publications/s", lambda result: result["achieved_rate"]),
        ("p99 of the others, ms", lambda result: result["latency_ms"]["p99"]),
        ("not delivered, %", lost),
        ("orders seen", orders),
        ("slow ones with everything, of 20", lambda result: result["slow_complete"]),
        ("slow ones cut off", lambda result: result["slow_cut_off"]),
        ("growth of RSS, MiB", mebibytes("rss_peak_bytes", "rss_idle_bytes")),
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
