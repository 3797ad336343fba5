"""What systemd does for a daemon, as far as tests need it: hears how it is, and holds its sockets."""

import fcntl
import os
import socket
import time

from .waiting import until


class NotifySocket:
    """Hears what the daemon says of itself (sd_notify)."""

    def __init__(self, address):
        self.address = str(address)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)
        self._socket.setblocking(False)
        # Each with the time at which it was read.
        self.messages = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def read(self):
        """All messages so far, each a dictionary."""
        while True:
            try:
                text = self._socket.recv(4096).decode()
            except BlockingIOError:
                return [message for _, message in self.messages]
            self.messages.append((time.monotonic(), dict(line.split("=", 1) for line in text.split("\n"))))

    def until(self, name, deadline=20):
        """The first message with this member."""
        return until(lambda: next((m for m in self.read() if name in m), None), name, deadline)

    def count(self, name):
        return sum(name in message for message in self.read())

    def until_more(self, name, deadline=20):
        """Wait until there is one more message with this member than now."""
        before = self.count(name)
        until(lambda: self.count(name) > before, f"one more {name}", deadline)


class Activator:
    """Holds listening sockets, and passes them to each start of a daemon as systemd does (sd_listen_fds)."""

    def __init__(self, daemon, *sockets, names=("articled.socket",)):
        # Out of the way of the places where they must be: from 3 on.
        self._descriptors = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20) for one in sockets]
        places = " ".join(f"{3 + index}<&{one}" for index, one in enumerate(self._descriptors))
        # The process's own id is known only to itself.
        daemon.prefix = ["bash", "-c", f'exec {places}; LISTEN_PID=$$ exec "$@"', "bash"]
        daemon.env |= {"LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(names)}
        daemon.pass_fds = self._descriptors
        for one in sockets:
            one.close()

    @classmethod
    def on_port(cls, daemon):
        """Listen where the daemon would."""
        return cls(daemon, socket.create_server((daemon.host, daemon.port), backlog=4096))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._descriptors:
            os.close(one)
