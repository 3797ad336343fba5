"""The program that makes articles of changelogs."""

import subprocess

from .binaries import REPOSITORY

PROGRAM = REPOSITORY / "examples" / "debian-changelogs" / "debian-changelogs"


def run(*arguments, env):
    """Run it to its end and return what it said."""
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], env=env, capture_output=True, text=True, encoding="utf-8", timeout=100
    )
