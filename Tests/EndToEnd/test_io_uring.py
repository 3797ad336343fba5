"""Sends that the kernel is given many at a time, and what is done where it does not allow that."""

import errno
import sys
from pathlib import Path

import pytest

from support.herd import Herd
from support.io_uring import ENTER, SETUP, is_io_uring_offered
from support.metrics import Metrics
from support.waiting import until

FORBID = Path(__file__).parent / "support" / "forbid_calls.py"
SUBSCRIBERS = 100
EVENTS = 20


def published_to_many(daemon):
    """How many writes the kernel was given many at a time, once everybody has everything."""
    with Herd(daemon, SUBSCRIBERS) as herd:
        herd.connect_all()
        for number in range(EVENTS):
            daemon.add(f"number {number}")
        herd.until_each_has(list(range(1, EVENTS + 1)))
    return Metrics.of(daemon).get("articled_ring_writes_total")


@pytest.mark.skipif(not is_io_uring_offered(), reason="the kernel does not offer io_uring here")
def test_many_subscribers_are_sent_to_together(start_daemon):
    # A write may carry several events.
    assert SUBSCRIBERS <= published_to_many(start_daemon("--threads", 1)) <= SUBSCRIBERS * EVENTS


def test_without_io_uring_they_are_sent_to_one_by_one(start_daemon):
    assert published_to_many(start_daemon("--threads", 1, "--no-io-uring")) == 0


@pytest.mark.parametrize("call", [SETUP, ENTER], ids=["from the start", "when it is used"])
@pytest.mark.parametrize("answer", [errno.EPERM, errno.ENOMEM], ids=["forbidden", "no memory"])
def test_where_the_kernel_refuses_it_nothing_is_missing(start_daemon, call, answer):
    daemon = start_daemon("--threads", 1, prefix=[sys.executable, str(FORBID), str(answer), str(call)])
    assert published_to_many(daemon) == 0
    # At the start it can tell.
    if call == SETUP:
        until(lambda: "refuses io_uring" in daemon.log(), "it tells")
