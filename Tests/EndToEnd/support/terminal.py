"""A real terminal for the viewer: tmux, on a server of its own."""

import shlex
import subprocess
from pathlib import Path

from .waiting import until


class Terminal:
    """A program in a tmux window of a given size."""

    def __init__(self, directory, command, env, columns=120, rows=40):
        self._tmux = ["tmux", "-S", str(directory / "tmux"), "-f", "/dev/null"]
        self._env = env | {"TERM": "screen-256color"}
        # The modes of the terminal are shown before and after, so that a test can see whether they were restored.
        script = f'stty -g; {shlex.join(map(str, command))}; echo "exit status $?"; stty -g; exec cat'
        self._run("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", script)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._run("kill-server")

    def _run(self, *arguments):
        return subprocess.run(
            [*self._tmux, *arguments], env=self._env, check=True, capture_output=True, text=True, timeout=10
        ).stdout

    def screen(self):
        """The lines that a person sees."""
        return self._run("capture-pane", "-p")

    def unwrapped_screen(self):
        """The same with lines that the terminal has broken put together."""
        return self._run("capture-pane", "-p", "-J")

    def styled_screen(self):
        """The same with the escape sequences of colours and attributes."""
        return self._run("capture-pane", "-p", "-e")

    def resize(self, columns, rows):
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def is_alternate(self):
        """Whether the program has taken the screen over."""
        return self._run("display-message", "-p", "#{alternate_on}").strip() == "1"

    def program(self):
        """The process id of the program that runs in the shell of the window."""
        shell = self._run("display-message", "-p", "#{pane_pid}").strip()
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[0]) if children else None

    def keys(self, *keys):
        """Type keys, by the names that tmux gives them."""
        self._run("send-keys", *keys)

    def until_shown(self, text, deadline=10.0):
        """Wait for the text, and return the screen that shows it."""
        try:
            return until(lambda: text in (screen := self.screen()) and screen, f"{text!r} in the terminal", deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.screen()}") from None
