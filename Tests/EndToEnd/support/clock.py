"""Programs whose wall clock is another one."""

import functools
import os
import subprocess
import tempfile
from pathlib import Path

LIBRARIES = [f"/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1" for machine in ("x86_64", "aarch64")]


@functools.cache
def _real_timers():
    """A library that stands before libfaketime; it goes with this process."""
    directory = tempfile.TemporaryDirectory(prefix="real-timers-")
    library = Path(directory.name) / "real_timers.so"
    source = Path(__file__).with_name("real_timers.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, source], check=True)
    return directory, library


def faked(offset=None, file=None):
    """The environment of a program whose clock is that far off, such as `+3d`, or as far as a file says at the moment.

    The library changes the environment of the first program that it is loaded into, and Swift finds its arguments next to
    the environment: so start the program through `env`.
    """
    library = next((path for path in LIBRARIES if os.path.exists(path)), None)
    assert library, "libfaketime is missing: install the Debian package libfaketime"
    said = {"FAKETIME": offset} if offset else {"FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    _, timers = _real_timers()
    return {"LD_PRELOAD": f"{timers}:{library}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"} | said
