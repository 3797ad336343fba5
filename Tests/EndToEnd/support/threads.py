"""One thread of a process, held up while the others go on: a hang that nobody has to build in."""

import ctypes
import os
from pathlib import Path

from .waiting import until

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
# waitpid(2): also children's threads that are no processes.
WALL = 0x40000000

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def threads(pid, name):
    """The ids of the threads whose name begins so."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith(name):
            found.append(int(task.name))
    return sorted(found)


class Held:
    """Stops a thread, and lets it go on afterwards. Must be entered and left by the same thread of the test."""

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        self._ptrace(PTRACE_SEIZE)
        self._ptrace(PTRACE_INTERRUPT)
        until(lambda: os.waitpid(self.thread, os.WNOHANG | WALL)[0] == self.thread, "the thread stands")
        return self

    def __exit__(self, *_):
        self._ptrace(PTRACE_DETACH)

    def _ptrace(self, request):
        if libc.ptrace(request, self.thread, None, None) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))
