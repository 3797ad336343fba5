#!/usr/bin/env python3
"""How many nodes a feed needs: the calculation of docs/operations.md, for other numbers than those in its table.

What a delivery, a subscriber, an append and a node's reading cost was measured (docs/benchmarks.md, docs/operations.md);
change it where your machines differ.
"""

import argparse
import math


def plan(options):
    deliveries = options.subscribers * options.rate
    # Events of one turn leave in one write, from some rate on: a loop delivers at most every 8 ms.
    writes = options.subscribers * min(options.rate, options.max_writes)
    cores = writes * options.delivery_us / 1e6 / options.load
    memory = options.subscribers * options.subscriber_kib / 2**20
    bandwidth = deliveries * (options.bytes + options.overhead) * 8 / 1e9
    by_cores = cores / options.cores
    by_memory = memory / (options.gib * options.load)
    by_bandwidth = bandwidth / (options.gbit * options.load)
    by_descriptors = options.subscribers / options.descriptors
    nodes = max(2, math.ceil(max(by_cores, by_memory, by_bandwidth, by_descriptors)))
    # A read brings all that has come since the last: at most as many as there are events.
    reads = nodes * min(options.rate, 1000) * options.read_us / 1e6
    appends = options.rate * options.append_us / 1e6
    stream = nodes * options.rate * options.bytes * 8 / 1e9
    return cores, memory, bandwidth, nodes, (reads + appends) * 100, stream


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default, help in (
        ("subscribers", None, "how many; without it the table is printed"),
        ("rate", 5.0, "events a second"),
        ("bytes", 800, "of an event"),
        ("overhead", 66, "bytes of TCP, IP and Ethernet for each delivery"),
        ("delivery_us", 7.0, "CPU of a delivery, in microseconds"),
        ("max_writes", 125.0, "writes a second to each subscriber, at most"),
        ("subscriber_kib", 10.0, "memory of a subscriber at the node, the kernel's included"),
        ("append_us", 65.0, "Redis' CPU for an append, in microseconds"),
        ("read_us", 55.0, "Redis' CPU for a node's read, in microseconds"),
        ("cores", 8, "of a node"),
        ("gib", 16.0, "memory of a node"),
        ("gbit", 10.0, "network of a node"),
        ("descriptors", 500_000, "subscribers of a node at most: descriptors, and what one failure may disconnect"),
        ("load", 0.5, "how much of a node may be used"),
    ):
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=float if default is None else type(default),
            default=default,
            help=f"{help} (%(default)s)",
        )
    options = parser.parse_args()
    print("| subscribers | events/s | cores | GiB | Gbit/s | nodes | Redis' core | Gbit/s out of Redis |")
    print("|---|---|---|---|---|---|---|---|")
    sizes = [options.subscribers] if options.subscribers else [10_000, 100_000, 1_000_000]
    rates = [options.rate] if options.subscribers else [1.0, 5.0, 20.0]
    for options.subscribers in sizes:
        for options.rate in rates:
            cores, memory, bandwidth, nodes, redis, stream = plan(options)
            print(
                f"| {options.subscribers:,.0f} | {options.rate:g} | {cores:.1f} | {memory:.1f} | {bandwidth:.2f} | {nodes} "
                f"| {redis:.1f} % | {stream:.3f} |"
            )


if __name__ == "__main__":
    main()
