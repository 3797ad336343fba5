#!/usr/bin/env python3
"""Load an articled of its own with Tsung: subscribers over WebSocket, publishers over HTTP, as tsung/websocket.xml says.

Everything runs on free ports of 127.0.0.1 and ends with the test. Prints where Tsung's report is, and five lines.
The exit status is 0 only if Tsung counted no error, and every article that it was told is stored (201) is in the
store and reached three further subscribers, once and in order. Wants Debian's package tsung (`make tsung`).
"""

import argparse
import contextlib
import json
import os
import secrets
import shlex
import signal
import string
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from services import Daemon, ServiceError, free_port, nginx, running, wait_for
from tsunglog import TsungLog
from witness import Witness

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
WITNESSES = 3
# Some 4 KB, as the demo posted.
BODY = "+".join(["Lorem ipsum dolor sit amet, consetetur sadipscing elitr.".replace(" ", "+")] * 70)
REPORT_TOOL = "bin/tsung_stats.pl"


def main():
    options = parse()
    # Left alone, a terminal's Ctrl-C and a supervisor's SIGTERM end everything that was started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    output = options.output or ROOT / ".build" / "tsung" / time.strftime("%Y%m%d-%H%M%S")
    output = output.resolve()
    output.mkdir(parents=True, exist_ok=True)
    try:
        log, stored, witnesses, problems = run(options, output)
        report = make_report(log.directory)
    except (ServiceError, OSError) as error:
        sys.exit(f"tsung/load.py: {error}\nIts files: {output}")
    problems += findings(log, stored, witnesses)
    print(f"report: {report}")
    print(summary(log, stored, witnesses))
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="thirty seconds of it: phases of 9 s, subscribers stay 11 s")
    parser.add_argument("--nginx", action="store_true", help="through Debian's nginx, as tsung/nginx.conf says")
    parser.add_argument("--phases", nargs=2, type=int, metavar="SECONDS", help="how long users arrive (default: 60 120)")
    parser.add_argument("--stay", type=int, metavar="SECONDS", help="how long a subscriber stays (default: 120)")
    parser.add_argument(
        "--programs", type=Path, default=ROOT / ".build" / "release", metavar="DIR", help="where articled is"
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="default: .build/tsung/ and the time")
    parser.add_argument(
        "--flags", type=shlex.split, default=[], help='further flags of articled, such as "--store memory:"'
    )
    options = parser.parse_args()
    options.phases = options.phases or ([9, 9] if options.smoke else [60, 120])
    options.stay = options.stay or (11 if options.smoke else 120)
    if min(options.phases) < 1 or options.stay < 1:
        parser.error("seconds must be at least 1")
    return options


def run(options, output):
    """The whole test; returns Tsung's log, the stored events, the witnesses, and what went wrong with the processes."""
    with tempfile.TemporaryDirectory(prefix="articles-tsung-") as name, contextlib.ExitStack() as stack:
        directory = Path(name)
        # Through a proxy the daemon is told whom to believe, as anybody would.
        flags = options.flags + (["--trusted-proxy", "127.0.0.1"] if options.nginx else [])
        daemon = Daemon(options.programs / "articled", directory, output / "articled.log", flags)
        stack.enter_context(daemon.run())
        port = stack.enter_context(nginx(daemon.port, output / "nginx.log")) if options.nginx else daemon.port
        password = secrets.token_urlsafe(16)
        daemon.add_editor("tsung", password)
        configuration = directory / "websocket.xml"
        configuration.touch(mode=0o600)
        values = {"port": port, "token": daemon.token, "user": "tsung", "password": password, "body": BODY}
        values |= {"phase1": options.phases[0], "phase2": options.phases[1], "stay": options.stay}
        configuration.write_text(string.Template((HERE / "websocket.xml").read_text()).substitute(values))
        witnesses = [stack.enter_context(contextlib.closing(Witness(port))) for _ in range(WITNESSES)]
        log = run_tsung(configuration, directory, output, sum(options.phases) + options.stay)
        stored = read_store(daemon)
        settle(witnesses, len(stored))
        return log, stored, witnesses, [f"a subscriber: {one.problem}" for one in witnesses if one.problem]


def run_tsung(configuration, directory, output, seconds):
    """Tsung with a controller on 127.0.0.1 and no other node: no ssh, nothing that other machines can reach."""
    home = directory / "home"
    home.mkdir()
    port = free_port()
    environment = os.environ | {
        "HOME": str(home),
        "ERL_EPMD_PORT": str(port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_FLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
    # The port mapper of our own is a child like any other; Erlang would leave the one that it starts behind.
    with running(["epmd"], output / "epmd.log", env=environment) as epmd:
        names = lambda: subprocess.run(["epmd", "-names"], env=environment, capture_output=True).returncode == 0
        wait_for(names, "epmd (of the package erlang-base)", epmd)
        print(f"Tsung runs for some {seconds} s.", file=sys.stderr)
        command = ["tsung", "-I", "127.0.0.1", "-n", "-f", configuration, "-l", output, "start"]
        # Of its own session, so that all of it can be ended; `tsung` is a script around the runtime.
        with running(command, output / "tsung-console.log", env=environment, start_new_session=True) as tsung:
            try:
                code = tsung.wait(seconds + 90)
            except subprocess.TimeoutExpired:
                raise ServiceError(f"Tsung did not end {seconds + 90} s after its start.") from None
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(tsung.pid, signal.SIGKILL)
    found = sorted(output.glob("*/tsung.log"))
    if code or not found:
        raise ServiceError(f"Tsung ended with {code}:\n{(output / 'tsung-console.log').read_text()[-1000:]}")
    log = TsungLog(found[-1].read_text())
    log.directory = found[-1].parent
    return log


def read_store(daemon):
    """All that the daemon has kept, from the first event on."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{daemon.port}/events?since=0-00000000&follow=false",
        headers={"Accept": "application/x-ndjson"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        values = [json.loads(line) for line in answer if line.strip()]
    return [value for value in values if "pk" in value]


def settle(witnesses, count, deadline=20):
    """Wait until each has that many events, or will not get them any more."""
    end = time.monotonic() + deadline
    while any(len(one.events) < count and not one.problem for one in witnesses) and time.monotonic() < end:
        time.sleep(0.05)


def findings(log, stored, witnesses):
    """Everything that is not as it should be, in words."""
    problems = [f"Tsung counted {name} {count} times" for name, count in log.errors.items()]
    if not log.is_complete:
        problems.append("Tsung's log ends before its end")
    started, finished = log.count("users_count"), log.count("finish_users_count")
    if started != finished:
        problems.append(f"{started} sessions began and {finished} ended")
    acknowledged = log.count("201")
    if not acknowledged or not log.count("websocket_succ"):
        problems.append("nobody published, or nobody subscribed: there was no load")
    if acknowledged != len(stored):
        problems.append(f"Tsung was told of {acknowledged} articles that they are stored; the store has {len(stored)}")
    order = [event["cursor"] for event in stored]
    if [int(cursor.split("-")[0]) for cursor in order] != list(range(1, len(order) + 1)):
        problems.append("the store's order has holes")
    for number, witness in enumerate(witnesses, 1):
        if [event["cursor"] for event in witness.events] != order:
            problems.append(f"subscriber {number} got {len(witness.events)} of {len(order)}, or in another order")
    return problems


def summary(log, stored, witnesses):
    def mean(name):
        value = log.mean(name)
        return "none" if value is None else f"{value:.2f} ms"

    errors = ", ".join(f"{name} {count}" for name, count in log.errors.items()) or "none"
    got = min(len(one.events) for one in witnesses)
    return "\n".join(
        [
            f"sessions:   {log.count('finish_users_count')}, of them {log.count('websocket_succ')} subscribers",
            f"connected:  {log.peaks.get('connected', 0)} at most, looked at every 10 s",
            f"publishes:  {log.count('201')} answered 201, {len(stored)} stored, {got} received by each checked subscriber",
            f"errors:     {errors}",
            f"latencies:  connect {mean('connect')}, request {mean('request')} (means)",
        ]
    )


def make_report(directory):
    """Tsung's HTML report of a run."""
    tool = next(Path("/usr/lib").glob(f"**/tsung/{REPORT_TOOL}"), None)
    if tool is None:
        raise ServiceError(f"Tsung's {REPORT_TOOL} is not below /usr/lib: is the package tsung installed?")
    done = subprocess.run([tool], cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    report = directory / "report.html"
    if done.returncode or not report.exists():
        raise ServiceError(f"{tool} ended with {done.returncode}: {(done.stderr or done.stdout)[-500:]}")
    return report


if __name__ == "__main__":
    main()
