"""The processes of a load test: each on a free port of 127.0.0.1, and ended with the test, however that ends."""

import contextlib
import os
import random
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent


class ServiceError(Exception):
    """Something did not start, or did not end well; the message is for people."""


def free_port():
    """A port that nothing listens on, below those that Linux gives to outgoing connections."""
    for port in random.sample(range(15000, 32768), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServiceError("No port of 127.0.0.1 is free.")


def wait_for(condition, what, process, deadline=20):
    """The first true value of `condition()`."""
    end = time.monotonic() + deadline
    while True:
        with contextlib.suppress(OSError):
            if value := condition():
                return value
        if process.poll() is not None:
            raise ServiceError(f"{what} ended at its start, with exit status {process.returncode}.")
        if time.monotonic() > end:
            raise ServiceError(f"{what} did not start within {deadline} s.")
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, log, **options):
    """A process with its output in the file `log`, told to stop at the end and killed if it does not."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, **options
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Daemon:
    """`articled serve` with a data directory that is gone afterwards."""

    def __init__(self, executable, directory, log, flags):
        self.executable = executable
        self.data = directory / "data"
        self.log = log
        self.flags = flags
        self.port = free_port()

    @contextlib.contextmanager
    def run(self):
        command = [self.executable, "serve", "--port", self.port, "--data-dir", self.data, *self.flags]
        with running(command, self.log) as process:
            try:
                wait_for(self._is_ready, "articled", process)
            except ServiceError as error:
                raise ServiceError(f"{error}\n{self.log.read_text()[-1000:]}") from None
            yield self
            if process.poll() is not None:
                raise ServiceError(f"articled ended during the test, with exit status {process.returncode}.")
        if process.returncode:
            raise ServiceError(f"articled did not stop well: exit status {process.returncode}.")

    def _is_ready(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
            return answer.status == 200

    @property
    def token(self):
        return (self.data / "local-token").read_text().strip()

    def add_editor(self, name, password):
        """An account that may write, for HTTP Basic."""
        done = subprocess.run(
            [self.executable, "user", "add", name, "--role", "editor", "--password-stdin", "--data-dir", self.data],
            input=password + "\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise ServiceError(f"articled user add: {done.stderr.strip()}")


@contextlib.contextmanager
def nginx(daemon_port, log):
    """nginx in front of a daemon, with the rights of nobody; yields its port."""
    executable = next((path for path in ("/usr/sbin/nginx", "/usr/local/sbin/nginx") if os.access(path, os.X_OK)), None)
    if executable is None:
        raise ServiceError("nginx is missing: install the package nginx-light or nginx.")
    port = free_port()
    is_root = os.geteuid() == 0
    # Where nobody may go, if we have rights to give up.
    with tempfile.TemporaryDirectory(prefix="articles-nginx-", dir="/tmp" if is_root else None) as name:
        directory = Path(name)
        values = {"DIRECTORY": name, "PORT": port, "DAEMON_PORT": daemon_port}
        text = string.Template((HERE / "nginx.conf").read_text()).safe_substitute(values)
        (directory / "nginx.conf").write_text(text)
        options = {}
        if is_root:
            options = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            os.chmod(directory, 0o755)
            shutil.chown(directory, "nobody", "nogroup")
        command = [executable, "-e", directory / "error.log", "-c", directory / "nginx.conf"]
        with running(command, log, **options) as process:
            try:
                wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True, "nginx", process)
            except ServiceError as error:
                raise ServiceError(f"{error}\n{log.read_text()[-1000:]}") from None
            yield port
