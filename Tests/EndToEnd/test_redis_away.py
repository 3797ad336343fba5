"""One node and its Redis: what is said at start, and what happens while the Redis is away."""

import json
import os
import re
import signal
import subprocess
import threading

import httpx
import pytest

from support.binaries import REPOSITORY
from support.cluster import Redis, Wire, free_ports
from support.clock import faked
from support.feed import SUBPROTOCOL, Subscriber
from support.metrics import Metrics
from support.waiting import until

pytestmark = pytest.mark.log_errors_expected
FAST = ["--ping-interval", "200ms", "--store-timeout", "500ms"]


def store(port, more=""):
    return ["--store", f"redis://127.0.0.1:{port}/0{more}", *FAST]


@pytest.fixture
def redis(tmp_path):
    with Redis(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always") as redis:
        yield redis


@pytest.fixture
def faketime():
    """Sets a daemon's clock before it starts: `faketime(daemon, "+3d")`."""

    def set_clock(daemon, offset):
        daemon.env |= faked(offset)
        daemon.prefix = ["env"]

    return set_clock


def retries_later(answer):
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) >= 1


def test_what_is_published_is_there_after_the_node_and_the_redis_have_gone_and_come(redis, start_daemon):
    daemon = start_daemon(*store(redis.port))
    ids = [daemon.add(f"a{number}") for number in range(3)]
    daemon.edit(ids[0], title="A")
    daemon.delete(ids[1])
    before = daemon.status()["cursor"]
    daemon.kill9()
    redis.process.kill()
    redis.start()
    daemon.start()
    assert daemon.status()["cursor"] == before
    assert [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]] == ["a2", "A"]
    history = daemon.client.get("/api/audit/", headers=daemon.authorization).json()["results"]
    assert [line["action"] for line in history][:2] == ["article deleted", "article changed"]
    # A restart of the Redis begins a term: what it had not written would not go unnoticed.
    assert daemon.post({"title": "new"}).json()["cursor"].split("-")[1] != before.split("-")[1]


def test_while_redis_is_cut_off_feeds_stay_and_ping_and_publishers_are_told_to_retry(redis, start_daemon):
    with Wire(redis.port) as wire:
        daemon = start_daemon(*store(wire.port))
        daemon.add("before")
        with Subscriber(daemon, "?last=0", SUBPROTOCOL) as feed, Subscriber(daemon, "?last=0") as plain:
            assert "hello" in feed.next() and "live" in feed.next()
            wire.cut()
            until(lambda: retries_later(daemon.client.get("/readyz")), "not ready")
            until(lambda: Metrics.of(daemon).get("articled_store_reachable") == 0, "the figure")
            assert daemon.client.get("/healthz").status_code == 200
            assert retries_later(daemon.post({"title": "during"}, **{"Idempotency-Key": "k"}))
            assert retries_later(daemon.client.get("/api/articles/"))
            # Its own token is known; who holds another one that was known stays known.
            assert daemon.client.get("/api/whoami", headers=daemon.authorization).status_code == 200
            assert feed.ping()["cursor"] == daemon.status()["cursor"] and plain.ping() == {"ping": True}
            wire.mend()
            until(daemon.is_ready, "ready again")
            until(lambda: Metrics.of(daemon).get("articled_store_reachable") == 1, "the figure again")
            answer = daemon.post({"title": "during"}, **{"Idempotency-Key": "k"})
            assert answer.status_code in (200, 201)
            for subscriber in (feed, plain):
                assert [event["fields"]["title"] for event in subscriber.events(1)] == ["during"]
        titles = [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]]
        assert titles == ["during", "before"]


def test_a_node_ends_when_it_is_told_to_also_while_its_redis_says_nothing(redis, start_daemon):
    with Wire(redis.port) as wire:
        daemon = start_daemon(*store(wire.port))
        with Subscriber(daemon, "?last=0") as feed:
            feed.ping()
            wire.cut()
            until(lambda: not daemon.is_ready(), "not ready")
            assert daemon.stop() == 0
            assert feed.until_closed()[1] == 1001


def test_a_node_that_slept_while_the_store_became_another_is_not_fooled_by_its_numbers(tmp_path, redis, start_daemon):
    with Redis(tmp_path / "replica", "--replicaof", "127.0.0.1", redis.port) as replica, Wire(redis.port) as wire:
        daemon, elsewhere = start_daemon(*store(wire.port)), start_daemon.prepare(*store(replica.port))
        daemon.add("common")
        until(lambda: replica("HGET", "{main}:meta", "seq") == "1", "replicated")
        replica("REPLICAOF", "NO", "ONE")
        with Subscriber(daemon, "?last=0", SUBPROTOCOL) as feed, Subscriber(daemon, "?last=0") as plain:
            assert "hello" in feed.next() and "live" in feed.next()
            daemon.add("lost")
            assert [event["fields"]["title"] for event in feed.events(1) + plain.events(1)] == ["lost", "lost"]
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                # Its last read has been answered: nothing tells it that it missed something.
                until(lambda: is_answered(redis), "its last read is answered")
                wire.target = replica.port
                wire.drop()
                elsewhere.start()
                for number in range(3):
                    elsewhere.add(f"instead {number}")
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
            assert feed.next()["reset"]["reason"] == "forked"
            assert plain.until_closed()[1] == 1012
        assert daemon.status()["cursor"] == elsewhere.status()["cursor"]


def is_answered(redis):
    """Whether the last command of a read was some time ago: who reads would ask again at once."""
    lines = redis("CLIENT", "LIST").split("\n")
    return any(re.search(r" idle=[1-9]", line) and " cmd=role " in line for line in lines)


def test_who_subscribes_while_redis_is_away_is_told_to_come_again_and_nobody_is_told_of_a_fork(redis, start_daemon):
    with Wire(redis.port) as wire:
        daemon = start_daemon(*store(wire.port))
        daemon.add("before")
        cursor = daemon.status()["cursor"]
        wire.cut()
        until(lambda: not daemon.is_ready(), "not ready")
        with Subscriber(daemon, f"?since={cursor}", SUBPROTOCOL) as feed:
            # What is in memory needs no store.
            assert "hello" in feed.next() and "live" in feed.next()
        beyond = f"{int(cursor.split('-')[0]) + 1}-{cursor.split('-')[1]}"
        for query in (f"?since={beyond}", "?last=3"):
            with Subscriber(daemon, query, SUBPROTOCOL) as feed:
                assert feed.until_closed()[1] == 1013
        assert Metrics.of(daemon).get("articled_store_errors_total", operation="feed") == 2
        wire.mend()


def test_a_redis_that_is_no_primary_is_not_followed_until_it_is_one_again(redis, start_daemon):
    daemon = start_daemon(*store(redis.port))
    with Subscriber(daemon, "?last=0", SUBPROTOCOL) as feed:
        assert "hello" in feed.next() and "live" in feed.next()
        # Of nobody, so that it keeps what it has: reading it works as before.
        redis("REPLICAOF", "127.0.0.1", "1")
        until(lambda: not daemon.is_ready(), "not ready")
        redis("REPLICAOF", "NO", "ONE")
        until(daemon.is_ready, "ready again")
        daemon.add("after")
        assert [event["fields"]["title"] for event in feed.events(1)] == ["after"]


def test_a_node_that_starts_without_its_redis_listens_and_is_ready_when_it_comes(tmp_path, start_daemon):
    port = free_ports(1)[0]
    daemon = start_daemon.prepare(*store(port)).launch()

    def answers(path):
        try:
            return daemon.client.get(path).status_code
        except httpx.TransportError:
            return None

    until(lambda: answers("/healthz") == 200, "alive")
    assert answers("/readyz") == 503
    assert retries_later(daemon.post({"title": "x"}))
    # It can't be said that somebody is nobody.
    assert retries_later(daemon.client.get("/api/whoami", headers={"Authorization": "Bearer art_somebody"}))
    with Redis(tmp_path / "redis", port=port):
        until(daemon.is_ready, "ready", 20)
        with Subscriber(daemon, "?last=0") as feed:
            daemon.add("first")
            assert [event["fields"]["title"] for event in feed.events(1)] == ["first"]
        assert daemon.client.get("/api/whoami", headers={"Authorization": "Bearer art_somebody"}).status_code == 401
        assert daemon.stop() == 0


# As somebody does it who puts back what was there before, with the same connections open.
SET_BACK = "redis.call('HSET', KEYS[1], 'seq', '1') redis.call('XDEL', KEYS[2], '2-0')"


@pytest.mark.parametrize(
    "words, place",
    [(["FLUSHALL"], "0-"), (["EVAL", SET_BACK, "2", "{main}:meta", "{main}:events"], "1-")],
    ids=["flushed", "set back"],
)
def test_a_redis_that_lacks_what_was_there_is_another_history_and_that_is_said(redis, start_daemon, words, place):
    daemon = start_daemon(*store(redis.port))
    daemon.add("a")
    daemon.add("b")
    with Subscriber(daemon, "?last=0", SUBPROTOCOL) as feed, Subscriber(daemon, "?last=0") as plain:
        assert "hello" in feed.next() and "live" in feed.next()
        redis(*words)
        assert feed.next()["reset"]["reason"] == "forked"
        assert feed.next()["live"]["cursor"].startswith(place)
        assert plain.until_closed()[1] == 1012


def test_a_full_redis_refuses_and_says_so_and_a_shorter_retention_makes_room(tmp_path, start_daemon):
    with Redis(tmp_path / "small", "--maxmemory", "6mb", "--maxmemory-policy", "noeviction") as redis:
        daemon = start_daemon(*store(redis.port))
        body = "x" * 60_000
        answer = None
        for number in range(200):
            answer = daemon.post({"title": f"{number}", "body": body}, **{"Idempotency-Key": f"k{number}"})
            if answer.status_code != 201:
                break
        assert retries_later(answer) and "nothing was stored" in answer.json()["detail"]
        assert retries_later(daemon.client.get("/readyz"))
        # Reading goes on.
        assert daemon.client.get("/api/articles/").status_code == 200
        shown = daemon.client.get("/api/status", headers=daemon.authorization).json()["store"]["link"]
        assert shown["following"] and shown["refused"]["memory"] >= 1
        assert daemon.log().count("Redis refused to store articles") == 1 and "OOM" in daemon.log()
        assert daemon.stop() == 0
        daemon.flags += ["--retention", "5,30d"]
        daemon.launch()
        until(lambda: is_posted(daemon, "there is room"), "room again", 20)
        until(daemon.is_ready, "ready")


def is_posted(daemon, title):
    try:
        return daemon.post({"title": title}).status_code == 201
    except httpx.TransportError:
        return False


def test_a_wrong_clock_of_a_node_is_said_and_decides_nothing_for_others(redis, start_daemon, faketime):
    daemon, ahead = start_daemon(*store(redis.port)), start_daemon.prepare(*store(redis.port))
    faketime(ahead, "+3d")
    first = daemon.post({"title": "a"}, **{"Idempotency-Key": "k"}).json()
    ahead.start()
    ahead.add("b")
    assert "clock is wrong" in ahead.log() and "s ahead of Redis'" in ahead.log()
    assert "clock is wrong" not in daemon.log()
    answer = daemon.post({"title": "a"}, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()) == (200, first)
    # A ticket of one node is good at the other, whatever its clock.
    made = daemon.client.post("/api/tokens/", json={"name": "guest", "role": "viewer"}, headers=daemon.authorization)
    guest = {"Authorization": f"Bearer {made.json()['token']}"}
    until(lambda: ahead.client.get("/api/whoami", headers=guest).status_code == 200, "the other node knows the token")
    ticket = daemon.client.post("/api/tickets", headers=guest).json()["ticket"]
    with Subscriber(ahead, f"?last=0&ticket={ticket}", SUBPROTOCOL) as feed:
        assert "hello" in feed.next()


def test_the_rights_that_the_manual_names_are_enough(tmp_path, start_daemon):
    manual = (REPOSITORY / "docs" / "operations.md").read_text()
    rights = re.search(r"Rights that a user needs \(ACL\): `([^`]*)`", manual)[1].split()
    with Redis(tmp_path / "guarded", "--requirepass", "admin") as redis:
        redis("-a", "admin", "ACL", "SETUSER", "articles", "on", ">s3cret", "resetkeys", "-@all", *rights)
        daemon = start_daemon.prepare("--store", f"redis://articles@127.0.0.1:{redis.port}/0", *FAST)
        daemon.env["ARTICLED_STORE_PASSWORD"] = "s3cret"
        daemon.start()
        id = daemon.add("a", topic="news")
        daemon.edit(id, title="b", topic="other")
        with Subscriber(daemon, "?last=5", SUBPROTOCOL) as feed:
            assert "hello" in feed.next() and feed.events(1)[0]["fields"]["title"] == "b"
        assert daemon.client.get("/api/articles/?topic=other&q=b").json()["results"][0]["id"] == id
        made = daemon.client.post("/api/tokens/", json={"name": "ci", "role": "editor"}, headers=daemon.authorization)
        assert made.status_code == 201
        assert daemon.client.post("/api/tickets", headers=daemon.authorization).status_code == 201
        for path in ("/api/audit/", "/api/status"):
            assert daemon.client.get(path, headers=daemon.authorization).status_code == 200
        daemon.delete(id)
        assert daemon.restart().status()["cursor"].startswith("3-")
        assert redis("-a", "admin", "ACL", "LOG") == ""


def test_the_start_says_what_may_be_lost_and_status_shows_it(tmp_path, start_daemon):
    with Redis(tmp_path / "weak", "--appendonly", "no", "--maxmemory-policy", "allkeys-lru") as redis:
        daemon = start_daemon(*store(redis.port))
        assert "appendonly no" in daemon.log() and "maxmemory-policy allkeys-lru" in daemon.log()
        shown = daemon.client.get("/api/status", headers=daemon.authorization).json()["store"]
        assert shown["kind"] == "redis" and shown["appendonly"] == "no" and shown["replicas"] == 0
        assert shown["path"] == f"redis://127.0.0.1:{redis.port}/0"


def test_the_password_comes_from_a_file_or_the_environment_and_from_nowhere_else(tmp_path, start_daemon):
    with Redis(tmp_path / "locked", "--requirepass", "s3cret") as redis:
        file = tmp_path / "password"
        file.write_text("s3cret\n")
        file.chmod(0o600)
        assert start_daemon(*store(redis.port), "--store-password-file", file).add("a") == 1
        daemon = start_daemon.prepare(*store(redis.port))
        daemon.env["ARTICLED_STORE_PASSWORD"] = "s3cret"
        assert daemon.start().add("b") == 2
        without = start_daemon.prepare(*store(redis.port)).launch()
        until(lambda: "NOAUTH" in without.log() and "Listening" in without.log(), "it is said why")
        assert "s3cret" not in without.log() + daemon.log()
        assert without.stop() == 0


@pytest.mark.parametrize(
    "url, words",
    [
        ("rediss://127.0.0.1", "hiredis 0.14 has none"),
        ("redis://:s3cret@127.0.0.1", "--store-password-file"),
        ("redis+sentinel://127.0.0.1", "/mymaster"),
        ("mysql://x", "must be sqlite"),
    ],
)
def test_what_can_not_be_a_store_is_refused_with_its_reason(start_daemon, url, words):
    daemon = start_daemon.prepare("--store", url).launch()
    assert daemon.wait() == 64
    assert words in daemon.log() and "s3cret" not in daemon.log()


def test_two_feeds_of_one_redis_have_nothing_to_do_with_each_other(redis, start_daemon):
    one, other = start_daemon(*store(redis.port, "?feed=one")), start_daemon(*store(redis.port, "?feed=other"))
    assert [one.add("a"), one.add("b"), other.add("c")] == [1, 2, 1]
    assert all(key.startswith(("{one}:", "{other}:")) for key in redis("KEYS", "*").split("\n"))


def test_commands_for_accounts_work_on_the_redis_while_no_node_runs(redis, start_daemon, bins, tmp_path):
    daemon = start_daemon.prepare(*store(redis.port))
    where = ["--data-dir", tmp_path / "elsewhere", "--store", f"redis://127.0.0.1:{redis.port}/0"]
    done = subprocess.run(
        [bins.articled, "token", "create", "--name", "ci", *where], env=daemon.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    daemon.start()
    headers = {"Authorization": f"Bearer {done.stdout.strip()}"}
    assert daemon.client.get("/api/whoami", headers=headers).json()["name"] == "ci"
    # A node hears of what is done beside it.
    done = subprocess.run(
        [bins.articled, "token", "revoke", "ci", *where], env=daemon.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    until(lambda: daemon.client.get("/api/whoami", headers=headers).status_code == 401, "revoked")


def test_a_hole_that_somebody_has_made_is_told_to_who_stands_before_it(redis, start_daemon):
    daemon = start_daemon(*store(redis.port))
    for number in range(5):
        daemon.add(f"a{number}")
    place = daemon.status()["cursor"]
    redis("XDEL", "{main}:events", "3-0")
    daemon.kill9()
    daemon.start()
    assert "Events are missing" in daemon.log() and daemon.status()["oldest"].startswith("3-")
    with Subscriber(daemon, f"?since=1-{place.split('-')[1]}&last=2", SUBPROTOCOL) as feed:
        assert "hello" in feed.next() and feed.next()["reset"]["reason"] == "trimmed"
    # And while it runs: an event that it has not read yet.
    with Subscriber(daemon, f"?since={place}&last=0", SUBPROTOCOL) as feed:
        assert "hello" in feed.next() and "live" in feed.next()
        redis("HINCRBY", "{main}:meta", "seq", 1)
        daemon.add("beyond")
        assert feed.next()["reset"]["reason"] == "trimmed"
        assert feed.next()["live"]["cursor"].startswith("7-")
        daemon.add("further")
        assert feed.events(1)[0]["fields"]["title"] == "further"


def cluster_of_two(tmp_path):
    one, other = (Redis(tmp_path / f"shard-{number}", "--cluster-enabled", "yes") for number in (1, 2))
    return one, other


def test_a_cluster_s_slot_is_found_and_followed_to_where_it_moves(tmp_path, start_daemon):
    one, other = cluster_of_two(tmp_path)
    with one, other:
        slot = int(one("CLUSTER", "KEYSLOT", "{main}:meta"))
        one("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        one("CLUSTER", "MEET", "127.0.0.1", other.port)
        until(lambda: "cluster_state:ok" in one("CLUSTER", "INFO"), "the cluster is up")
        until(lambda: one("CLUSTER", "NODES").count("connected") == 2, "they know each other")
        until(lambda: "cluster_state:ok" in other("CLUSTER", "INFO"), "the other knows it", 20)
        names = [one("CLUSTER", "MYID"), other("CLUSTER", "MYID")]
        # The seed is not who serves the slot, later.
        daemon = start_daemon("--store", f"redis+cluster://127.0.0.1:{other.port},127.0.0.1:{one.port}", *FAST)
        stop, posted = threading.Event(), []

        def publish():
            while not stop.is_set():
                answer = daemon.post({"title": f"{len(posted)}"}, **{"Idempotency-Key": f"k{len(posted)}"})
                if answer.status_code in (200, 201):
                    posted.append(answer.json()["id"])

        publisher = threading.Thread(target=publish)
        try:
            with Subscriber(daemon, "?last=0", SUBPROTOCOL) as feed:
                assert "hello" in feed.next() and "live" in feed.next()
                publisher.start()
                until(lambda: len(posted) > 3, "some are published")
                other("CLUSTER", "SETSLOT", slot, "IMPORTING", names[0])
                one("CLUSTER", "SETSLOT", slot, "MIGRATING", names[1])
                keys = one("CLUSTER", "GETKEYSINSLOT", slot, 100).split("\n")
                one("MIGRATE", "127.0.0.1", other.port, "", 0, 5000, "KEYS", *keys)
                # It has gone, and nobody has said so but with ASK.
                count = len(posted)
                until(lambda: len(posted) > count + 3, "published where the slot goes", 20)
                for redis in (other, one):
                    redis("CLUSTER", "SETSLOT", slot, "NODE", names[1])
                count = len(posted)
                until(lambda: len(posted) > count + 3, "published where the slot is", 20)
                stop.set()
                publisher.join()
                seen = []
                while len(seen) < len(posted):
                    frame = feed.next()
                    assert isinstance(frame, list), json.dumps(frame)
                    seen += [event["pk"] for event in frame]
                assert seen == posted == list(range(1, len(posted) + 1))
        finally:
            stop.set()
            publisher.join()
        assert one("DBSIZE") == "0"
