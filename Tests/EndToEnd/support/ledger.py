"""What publishers were promised, what subscribers were shown and what is stored, compared."""

import json
import socket
import subprocess
import threading
import time
import uuid

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .waiting import until

BEGINNING = "0-00000000"
RETRY_SECONDS = 0.02
# What is not an answer yet: the same key is under way, or the store is away.
PASSING = (409, 503)


class Worker:
    """A thread that works until it is told to stop."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.error = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def ask_to_stop(self):
        self._stopping.set()

    def join(self, deadline=30):
        self._thread.join(deadline)
        assert not self._thread.is_alive(), f"{self!r} did not end"
        assert self.error is None, f"{self!r}: {self.error!r}"

    def _run(self):
        try:
            while not self._stopping.is_set():
                self.work()
        except Exception as error:
            self.error = error


class Publisher(Worker):
    """Publishes one article after the other, each with a key and again until it is acknowledged."""

    def __init__(self, daemon, name, body="x" * 200, topic="news"):
        super().__init__(daemon)
        self.name = name
        self.body, self.topic = body, topic
        # For each title the id and the cursor that it was promised.
        self.promised = {}
        self.attempts = 0
        self.refusals = set()
        self._client = httpx.Client(base_url=daemon.url, trust_env=False, verify=False, timeout=10)

    def __repr__(self):
        return f"publisher {self.name}"

    def join(self, deadline=30):
        try:
            super().join(deadline)
        finally:
            self._client.close()

    @property
    def client(self):
        """Where the next attempt goes."""
        return self._client

    passing = PASSING

    def work(self):
        title = f"{self.name} {len(self.promised)}"
        article = {"title": title, "body": self.body, "topic": self.topic}
        headers = self.daemon.authorization | {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            self.attempts += 1
            try:
                answer = self.client.post("/api/articles/", json=article, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in (200, 201):
                self.promised[title] = (answer.json()["id"], answer.json()["cursor"])
                return
            if answer is not None:
                assert answer.status_code in self.passing, f"{answer.status_code} {answer.text}"
                self.refusals.add(answer.status_code)
            if self._stopping.is_set():
                # Its fate is unknown: it may be stored, and then it is an event like any other.
                return
            time.sleep(RETRY_SECONDS)


class BatchPublisher(Publisher):
    """Publishes batches, and what was not answered again with the same keys."""

    LINES = 40

    def work(self):
        first = len(self.promised)
        waiting = {
            f"{self.name} {number}": {"title": f"{self.name} {number}", "body": self.body, "key": str(uuid.uuid4())}
            for number in range(first, first + self.LINES)
        }
        while waiting:
            titles = list(waiting)
            self.attempts += len(titles)
            try:
                self._send(titles, waiting)
            except httpx.TransportError:
                pass
            if waiting and self._stopping.is_set():
                return
            if waiting:
                time.sleep(RETRY_SECONDS)

    def _send(self, titles, waiting):
        body = "".join(json.dumps(waiting[title]) + "\n" for title in titles)
        headers = self.daemon.authorization | {"Content-Type": "application/x-ndjson"}
        with self._client.stream("POST", "/api/articles/batch", content=body, headers=headers) as answer:
            if answer.status_code == 503:
                self.refusals.add(503)
                return
            assert answer.status_code == 200, answer.status_code
            for line in answer.iter_lines():
                # A line that a crash cut off comes without its end, and is none.
                if not line.endswith("}"):
                    return
                value = json.loads(line)
                title = titles[value["line"] - 1]
                if value["status"] in (200, 201):
                    self.promised[title] = (value["id"], value["cursor"])
                    del waiting[title]
                else:
                    assert value["status"] in self.passing, value
                    self.refusals.add(value["status"])


class Follower(Worker):
    """Keeps every event, and whatever tells of a gap, over as many connections as it takes."""

    def __init__(self, daemon, name, since=BEGINNING):
        super().__init__(daemon)
        self.name = name
        self.place = since
        self.events = []
        self.resets = []
        self.connections = 0
        # For how many seconds it has not looked at its connection, at most: this machine may be busy.
        self.longest_pause = 0.0
        self._looked = None

    def _looks(self):
        now = time.monotonic()
        if self._looked is not None:
            self.longest_pause = max(self.longest_pause, now - self._looked)
        self._looked = now

    def __repr__(self):
        return f"{type(self).__name__} {self.name}"

    def take(self, value):
        for event in value if isinstance(value, list) else [value]:
            if "pk" in event:
                self.events.append(event)
                self.place = event["cursor"]
            elif "reset" in event:
                self.resets.append(event)
            elif "live" in event:
                self.place = event["live"]["cursor"]

    @property
    def newest(self):
        return self.events[-1]["cursor"] if self.events else BEGINNING


class WebSocketFollower(Follower):
    def __init__(self, daemon, name, compression=None, **options):
        super().__init__(daemon, name, **options)
        self._compression = compression

    def work(self):
        url = f"ws://{self.daemon.host}:{self.daemon.port}/articles?since={self.place}"
        try:
            with connect(
                url, subprotocols=["articles.v1"], compression=self._compression, proxy=None, max_size=None
            ) as connection:
                self.connections += 1
                while not self._stopping.is_set():
                    self._looks()
                    try:
                        self.take(json.loads(connection.recv(timeout=0.1)))
                    except TimeoutError:
                        continue
        except (OSError, EOFError, ConnectionClosed, TimeoutError):
            time.sleep(RETRY_SECONDS)
        except Exception as error:
            # A handshake that a daemon without a voice broke off.
            if "HTTP" not in str(error) and "handshake" not in str(error):
                raise
            time.sleep(RETRY_SECONDS)


class LinesFollower(Follower):
    # Seconds without a line, after which it gives a connection up. It ends none that works.
    PATIENCE = 30

    def __init__(self, daemon, name, **options):
        super().__init__(daemon, name, **options)
        self._socket = None

    def ask_to_stop(self):
        super().ask_to_stop()
        if connected := self._socket:
            try:
                connected.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def work(self):
        headers = {"Accept": "application/x-ndjson", "Last-Event-ID": self.place}
        try:
            with (
                httpx.Client(
                    base_url=self.daemon.url,
                    trust_env=False,
                    verify=False,
                    timeout=httpx.Timeout(10, read=self.PATIENCE),
                ) as client,
                client.stream("GET", "/events", headers=headers) as answer,
            ):
                self.connections += answer.status_code == 200
                self._socket = answer.extensions["network_stream"].get_extra_info("socket")
                for line in answer.iter_lines() if not self._stopping.is_set() else ():
                    if line:
                        self.take(json.loads(line))
                    if self._stopping.is_set():
                        return
        except (httpx.TransportError, json.JSONDecodeError):
            # A line that a crash cut off is none.
            time.sleep(RETRY_SECONDS)
        finally:
            self._socket = None


class CommandFollower(Follower):
    """`articlesctl watch`, which reconnects by itself."""

    def __init__(self, daemon, name, executable):
        super().__init__(daemon, name)
        self._process = subprocess.Popen(
            [executable, "watch", "--json", "--since", BEGINNING],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=daemon.env,
            text=True,
        )

    def work(self):
        line = self._process.stdout.readline()
        if line:
            self.take(json.loads(line))
        else:
            assert self._stopping.is_set(), "watch ended by itself"

    def ask_to_stop(self):
        super().ask_to_stop()
        self._process.terminate()

    def join(self, deadline=30):
        try:
            super().join(deadline)
        finally:
            self._process.stdout.close()
            self._process.wait(10)


def stored(daemon):
    """All the events that the daemon keeps."""
    answer = daemon.client.get(
        f"/events?since={BEGINNING}&follow=false", headers={"Accept": "application/x-ndjson"}, timeout=60
    )
    assert answer.status_code == 200, answer.text
    objects = [json.loads(line) for line in answer.text.splitlines() if line]
    assert not any("reset" in value for value in objects), "events were trimmed"
    assert "live" in objects[-1]
    return [value for value in objects if "pk" in value]


def seq(cursor):
    return int(cursor.split("-")[0])


class Ledger:
    """Publishers and followers of one daemon, and the comparison of what they have."""

    def __init__(self, daemon, publishers, followers):
        self.daemon = daemon
        self.publishers = publishers
        self.followers = followers

    def __enter__(self):
        for worker in self.followers + self.publishers:
            worker.start()
        return self

    def __exit__(self, kind, *_):
        for worker in self.followers + self.publishers:
            worker.ask_to_stop()
        errors = []
        for worker in self.followers + self.publishers:
            try:
                worker.join()
            except AssertionError as error:
                errors.append(str(error))
        # Else what went wrong first is on its way already.
        assert kind is not None or not errors, "\n".join(errors)

    @property
    def promises(self):
        return sum(len(publisher.promised) for publisher in self.publishers)

    def until_promised(self, count, deadline=30):
        """Wait until that many more articles have been acknowledged."""
        target = self.promises + count
        until(lambda: self._healthy() and self.promises >= target, f"{count} more articles acknowledged", deadline)

    def _healthy(self):
        for worker in self.publishers + self.followers:
            assert worker.error is None, f"{worker!r}: {worker.error!r}"
        return True

    def settle(self, deadline=60):
        """End the publishers and wait until every follower has what is stored."""
        for publisher in self.publishers:
            publisher.ask_to_stop()
        for publisher in self.publishers:
            publisher.join()
        newest = self._newest()
        until(
            lambda: self._healthy() and all(seq(follower.newest) == newest for follower in self.followers),
            f"everybody at {newest}",
            deadline,
        )

    def _newest(self):
        """The number of the newest event that is stored."""
        return seq(self.daemon.status()["cursor"])

    def _truth(self):
        return stored(self.daemon)

    def check(self):
        """Nothing that was promised is lost, nothing is out of order, nothing twice, at anybody's. Return how many there are."""
        truth = self._truth()
        assert [seq(event["cursor"]) for event in truth] == list(range(1, len(truth) + 1)), "the order has holes"
        by_title = {}
        for event in truth:
            assert event["fields"]["title"] not in by_title, f"stored twice: {event}"
            by_title[event["fields"]["title"]] = event
        for publisher in self.publishers:
            for title, promise in publisher.promised.items():
                assert title in by_title, f"{title!r} was acknowledged as {promise[1]} and is lost"
                held = by_title[title]["pk"], by_title[title]["cursor"]
                assert held == promise, f"{title!r} was acknowledged as {promise} and is {held}"
            order = [seq(cursor) for _, cursor in publisher.promised.values()]
            assert order == sorted(order), f"{publisher!r}: out of order"
        for follower in self.followers:
            self._check(follower, truth)
        return len(truth)

    def _check(self, follower, truth):
        assert not follower.resets, f"{follower!r}: {follower.resets[0]}"
        cursors = [event["cursor"] for event in follower.events]
        assert cursors == [event["cursor"] for event in truth], self._difference(follower, cursors, truth)
        assert follower.events == truth, f"{follower!r} has other contents"

    @staticmethod
    def _difference(follower, cursors, truth):
        for index, event in enumerate(truth):
            if index >= len(cursors) or cursors[index] != event["cursor"]:
                return f"{follower!r}: wanted {event['cursor']}, then got {cursors[index : index + 3]}"
        return f"{follower!r}: has more than is stored: {cursors[len(truth) :][:3]}"
