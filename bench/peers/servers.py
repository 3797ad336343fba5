"""The servers that are measured side by side: each on free ports of 127.0.0.1, on the first core, from its package.

Each is a context manager that yields what `articlesctl bench` needs to know of it.
"""

import contextlib
import os
import shutil
import signal
import socket
import string
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from table import SERVER_CORE, free_port, wait_for  # noqa: E402

JSON = ["--publish-header", "Content-Type: application/json", "--publish-body", '{"title":"bench","body":"{{body}}"}']


@dataclass
class Target:
    """What the load is aimed at."""

    # All processes whose time and memory are the server's.
    pids: list
    # Of `articlesctl bench`.
    arguments: list


def urls(port, feed="/articles", publish="/api/articles/"):
    return ["--subscribe", f"ws://127.0.0.1:{port}{feed}", "--publish", f"http://127.0.0.1:{port}{publish}"]


@contextlib.contextmanager
def process(command, directory, **options):
    """A process on the servers' core, its output in the directory, ended with the measurement."""
    log = directory / f"{Path(command[0]).name}.out"
    with log.open("ab") as output:
        child = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            **options,
        )
    try:
        yield child
    except SystemExit:
        sys.stderr.write(log.read_text(errors="replace")[-1000:])
        raise
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def accepts(port):
    return lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True


def configuration(name, directory, **values):
    """One of the templates beside this file, filled in."""
    path = directory / name
    text = (HERE / name).read_text()
    path.write_text(string.Template(text).safe_substitute({"DIRECTORY": str(directory)} | values))
    return path


def as_nobody(directory):
    """Options for a process that shall not have root's rights, if we have them."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(directory, "nobody", "nogroup")
    directory.chmod(0o755)
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


@contextlib.contextmanager
def articled(directory, size, flags=()):
    port = free_port()
    program = ROOT / ".build" / "release" / "articled"
    command = [program, "serve", "--port", port, "--data-dir", directory, "--threads", 1, "--log-level", "warning"]
    with process([*command, *flags], directory) as daemon:
        token = wait_for(lambda: (directory / "local-token").read_text().strip())
        header = directory / "authorization"
        header.touch(mode=0o600)
        header.write_text(f"Authorization: Bearer {token}\n")
        wait_for(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200)
        yield Target([daemon.pid], [*urls(port, "/articles?last=0"), *JSON, "--publish-header", f"@{header}"])


def articled_in_memory(directory, size):
    return articled(directory, size, ["--store", "memory:"])


@contextlib.contextmanager
def nchan(directory, size):
    port = free_port()
    path = configuration("nchan.conf", directory, PORT=port)
    command = ["/usr/sbin/nginx", "-e", directory / "error.log", "-c", path]
    with process(command, directory, **as_nobody(directory)) as master:
        wait_for(accepts(port))
        yield Target([master.pid, *children(master.pid)], urls(port))


@contextlib.contextmanager
def mosquitto(directory, size):
    """Subscribers with QoS 0, publishers with QoS 1, which is answered."""
    port, publish_port = free_port(), free_port()
    path = configuration("mosquitto.conf", directory, PORT=port, PUBLISH_PORT=publish_port)
    with process(["/usr/sbin/mosquitto", "-c", path], directory, **as_nobody(directory)) as broker:
        wait_for(accepts(port))
        wait_for(accepts(publish_port))
        yield Target([broker.pid], mqtt(port, publish_port, size))


def mqtt(port, publish_port, size):
    """MQTT 3.1.1 in the bytes of its packets (sections 3.1, 3.3, 3.4 and 3.8 of that standard)."""
    connect = r"\x10\x0c\0\x04MQTT\x04\x02\0\0\0\0"
    subscribe = r"\x82\x0d\0\x01\0\x08articles\0"
    length = remaining_length(len("..articles..") + size)
    return [
        *("--subscribe", f"ws://127.0.0.1:{port}/mqtt", "--subprotocol", "mqtt", "--on-connect-binary", connect + subscribe),
        *("--publish", f"tcp://127.0.0.1:{publish_port}", "--publish-hello", connect),
        *("--publish-body", rf"\x32{length}\0\x08articles\0\x01{{{{body}}}}", "--publish-answer", r"\x40\x02\0\x01"),
    ]


def remaining_length(count):
    """MQTT's variable length (section 2.2.3), escaped as a bench reads it."""
    digits = ""
    while True:
        count, digit = divmod(count, 128)
        digits += f"\\x{digit | (0x80 if count else 0):02x}"
        if not count:
            return digits


@contextlib.contextmanager
def channels(directory, size):
    """Django Channels behind daphne, with Redis between."""
    python = ROOT / ".build" / "peers-venv" / "bin" / "python"
    if not python.exists():
        raise SystemExit("Django Channels is not installed: run `make bench-peers`.")
    port, redis_port = free_port(), free_port()
    environment = os.environ | {
        "PYTHONPATH": str(HERE),
        "DJANGO_SETTINGS_MODULE": "channels_feed.settings",
        "FEED_DATABASE": str(directory / "articles.sqlite"),
        "FEED_REDIS": f"redis://127.0.0.1:{redis_port}",
    }
    subprocess.run(
        [python, "-m", "django", "migrate", "--verbosity", "0"], env=environment, check=True, timeout=60
    )
    redis_command = ["/usr/bin/redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--save", "", "--dir", directory]
    daphne = [python, "-m", "daphne", "-b", "127.0.0.1", "-p", port, "-v", "0", "channels_feed.asgi:application"]
    with process(redis_command, directory) as redis:
        wait_for(accepts(redis_port))
        with process(daphne, directory, env=environment) as server:
            wait_for(accepts(port))
            yield Target([server.pid, redis.pid], urls(port) + JSON)


def children(pid):
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


SERVERS = {
    "articled": articled,
    "articled, in memory": articled_in_memory,
    "Nchan": nchan,
    "Mosquitto": mosquitto,
    "Channels": channels,
}
