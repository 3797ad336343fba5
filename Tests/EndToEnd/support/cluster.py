"""A whole installation under test, and what can be done to it."""

import importlib.machinery
import importlib.util
import re
import select
import signal
import socket
import threading
import uuid
from dataclasses import dataclass

import httpx
import pytest

from .binaries import REPOSITORY
from .waiting import until

_loader = importlib.machinery.SourceFileLoader("cluster_program", str(REPOSITORY / "deploy" / "cluster"))
_program = importlib.util.module_from_spec(importlib.util.spec_from_loader(_loader.name, _loader))
_loader.exec_module(_program)
Process, free_ports, program = _program.Process, _program.free_ports, _program.program
SCRIPTS = REPOSITORY / "Sources" / "RedisScripts" / "lua"
FAILOVER_DEADLINE = 40
clusters_of_test = pytest.StashKey()


@dataclass
class Node:
    """One of the nodes, or nginx: what the ledger needs to know of a daemon."""

    name: str
    port: int
    token: str = ""
    host: str = "127.0.0.1"
    # None of them speaks TLS.
    ca_file: str | None = None

    def __post_init__(self):
        self.client = httpx.Client(base_url=self.url, trust_env=False, verify=False, timeout=15)

    def ssl_context(self, *_):
        """How to connect to it; see Daemon."""

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def authorization(self):
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, title, key=None, **more):
        headers = self.authorization | ({"Idempotency-Key": key} if key else {})
        return self.client.post("/api/articles/", json={"title": title, **more}, headers=headers)

    def status(self):
        return self.client.get("/api/status").json()

    def is_ready(self):
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False


class ClusterUnderTest(_program.Cluster):
    """The installation of `make cluster`, with a token that is valid at every node."""

    def __init__(self, articled, directory, **options):
        environment = {"HOME": str(directory), "SWIFT_BACKTRACE": "enable=no"} | options.pop("environment", {})
        options.setdefault("flags", ["--ping-interval", "300ms", "--store-timeout", "1s", "--replica-timeout", "300ms"])
        wired = options.pop("wired", ())
        super().__init__(articled, directory, environment=environment, **options)
        self.clients = []
        # For each of the nodes whose network can be cut.
        self.cables = {name: Cable(self) for name in wired}
        self.stores = {name: cable.store for name, cable in self.cables.items()}

    def start(self):
        for cable in self.cables.values():
            cable.__enter__()
        super().start()
        self.token = until(self._make_token, "a token", 60)
        # Who does not ask for replicas would lose it in a failover that comes too early.
        primary = self.primary_number
        offset = self._offset(primary, "master_repl_offset")
        until(lambda: self._offset(3 - primary, "slave_repl_offset") >= offset, "the replica has the token", 60)
        for nodes in (self.http, self.websocket, [self.nginx]):
            for node in nodes:
                until(lambda node=node: self.knows_token(node), f"{node.name} knows the token")
        return self

    def _make_token(self):
        local = (self.directory / "http-1" / "local-token").read_text().strip()
        # One that is answered with 503 may be there all the same.
        self.token_name = f"tests-{uuid.uuid4()}"
        answer = httpx.post(
            f"http://127.0.0.1:{self.node_ports['http'][0]}/api/tokens/",
            json={"name": self.token_name, "role": "admin"},
            headers={"Authorization": f"Bearer {local}"},
            trust_env=False,
        )
        if answer.status_code == 503:
            # The replica was too slow; everything has only just been started.
            return None
        assert answer.status_code == 201, answer.text
        return answer.json()["token"]

    def _offset(self, number, field):
        """How far that Redis is in what is replicated; -1 if it is no replica any more, or not yet."""
        found = re.search(rf"^{field}:(\d+)", self.redis(number, "INFO", "replication"), re.MULTILINE)
        return int(found[1]) if found else -1

    def stop(self):
        super().stop()
        for cable in self.cables.values():
            cable.__exit__()
        for node in self.clients:
            node.client.close()

    @staticmethod
    def knows_token(node):
        return node.client.get("/api/status", headers=node.authorization).status_code == 200

    def _node(self, name, port):
        for node in self.clients:
            if node.name == name:
                return node
        node = Node(name, port, self.token)
        self.clients.append(node)
        return node

    @property
    def http(self):
        return [self._node(f"http-{number}", port) for number, port in enumerate(self.node_ports["http"], 1)]

    @property
    def websocket(self):
        return [self._node(f"websocket-{number}", port) for number, port in enumerate(self.node_ports["websocket"], 1)]

    @property
    def nginx(self):
        return self._node("nginx", self.port)

    def log(self, name):
        return self.processes[name].log.read_text(errors="replace")

    # Faults

    @property
    def primary_number(self):
        return self.redis_ports.index(self.primary()) + 1

    def pause(self, name):
        self.processes[name].process.send_signal(signal.SIGSTOP)

    def resume(self, name):
        self.processes[name].process.send_signal(signal.SIGCONT)

    def cut_off_replica(self):
        """Leave the primary alone; return its number. What it is told from now on nobody else will know."""
        primary = self.primary_number
        self.pause(f"redis-{3 - primary}")
        # What lies in the connection already would still be read.
        self.redis(primary, "CLIENT", "KILL", "TYPE", "replica")
        return primary

    def until_promoted(self, number):
        """Wait until the Sentinel has made that Redis the primary, and it knows."""
        port = self.redis_ports[number - 1]
        until(lambda: self.primary() == port, f"redis-{number} is promoted", FAILOVER_DEADLINE)
        until(lambda: "role:master" in self.redis(number, "INFO", "replication"), f"redis-{number} knows", 10)

    def until_replicated(self):
        """Wait until the primary has its replica, and everybody can publish."""
        number = self.primary_number
        other = 3 - number

        def is_replica():
            text = self.redis(other, "INFO", "replication")
            return "role:slave" in text and "master_link_status:up" in text

        until(is_replica, f"redis-{other} follows redis-{number}", FAILOVER_DEADLINE)
        # A Sentinel that believes the replica to be down would not promote it.
        until(self._is_replica_known, "the Sentinel knows the replica", FAILOVER_DEADLINE)

    def _is_replica_known(self):
        text = self.sentinel("SENTINEL", "replicas", _program.NAME)
        fields = dict(zip(text.split("\n")[0::2], text.split("\n")[1::2]))
        return fields.get("flags") == "slave" and fields.get("master-link-status") == "ok"

    def until_ready(self):
        for node in [*self.http, *self.websocket]:
            until(node.is_ready, f"{node.name} is ready", 30)

    def return_as_replica(self, number):
        """Start a Redis that was killed, and have it follow the primary as an administrator would."""
        self.processes[f"redis-{number}"].start()
        until(lambda: self.redis(number, "PING").startswith(("PONG", "LOADING")), f"redis-{number} is back", 20)
        until(lambda: self.redis(number, "REPLICAOF", "127.0.0.1", self.primary()).startswith("OK"), "told to follow", 20)
        self.until_replicated()


def planted(directory, script, line, instead):
    """A folder of scripts of which one has a fault: `line` is replaced. For ARTICLED_TEST_SCRIPTS."""
    text = (SCRIPTS / f"{script}.lua").read_text()
    assert text.count(line) == 1, f"{line!r} is not once in {script}.lua"
    folder = directory / "scripts"
    folder.mkdir()
    (folder / f"{script}.lua").write_text(text.replace(line, instead))
    return folder


class Wire:
    """A network between a node and its Redis, which can be cut: then nothing gets through, and nobody is told."""

    def __init__(self, target, translations=None):
        # Where it leads; new connections go where it says now.
        self.target = target
        # What to put for what in answers, of the same length: a Sentinel names ports.
        self._translations = translations or {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._is_cut = False
        self._pairs = []
        self._wake, self._waker = socket.socketpair()
        self._is_over = False
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over = True
        self._waker.send(b".")
        self._thread.join(10)
        for one in [self._listener, self._wake, self._waker, *(end for pair in self._pairs for end in pair)]:
            one.close()

    def cut(self):
        self._is_cut = True
        self._waker.send(b".")

    def mend(self, drop=True):
        """As after a cut that outlasted every connection: those that were are gone; or what was held up comes late."""
        self._is_cut = False
        self._waker.send(b"x" if drop else b".")

    def drop(self):
        """End all connections."""
        self._waker.send(b"x")

    def _run(self):
        while not self._is_over:
            ends = {} if self._is_cut else {one: other for pair in self._pairs for one, other in (pair, pair[::-1])}
            ready, _, _ = select.select([self._wake, *([] if self._is_cut else [self._listener]), *ends], [], [])
            for one in ready:
                if one is self._wake:
                    if b"x" in self._wake.recv(100):
                        self._drop(list(self._pairs))
                elif one is self._listener:
                    self._accept()
                else:
                    self._pass(one, ends[one])

    def _accept(self):
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection(("127.0.0.1", self.target), timeout=2)
        except OSError:
            client.close()
            return
        self._pairs.append((client, server))

    def _pass(self, one, other):
        pair = next((pair for pair in self._pairs if one in pair), None)
        if pair is None:
            return
        try:
            data = one.recv(65536)
            if data:
                for old, new in self._translations.items() if one is pair[1] else ():
                    data = data.replace(old, new)
                other.sendall(data)
                return
        except OSError:
            pass
        self._drop([pair])

    def _drop(self, pairs):
        for pair in pairs:
            if pair in self._pairs:
                self._pairs.remove(pair)
            for end in pair:
                end.close()


class Cable:
    """All that lies between one node of a cluster and its store: the Sentinel and both Redis."""

    def __init__(self, cluster):
        redis = [Wire(port) for port in cluster.redis_ports]
        # All ports have five digits.
        ports = {str(wire.target).encode(): str(wire.port).encode() for wire in redis}
        self._sentinel = Wire(cluster.sentinel_port, ports)
        self._wires = [self._sentinel, *redis]
        self.store = f"redis+sentinel://127.0.0.1:{self._sentinel.port}/{_program.NAME}"

    def __enter__(self):
        for wire in self._wires:
            wire.__enter__()
        return self

    def __exit__(self, *_):
        for wire in self._wires:
            wire.__exit__()

    def cut(self):
        for wire in self._wires:
            wire.cut()

    def mend(self, drop=True):
        for wire in self._wires:
            wire.mend(drop)


class Redis:
    """One Redis alone."""

    def __init__(self, directory, *options, port=None):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.port = port or free_ports(1)[0]
        command = [program("redis-server"), "--port", self.port, "--bind", "127.0.0.1", "--dir", directory]
        command += ["--save", "", "--enable-debug-command", "local", *options]
        self.process = Process("redis", command, directory / "redis.log")

    def start(self):
        self.process.start()
        until(lambda: self("PING") in ("PONG", "NOAUTH Authentication required."), f"Redis on port {self.port}")
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.process.stop()

    def __call__(self, *words):
        return _program.Cluster.ask(self.port, *words)

