"""What a cluster promised, showed and holds, compared: with failovers, what was shown may be lost, but never silently."""

import collections
import random
import uuid

import httpx

from .ledger import BEGINNING, RETRY_SECONDS, Follower, LinesFollower, Publisher, WebSocketFollower, Worker, seq, stored
from .waiting import until

# What a node or nginx says when the store, a replica or another node is away.
PASSING = (409, 502, 503, 504)


class ClusterPublisher(Publisher):
    """Publishes at any of several nodes, each article with one key until it is acknowledged."""

    def __init__(self, nodes, name, seed):
        super().__init__(nodes[0], name, body="y" * 100)
        self._nodes = nodes
        self._chance = random.Random(seed)
        self._clients = [httpx.Client(base_url=node.url, trust_env=False, timeout=5) for node in nodes]

    def join(self, deadline=30):
        super().join(deadline)
        for client in self._clients:
            client.close()

    def work(self):
        title = f"{self.name} {len(self.promised)}"
        headers = self.daemon.authorization | {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            self.attempts += 1
            try:
                client = self._chance.choice(self._clients)
                answer = client.post("/api/articles/", json={"title": title, "body": self.body}, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code in (200, 201):
                self.promised[title] = (answer.json()["id"], answer.json()["cursor"])
                return
            if answer is not None:
                assert answer.status_code in PASSING, f"{answer.status_code} {answer.text}"
                self.refusals.add(answer.status_code)
            if self._stopping.is_set():
                return
            self._stopping.wait(RETRY_SECONDS)


class Journal(Follower):
    """Keeps what it is shown in its order, and goes to another node whenever its connection ends."""

    def __init__(self, nodes, name, seed):
        self._nodes = nodes
        self._chance = random.Random(seed)
        Worker.__init__(self, nodes[0])
        self.name = name
        self.place = BEGINNING
        self.events, self.resets, self.connections = [], [], 0
        # Events, and True where a reset came.
        self.journal = []
        self._is_reset = False
        # Of the last articles that came, as events or in a snapshot.
        self._titles = collections.deque(maxlen=500)

    @property
    def newest(self):
        return self.place

    def has_been_shown(self, title):
        return title in list(self._titles)

    def take(self, value):
        for entry in value if isinstance(value, list) else [value]:
            if "pk" in entry:
                self._titles.append(entry["fields"]["title"])
                # Those of a snapshot are no places.
                if not self._is_reset:
                    self.events.append(entry)
                    self.journal.append(entry)
                    self.place = entry["cursor"]
            elif "reset" in entry:
                self.resets.append(entry["reset"]["reason"])
                self.journal.append(None)
                self._is_reset = True
            elif "live" in entry:
                self.place = entry["live"]["cursor"]
                if self._is_reset:
                    self.journal.append(self.place)
                self._is_reset = False

    def work(self):
        self.daemon = self._chance.choice(self._nodes)
        # A reset that was cut off before its end comes again.
        self._is_reset = False
        super().work()


class WebSocketJournal(Journal, WebSocketFollower):
    def __init__(self, nodes, name, seed):
        super().__init__(nodes, name, seed)
        self._compression = None


class LinesJournal(Journal, LinesFollower):
    pass


class ClusterLedger:
    """The comparison; a publisher or subscriber that fails ends it."""

    def __init__(self, cluster, seed, publishers=3):
        chance = random.Random(seed)
        everywhere = [*cluster.http, cluster.nginx]
        feeds = [*cluster.websocket, cluster.nginx]
        self.cluster = cluster
        self.publishers = [
            ClusterPublisher(everywhere, f"p{number}", chance.random()) for number in range(publishers)
        ]
        self.followers = [WebSocketJournal([node], f"at {node.name}", chance.random()) for node in feeds]
        self.followers += [
            WebSocketJournal(feeds, "anywhere", chance.random()), LinesJournal(feeds, "lines anywhere", chance.random()),
        ]

    def __enter__(self):
        for worker in self.followers + self.publishers:
            worker.start()
        return self

    def __exit__(self, *_):
        for worker in self.followers + self.publishers:
            worker.ask_to_stop()
        for worker in self.followers + self.publishers:
            worker.join()

    @property
    def promises(self):
        return sum(len(publisher.promised) for publisher in self.publishers)

    def until_promised(self, count, deadline=60):
        target = self.promises + count
        until(lambda: self._healthy() and self.promises >= target, f"{count} more articles acknowledged", deadline)

    def _healthy(self):
        for worker in self.publishers + self.followers:
            assert worker.error is None, f"{worker!r}: {worker.error!r}"
        return True

    def settle(self, deadline=60):
        """End the publishers and wait until every follower is where the store is."""
        for publisher in self.publishers:
            publisher.ask_to_stop()
        for publisher in self.publishers:
            publisher.join()
        newest = self.cluster.redis(self.cluster.primary_number, "HGET", "{main}:meta", "seq")
        until(
            lambda: self._healthy() and all(seq(follower.place) == int(newest) for follower in self.followers),
            f"everybody at {newest}",
            deadline,
        )

    def check(self):
        """Compare, and return how many events there are."""
        truth = stored(self.cluster.websocket[1])
        assert truth == stored(self.cluster.websocket[0]), "two nodes show different histories"
        assert [seq(event["cursor"]) for event in truth] == list(range(1, len(truth) + 1)), "the order has holes"
        titles = [event["fields"]["title"] for event in truth]
        assert len(set(titles)) == len(titles), f"stored twice: {next(t for t in titles if titles.count(t) > 1)!r}"
        by_title = {event["fields"]["title"]: event for event in truth}
        for publisher in self.publishers:
            for title, promise in publisher.promised.items():
                assert title in by_title, f"{title!r} was acknowledged as {promise[1]} and is lost"
                held = by_title[title]["pk"], by_title[title]["cursor"]
                assert held == promise, f"{title!r} was acknowledged as {promise} and is {held}"
        for follower in self.followers:
            self._check(follower, {event["cursor"]: event for event in truth})
        return len(truth)

    @staticmethod
    def _check(follower, truth):
        assert "trimmed" not in follower.resets, f"{follower!r}: what should be kept was trimmed"
        place = 0
        # Shown since the last reset: all of it must be true.
        since_reset = []
        for entry in follower.journal:
            if entry is None:
                since_reset = []
            elif isinstance(entry, str):
                place = seq(entry)
            else:
                assert seq(entry["cursor"]) == place + 1, f"{follower!r}: {entry['cursor']} came after {place}"
                place = seq(entry["cursor"])
                since_reset.append(entry)
        for entry in since_reset:
            held = truth.get(entry["cursor"])
            assert held == entry, f"{follower!r} was shown {entry} and never told that it is {held}"
