"""A real terminal for the viewer: a program in tmux, on a server of its own."""

import itertools
import os
import shlex
import subprocess

from support.waiting import until

_numbers = itertools.count(1)

# What the program found and left: its process, the terminal's modes before and after, and the exit status.
_SCRIPT = """
ulimit -c 0
# Ctrl-C goes to everything in the window, and is meant for the program.
trap : INT
stty -g > {directory}/modes-before
sh -c 'echo $$ > {directory}/pid; exec "$@"' sh {command}
status=$?
stty -g > {directory}/modes-after
echo "exit status $status"
exec cat
"""


class Tmux:
    """A window of `columns` × `rows` that runs `command`, which may use the shell's redirections."""

    def __init__(self, directory, command, env, columns=120, rows=40):
        self.directory = directory
        self._tmux = ["tmux", "-L", f"articles-{os.getpid()}-{next(_numbers)}", "-f", "/dev/null"]
        self._env = {name: value for name, value in env.items() if name != "TMUX"} | {"TZ": "UTC"}
        script = _SCRIPT.format(directory=shlex.quote(str(directory)), command=command)
        self._run("new-session", "-d", "-x", str(columns), "-y", str(rows), "sh", "-c", script)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _run(self, *arguments):
        return subprocess.run(
            [*self._tmux, *arguments], env=self._env, check=True, capture_output=True, text=True, timeout=10
        ).stdout

    def close(self):
        """End the window, as closing a terminal's window does."""
        subprocess.run([*self._tmux, "kill-server"], env=self._env, check=False, capture_output=True, timeout=10)

    # What a person does

    def keys(self, *keys):
        """Press keys, by the names that tmux gives them; `-R` resets the terminal."""
        self._run("send-keys", *keys)

    def mouse(self, kind, column, row):
        """Press a button or turn the wheel over a place, counted from 0, by the bytes that terminals send for it."""
        place = bytes([33 + column, 33 + row]).decode("latin-1")
        buttons = {"click": [0, 3], "up": [64], "down": [65]}[kind]  # 3 lets go again
        self._run("send-keys", "-l", "".join(f"\x1b[M{chr(32 + button)}{place}" for button in buttons))

    def type(self, text):
        """Type text as it is."""
        self._run("send-keys", "-l", text)

    def allow_clipboard(self):
        """Let the program set the clipboard, which `clipboard` then tells."""
        self._run("set-option", "-s", "set-clipboard", "on")

    def clipboard(self):
        return self._run("show-buffer")

    def resize(self, columns, rows):
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    # What a person sees

    def screen(self, *flags):
        """The lines of the window; with `-e` with their attributes as escape sequences."""
        return self._run("capture-pane", "-p", *flags)

    def lines(self):
        return self.screen().rstrip("\n").split("\n")

    def status(self):
        """The last line."""
        return self.lines()[-1]

    def until(self, condition, what, deadline=15.0):
        """Wait until `condition(screen)` is true, and return that screen."""
        try:
            return until(lambda: condition(screen := self.screen()) and screen, what, deadline)
        except AssertionError:
            raise AssertionError(f"not within {deadline:g} s: {what}; the terminal shows:\n{self.screen()}") from None

    def until_shown(self, *texts, deadline=15.0):
        return self.until(lambda screen: all(text in screen for text in texts), f"{texts} shown", deadline)

    def until_gone(self, text, deadline=15.0):
        return self.until(lambda screen: text not in screen, f"{text!r} gone", deadline)

    # What is left

    @property
    def pid(self):
        """The program's process."""
        file = self.directory / "pid"
        return int(until(lambda: file.exists() and file.read_text().strip(), "the program's start"))

    def exit_status(self):
        """Wait for the program's end."""
        screen = self.until_shown("exit status ")
        return int(screen.rsplit("exit status ", 1)[1].split()[0])

    def is_restored(self):
        """Whether the terminal is as the program found it: modes, screen and cursor."""
        before = (self.directory / "modes-before").read_text()
        after = (self.directory / "modes-after").read_text()
        flags = self._run("display-message", "-p", "#{alternate_on} #{cursor_flag} #{keypad_cursor_flag}").strip()
        return (after, flags) == (before, "0 1 0")
