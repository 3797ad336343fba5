"""The feed: what subscribers get, in both modes, and how they go on after a break."""

import json
import re
import shutil
import signal

import pytest

from support.feed import plain, titles, v1
from support.waiting import until

CURSOR = re.compile(r"\d+-[0-9a-f]{8}")
BEGINNING = "0-00000000"
FIELDS = ["title", "body", "topic", "author", "published", "updated"]


def sequence(cursor):
    return int(cursor.split("-")[0])


def join(subscriber):
    """Read up to `live`; return hello, the events before `live`, and the cursor of `live`."""
    hello = subscriber.next()["hello"]
    events = []
    while isinstance(frame := subscriber.next(), list):
        events += frame
    return hello, events, frame["live"]["cursor"]


# Plain mode


def test_an_empty_feed_begins_with_an_empty_list(daemon):
    with plain(daemon) as subscriber:
        assert subscriber.text() == "[]"


def test_the_snapshot_is_the_latest_five_oldest_first_in_one_frame(daemon):
    for number in range(7):
        daemon.add(f"Article {number}")
    with plain(daemon) as subscriber:
        assert titles(subscriber.next()) == [f"Article {number}" for number in range(2, 7)]


def test_a_plain_event_has_the_members_of_django_s_serialiser_and_ours_in_order(daemon):
    daemon.add("Hello", body="First", topic="tests")
    with plain(daemon) as subscriber:
        [event] = subscriber.next()
    assert list(event) == ["model", "pk", "fields", "event", "cursor"]
    assert list(event["fields"]) == FIELDS
    assert (event["model"], event["pk"], event["event"]) == ("articles.article", 1, "created")
    assert event["fields"]["updated"] is None
    assert CURSOR.fullmatch(event["cursor"])


def test_the_snapshot_s_size_can_be_chosen(daemon):
    for number in range(7):
        daemon.add(f"Article {number}")
    for last, count in (("1", 1), ("7", 7), ("500", 7)):
        with plain(daemon, f"?last={last}") as subscriber:
            assert len(subscriber.next()) == count


def test_without_a_snapshot_the_first_frame_is_the_first_event(daemon):
    daemon.add("Before")
    with plain(daemon, "?last=0") as subscriber:
        daemon.add("After")
        assert titles(subscriber.next()) == ["After"]


def test_a_plain_subscriber_gets_created_articles_only(daemon):
    with plain(daemon) as subscriber:
        assert subscriber.next() == []
        id = daemon.add("Created")
        daemon.edit(id, title="Edited")
        daemon.delete(id)
        daemon.add("Created next")
        assert titles(subscriber.events(2)) == ["Created", "Created next"]


def test_a_plain_snapshot_shows_articles_as_they_are_now(daemon):
    first, second = daemon.add("First"), daemon.add("Second")
    daemon.edit(first, title="Edited")
    daemon.delete(second)
    with plain(daemon) as subscriber:
        [event] = subscriber.next()
    assert (event["pk"], event["event"], event["fields"]["title"]) == (first, "created", "Edited")


def test_a_plain_ping_says_just_that(start_daemon):
    with plain(start_daemon("--ping-interval", "300ms"), "?last=0") as subscriber:
        assert [subscriber.text() for _ in range(3)] == ['{"ping":true}'] * 3


def test_a_plain_subscriber_can_choose_topics(daemon):
    for topic in ("a", "b", "c"):
        daemon.add(f"Old {topic}", topic=topic)
    with plain(daemon, "?topic=a&topic=b") as subscriber:
        assert titles(subscriber.next()) == ["Old a", "Old b"]
        for topic in ("c", "b", "a"):
            daemon.add(f"New {topic}", topic=topic)
        assert titles(subscriber.events(2)) == ["New b", "New a"]


def test_a_greeting_changes_nothing(daemon):
    with plain(daemon) as subscriber:
        assert subscriber.next() == []
        subscriber.send('{"greeting": "Hello"}')
        daemon.add("Still there")
        assert titles(subscriber.next()) == ["Still there"]


def test_the_articles_of_both_modes_and_of_the_api_are_the_same(daemon):
    with plain(daemon, "?last=0") as one, v1(daemon, "?last=0") as other:
        join(other)
        id = daemon.add("日本語 👩‍👩‍👧", body='a\nb\t"c" \\ \u2028 é \u0001 \u0000 end')
        frame = one.text()
        assert other.text() == frame
    article = daemon.get(id)
    assert article.pop("id") == id
    assert json.loads(frame)[0]["fields"] == article


# articles.v1


def test_an_empty_feed_begins_with_hello_and_live(daemon):
    with v1(daemon) as subscriber:
        hello = subscriber.next()["hello"]
        assert hello.keys() == {"node", "cursor", "last", "ping_ms", "server"}
        assert (hello["cursor"], hello["last"], hello["ping_ms"]) == (BEGINNING, 5, 10000)
        assert hello["server"].startswith("articled/")
        assert subscriber.next() == {"live": {"cursor": BEGINNING}}


def test_hello_comes_before_the_snapshot_and_live_after_it(daemon):
    for number in range(7):
        newest = daemon.post({"title": f"Article {number}"}).json()["cursor"]
    with v1(daemon) as subscriber:
        assert subscriber.next()["hello"]["cursor"] == newest
        assert titles(subscriber.next()) == [f"Article {number}" for number in range(2, 7)]
        assert subscriber.next() == {"live": {"cursor": newest}}


def test_live_comes_even_without_a_snapshot(daemon):
    newest = daemon.post({"title": "Before"}).json()["cursor"]
    with v1(daemon, "?last=0") as subscriber:
        hello, events, live = join(subscriber)
    assert (hello["last"], events, live) == (0, [], newest)


def test_edits_and_deletions_come_in_order_with_growing_cursors(daemon):
    with v1(daemon) as subscriber:
        join(subscriber)
        id = daemon.add("Created", body="b", topic="tests")
        edited = daemon.edit(id, title="Edited")
        daemon.delete(id)
        events = subscriber.events(3)
    assert [event["event"] for event in events] == ["created", "updated", "deleted"]
    assert [event["pk"] for event in events] == [id] * 3
    assert events[1]["fields"] == {name: edited[name] for name in FIELDS}
    assert events[1]["cursor"] == edited["cursor"]
    assert events[2]["fields"] is None
    assert [sequence(event["cursor"]) for event in events] == [1, 2, 3]


def test_a_ping_carries_the_newest_cursor(start_daemon):
    daemon = start_daemon("--ping-interval", "300ms")
    with v1(daemon, "?topic=other") as subscriber:
        hello, _, _ = join(subscriber)
        assert hello["ping_ms"] == 300
        assert subscriber.ping() == {"ping": True, "cursor": BEGINNING}
        newest = daemon.post({"title": "Not for this one", "topic": "news"}).json()["cursor"]
        until(lambda: subscriber.ping()["cursor"] == newest, "a ping with the newest cursor")


def test_a_topic_filter_holds_for_snapshot_events_edits_and_deletions(daemon):
    kept, other = daemon.add("Kept", topic="a"), daemon.add("Other", topic="b")
    with v1(daemon, "?topic=a") as subscriber:
        _, snapshot, _ = join(subscriber)
        assert titles(snapshot) == ["Kept"]
        for id in (other, kept):
            daemon.edit(id, title="Edited")
            daemon.delete(id)
        assert [(event["pk"], event["event"]) for event in subscriber.events(2)] == [
            (kept, "updated"),
            (kept, "deleted"),
        ]


def test_a_change_of_topic_reaches_the_old_and_the_new_topic(daemon):
    id = daemon.add("Moves", topic="a")
    with v1(daemon, "?topic=a") as old, v1(daemon, "?topic=b") as new, v1(daemon, "?topic=c") as neither:
        for subscriber in (old, new, neither):
            join(subscriber)
        daemon.edit(id, topic="b")
        daemon.add("Marker", topic="c")
        daemon.delete(id)
        daemon.add("End", topic="a")
        assert [event["event"] for event in old.events(2)] == ["updated", "created"]
        [updated, deleted] = new.events(2)
        assert (updated["fields"]["topic"], deleted["event"]) == ("b", "deleted")
        assert titles(neither.next()) == ["Marker"]


def test_the_status_counts_subscribers(daemon):
    with plain(daemon), v1(daemon):
        until(lambda: daemon.status()["subscribers"] == 2, "two subscribers")
    until(lambda: daemon.status()["subscribers"] == 0, "no subscriber")


def test_a_snapshot_of_500_large_articles_arrives_whole(daemon):
    body = "0123456789abcdef" * 2048
    ids = [daemon.add(f"Large {number}", body=body) for number in range(100)]
    with v1(daemon, "?last=500") as subscriber:
        _, snapshot, _ = join(subscriber)
    assert [event["pk"] for event in snapshot] == ids
    assert {event["fields"]["body"] for event in snapshot} == {body}


@pytest.mark.parametrize("subscribe", [plain, v1])
def test_a_subscriber_that_stops_reading_for_a_while_misses_nothing(daemon, subscribe):
    """400 articles of 60,000 bytes are more than the kernel's buffers and the daemon's ring hold."""
    with subscribe(daemon, "?last=0") as slow:
        until(lambda: daemon.status()["subscribers"] == 1, "one subscriber")
        with plain(daemon, "?last=0") as quick:
            for number in range(400):
                daemon.add(f"Article {number}", body="x" * 60_000)
                assert titles(quick.events(1)) == [f"Article {number}"]
        events = []
        while len(events) < 400:
            frame = slow.next()
            events += frame if isinstance(frame, list) else []
    assert titles(events) == [f"Article {number}" for number in range(400)]


# Shutdown


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_shutdown_says_bye_and_closes_with_1001(daemon, name):
    with v1(daemon) as whole, plain(daemon) as simple:
        join(whole)
        assert simple.next() == []
        daemon.process.send_signal(getattr(signal, name))
        [bye], code = whole.until_closed()
        assert bye["bye"]["reason"] == "shutdown" and bye["bye"]["retry_ms"] > 0
        assert code == 1001
        assert simple.until_closed() == ([], 1001)
    assert daemon.wait() == 0


# Going on


def test_since_goes_on_where_it_was_over_a_restart_without_a_gap(daemon):
    cursors = [daemon.post({"title": f"Article {number}"}).json()["cursor"] for number in range(10)]
    daemon.restart()
    for number in range(10, 15):
        cursors.append(daemon.post({"title": f"Article {number}"}).json()["cursor"])
    with v1(daemon, f"?since={cursors[3]}") as subscriber:
        hello, events, live = join(subscriber)
        assert titles(events) == [f"Article {number}" for number in range(4, 15)]
        assert [event["cursor"] for event in events] == cursors[4:]
        assert hello["cursor"] == live == cursors[-1]
        daemon.add("Live")
        [event] = subscriber.events(1)
        assert sequence(event["cursor"]) == sequence(live) + 1


def test_since_goes_on_after_kill_9(daemon):
    first = daemon.post({"title": "First"}).json()["cursor"]
    daemon.add("Second")
    daemon.kill9()
    daemon.start()
    with v1(daemon, f"?since={first}") as subscriber:
        assert titles(join(subscriber)[1]) == ["Second"]


def test_since_replays_edits_and_deletions(daemon):
    first = daemon.post({"title": "First"}).json()
    daemon.edit(first["id"], title="Edited")
    daemon.delete(first["id"])
    with v1(daemon, f"?since={first['cursor']}") as subscriber:
        assert [event["event"] for event in join(subscriber)[1]] == ["updated", "deleted"]


def test_since_the_newest_replays_nothing(daemon):
    newest = daemon.post({"title": "Newest"}).json()["cursor"]
    with v1(daemon, f"?since={newest}") as subscriber:
        assert join(subscriber)[1:] == ([], newest)


@pytest.mark.parametrize("restart", [False, True])
def test_since_the_beginning_replays_all(daemon, restart):
    for number in range(10):
        daemon.add(f"Article {number}")
    if restart:
        daemon.restart()
    with v1(daemon, f"?since={BEGINNING}") as subscriber:
        assert titles(join(subscriber)[1]) == [f"Article {number}" for number in range(10)]


def test_since_the_beginning_of_an_empty_feed_is_live_at_once(daemon):
    with v1(daemon, f"?since={BEGINNING}") as subscriber:
        assert join(subscriber)[1:] == ([], BEGINNING)


def test_a_replay_keeps_to_the_topics(daemon):
    for number in range(6):
        daemon.add(f"Article {number}", topic="ab"[number % 2])
    with v1(daemon, f"?since={BEGINNING}&topic=b") as subscriber:
        assert titles(join(subscriber)[1]) == ["Article 1", "Article 3", "Article 5"]


def test_a_long_replay_with_events_meanwhile_has_no_gap_and_nothing_twice(daemon):
    for number in range(300):
        daemon.add(f"Before {number}", body="b" * 2000)
    with v1(daemon, f"?since={BEGINNING}") as subscriber:
        for number in range(50):
            daemon.add(f"Meanwhile {number}")
        events = []
        while len(events) < 350:
            frame = subscriber.next()
            events += frame if isinstance(frame, list) else []
    assert [sequence(event["cursor"]) for event in events] == list(range(1, 351))


@pytest.mark.parametrize("cursor", ["{sequence}-deadbeef", "1-deadbeef", "99999-{nonce}"])
def test_a_cursor_of_another_history_is_told_so_and_gets_a_snapshot(daemon, cursor):
    for number in range(3):
        newest = daemon.post({"title": f"Article {number}"}).json()["cursor"]
    number, nonce = newest.split("-")
    with v1(daemon, "?since=" + cursor.format(sequence=number, nonce=nonce)) as subscriber:
        assert "hello" in subscriber.next()
        reset = subscriber.next()["reset"]
        assert reset["reason"] == "forked" and CURSOR.fullmatch(reset["oldest"])
        assert titles(subscriber.next()) == ["Article 0", "Article 1", "Article 2"]
        assert subscriber.next() == {"live": {"cursor": newest}}


def test_a_trimmed_cursor_is_told_so_and_gets_a_snapshot(start_daemon):
    daemon = start_daemon("--retention", "5", "--backlog", "5")
    first = daemon.post({"title": "Article 0"}).json()["cursor"]
    for number in range(1, 30):
        daemon.add(f"Article {number}")
    daemon.restart()
    with v1(daemon, f"?since={first}&last=3") as subscriber:
        assert "hello" in subscriber.next()
        assert subscriber.next()["reset"]["reason"] == "trimmed"
        assert titles(subscriber.next()) == ["Article 27", "Article 28", "Article 29"]
        assert "live" in subscriber.next()


def test_a_restored_backup_is_told_as_another_history(daemon, tmp_path):
    daemon.add("In the backup")
    assert daemon.stop() == 0
    shutil.copytree(daemon.data_dir, tmp_path / "backup")
    daemon.start()
    lost = daemon.post({"title": "Lost"}).json()["cursor"]
    assert daemon.stop() == 0
    shutil.rmtree(daemon.data_dir)
    shutil.copytree(tmp_path / "backup", daemon.data_dir)
    daemon.start()
    daemon.add("Instead")
    with v1(daemon, f"?since={lost}") as subscriber:
        assert "hello" in subscriber.next()
        assert subscriber.next()["reset"]["reason"] == "forked"
        assert titles(subscriber.next()) == ["In the backup", "Instead"]
