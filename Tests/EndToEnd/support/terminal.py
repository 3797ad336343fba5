"""A real terminal for the viewer: tmux, on a server of its own."""

import shlex
import subprocess

from .waiting import until


class Terminal:
    """A program in a tmux window of a given size."""

    def __init__(self, directory, command, env, columns=120, rows=40):
        self._tmux = ["tmux", "-S", str(directory / "tmux"), "-f", "/dev/null"]
        self._env = env | {"TERM": "screen-256color"}
        script = f'{shlex.join(map(str, command))}; echo "exit status $?"; exec cat'
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

    def keys(self, *keys):
        """Type keys, by the names that tmux gives them."""
        self._run("send-keys", *keys)

    def until_shown(self, text, deadline=10.0):
        """Wait for the text, and return the screen that shows it."""
        try:
            return until(lambda: text in (screen := self.screen()) and screen, f"{text!r} in the terminal", deadline)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.screen()}") from None
