"""What articles-tui says of its link, and what it costs to leave it open."""

import shlex
import signal
from pathlib import Path

import pytest

from support.tmux import Tmux
from support.waiting import until


@pytest.fixture
def view(bins, tmp_path):
    """Opens the viewer of a daemon in a terminal."""
    windows = []

    def start(daemon):
        windows.append(Tmux(tmp_path, shlex.join([str(bins.articles_tui), "--url", daemon.url]), daemon.env))
        return windows[-1]

    yield start
    for window in windows:
        window.close()


def test_a_silent_link_is_called_stale_until_it_speaks_again(start_daemon, view):
    daemon = start_daemon("--ping-interval", "300ms")
    window = view(daemon)
    until(lambda: window.status().startswith(" live"), "the feed to be live")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: window.status().startswith(" stale"), "the link to be called stale")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    until(lambda: window.status().startswith(" live"), "the feed to be live again", 40)


def test_idle_it_uses_no_processor_time(start_daemon, view, tmp_path):
    window = view(start_daemon("--ping-interval", "60s"))
    until(lambda: window.status().startswith(" live"), "the feed to be live")
    stat = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")

    def ticks():
        return sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))

    # A hundred looks, two seconds, find it asleep: of two hundred ticks at most two are used.
    before = ticks()
    looks = iter(range(100))
    until(lambda: next(looks, None) is None, "the end of the looks")
    assert ticks() - before <= 2
