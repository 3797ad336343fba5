"""Fixtures of the end-to-end tests, which run real processes and speak to them over real sockets."""

import itertools
import shlex

import pytest

from support.binaries import Binaries
from support.browser import Browser, Chromium
from support.cluster import clusters_of_test
from support.daemon import Daemon
from support.tmux import Tmux

LOG_TAIL = 4000
daemons_of_test = pytest.StashKey()


@pytest.fixture(scope="session")
def bins():
    """The programs under test."""
    return Binaries.from_environment()


class DaemonStarter:
    """Starts daemons, and ends every one of them after the test."""

    def __init__(self, bins, directory, may_log_errors):
        self._bins = bins
        self._directory = directory
        self._may_log_errors = may_log_errors
        self._numbers = itertools.count(1)
        self.daemons = []

    def __call__(self, *flags, **options):
        """A ready daemon with these flags; options are fields of `Daemon`."""
        return self.prepare(*flags, **options).start()

    def prepare(self, *flags, **options):
        """A daemon that is not started yet."""
        daemon = Daemon(
            self._bins.articled,
            self._directory / f"articled-{next(self._numbers)}",
            [str(flag) for flag in flags],
            **options,
        )
        self.daemons.append(daemon)
        return daemon

    def finish(self):
        errors = []
        for daemon in self.daemons:
            try:
                daemon.finish(self._may_log_errors)
            except AssertionError as error:
                errors.append(str(error))
        assert not errors, "\n".join(errors)


@pytest.fixture
def start_daemon(bins, tmp_path, request):
    """Starts daemons with extra flags: `start_daemon("--ping-interval", "300ms")`."""
    starter = DaemonStarter(bins, tmp_path, request.node.get_closest_marker("log_errors_expected") is not None)
    request.node.stash[daemons_of_test] = starter.daemons
    yield starter
    starter.finish()


@pytest.fixture
def daemon(start_daemon):
    """A daemon for this test alone."""
    return start_daemon()


@pytest.fixture(scope="module")
def shared_daemon(bins, tmp_path_factory, request):
    """One daemon for all tests of a module, with the flags of its `DAEMON_FLAGS` if there are any."""
    may_log_errors = request.node.get_closest_marker("log_errors_expected") is not None
    starter = DaemonStarter(bins, tmp_path_factory.mktemp("shared"), may_log_errors)
    yield starter(*getattr(request.module, "DAEMON_FLAGS", ()))
    starter.finish()


@pytest.fixture(scope="module")
def chromium():
    program = Chromium()
    yield program
    program.quit()


@pytest.fixture
def browser(chromium):
    browser = Browser(chromium)
    yield browser
    browser.close()


@pytest.fixture
def browser_without_scripts():
    program = Chromium(scripts=False)
    yield Browser(program)
    program.quit()


@pytest.fixture
def viewer(bins, tmp_path):
    """Starts the viewer of a daemon in a terminal: `viewer(daemon, "--ascii", columns=40, rows=10)`."""
    windows = []

    def start(daemon, *flags, columns=120, rows=40, env=None, prefix="", redirection=""):
        directory = tmp_path / f"tmux-{len(windows)}"
        directory.mkdir()
        command = prefix + shlex.join([str(bins.articles_tui), *map(str, flags)]) + redirection
        window = Tmux(directory, command, daemon.env | (env or {}), columns, rows)
        windows.append(window)
        return window

    yield start
    for window in windows:
        window.close()


@pytest.fixture
def tui(viewer, daemon):
    """Starts the viewer of the test's own daemon in a terminal."""
    return lambda *flags, **options: viewer(daemon, *flags, **options)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show the ends of the daemons' logs under a failure."""
    report = (yield).get_result()
    if not report.failed:
        return
    daemons = list(item.stash.get(daemons_of_test, []))
    if "shared_daemon" in getattr(item, "funcargs", {}):
        daemons.append(item.funcargs["shared_daemon"])
    for daemon in daemons:
        report.sections.append((f"log of articled on port {daemon.port}", daemon.log()[-LOG_TAIL:]))
    clusters = list(item.stash.get(clusters_of_test, []))
    if "cluster" in getattr(item, "funcargs", {}):
        clusters.append(item.funcargs["cluster"])
    for cluster in clusters:
        for name in cluster.processes:
            report.sections.append((f"log of {name}", cluster.log(name)[-LOG_TAIL:]))
