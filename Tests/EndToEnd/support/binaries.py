"""Where the programs under test are."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Binaries:
    """Paths of the three programs in one directory."""

    directory: Path

    @classmethod
    def from_environment(cls):
        """The directory that ARTICLES_BIN names, else that of the debug build."""
        return cls(Path(os.environ.get("ARTICLES_BIN") or REPOSITORY / ".build" / "debug"))

    @property
    def articled(self):
        return self._path("articled")

    @property
    def articlesctl(self):
        return self._path("articlesctl")

    @property
    def articles_tui(self):
        return self._path("articles-tui")

    def _path(self, name):
        path = self.directory / name
        if not os.access(path, os.X_OK):
            raise AssertionError(f"{path} is missing: run `swift build`, or set ARTICLES_BIN to where the programs are")
        return path
