"""A daemon of our own: started, watched and ended by the tests."""

import os
import random
import re
import signal
import socket
import ssl
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from .waiting import until

START_DEADLINE = 20.0
STOP_DEADLINE = 10.0
ERROR_LINE = re.compile(r'^\S+ (error|critical) |"level":"(error|critical)"|^ERROR: |Fatal error', re.MULTILINE)


# Below the range from which Linux takes the ports of outgoing connections: none of those can take a daemon's port
# between its starts.
PORTS = range(15000, 32768)


def free_port():
    """A port of 127.0.0.1 that nothing listens on."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port among 100 from {PORTS.start} to {PORTS.stop - 1}")


def environment(home):
    """The environment of a fresh user: nothing configured, everything below `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARTICLE", "XDG_", "TMUX"))}
    home.mkdir(parents=True, exist_ok=True)
    return kept | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        # Where it crashed is enough; the rest would push the reason out of the shown end of the log.
        "SWIFT_BACKTRACE": "threads=crashed,registers=none,images=none,limit=16",
    }


@dataclass
class Daemon:
    """`articled serve` on a port and a data directory of its own.

    `directory` holds all of it: the home of the user, the data and the log of every start.
    """

    executable: Path
    directory: Path
    flags: list = field(default_factory=list)
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    data_dir: Path = None
    # It speaks TLS; who signed its certificate.
    ca_file: Path = None
    # A command that runs it.
    prefix: list = field(default_factory=list)
    # Descriptors that it is passed.
    pass_fds: list = field(default_factory=list)
    process: subprocess.Popen = None

    def __post_init__(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data_dir = Path(self.data_dir or self.directory / "data")
        self.log_file = self.directory / "articled.log"
        self.output_file = self.directory / "articled.out"
        self.env = environment(self.directory / "home")
        self.env["ARTICLES_URL"] = self.url
        if self.ca_file:
            self.env["ARTICLES_CA_FILE"] = str(self.ca_file)
        # No proxy of the machine's; every answer is looked at by the test, none is followed. Without TLS no certificates
        # are read: for each client that would take longer than most tests.
        self.client = httpx.Client(base_url=self.url, trust_env=False, timeout=15, verify=self.ssl_context() or False)

    def ssl_context(self, *protocols):
        """How to connect to it; None without TLS."""
        if self.ca_file is None:
            return None
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if protocols:
            context.set_alpn_protocols(protocols)
        return context

    # What it is

    @property
    def url(self):
        return f"{'https' if self.ca_file else 'http'}://{self.host}:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    @property
    def token_file(self):
        return self.data_dir / "local-token"

    @property
    def token(self):
        return self.token_file.read_text().strip()

    @property
    def authorization(self):
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        """All that it has written to standard error, over all its starts."""
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def output(self):
        """All that it has written to standard output."""
        return self.output_file.read_text(errors="replace") if self.output_file.exists() else ""

    # Starting and ending

    @property
    def command(self):
        return [
            str(self.executable),
            "serve",
            "--host",
            self.host,
            "--port",
            str(self.port),
            "--data-dir",
            str(self.data_dir),
            *self.flags,
        ]

    def launch(self):
        """Start the process without waiting for it."""
        assert not self.is_running, "it is running already"
        with self.log_file.open("ab") as log, self.output_file.open("ab") as output:
            self.process = subprocess.Popen(
                [*self.prefix, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=log,
                env=self.env,
                pass_fds=self.pass_fds,
            )
        return self

    def start(self):
        """Start it and wait until it can serve."""
        self.launch()
        until(self.is_ready, f"articled ready at {self.url}", START_DEADLINE)
        return self

    def is_ready(self):
        code = self.process.poll()
        assert code is None, f"articled ended with exit status {code} at its start:\n{self.log()[-2000:]}"
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def wait(self, deadline=STOP_DEADLINE):
        """Wait for its end, which is expected, and return the exit status."""
        try:
            code = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"articled did not end within {deadline:g} s") from None
        self.process = None
        return code

    def stop(self, signal=signal.SIGTERM):
        """Send a signal and return the exit status."""
        self.process.send_signal(signal)
        return self.wait()

    def restart(self):
        """Stop it as an administrator would, and start it on the same port and data."""
        assert self.stop() == 0
        return self.start()

    def kill9(self):
        """End it as a power cut would."""
        self.process.kill()
        self.wait()

    def finish(self, may_log_errors=False):
        """End it if it is running, and check that it was a clean life."""
        try:
            if self.process is not None:
                code = self.process.poll()
                assert code is None, f"articled ended by itself, with exit status {code}"
                code = self.stop()
                assert code == 0, f"articled ended with exit status {code} after SIGTERM"
            if not may_log_errors:
                found = ERROR_LINE.search(self.log())
                assert found is None, f"the log of articled has an error: {self.log()[found.start():][:1000]}"
        finally:
            self.client.close()
            if self.is_running:
                self.process.kill()
                self.process.wait()

    # What it serves

    def post(self, article, **headers):
        """POST one article and return the answer."""
        return self.client.post("/api/articles/", json=article, headers=self.authorization | headers)

    def add(self, title, body="", topic=None, **more):
        """Publish an article and return its id."""
        article = {"title": title, "body": body, **more} | ({"topic": topic} if topic else {})
        return self._done(self.post(article), 201).json()["id"]

    def edit(self, id, **members):
        """Change members of an article and return it as it is then."""
        answer = self.client.patch(f"/api/articles/{id}/", json=members, headers=self.authorization)
        return self._done(answer, 200).json()

    def delete(self, id):
        self._done(self.client.delete(f"/api/articles/{id}/", headers=self.authorization), 204)

    def get(self, id):
        return self._done(self.client.get(f"/api/articles/{id}/"), 200).json()

    def status(self):
        return self._done(self.client.get("/api/status"), 200).json()

    @staticmethod
    def _done(answer, status):
        assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
        return answer
