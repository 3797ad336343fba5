"""Crashes under load: what was acknowledged is kept, and everybody sees everything, once and in order."""

import os
import random
import time

import pytest

from support.ledger import BatchPublisher, CommandFollower, Ledger, LinesFollower, Publisher, WebSocketFollower

# `make torture` does more of them.
KILLS = int(os.environ.get("TORTURE_KILLS", "50"))
SEED = int(os.environ.get("TORTURE_SEED", random.randrange(1 << 32)))


@pytest.mark.timeout(120 + KILLS * 10)
def test_kill_9_under_load_loses_nothing_reorders_nothing_repeats_nothing(start_daemon, bins):
    print(f"TORTURE_SEED={SEED} TORTURE_KILLS={KILLS}")
    chance = random.Random(SEED)
    # A ring that is shorter than what is missed: resumption reads the store too.
    daemon = start_daemon("--backlog", "50")
    publishers = [Publisher(daemon, f"p{number}") for number in range(4)] + [BatchPublisher(daemon, "batch")]
    followers = [
        WebSocketFollower(daemon, "plain"),
        WebSocketFollower(daemon, "deflated", compression="deflate"),
        LinesFollower(daemon, "lines"),
        CommandFollower(daemon, "watch", bins.articlesctl),
    ]
    with Ledger(daemon, publishers, followers) as ledger:
        for kill in range(KILLS):
            ledger.until_promised(chance.randrange(1, 40))
            # Anywhere within a commit, a delivery, a handshake.
            time.sleep(chance.random() * 0.01)
            daemon.kill9()
            daemon.start()
            if kill % 10 == 9:
                daemon.restart()
        ledger.until_promised(20)
        ledger.settle()
        count = ledger.check()
    assert count >= KILLS
    assert all(follower.connections > KILLS // 10 for follower in followers[:3]), "nobody was interrupted"
    assert sum(publisher.attempts for publisher in publishers) > count, "no publication was interrupted"
