"""What a cluster promised, showed and holds, compared: with failovers, what was shown may be lost, but never silently."""

import collections
import random

import httpx

from .ledger import PASSING, Follower, Ledger, LinesFollower, Publisher, WebSocketFollower, seq, stored


class ClusterPublisher(Publisher):
    """Publishes at any of several nodes, each article with one key until it is acknowledged."""

    def __init__(self, nodes, name, seed):
        super().__init__(nodes[0], name, body="y" * 100)
        self._nodes = nodes
        self._chance = random.Random(seed)
        self._clients = [httpx.Client(base_url=node.url, trust_env=False, verify=False, timeout=5) for node in nodes]

    # nginx, when it finds no node.
    passing = (*PASSING, 502, 504)

    @property
    def client(self):
        return self._chance.choice(self._clients)

    def join(self, deadline=30):
        try:
            super().join(deadline)
        finally:
            for client in self._clients:
                client.close()


class Journal(Follower):
    """Keeps what it is shown in its order, and goes to another node whenever its connection ends."""

    def __init__(self, nodes, name, seed):
        Follower.__init__(self, nodes[0], name)
        self._nodes = nodes
        self._chance = random.Random(seed)
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
    # Nodes ping more often; one that is silent for longer is asleep.
    PATIENCE = 2

    def __init__(self, nodes, name, seed):
        super().__init__(nodes, name, seed)
        self._socket = None


class ClusterLedger(Ledger):
    """Publishers and subscribers of a whole installation: with failovers, what was shown may be lost, but is told of."""

    def __init__(self, cluster, seed, publishers=3):
        chance = random.Random(seed)
        everywhere = [*cluster.http, cluster.nginx]
        feeds = [*cluster.websocket, cluster.nginx]
        self.cluster = cluster
        followers = [WebSocketJournal([node], f"at {node.name}", chance.random()) for node in feeds]
        followers += [
            WebSocketJournal(feeds, "anywhere", chance.random()), LinesJournal(feeds, "lines anywhere", chance.random()),
        ]
        super().__init__(
            cluster.websocket[0],
            [ClusterPublisher(everywhere, f"p{number}", chance.random()) for number in range(publishers)],
            followers,
        )

    def until_promised(self, count, deadline=60):
        super().until_promised(count, deadline)

    def _newest(self):
        return int(self.cluster.redis(self.cluster.primary_number, "HGET", "{main}:meta", "seq"))

    def _truth(self):
        truth, other = (stored(node) for node in self.cluster.websocket[:2])
        assert truth == other, "two nodes show different histories"
        return truth

    def _check(self, follower, truth):
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
        held = {event["cursor"]: event for event in truth}
        for entry in since_reset:
            other = held.get(entry["cursor"])
            assert other == entry, f"{follower!r} was shown {entry} and never told that it is {other}"
