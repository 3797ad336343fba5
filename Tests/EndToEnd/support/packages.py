"""The Debian packages under test."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .binaries import REPOSITORY

NAMES = ["articled", "articlesctl", "articles-tui"]


@dataclass(frozen=True)
class Packages:
    """The three packages in one directory.

    `are_trial` is true of those that are made of a debug build: they need the toolchain that it was built with.
    """

    directory: Path
    are_trial: bool

    @classmethod
    def made(cls, programs, directory):
        """Those that `make deb` made, if ARTICLES_PACKAGES names their directory, else packages of these programs."""
        if given := os.environ.get("ARTICLES_PACKAGES"):
            return cls(Path(given), are_trial=False)
        make_packages("--trial", "--programs", programs, "--output", directory)
        return cls(directory, are_trial=True)

    def file(self, name):
        found = list(self.directory.glob(f"{name}_*.deb"))
        assert len(found) == 1, f"{found} in {self.directory}"
        return found[0]

    @property
    def files(self):
        return [self.file(name) for name in NAMES]

    def field(self, name, field):
        return output("dpkg-deb", "--field", self.file(name), field)

    def contents(self, name):
        """Paths and modes of what is in it."""
        listed = [line.split(maxsplit=5) for line in output("dpkg-deb", "--contents", self.file(name)).splitlines()]
        return {line[5].split(" -> ")[0][1:]: line[0] for line in listed}

    def newer(self, name, directory):
        """The same package as a later version."""
        tree = directory / f"{name}-newer"
        output("dpkg-deb", "--raw-extract", self.file(name), tree)
        control = tree / "DEBIAN/control"
        version = self.field(name, "Version")
        control.write_text(control.read_text().replace(f"Version: {version}\n", f"Version: {version}+later\n"))
        output("dpkg-deb", "-Znone", "--root-owner-group", "--build", tree, directory / f"{name}-newer.deb")
        return directory / f"{name}-newer.deb"


def make_packages(*arguments, check=True):
    done = subprocess.run(
        [str(REPOSITORY / "deploy/make-packages"), *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=280,
    )
    assert not check or done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done


def output(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout.strip()
