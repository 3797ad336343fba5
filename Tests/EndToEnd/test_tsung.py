"""`make tsung`: Tsung against a real daemon, what it counts, and what makes the test fail."""

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.binaries import REPOSITORY

SCRIPTS = REPOSITORY / "tsung"

pytestmark = pytest.mark.timeout(200)


def module(name):
    """One of the scripts' modules, which are no package."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec = importlib.util.spec_from_file_location(f"tsung_{name}", SCRIPTS / f"{name}.py")
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded
    finally:
        sys.path.remove(str(SCRIPTS))


def load(bins, directory, *options):
    command = [sys.executable, SCRIPTS / "load.py", "--programs", bins.directory, "--output", directory, *options]
    return subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        env=os.environ | {"TMPDIR": str(directory.parent)},
    )


def processes(directory):
    """Everything that a load has started and that still runs: all have its directory in their environment."""
    mark = f"TMPDIR={directory}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.parametrize("options", [["--smoke"], ["--smoke", "--nginx"]], ids=["direct", "nginx"])
def test_a_load_goes_through_without_an_error_or_a_loss(bins, tmp_path, options):
    done = load(bins, tmp_path / "out", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    report, *summary = done.stdout.splitlines()
    assert "<html" in Path(report.removeprefix("report: ")).read_text().lower()
    assert [line.split(":")[0] for line in summary] == ["sessions", "connected", "publishes", "errors", "latencies"]
    assert summary[3].split() == ["errors:", "none"]
    # Nothing stays behind: no virtual machine, no port mapper, no data.
    assert processes(tmp_path) == []
    assert not list(tmp_path.glob("articles-*"))


def test_a_server_that_refuses_makes_it_fail(bins, tmp_path):
    done = load(
        bins, tmp_path / "out", "--phases", "4", "1", "--stay", "2", "--flags=--max-connections-per-address 5"
    )
    assert done.returncode == 1, done.stdout
    assert "FAILED: Tsung counted" in done.stderr


def test_a_missing_daemon_is_said(tmp_path):
    done = load(SimpleNamespace(directory=tmp_path / "nowhere"), tmp_path / "out", "--smoke")
    assert done.returncode == 1 and "articled" in done.stderr and "Traceback" not in done.stderr


LOG = """# stats: dump at 1795701726
stats: users 9 16
stats: session 29 1249.34 2439.60 6123.58 2.35 0 0
stats: users_count 38 38
stats: request 20 3.0 4.1 18.3 0.2 0 0
stats: connected 9 9
stats: websocket_succ 15 15
stats: 201 2 2
# stats: dump at 1795701734
stats: users 0 16
stats: request 10 6.0 0.02 18.3 0.2 3.0 20
stats: users_count 0 38
stats: finish_users_count 9 38
stats: connected -9 0
stats: 201 1 3
{more}EndMonitor:{{1795,701734,951367}}
"""


def event(number):
    return {"pk": number, "cursor": f"{number}-00000007"}


def findings(more="", stored=(1, 2, 3), seen=((1, 2, 3),), log=LOG):
    script, reader = module("load"), module("tsunglog")
    witnesses = [SimpleNamespace(events=[event(number) for number in one], problem=None) for one in seen]
    return script.findings(reader.TsungLog(log.format(more=more)), [event(number) for number in stored], witnesses)


def test_means_and_peaks_are_those_of_the_whole_run():
    log = module("tsunglog").TsungLog(LOG.format(more=""))
    assert log.mean("request") == pytest.approx(4.0) and log.mean("connect") is None
    assert (log.peaks["connected"], log.count("connected"), log.count("201")) == (9, 0, 3)


def test_a_run_without_fault_has_no_finding():
    assert findings() == []


@pytest.mark.parametrize(
    ("case", "word"),
    [
        ({"more": "stats: error_connect_econnrefused 1 4\n"}, "error_connect_econnrefused 4 times"),
        ({"more": "stats: 503 1 1\n"}, "503 1 times"),
        ({"more": "stats: websocket_fail 1 1\n"}, "websocket_fail"),
        ({"stored": (1, 2), "seen": ((1, 2),)}, "the store has 2"),
        ({"stored": (1, 2, 4), "seen": ((1, 2, 4),)}, "holes"),
        ({"seen": ((1, 2, 3), (1, 3))}, "subscriber 2 got 2 of 3"),
        ({"seen": ((1, 3, 2),)}, "another order"),
        ({"seen": ((1, 2, 2, 3),)}, "subscriber 1 got 4 of 3"),
        ({"log": LOG.replace("EndMonitor", "x")}, "before its end"),
        ({"log": LOG.replace("finish_users_count 9 38", "finish_users_count 9 37")}, "37 ended"),
    ],
)
def test_each_fault_is_a_finding(case, word):
    found = findings(**case)
    assert len(found) == 1 and word in found[0], found
