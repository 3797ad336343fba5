"""`articlesctl` as people and scripts run it: to its end, beside a test, on a terminal."""

import fcntl
import json
import os
import pty
import select
import shlex
import signal
import struct
import subprocess
import termios

from .tmux import Tmux
from .waiting import until

DEADLINE = 20


class Ctl:
    """The program with an environment."""

    def __init__(self, executable, env):
        self.executable = executable
        self.env = env

    def __call__(self, *arguments, stdin="", **env):
        """Run it to its end; `stdin` is text, bytes or a file."""
        options = {"stdin": stdin} if hasattr(stdin, "fileno") else {"input": _bytes(stdin)}
        done = subprocess.run(
            [self.executable, *map(str, arguments)], env=self.env | env, capture_output=True, timeout=DEADLINE, **options
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(self, *arguments, **options):
        """Run it beside the test."""
        return subprocess.Popen(
            [self.executable, *map(str, arguments)],
            env=self.env,
            stdin=subprocess.DEVNULL,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options,
        )

    def terminal(self, directory, *arguments, **env):
        """Run it where a person sits."""
        return Tmux(directory, shlex.join(map(str, [self.executable, *arguments])), self.env | env)

    def output_on_terminal(self, *arguments):
        """What it prints when standard output is a terminal."""
        ours, its = pty.openpty()
        process = self.start(*arguments, stdout=its)
        os.close(its)
        output = b""
        try:
            while chunk := os.read(ours, 65536):
                output += chunk
        except OSError:  # Linux reports the end of a terminal as an error.
            pass
        os.close(ours)
        process.communicate(timeout=DEADLINE)
        assert process.returncode == 0
        return output.decode()


class Console:
    """A program alone on a terminal, with no shell between that an interrupt would end too."""

    def __init__(self, ctl, *arguments, columns=80, **env):
        self.shown = b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execve(ctl.executable, [ctl.executable, *arguments], ctl.env | env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._terminal)
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def type(self, keys):
        os.write(self._terminal, keys)

    def until_shown(self, text):
        def is_shown():
            if select.select([self._terminal], [], [], 0)[0]:
                self.shown += os.read(self._terminal, 65536)
            return text in self.shown

        until(is_shown, f"{text!r} on the terminal", DEADLINE)

    def until_ended(self, drain=False):
        """Wait for its end and return the exit status; `drain` reads on what it shows."""

        def end():
            if drain and select.select([self._terminal], [], [], 0)[0]:
                try:
                    self.shown += os.read(self._terminal, 65536)
                except OSError:  # Linux reports the end of a terminal as an error.
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return pid and (os.waitstatus_to_exitcode(status),)

        (code,) = until(end, "the end of the program", DEADLINE)
        self.pid = None
        return code


class Done:
    """How a run ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __repr__(self):
        return f"exit status {self.code}, out {self.out!r}, err {self.err!r}"

    def succeeded(self):
        assert self.code == 0, self
        assert self.err == "", self
        return self.out

    def failed(self, code, *words):
        """It failed with this code and a message for a person that has these words; nothing went to standard output."""
        assert self.code == code, self
        assert self.out == "", self
        assert self.err.startswith("articlesctl: ") and self.err.count("\n") <= 3, self
        for word in words:
            assert word in self.err, self
        return self.err


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def lines(text):
    return [json.loads(line) for line in text.splitlines()]
