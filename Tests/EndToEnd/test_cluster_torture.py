"""Kills, cuts and failovers at random, under load: nothing that was acknowledged is lost, nothing passes silently.

And the same with faults planted, which must be found: else this would prove nothing.
"""

import itertools
import os
import random
import re
import signal
import time

import httpx
import pytest

from support.cluster import ClusterUnderTest, clusters_of_test, planted
from support.cluster_ledger import ClusterLedger
from support.ledger import PASSING
from support.waiting import until

# `make cluster-torture` takes longer.
SECONDS = float(os.environ.get("TORTURE_SECONDS", "30"))
SEED = int(os.environ.get("TORTURE_SEED", random.randrange(1 << 32)))


@pytest.fixture
def start_cluster(bins, tmp_path, request):
    clusters = request.node.stash[clusters_of_test] = []
    numbers = itertools.count(1)

    def start(**options):
        """One at a time: the one before is stopped."""
        while clusters:
            clusters.pop().stop()
        directory = tmp_path / f"cluster-{next(numbers)}"
        # What is at stake is replicas; fsync would only make it slower.
        clusters.append(ClusterUnderTest(bins.articled, directory, fsync="everysec", **options))
        return clusters[-1].start()

    yield start
    for cluster in clusters:
        cluster.stop()


def lose_the_tail(cluster, ledger, chance, asleep=None):
    """The primary shows what its replica never gets, and dies; a node that has it may sleep until all is over."""
    primary = cluster.cut_off_replica()
    replica = 3 - primary
    title = f"lost {chance.random()}"
    until(lambda: publish_and_be_seen(cluster, ledger, title), "everybody is shown what will be lost", 20)
    if asleep:
        cluster.pause(asleep)
        # Whether its last read has been answered or not makes a difference.
        time.sleep(chance.choice([0, 1]))
    cluster.processes[f"redis-{primary}"].kill()
    cluster.resume(f"redis-{replica}")
    cluster.until_promoted(replica)
    cluster.return_as_replica(primary)
    ledger.until_promised(30)
    if asleep:
        cluster.resume(asleep)


def publish_and_be_seen(cluster, ledger, title):
    if not any(follower.has_been_shown(title) for follower in ledger.followers):
        try:
            cluster.http[0].post(title)
        except httpx.TransportError:
            pass
    return all(follower.has_been_shown(title) for follower in ledger.followers)


def kill_a_node(cluster, ledger, chance):
    name = chance.choice(["http-1", "http-2", "websocket-1", "websocket-2"])
    cluster.processes[name].kill()
    time.sleep(chance.random() * 0.3)
    cluster.processes[name].start()


def pause_a_node(cluster, ledger, chance):
    name = chance.choice(["http-1", "http-2", "websocket-1", "websocket-2"])
    cluster.pause(name)
    time.sleep(chance.random())
    cluster.resume(name)


def cut_connections(cluster, ledger, chance):
    cluster.redis(cluster.primary_number, "CLIENT", "KILL", "TYPE", "normal")


def pause_the_primary(cluster, ledger, chance):
    """Short of what makes the Sentinel act, or longer."""
    number = cluster.primary_number
    is_long = chance.random() < 0.3
    cluster.pause(f"redis-{number}")
    if is_long:
        cluster.until_promoted(3 - number)
    else:
        time.sleep(chance.random() * 0.5)
    cluster.resume(f"redis-{number}")
    if is_long:
        cluster.until_replicated()


def cut_a_node_off(cluster, ledger, chance):
    """Its network is silent; then its connections are gone, or what was held up comes late."""
    cable = cluster.cables[chance.choice(sorted(cluster.cables))]
    cable.cut()
    time.sleep(chance.random() * 3)
    cable.mend(drop=chance.random() < 0.5)


def fail_over(cluster, ledger, chance):
    """As an administrator does, who asks the Sentinel to."""
    number = cluster.primary_number
    if cluster.sentinel("SENTINEL", "failover", "articles") == "OK":
        cluster.until_promoted(3 - number)
        cluster.until_replicated()


def reload_nginx(cluster, ledger, chance):
    cluster.processes["nginx"].process.send_signal(signal.SIGHUP)


def sleep_through_a_failover(cluster, ledger, chance):
    lose_the_tail(cluster, ledger, chance, asleep=chance.choice(["websocket-1", "websocket-2"]))


SHORT = [kill_a_node, pause_a_node, cut_connections, cut_a_node_off, reload_nginx, pause_the_primary]
LONG = [lose_the_tail, sleep_through_a_failover, fail_over]


@pytest.mark.timeout(240 + int(SECONDS) * 3)
def test_kills_cuts_and_failovers_lose_nothing_that_was_acknowledged_and_pass_nothing_silently(start_cluster):
    print(f"TORTURE_SEED={SEED} TORTURE_SECONDS={SECONDS:g}")
    chance = random.Random(SEED)
    cluster = start_cluster(wired=["http-2", "websocket-2"])
    done = []
    with ClusterLedger(cluster, SEED) as ledger:
        ledger.until_promised(20)
        end = time.monotonic() + SECONDS
        # Each of the long ones once, however short the time is.
        long = LONG.copy()
        while time.monotonic() < end or long:
            if long and chance.random() < 0.3:
                fault = long.pop()
            else:
                fault = chance.choice(SHORT + LONG if time.monotonic() < end else long)
            done.append(fault.__name__)
            fault(cluster, ledger, chance)
            if fault in long:
                long.remove(fault)
            ledger.until_promised(chance.randrange(5, 40))
        cluster.until_ready()
        ledger.settle()
        count = ledger.check()
    resets = sum(len(follower.resets) for follower in ledger.followers)
    attempts = sum(publisher.attempts for publisher in ledger.publishers)
    print(", ".join(f"{name} {done.count(name)}" for name in sorted(set(done))))
    print(f"{len(done)} faults, {count} events, {attempts} attempts for {ledger.promises} promises, {resets} resets")
    assert resets > 0, "nothing was lost by any failover: nothing was tried"


# Planted faults


# What a fault does depends on what is under way at the moment; so often it may hide.
ATTEMPTS = 5


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "fault",
    ["term check removed", "WAIT removed", "keys trimmed too early", "events trimmed too early"],
)
def test_a_planted_fault_is_found(start_cluster, tmp_path, fault):
    options, words = {}, "never told|different histories|is lost|was acknowledged as"
    if fault == "term check removed":
        scripts = planted(tmp_path, "append", "begins_term = known[4] ~= replid", "begins_term = not known[4]")
        options = {"environment": {"ARTICLED_TEST_SCRIPTS": str(scripts)}}
    elif fault == "WAIT removed":
        options, words = {"min_replicas": 0}, "was acknowledged as|is lost"
    elif fault == "keys trimmed too early":
        scripts = planted(tmp_path, "append", "'(' .. integer(now), 'LIMIT'", "'+inf', 'LIMIT'")
        options, words = {"environment": {"ARTICLED_TEST_SCRIPTS": str(scripts)}}, "stored twice"
    else:
        scripts = planted(tmp_path, "append", "seq - max_events + 1", "seq - 3")
        options, words = {"environment": {"ARTICLED_TEST_SCRIPTS": str(scripts)}}, "trimmed"
    for seed in range(1, ATTEMPTS + 1):
        complaint = what_the_checker_says(start_cluster(**options), seed)
        if complaint is not None:
            assert re.search(words, complaint), complaint
            return
    pytest.fail(f"not found in {ATTEMPTS} attempts")


def what_the_checker_says(cluster, seed):
    try:
        with ClusterLedger(cluster, seed=seed) as ledger:
            ledger.until_promised(20)
            lose_the_tail(cluster, ledger, random.Random(seed), asleep="websocket-1")
            cluster.until_ready()
            # As a publisher does who did not hear the answer.
            for _ in range(2):
                until(lambda: publish_again(cluster), "published again", 60)
                ledger.until_promised(1)
            ledger.settle()
            ledger.check()
    except AssertionError as complaint:
        return str(complaint)
    return None


def publish_again(cluster):
    try:
        answer = cluster.http[0].post("Sent again", key="sent-again")
    except httpx.TransportError:
        return False
    assert answer.status_code in (200, 201, *PASSING), answer.text
    return answer.status_code not in PASSING
