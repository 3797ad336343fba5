#!/usr/bin/env python3
"""Measure what several nodes on one Redis cost beside one node: the same subscribers and the same articles, in turns.

All nodes run on the first core, Redis and the load on the second. What is counted is the CPU time of all nodes for each
delivery, and Redis' for each article, its fsync included; what is printed has the medians of the rounds. Everything
happens on 127.0.0.1 and ends by itself. Wants `make release bench-tools cluster-packages`, two cores and a quiet machine.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from table import LOAD_CORE, ROOT, SERVER_CORE, TEMPLATE, TOOLS, brief, free_port, running, wait_for

TICK = os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="(default: 3)")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 4], help="(default: 1 4)")
    parser.add_argument("--subscribers", type=int, default=1000, help="at all nodes together (default: 1000)")
    parser.add_argument("--rate", type=int, default=20, help="articles a second (default: 20)")
    parser.add_argument("--seconds", type=int, default=8, help="of each (default: 8)")
    parser.add_argument("--articled", default=ROOT / ".build/release/articled", help="(default: %(default)s)")
    options = parser.parse_args()
    results = {nodes: [] for nodes in options.nodes}
    for number in range(options.rounds):
        for nodes in options.nodes:
            results[nodes].append(measure(nodes, options))
            print(f"round {number + 1}, {nodes} nodes: {results[nodes][-1]}", file=sys.stderr)
    print("| nodes | µs of all nodes for a delivery | µs of Redis for an article |")
    print("|---|---|---|")
    for nodes, rounds in results.items():
        cells = []
        for figure in ("delivery", "article"):
            values = [result[figure] for result in rounds]
            cells.append(f"{', '.join(map(brief, values))} ({brief(statistics.median(values))})")
        print(f"| {nodes} | {cells[0]} | {cells[1]} |")


def measure(count, options):
    articles = options.rate * options.seconds
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="articles-bench-")))
        port = free_port()
        redis = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", directory, "--save", ""]
        stack.enter_context(running([*redis, "--appendonly", "yes", "--appendfsync", "always"], LOAD_CORE))
        wait_for(lambda: ask_redis(port, "PING") == "PONG")
        nodes = [start_node(stack, options.articled, directory / f"node-{number}", port) for number in range(count)]
        listeners = [load(port, options.subscribers // count, "--expect", articles) for _, port, _ in nodes[1:]]
        process, first, data = nodes[0]
        token = (data / "local-token").read_text().strip()
        publisher = load(
            *(first, options.subscribers // count, "--settle", 4, "--rate", options.rate, "--inflight", 16),
            *("--duration", options.seconds, "--publish-url", "/api/articles/", "--pub-template", TEMPLATE),
            *("--pub-header", f"Authorization: Bearer {token}"),
        )
        try:
            wait_for(lambda: sum(status(port)["subscribers"] for _, port, _ in nodes) == options.subscribers // count * count)
            before = cpu(nodes), redis_cpu(port)
            done = [json.loads(one.communicate(timeout=60)[0]) for one in [publisher, *listeners]]
            after = cpu(nodes), redis_cpu(port)
        finally:
            for one in [publisher, *listeners]:
                if one.poll() is None:
                    one.kill()
                one.wait()
    assert all(one["lost_total"] == one["duplicates"] == 0 and one["orders_seen"] == 1 for one in done), done
    deliveries = sum(one["deliveries"] for one in done)
    return {
        "delivery": (after[0] - before[0]) * 1e6 / deliveries,
        "article": (after[1] - before[1]) * 1e6 / articles,
        "deliveries": deliveries,
        "p99": max(one["latency_ms"]["p99"] for one in done),
    }


def start_node(stack, articled, data, redis):
    port = free_port()
    command = [articled, "serve", "--port", port, "--data-dir", data, "--threads", 1]
    command += ["--node", data.name, "--log-level", "error", "--store", f"redis://127.0.0.1:{redis}/0"]
    process = stack.enter_context(running(command))
    wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200)
    return process, port, data


def load(port, subscribers, *more):
    command = ["taskset", "-c", LOAD_CORE, TOOLS / "feedload", "--port", port, "--path", "/articles?last=0"]
    command += ["--subs", subscribers, "--max-time", 50, *more]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def status(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status", timeout=5) as answer:
        return json.load(answer)


def cpu(nodes):
    """Seconds that they have used."""
    used = 0
    for process, _, _ in nodes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
    return used / TICK


def ask_redis(port, *words):
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True).stdout.strip()


def redis_cpu(port):
    fields = dict(line.split(":") for line in ask_redis(port, "INFO", "cpu").splitlines() if ":" in line)
    return float(fields["used_cpu_sys"]) + float(fields["used_cpu_user"])


if __name__ == "__main__":
    main()
