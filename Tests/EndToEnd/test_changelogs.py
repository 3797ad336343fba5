"""Real texts through the whole system: the changelogs of this machine's packages, to many subscribers at once."""

import json
import shlex
from collections import Counter

import pytest

from support.changelogs import run
from support.daemon import environment
from support.swarm import Swarm
from support.tmux import Tmux

ENTRIES = 1000
SAMPLE = 1200
SUBSCRIBERS = 50


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Articles made of entries from all over the machine, as the program would post them."""
    done = run("--seed", 1, "--limit", SAMPLE, "--dry-run", env=environment(tmp_path_factory.mktemp("sample")))
    articles = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(articles) >= ENTRIES, (
        f"this machine has {len(articles)} changelog entries in /usr/share/doc/*/changelog*.gz, the test needs "
        f"{ENTRIES}: install packages with their documentation (see path-exclude in /etc/dpkg/dpkg.cfg.d)\n"
        f"{done.stderr[-2000:]}"
    )
    return articles


def contents(articles):
    return Counter((article["title"], article["body"], article["topic"]) for article in articles)


def test_every_subscriber_and_the_viewer_get_each_entry_once_in_order_byte_exact(daemon, bins, sample, tmp_path):
    viewer = shlex.join([str(bins.articles_tui), "--url", daemon.url])
    with Swarm(daemon, SUBSCRIBERS) as swarm, Tmux(tmp_path, viewer, daemon.env) as terminal:
        terminal.until_shown("live")
        posted = run("--seed", 1, "--limit", SAMPLE, "--token-file", daemon.token_file, env=daemon.env)
        assert posted.returncode == 0, posted.stderr[-2000:]
        swarm.until_each_has(len(sample), deadline=60)

        events = [json.loads(text) for text in swarm.events[0]]
        newest = events[-1]["fields"]["title"]
        # Narrow columns may cut the end of a title off.
        terminal.until_shown(newest[:24])

    assert contents(event["fields"] for event in events) == contents(sample)
    assert [event["pk"] for event in events] == list(range(1, len(sample) + 1))
    assert [int(event["cursor"].split("-")[0]) for event in events] == list(range(1, len(sample) + 1))
    assert {event["event"] for event in events} == {"created"}
    # All have the same events in the same order, to the last character.
    assert [number for number, got in enumerate(swarm.events) if got != swarm.events[0]] == []
    assert [[next(iter(control)) for control in got] for got in swarm.controls[1::2]] == [["hello", "live"]] * (
        SUBSCRIBERS // 2
    )


def test_one_connection_posts_in_the_order_of_the_dry_run(daemon, sample):
    done = run("--seed", 1, "--limit", 50, "--concurrency", 1, "--token-file", daemon.token_file, env=daemon.env)
    assert done.returncode == 0, done.stderr
    assert "50 of 50 articles posted" in done.stderr
    dry_run = run("--seed", 1, "--limit", 50, "--dry-run", env=daemon.env)
    expected = [json.loads(line) for line in dry_run.stdout.splitlines()]
    posted = daemon.client.get("/api/articles/?limit=500").json()["results"][::-1]
    assert [{name: article[name] for name in expected[0]} for article in posted] == expected
