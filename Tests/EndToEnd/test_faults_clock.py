"""A clock that jumps: the order of the feed does not depend on it."""

import itertools
import signal

import pytest

from support.clock import faked
from support.ledger import Ledger, LinesFollower, Publisher, WebSocketFollower
from support.waiting import until


@pytest.fixture
def daemon(start_daemon, tmp_path):
    """A daemon whose wall clock is what `tmp_path / "clock"` says."""
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    daemon = start_daemon.prepare("--ping-interval", "200ms")
    daemon.env |= faked(file=clock)
    daemon.prefix = ["env"]
    daemon.set_clock = lambda offset: clock.write_text(offset + "\n")
    return daemon.start()


numbers = itertools.count(1)


def published(daemon):
    """What the daemon takes for now."""
    return daemon.get(daemon.add(f"now {next(numbers)}"))["published"]


def test_jumps_change_dates_and_nothing_else(daemon):
    publishers = [Publisher(daemon, f"p{number}") for number in range(2)]
    followers = [WebSocketFollower(daemon, "v1"), LinesFollower(daemon, "lines")]
    with Ledger(daemon, publishers, followers) as ledger:
        for offset in ["+1d", "-3d", "+20d", "-2y", "+0"]:
            ledger.until_promised(10)
            before = published(daemon)
            daemon.set_clock(offset)
            until(lambda: published(daemon)[:10] != before[:10], f"the clock at {offset}")
        ledger.until_promised(10)
        connections = [follower.connections for follower in followers]
        daemon.restart()
        ledger.until_promised(10)
        ledger.settle()
        ledger.check()
    assert connections == [1, 1], "a jump broke connections"


def test_a_clock_that_is_set_back_before_a_start_changes_nothing_either(daemon):
    publisher, follower = Publisher(daemon, "p"), WebSocketFollower(daemon, "v1")
    with Ledger(daemon, [publisher], [follower]) as ledger:
        ledger.until_promised(10)
        daemon.stop(signal.SIGTERM)
        daemon.set_clock("-400d")
        daemon.start()
        ledger.until_promised(10)
        ledger.settle()
        ledger.check()
