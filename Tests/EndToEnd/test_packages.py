"""The Debian packages: what is in them, and their life in a machine with systemd as its process 1.

Those of a debug build, unless ARTICLES_PACKAGES names a directory with what `make deb` made (`make deb-test` does), and in
a copy of this system, unless ARTICLES_ROOT names another one.
"""

import contextlib
import json
import os
import re
import subprocess
import threading

import pytest

from support.binaries import REPOSITORY
from support.io_uring import is_io_uring_offered
from support.machine import Machine, reason_against
from support.packages import NAMES, Packages, make_packages, output
from support.waiting import until
from support.websocket import HANDSHAKE

DEBIAN = REPOSITORY / "deploy/debian"
SCRIPTS = ["preinst", "postinst", "prerm", "postrm"]
UNITS = ["articled.service", "articled.socket"]
CONFIG = "/etc/articled/articled.yaml"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="session")
def packages(bins, tmp_path_factory):
    return Packages.made(bins.directory, tmp_path_factory.mktemp("packages"))


# What is in them


def test_their_version_is_the_projects(packages, bins):
    version = output(bins.articled, "--version").split()[-1]
    for name in NAMES:
        assert packages.field(name, "Version").rsplit("-", 1)[0] == version
        assert packages.field(name, "Architecture") == output("dpkg", "--print-architecture")
    first = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert f"({version}-" in first


@pytest.mark.parametrize("name", NAMES)
def test_each_has_its_program_its_manual_and_completions(packages, name):
    there = packages.contents(name)
    section = 8 if name == "articled" else 1
    for path in (
        f"/usr/bin/{name}",
        f"/usr/share/man/man{section}/{name}.{section}.gz",
        f"/usr/share/bash-completion/completions/{name}",
        f"/usr/share/zsh/vendor-completions/_{name}",
        f"/usr/share/fish/vendor_completions.d/{name}.fish",
        f"/usr/share/doc/{name}/copyright",
        f"/usr/share/doc/{name}/changelog.gz",
        f"/usr/share/doc/{name}/third-party-notices.gz",
    ):
        assert path in there, f"{path} is not in {sorted(there)}"
    assert [path for path, mode in there.items() if "w" in mode[5:] and mode[0] != "l"] == []


def test_the_daemon_has_units_and_documents(packages):
    there = packages.contents("articled")
    for unit in UNITS:
        assert f"/lib/systemd/system/{unit}" in there
    assert output("dpkg-deb", "--info", packages.file("articled"), "conffiles") == CONFIG
    examples = ["nginx.conf", "grafana-dashboard.json", "prometheus-alerts.yml", "prometheus.yml"]
    # As they are, for they are to be used so.
    for path in ["operations.md.gz", "protocol.md.gz", "security.md.gz", *(f"examples/{name}" for name in examples)]:
        assert f"/usr/share/doc/articled/{path}" in there


@pytest.mark.parametrize("name", NAMES)
def test_no_toolchain_is_needed(packages, name):
    if packages.are_trial:
        pytest.skip("a debug build needs one")
    allowed = {
        "libc6", "libgcc-s1", "libhiredis0.14", "libncursesw6", "libsqlite3-0", "libstdc++6", "libtinfo6", "libxml2",
        "zlib1g", "systemd | systemd-standalone-sysusers | systemd-sysusers",
    }
    needed = {re.sub(r" \(.*?\)", "", part) for part in packages.field(name, "Depends").split(", ")}
    assert needed <= allowed
    assert packages.file(name).stat().st_size < 40 << 20


def test_lintian_finds_nothing(packages):
    # A trial's programs look for libraries in the toolchain, and nothing is compressed.
    trial = "custom-library-search-path,uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball"
    suppressed = [f"--suppress-tags={trial}"] if packages.are_trial else []
    done = subprocess.run(
        ["lintian", "--fail-on=error,warning", "--allow-root", *suppressed, *packages.files],
        capture_output=True, text=True, timeout=200,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_maintainer_scripts_are_sound(packages, tmp_path, script):
    output("dpkg-deb", "--control", packages.file("articled"), tmp_path)
    assert output("shellcheck", "--shell=sh", "--exclude=SC2086,SC1091", tmp_path / script) == ""


def test_the_unit_exposes_little():
    """2.0 at most, of systemd's ten."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", DEBIAN / "articled.service"],
        capture_output=True, text=True, timeout=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--output"]])
def test_wrong_use_of_make_packages_is_said(arguments):
    done = make_packages(*arguments, check=False)
    assert done.returncode == 64 and "--programs DIRECTORY" in done.stderr


# Their life

NO_MACHINE = reason_against()
in_a_machine = pytest.mark.skipif(NO_MACHINE is not None, reason=str(NO_MACHINE))


def root():
    return os.environ.get("ARTICLES_ROOT", "/")


@pytest.fixture
def machine(tmp_path):
    """One of the test's own, without the packages."""
    with Machine(tmp_path / "machine", root()) as machine:
        yield machine


@pytest.fixture(scope="module")
def installed(packages, tmp_path_factory):
    """One with the three packages, for the tests that leave it as they found it."""
    with Machine(tmp_path_factory.mktemp("machine"), root()) as machine:
        install(machine, *packages.files)
        yield machine


def install(machine, *files):
    """As an administrator does; what the packages depend on comes with them."""
    inside = [machine.copy_in(file) for file in files]
    machine.run("apt-get", "install", "--yes", "--no-install-recommends", *inside, network=False, timeout=200)


def show(machine, *properties):
    shown = machine.output("systemctl", "show", "articled.service", *(f"--property={name}" for name in properties))
    return dict(line.split("=", 1) for line in shown.splitlines())


def pid(machine):
    return int(show(machine, "MainPID")["MainPID"])


def runs(machine):
    return show(machine, "ActiveState")["ActiveState"] == "active" and ready(machine)


def until_it_serves(machine):
    try:
        until(lambda: runs(machine), "the daemon")
    except AssertionError:
        raise AssertionError(
            machine.run("systemctl", "status", "articled.service", check=False).stdout
            + machine.run("journalctl", "--no-pager", "--unit=articled.service").stdout[-3000:]
        ) from None


def answer(machine, path):
    """The status of its answer to one request, or why there is none."""
    try:
        with machine.connect(8000) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(100).decode().partition("\r\n")[0] or "closed without an answer"
    except OSError as error:
        return repr(error)


def ready(machine):
    return answer(machine, "/readyz") == "HTTP/1.1 200 OK"


def titles(machine):
    listed = machine.output("articlesctl", "list", "--json").splitlines()
    return [json.loads(line)["title"] for line in listed]


@in_a_machine
def test_the_daemon_serves_as_soon_as_it_is_installed(installed):
    until_it_serves(installed)
    # Root finds the daemon's own token.
    installed.run("articlesctl", "add", "--title", "Hello", "--body", "From the package")
    assert titles(installed) == ["Hello"]
    # And the account that the daemon runs as finds its data.
    added = installed.run(
        "runuser", "-u", "articled", "--", "articled", "user", "add", "ada", "--password-stdin", input="a long password 1\n")
    assert "ada" in installed.output("runuser", "-u", "articled", "--", "articled", "user", "list"), added
    # So does root.
    assert "ada" in installed.output("articled", "user", "list")
    assert installed.output("articled", "check").startswith("/var/lib/articled/articles.sqlite\n")


@in_a_machine
def test_it_runs_as_an_account_that_nobody_can_log_in_to(installed):
    name, _, uid, gid, _, home, shell = installed.output("getent", "passwd", "articled").split(":")
    assert (name, home, shell) == ("articled", "/var/lib/articled", "/usr/sbin/nologin")
    assert 100 <= int(uid) < 1000 and 100 <= int(gid) < 1000
    assert installed.output("getent", "shadow", "articled").split(":")[1].startswith(("!", "*"))
    until_it_serves(installed)
    assert installed.output("ps", "-o", "user=", "-p", pid(installed)) == "articled"
    assert installed.output("stat", "--format=%U %a", "/var/lib/articled") == "articled 700"
    assert installed.output("find", "/var/lib/articled", "!", "-user", "articled") == ""


@in_a_machine
def test_it_can_do_no_more_than_it_must(installed):
    until_it_serves(installed)
    status = installed.output("cat", f"/proc/{pid(installed)}/status")
    for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
        assert line in status
    soft, hard = re.search(r"Max open files +(\d+) +(\d+)", installed.output("cat", f"/proc/{pid(installed)}/limits")).groups()
    assert soft == hard and 1024 < int(hard) <= 524288
    inside = ["nsenter", "-m", "-t", pid(installed)]
    for path in ("/usr", "/etc", "/var/log", "/root"):
        assert installed.run(*inside, "touch", f"{path}/x", check=False).returncode != 0
    installed.run(*inside, "sh", "-c", "touch /var/lib/articled/x && rm /var/lib/articled/x")
    exposure = installed.output("systemd-analyze", "security", "--no-pager", "articled.service").splitlines()[-1]
    assert float(re.search(r"([0-9.]+) (OK|MEDIUM|UNSAFE|SAFE)", exposure)[1]) <= 2.0, exposure
    assert installed.run("systemd-analyze", "verify", "--man=no", *UNITS).stderr == ""


def figure(machine, name):
    with machine.connect(8000) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n\r\n")
        return float(re.search(rf"^{name} (\S+)", connection.makefile().read(), re.MULTILINE)[1])


@in_a_machine
@pytest.mark.skipif(not is_io_uring_offered(), reason="the kernel does not offer io_uring here")
def test_it_may_send_to_many_with_one_call(installed):
    until_it_serves(installed)
    headers = "".join(f"{name}: {value}\r\n" for name, value in HANDSHAKE.items())
    with contextlib.ExitStack() as connections:
        # Each event loop is to have enough of them.
        for _ in range(200 * os.cpu_count()):
            connection = connections.enter_context(installed.connect(8000))
            connection.sendall(f"GET /articles HTTP/1.1\r\nHost: localhost:8000\r\n{headers}\r\n".encode())
            assert connection.recv(100).startswith(b"HTTP/1.1 101 ")

        def sends_together():
            # Those who have only just come are served one by one.
            installed.run("articlesctl", "add", "--title", "To all", "--body", "")
            return figure(installed, "articled_ring_writes_total") > 0

        until(sends_together, "io_uring is used", 30)


@in_a_machine
def test_systemd_starts_it_again_after_a_crash(installed):
    until_it_serves(installed)
    installed.run("articlesctl", "add", "--title", "Before", "--body", "")
    first = pid(installed)
    installed.run("kill", "-9", first)
    until(lambda: pid(installed) not in (0, first) and runs(installed), "another one")
    assert "Before" in titles(installed)


@contextlib.contextmanager
def changed(machine, file, text):
    """A file with other content, for a while."""
    path = machine.path(file)
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before) if before is not None else path.unlink()


@in_a_machine
def test_systemd_is_told_how_it_is(installed):
    until_it_serves(installed)
    assert show(installed, "Type", "WatchdogUSec") == {"Type": "notify", "WatchdogUSec": "30s"}
    until(lambda: show(installed, "StatusText")["StatusText"].startswith("Serving "), "a status")


@in_a_machine
def test_systemd_starts_it_again_when_it_hangs(installed):
    with changed(installed, "/etc/systemd/system/articled.service.d/quick.conf", "[Service]\nWatchdogSec=1s\n"):
        installed.run("systemctl", "daemon-reload")
        installed.run("systemctl", "restart", "articled.service")
        until_it_serves(installed)
        first = pid(installed)
        installed.run("kill", "-STOP", first)
        until(lambda: pid(installed) not in (0, first) and runs(installed), "another one", 30)
    installed.run("systemctl", "daemon-reload")
    installed.run("systemctl", "restart", "articled.service")


@in_a_machine
def test_with_a_socket_nobody_is_refused_while_it_restarts(installed):
    until_it_serves(installed)
    installed.run("systemctl", "stop", "articled.service")
    installed.run("systemctl", "enable", "--now", "articled.socket")
    try:
        # The first connection starts it.
        assert show(installed, "ActiveState")["ActiveState"] == "inactive"
        assert ready(installed)
        answers, first = [], pid(installed)
        over = threading.Event()

        def knock():
            while not over.is_set():
                answers.append(answer(installed, "/healthz"))

        knocking = threading.Thread(target=knock)
        knocking.start()
        try:
            until(lambda: len(answers) > 3, "answers")
            installed.run("systemctl", "restart", "articled.service")
            until(lambda: pid(installed) not in (0, first), "another one")
            seen = len(answers)
            until(lambda: len(answers) > seen + 3, "answers of the next one")
        finally:
            over.set()
            knocking.join()
        assert set(answers) == {"HTTP/1.1 200 OK"}
    finally:
        installed.run("systemctl", "disable", "--now", "articled.socket")
        installed.run("systemctl", "restart", "articled.service")


@in_a_machine
def test_a_reload_takes_over_the_configuration(installed):
    until_it_serves(installed)
    first = pid(installed)
    add = ["articlesctl", "add", "--title", "Long", "--body", "x" * 200]
    installed.run(*add)
    with changed(installed, CONFIG, "max-body: 100\n"):
        installed.run("systemctl", "reload", "articled.service")
        until(lambda: installed.run(*add, check=False).returncode == 65, "the lower limit")
    installed.run("systemctl", "reload", "articled.service")
    until(lambda: installed.run(*add, check=False).returncode == 0, "the usual limit")
    assert pid(installed) == first


@in_a_machine
def test_a_configuration_with_mistakes_is_not_reloaded(installed):
    until_it_serves(installed)
    first = pid(installed)
    with changed(installed, CONFIG, "max-body: 100\nprot: 8000\n"):
        assert installed.run("systemctl", "reload", "articled.service", check=False).returncode != 0
        until(lambda: "articled.yaml:2" in installed.output("journalctl", "--unit=articled.service"), "the mistake's line")
    assert pid(installed) == first and ready(installed)


@in_a_machine
def test_a_daemon_with_mistakes_in_its_configuration_is_not_started_again_and_again(installed):
    until_it_serves(installed)
    with changed(installed, CONFIG, "prot: 8000\n"):
        assert installed.run("systemctl", "restart", "articled.service", check=False).returncode != 0
        told = show(installed, "ActiveState", "ExecMainStatus", "NRestarts")
        assert told == {"ActiveState": "failed", "ExecMainStatus": "78", "NRestarts": "0"}
    installed.run("systemctl", "restart", "articled.service")
    until_it_serves(installed)


@in_a_machine
def test_an_upgrade_restarts_it_and_keeps_the_data_and_the_configuration(machine, packages, tmp_path):
    install(machine, packages.file("articled"), packages.file("articlesctl"))
    until_it_serves(machine)
    machine.run("articlesctl", "add", "--title", "Old", "--body", "")
    first = pid(machine)
    machine.path(CONFIG).write_text("max-body: 1000\n")
    install(machine, packages.newer("articled", tmp_path))
    assert machine.output("dpkg-query", "--show", "--showformat=${Version}", "articled").endswith("+later")
    until(lambda: pid(machine) != first and runs(machine), "the new one")
    machine.run("articlesctl", "add", "--title", "New", "--body", "")
    assert titles(machine) == ["New", "Old"]
    assert machine.path(CONFIG).read_text() == "max-body: 1000\n"


@in_a_machine
def test_an_upgrade_does_not_start_what_was_stopped(machine, packages, tmp_path):
    install(machine, packages.file("articled"), packages.file("articlesctl"))
    until_it_serves(machine)
    machine.run("systemctl", "stop", "articled")
    install(machine, packages.newer("articled", tmp_path))
    assert show(machine, "ActiveState", "NRestarts")["ActiveState"] == "inactive"
    assert machine.output("systemctl", "is-enabled", "articled.service") == "enabled"
    assert machine.output("systemctl", "is-enabled", "articled.socket", check=False) == "disabled"


@in_a_machine
def test_removal_stops_it_and_keeps_the_data(machine, packages):
    install(machine, packages.file("articled"), packages.file("articlesctl"))
    until_it_serves(machine)
    machine.run("articlesctl", "add", "--title", "Kept", "--body", "")
    machine.run("dpkg", "--remove", "articled")
    assert machine.run("pgrep", "-u", "articled", check=False).returncode == 1
    assert machine.path("/var/lib/articled/articles.sqlite").exists()
    install(machine, packages.file("articled"))
    until_it_serves(machine)
    assert titles(machine) == ["Kept"]


@in_a_machine
def test_a_purge_leaves_nothing_but_the_account(machine, packages):
    install(machine, *packages.files)
    until_it_serves(machine)
    machine.run("articlesctl", "add", "--title", "Gone", "--body", "")
    machine.run("dpkg", "--purge", *NAMES)
    # What was copied here to be installed, and logs of what was done, are not the packages'.
    kept = ("/root/", "/var/cache/", "/var/log/")
    left = [path for path in machine.written() if "articles" in path or "articled" in path]
    assert [path for path in left if not path.startswith(kept)] == []
    for directory in ("/var/lib/articled", "/etc/articled", "/etc/systemd/system/articled.service.d"):
        assert not machine.path(directory).exists()
    assert machine.run("getent", "passwd", "articled").returncode == 0
