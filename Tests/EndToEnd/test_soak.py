"""Everything at once, for as long as one likes (`make soak`): publishers, followers, hostile clients, restarts."""

import os
import random
import time

import pytest

from support.ledger import BatchPublisher, CommandFollower, Ledger, LinesFollower, Publisher, WebSocketFollower
from test_faults_clients import HOSTILE, resident

SECONDS = float(os.environ.get("SOAK_SECONDS", "5"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(1 << 32)))
# What allocators keep and what a crash's replay needs; a leak passes it in an hour.
GROWTH_KIB = 64 * 1024


@pytest.mark.timeout(SECONDS * 2 + 300)
def test_everything_at_once(start_daemon, bins):
    print(f"SOAK_SEED={SEED} SOAK_SECONDS={SECONDS:g}")
    chance = random.Random(SEED)
    daemon = start_daemon("--backlog", "500,1MiB", "--stall-timeout", "2s", "--ping-interval", "1s")
    publishers = [Publisher(daemon, f"p{number}", body="x" * 300) for number in range(3)]
    publishers.append(BatchPublisher(daemon, "batch"))
    followers = [
        WebSocketFollower(daemon, "v1"),
        WebSocketFollower(daemon, "deflated", compression="deflate"),
        LinesFollower(daemon, "lines"),
        CommandFollower(daemon, "watch", bins.articlesctl),
    ]
    keep, memory = [], []
    with Ledger(daemon, publishers, followers) as ledger:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            ledger.until_promised(50, deadline=60)
            chance.choice(HOSTILE)(daemon, keep)
            while len(keep) > 20:
                keep.pop(0).__exit__()
            memory.append(resident(daemon))
            if chance.random() < 0.02:
                daemon.kill9()
                daemon.start()
                memory.clear()
            elif chance.random() < 0.02:
                daemon.restart()
                memory.clear()
        ledger.settle(deadline=120)
        ledger.check()
    for raw in keep:
        raw.__exit__()
    settled = memory[len(memory) // 4 :]
    assert not settled or max(settled) - settled[0] < GROWTH_KIB, f"grew from {settled[0]} to {max(settled)} KiB"
