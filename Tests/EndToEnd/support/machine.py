"""A Debian of the tests' own, with systemd as its process 1: packages are installed and services run as anywhere else."""

import ctypes
import os
import signal
import socket
import subprocess
import threading
import uuid
from pathlib import Path

from .waiting import until

BOOT = Path(__file__).with_name("boot-machine")
CGROUPS = Path("/sys/fs/cgroup")
CLONE_NEWNET = 0x40000000


def reason_against():
    """Why this machine can't have another one inside, or `None`."""
    if os.geteuid() != 0:
        return "only root can start a machine inside this one"
    tried = subprocess.run(
        ["unshare", "-m", "-p", "-f", "-u", "-i", "-n", "-C", "true"], capture_output=True, text=True, timeout=10
    )
    return tried.stderr.strip() or None


class Machine:
    """One machine: started, spoken to from inside, and gone without a trace, in a `with`.

    `lower` is the system that it begins as, and which is not changed.
    """

    def __init__(self, directory, lower="/"):
        self.directory = Path(directory)
        self.lower = str(lower)
        self.console = self.directory / "console"
        # systemd wants a cgroup that it is alone in.
        hierarchy = CGROUPS if (CGROUPS / "cgroup.procs").exists() else CGROUPS / "systemd"
        self._cgroup = hierarchy / f"articles-{uuid.uuid4().hex[:12]}"
        self._process = None

    # Starting and ending

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def start(self):
        work = self.directory / "work"
        work.mkdir(parents=True)
        self.console.touch()
        self._cgroup.mkdir()
        alone = 'echo $$ > "$0"/cgroup.procs && exec "$@"'
        apart = ["setpriv", "--pdeathsig", "KILL", "unshare", "-m", "-p", "-f", "-u", "-i", "-n", "-C", "--kill-child"]
        with (self.directory / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", alone, self._cgroup, *apart, BOOT, self.lower, work, self.console],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        until(self._is_up, "a machine of its own", 30)
        return self

    def _is_up(self):
        assert self._process.poll() is None, (self.directory / "boot.log").read_text() + self.console.read_text()
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        if not children or Path(f"/proc/{children[0]}/comm").read_text().strip() != "systemd":
            return False
        self._init = int(children[0])
        return self.run("systemctl", "is-active", "machine.target", check=False).stdout.strip() == "active"

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait(10)
        for group in sorted(self._cgroup.rglob("*/"), reverse=True) + [self._cgroup]:
            until(lambda group=group: self._removed(group), f"{group} empty")

    @staticmethod
    def _removed(group):
        try:
            group.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    # From inside

    def run(self, *command, check=True, input=None, network=True, timeout=60):
        """Run a command there, as root; `network=False` leaves it the network of this machine."""
        spaces = ["-m", "-p", "-u", "-i", "-C", "--root", "--wdns=/"] + (["-n"] if network else [])
        # Not the home of this machine's root, who may have a daemon of his own.
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root/none", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(
            ["nsenter", "-t", str(self._init), *spaces, *map(str, command)],
            input=input, stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True, text=True, timeout=timeout, env=environment,
        )
        assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def output(self, *command, **options):
        return self.run(*command, **options).stdout.strip()

    def path(self, inside):
        """Where a file of it is for this machine."""
        return Path(f"/proc/{self._init}/root") / str(inside).lstrip("/")

    def written(self):
        """The files that are not as the machine began with, those that are gone included."""
        upper = self.path("/run/written")
        return {"/" + str(path.relative_to(upper)) for path in upper.rglob("*") if path.is_symlink() or not path.is_dir()}

    def copy_in(self, file, inside="/root"):
        """Copy a file of this machine into it, and return where it is there."""
        target = self.path(inside) / Path(file).name
        target.write_bytes(Path(file).read_bytes())
        return str(Path(inside) / Path(file).name)

    def connect(self, port, timeout=10):
        """A connection to one of its ports: a socket belongs to the network that it was made in."""
        made = []

        def connect_there():
            try:
                with open(f"/proc/{self._init}/ns/net") as network:
                    if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                made.append(socket.create_connection(("127.0.0.1", port), timeout))
            except OSError as error:
                made.append(error)

        # The namespace is the thread's own, and ends with it.
        thread = threading.Thread(target=connect_there)
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]
