"""A disk that is full or read-only: publishers are told, nobody else notices, and it mends itself."""

import errno
from pathlib import Path

import pytest

from support.ledger import BatchPublisher, Ledger, LinesFollower, Publisher, WebSocketFollower, stored
from support.waiting import until

pytestmark = pytest.mark.log_errors_expected

MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2" && shift 2 && exec "$@"'
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'


class OwnDisk:
    """A file system that only one daemon sees, in a mount namespace of its own."""

    def __init__(self, daemon, size):
        self.daemon = daemon
        daemon.data_dir.mkdir(parents=True)
        daemon.prefix = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", size, str(daemon.data_dir)]

    def start(self):
        self.daemon.launch()
        until(lambda: self._inside("local-token").exists(), "the first start")
        # Where everybody else can read it too.
        (self.daemon.data_dir / "local-token").write_text(self._inside("local-token").read_text())
        until(self.daemon.is_ready, "ready")
        return self

    def _inside(self, name):
        return Path(f"/proc/{self.daemon.pid}/root{self.daemon.data_dir}/{name}")

    def fill(self):
        try:
            with self._inside("ballast").open("wb", buffering=0) as ballast:
                while True:
                    ballast.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC

    def free(self):
        self._inside("ballast").unlink(missing_ok=True)


@pytest.fixture
def disk(start_daemon):
    return OwnDisk(start_daemon.prepare(), "16m").start()


def fails(daemon):
    """Whether neither a long article nor a short one, which may fit where that did not, can be stored."""
    return all(refused(daemon, length) for length in (60_000, 1))


def refused(daemon, length):
    answer = daemon.post({"title": "refused", "body": "x" * length})
    if answer.status_code == 503:
        assert "disk" in answer.json()["detail"] and answer.headers["retry-after"]
        return True
    assert answer.status_code == 201, answer.text
    return False


def is_unready(daemon):
    answer = daemon.client.get("/readyz")
    return answer.status_code == 503 and "disk" in answer.json()["detail"]


def test_a_full_disk_stops_publishing_alone_and_heals(disk):
    daemon = disk.daemon
    publishers = [Publisher(daemon, f"p{number}", body="x" * 2000) for number in range(3)]
    publishers.append(BatchPublisher(daemon, "batch", body="x" * 2000))
    followers = [WebSocketFollower(daemon, "v1"), LinesFollower(daemon, "lines")]
    with Ledger(daemon, publishers, followers) as ledger:
        for _ in range(3):
            ledger.until_promised(30)
            disk.fill()
            for publisher in publishers:
                publisher.refusals.clear()
            until(lambda: all(503 in publisher.refusals for publisher in publishers), "all publishers told")
            until(lambda: is_unready(daemon), "not ready")
            # Reading goes on, with everything that was acknowledged.
            assert daemon.client.get("/api/articles/").status_code == 200
            assert daemon.client.get("/healthz").status_code == 200
            assert len(stored(daemon)) >= ledger.promises
            disk.free()
        ledger.until_promised(30)
        assert daemon.client.get("/readyz").status_code == 200
        ledger.settle()
        ledger.check()
    assert daemon.log().count("can't be stored") <= 100, "the log was flooded"


def test_a_disk_that_is_read_only_at_the_start_is_named_and_nothing_is_lost(start_daemon, tmp_path):
    daemon = start_daemon()
    publisher, follower = Publisher(daemon, "p"), WebSocketFollower(daemon, "v1")
    with Ledger(daemon, [publisher], [follower]) as ledger:
        ledger.until_promised(10)
        daemon.kill9()
        daemon.prefix = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(daemon.data_dir)]
        daemon.launch()
        assert daemon.wait() == 1
        assert str(daemon.data_dir) in daemon.log()
        daemon.prefix = []
        daemon.start()
        ledger.until_promised(10)
        ledger.settle()
        ledger.check()


def test_readiness_comes_back_without_anybody_publishing(disk):
    daemon = disk.daemon
    disk.fill()
    until(lambda: fails(daemon), "a refusal")
    assert is_unready(daemon)
    disk.free()
    until(lambda: daemon.client.get("/readyz").status_code == 200, "ready again")
    daemon.add("works")


def test_a_full_disk_is_noticed_before_anybody_publishes(disk):
    daemon = disk.daemon
    assert daemon.client.get("/readyz").status_code == 200
    disk.fill()
    assert is_unready(daemon)
    disk.free()
    assert daemon.client.get("/readyz").status_code == 200


def test_a_database_that_is_gone_is_noticed(start_daemon):
    daemon = start_daemon()
    database = daemon.data_dir / "articles.sqlite"
    database.rename(daemon.data_dir / "elsewhere")
    answer = daemon.client.get("/readyz")
    assert answer.status_code == 503 and "gone" in answer.json()["detail"]
    (daemon.data_dir / "elsewhere").rename(database)
    assert daemon.client.get("/readyz").status_code == 200


def test_stopping_on_a_full_disk_keeps_everything(disk):
    daemon = disk.daemon
    daemon.add("kept", "x" * 20_000)
    disk.fill()
    until(lambda: fails(daemon), "a refusal")
    assert daemon.stop() == 0
    assert "articles.sqlite-wal" in daemon.log()


def test_a_batch_on_a_full_disk_is_told_line_by_line(disk):
    daemon = disk.daemon
    disk.fill()
    until(lambda: fails(daemon), "a refusal")
    before = daemon.status()["cursor"]
    answer = daemon.client.post(
        "/api/articles/batch",
        content=b'{"title":"a"}\n{"title":""}\n',
        headers=daemon.authorization | {"Content-Type": "application/x-ndjson"},
    )
    first, second = answer.text.splitlines()
    assert '"status":503' in first and '"status":422' in second
    assert daemon.status()["cursor"] == before
    disk.free()


def test_a_refused_article_does_not_appear_later(disk):
    daemon = disk.daemon
    daemon.add("kept")
    disk.fill()
    until(lambda: fails(daemon), "a refusal")
    refused = daemon.client.post(
        "/api/articles/", json={"title": "never", "body": "x" * 60_000}, headers=daemon.authorization
    )
    assert refused.status_code == 503
    disk.free()
    daemon.add("after")
    titles = [article["title"] for article in daemon.client.get("/api/articles/?limit=500").json()["results"]]
    assert "never" not in titles and titles[0] == "after" and titles[-1] == "kept"
