"""Settings from flags, environment and file: what wins, what is wrong and where, and what SIGHUP changes."""

import hashlib
import json
import os
import pty
import re
import signal
import subprocess

import pytest

from support.admin import basic, bearer, run
from support.binaries import REPOSITORY
from support.feed import SUBPROTOCOL, Subscriber
from support.waiting import until

WRONG = 78
NDJSON = {"Accept": "application/x-ndjson"}


def hash_of(token):
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def articled(bins, tmp_path):
    """Runs a command of articled: `articled("config", "--port", 1, env={...})`."""

    def call(*arguments, env=None):
        return subprocess.run(
            [str(bins.articled), *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | (env or {}),
        )

    return call


@pytest.fixture
def file(tmp_path):
    """A file of settings that is not there yet."""
    return tmp_path / "articled.yaml"


def settings(text):
    """The lines of `articled config`, by key: value and source."""
    found = {}
    for line in text.splitlines():
        if match := re.fullmatch(r"([a-z0-9-]+): ?(.*?)  # (.*)", line):
            found[match[1]] = (match[2], match[3])
    return found


# What is in force


def test_the_command_line_wins_over_the_environment_that_over_the_file(articled, file):
    file.write_text("port: 1\nnode: file\nlog-level: debug\n")
    done = articled("config", "--config", file, "--port", 3, env={"ARTICLED_PORT": "2", "ARTICLED_NODE": "environment"})
    assert done.returncode == 0, done.stderr
    shown = settings(done.stdout)
    assert shown["port"] == ("3", "--port")
    assert shown["node"] == ("environment", "ARTICLED_NODE")
    assert shown["log-level"] == ("debug", f"{file}:3")
    assert shown["drain-timeout"] == ("10s", "default")


def test_what_is_printed_is_a_file_that_gives_the_same(articled, file, tmp_path):
    file.write_text("allowed-origin: [https://a, https://b]\nnode: 'x: #1'\nretention: 100,2d\n")
    first = articled("config", "--config", file)
    again = tmp_path / "again.yaml"
    again.write_text(first.stdout)
    assert articled("check-config", "--config", again).returncode == 0
    second = articled("config", "--config", again)

    def values(text):
        return [re.sub(r"  # .*", "", line) for line in text.splitlines()]

    assert values(second.stdout) == values(first.stdout)


def test_the_example_has_every_option_and_changes_nothing(articled, file):
    example = articled("config", "--example")
    assert example.stdout == (REPOSITORY / "deploy/articled.yaml").read_text(), "out of date: run `make man`"
    listed = set(re.findall(r"^  --([a-z0-9-]+)", articled("serve", "--help").stdout, re.MULTILINE))
    keys = set(re.findall(r"^#([a-z0-9-]+):", example.stdout, re.MULTILINE))
    assert keys == listed - {"config", "help", "version"}
    file.write_text(example.stdout)
    done = articled("check-config", "--config", file)
    assert (done.returncode, done.stderr) == (0, "") and "is in order: 0 settings" in done.stdout


def test_the_daemon_uses_the_file_and_the_environment(start_daemon, file):
    file.write_text("node: from-the-file\nmax-body: 100\nping-interval: 300ms\n")
    daemon = start_daemon.prepare("--config", file)
    daemon.env["ARTICLED_MAX_BODY"] = "200"
    daemon.start()
    assert daemon.status()["node"] == "from-the-file"
    assert daemon.post({"title": "t", "body": "x" * 150}).status_code == 201
    assert daemon.post({"title": "t", "body": "x" * 250}).status_code == 413


def test_the_environment_can_name_the_file(start_daemon, file):
    file.write_text("node: named\n")
    daemon = start_daemon.prepare()
    daemon.env["ARTICLED_CONFIG"] = str(file)
    assert daemon.start().status()["node"] == "named"


# What is wrong

MISTAKES = [
    ("prot: 1", "1:1: prot: there is no such setting; did you mean port?"),
    ("port: 70000", "1:7: port: '70000' can't be used"),
    ("port: [1]", "1:7: port: takes one value, not a list"),
    ("port: {a: 1}", "1:7: port: takes one value, not keys of its own"),
    ("port: 1\nport: 2", "2:1: port: is there twice; the first is in line 1"),
    ("node: a\nthreads: 0", "2:10: threads: must be from 1 to 1024."),
    ("require-auth: maybe", "1:15: require-auth: must be true or false"),
    ("drain-timeout: soon", "1:16: drain-timeout: 'soon' can't be used: a time is needed"),
    ("log-level: loud", "1:12: log-level: 'loud' can't be used: it must be one of trace, debug, info"),
    ("node:", "1:1: node: has no value"),
    ("node: a\n- b", "2:1: this is no YAML: "),
    ("node: \"a", "2:1: this is no YAML: "),
    ("config: other.yaml", "1:1: config: a file can't name another"),
    ("store-password-file: /nonexistent", "1:22: store-password-file: /nonexistent can't be read"),
    ("token: [ci editor art_secret]", "1:9: token: "),
    ("store: memory:", "1:14: this is no YAML: mapping values are not allowed in this context; put a value with a colon in"),
    ("page-cache: x", "1:13: page-cache: 'x' can't be used: a number of bytes is needed, as 65536"),
    ("queue: 100,10", "1:8: queue: '100,10' can't be used: limits are needed, as 10000"),
    ("drain-delay: 99999d", "1:14: drain-delay: must be at most 1d."),
    ("allowed-origin:\n  - https://a.b\n  - https://a.b/path", "3:5: allowed-origin: is a scheme, a host and"),
]


@pytest.mark.parametrize("text, expected", MISTAKES, ids=[text.split("\n")[-1] for text, _ in MISTAKES])
def test_each_mistake_is_told_with_file_line_column_and_key(articled, file, text, expected):
    file.write_text(text + "\n")
    done = articled("check-config", "--config", file)
    assert done.returncode == WRONG and done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith(f"{file}:{expected}"), line
    assert "art_secret" not in line


def test_every_mistake_of_file_environment_and_flags_is_found(articled, file):
    file.write_text("threads: 0\nprot: 1\nhost: a\nhost: b\nbacklog: 1d\n")
    done = articled(
        "check-config", "--config", file, "--max-body", "0", "--queue", "1d", env={"ARTICLED_COMPRESSION": "maybe"}
    )
    assert done.returncode == WRONG
    assert [re.match(rf"{file}:\d+|ARTICLED_\w+|--[a-z0-9-]+", line)[0] for line in done.stderr.splitlines()] == [
        f"{file}:1",
        f"{file}:2",
        f"{file}:4",
        f"{file}:5",
        "ARTICLED_COMPRESSION",
        "--max-body",
        "--queue",
    ]


def test_a_file_that_everybody_can_read_must_not_have_a_secret(articled, file, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    secret.chmod(0o644)
    file.write_text(f"store-password-file: {secret}\n")
    done = articled("check-config", "--config", file)
    assert done.returncode == WRONG and f"chmod o-rwx {secret}" in done.stderr
    secret.chmod(0o600)
    assert articled("check-config", "--config", file).returncode == 0


def test_a_file_that_is_not_there_is_named(articled, tmp_path):
    for command in ("check-config", "config", "serve"):
        done = articled(command, "--config", "missing.yaml")
        assert done.returncode == WRONG
        assert done.stderr == "missing.yaml: can't be read: No such file or directory. Check --config\n"
    assert "is no file" in articled("check-config", "--config", tmp_path).stderr


def test_a_variable_with_a_slip_in_its_name_is_noticed(articled):
    done = articled("check-config", env={"ARTICLED_PROT": "1", "ARTICLED_SERVICE_HOST": "10.0.0.1"})
    assert done.returncode == 0
    assert done.stderr == "warning: ARTICLED_PROT: nothing reads this variable; did you mean ARTICLED_PORT?\n"


@pytest.mark.parametrize("command", ["check-config", "config"])
def test_what_is_no_option_is_wrong_usage(articled, command):
    done = articled(command, "--nonsense")
    assert done.returncode == 64 and "--nonsense" in done.stderr


def test_what_is_wrong_on_the_command_line_is_wrong_usage_and_in_the_file_it_is_not(articled, file):
    for arguments, said in [
        (("config", "--token", "a b"), "--token is NAME ROLE HASH, with blanks between.\n"),
        (("serve", "--store-password-file", "/nope"), "--store-password-file: /nope can't be read: No such file or"),
        (("check-config", "--port", "x"), "--port: The value 'x' is invalid for '--port <number>'"),
    ]:
        done = articled(*arguments)
        assert done.returncode == 64 and done.stderr.startswith(said), done
    file.write_text("threads: 0\n")
    assert articled("config", "--config", file, "--token", "a b").returncode == WRONG


def test_the_daemon_does_not_start_with_a_mistake_and_tells_all(start_daemon, file):
    file.write_text("prot: 1\nthreads: 0\n")
    daemon = start_daemon.prepare("--config", file).launch()
    assert daemon.wait() == WRONG
    said = daemon.log().splitlines()
    assert [line.split(" ")[0] for line in said] == [f"{file}:1:1:", f"{file}:2:10:"]
    assert not daemon.data_dir.exists()


# Other commands


def test_accounts_and_tokens_are_those_of_the_store_that_the_file_names(articled, start_daemon, file, tmp_path):
    daemon = start_daemon()
    file.write_text(f"data-dir: {daemon.data_dir}\n")
    token = articled("token", "create", "--name", "ci", "--config", file).stdout.strip()
    assert daemon.client.get("/api/whoami", headers=bearer(token)).json()["name"] == "ci"
    assert "ci" in articled("token", "list", env={"ARTICLED_CONFIG": str(file)}).stdout
    # The command line wins.
    other = articled("token", "list", "--config", file, "--data-dir", tmp_path / "other")
    assert (other.stdout, other.returncode) == ("", 1) and "There is no database" in other.stderr
    file.write_text(f"data-dri: {daemon.data_dir}\n")
    done = articled("token", "list", "--config", file)
    assert done.returncode == WRONG and "did you mean data-dir?" in done.stderr


# SIGHUP


def hup(daemon, text="Reloaded the configuration", times=1):
    """Sends SIGHUP and waits for what the log then says; returns what is new in it."""
    before = daemon.log()
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.log()[len(before) :].count(text) >= times, f"{text!r} in the log")
    return daemon.log()[len(before) :]


def test_a_reload_changes_what_can_change_and_disconnects_nobody(start_daemon, file):
    file.write_text("max-body: 100\nthreads: 1\nping-interval: 200ms\n")
    daemon = start_daemon("--config", file)
    with Subscriber(daemon, subprotocol=SUBPROTOCOL) as complete, Subscriber(daemon) as plain:
        daemon.add("before")
        assert daemon.post({"title": "t", "body": "x" * 150}).status_code == 413
        file.write_text("max-body: 200\nthreads: 2\nping-interval: 200ms\nnode: other\n")
        said = hup(daemon)
        assert "max-body: 100 -> 200" in said
        assert re.search(r"warning.*threads: 1 -> 2", said) and re.search(r"warning.*node: none -> other", said)
        assert daemon.post({"title": "after", "body": "x" * 150}).status_code == 201
        for subscriber in (complete, plain):
            titles = []
            while "after" not in titles:
                frame = subscriber.next()
                titles += [event["fields"]["title"] for event in frame] if isinstance(frame, list) else []
            assert titles == ["before", "after"]
        assert daemon.status()["subscribers"] == 2


def test_the_level_of_the_log_changes_for_what_is_logged_afterwards(start_daemon, file):
    file.write_text("log-level: warning\n")
    daemon = start_daemon("--config", file)
    assert "Listening" not in daemon.log()
    file.write_text("log-level: debug\n")
    said = hup(daemon)
    assert "log-level: warning -> debug" in said
    file.write_text("log-level: critical\nmax-body: 10\n")
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.post({"title": "t", "body": "x" * 20}).status_code == 413, "the body is too long now")
    assert "max-body" not in daemon.log()


@pytest.mark.log_errors_expected
def test_a_file_with_a_mistake_changes_nothing_and_is_told_with_its_lines(start_daemon, file):
    file.write_text("max-body: 100\n")
    daemon = start_daemon("--config", file)
    with Subscriber(daemon) as subscriber:
        file.write_text("max-body: 200\nprot: 1\nthreads: 0\n")
        said = hup(daemon, "Nothing was reloaded")
        assert f"{file}:2:1: prot:" in said and f"{file}:3:10: threads:" in said
        assert daemon.post({"title": "t", "body": "x" * 150}).status_code == 413
        file.unlink()
        assert f"{file}: can't be read" in hup(daemon, "Nothing was reloaded")
        file.write_text("max-body: 200\n")
        hup(daemon)
        assert daemon.post({"title": "t", "body": "x" * 150}).status_code == 201
        while not (frame := subscriber.next()):
            pass
        assert frame[0]["fields"]["title"] == "t"


def test_tokens_of_the_file_come_and_go_with_a_reload_and_their_feeds_end(start_daemon, file):
    daemon = start_daemon.prepare("--config", file, "--require-auth")
    file.write_text(f"token:\n  - ci editor {hash_of('one')}\n  - screen viewer {hash_of('two')}\n")
    daemon.start()

    def who(token):
        answer = daemon.client.get("/api/whoami", headers=bearer(token))
        return answer.json().get("name") if answer.status_code == 200 else answer.status_code

    assert (who("one"), who("two"), who("three")) == ("ci", "screen", 401)
    posted = daemon.client.post("/api/articles/", json={"title": "t"}, headers=bearer("one"))
    assert posted.status_code == 201 and posted.json()["author"] == "ci"
    assert daemon.client.post("/api/articles/", json={"title": "t"}, headers=bearer("two")).status_code == 403
    with daemon.client.stream("GET", "/events", headers=bearer("two") | NDJSON) as feed:
        lines = feed.iter_lines()
        assert next(lines) is not None
        file.write_text(f"token:\n  - ci editor {hash_of('one')}\n  - new admin {hash_of('three')}\n")
        said = hup(daemon)
        assert "token: 2 -> 2" in said and hash_of("three") not in daemon.log()
        assert json.loads(list(lines)[-1])["bye"]["reason"] == "revoked"
    assert (who("one"), who("two"), who("three")) == ("ci", 401, "new")


def test_limits_of_access_are_in_force_after_a_reload(start_daemon, file):
    file.write_text("password-cost: 10\n")
    daemon = start_daemon("--config", file)
    foreign = {"Origin": "https://a.example"}
    answer = daemon.client.get("/api/articles/", headers=foreign)
    assert answer.status_code == 200 and "access-control-allow-origin" not in answer.headers
    file.write_text(
        "password-cost: 10\nrequire-auth: true\nallowed-origin: https://a.example\ntrusted-proxy: 127.0.0.1\n"
        "write-rate: 1\nlogin-attempts: 1\n"
    )
    hup(daemon)
    assert daemon.client.get("/api/articles/").status_code == 401
    answer = daemon.client.get("/api/articles/", headers=foreign | daemon.authorization)
    assert answer.headers["access-control-allow-origin"] == foreign["Origin"]
    assert daemon.post({"title": "t"}, **{"X-Forwarded-For": "192.0.2.9"}).status_code == 201
    line = daemon.client.get("/api/audit/?limit=1", headers=daemon.authorization).json()["results"][0]
    assert line["address"] == "192.0.2.9"
    until(lambda: daemon.post({"title": "t"}).status_code == 429, "too many writes")
    wrong = basic("nobody", "wrong")
    assert [daemon.client.get("/api/whoami", headers=wrong).status_code for _ in range(2)] == [401, 429]


def test_what_the_documentation_calls_live_needs_no_restart_and_all_else_does(start_daemon, file, articled):
    page = (REPOSITORY / "docs/operations.md").read_text()
    live = set(re.findall(r"`([a-z0-9-]+)`", re.search(r"^\| at once \|(.*)\|$", page, re.MULTILINE)[1]))
    other = {
        "1": "2", "10": "11", "20": "21", "15": "14", "65536": "65537", "16384": "16385", "info": "notice",
        "true": "false", "false": "true", "none": None,
    }  # fmt: skip
    special = {
        "store": "memory:", "base-path": "/x", "only": "http", "trusted-proxy": "10.0.0.1", "host": "127.0.0.2",
        "token": f"ci viewer {hash_of('x')}", "allowed-origin": "https://a", "write-rate": "1000", "threads": "3",
        "max-connections": "1000", "max-connections-per-address": "1000", "min-replicas": "1",
        "log-format": "json",
    }  # fmt: skip
    default = settings(articled("config").stdout)
    default |= {key: ("", "") for key in re.findall(r"^# ?([a-z0-9-]+):", articled("config").stdout, re.MULTILINE)}
    changed = {}
    for key, (value, _) in default.items():
        if key in special:
            changed[key] = special[key]
        elif key in ("backlog", "queue", "retention", "audit-retention"):
            changed[key] = "5000"
        elif re.fullmatch(r"\d+(ms|s|h|d)", value):
            changed[key] = "7s"
        elif other.get(value):
            changed[key] = other[value]
    assert live <= changed.keys()
    file.write_text("# nothing yet\n")
    daemon = start_daemon("--config", file)
    file.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in changed.items()))
    assert articled("check-config", "--config", file).stderr == ""
    given = {"host", "port", "data-dir"}
    said = hup(daemon)
    until(lambda: daemon.log().count("needs a restart") >= len(changed.keys() - live - given), "a warning for each")
    restart = set(re.findall(r"\bsetting(?:=|\": ?\")([a-z0-9-]+)", daemon.log()))
    assert restart == changed.keys() - live - given
    for key in live & changed.keys():
        assert f"{key}: " in said, key


def test_the_example_of_the_documentation_is_in_order(articled, file):
    page = (REPOSITORY / "docs/operations.md").read_text()
    file.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1].replace("/var/lib/articled", str(file.parent)))
    done = articled("check-config", "--config", file)
    assert done.stderr == ""


def test_a_signal_that_comes_before_the_daemon_is_ready_does_no_harm(start_daemon):
    daemon = start_daemon.prepare()
    daemon.launch()
    until(lambda: (daemon.data_dir / "lock").exists(), "the start is under way")
    daemon.process.send_signal(signal.SIGHUP)
    until(daemon.is_ready, "the daemon is ready")


def begin_in_a_terminal():
    # The first terminal that the leader of a session opens is its own.
    os.close(os.open(os.ttyname(0), os.O_RDWR))
    # The tests themselves may have been started to outlive theirs, as by nohup.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_daemon_ends_with_the_terminal_that_it_was_started_in(bins, tmp_path, start_daemon):
    daemon = start_daemon.prepare()
    primary, secondary = pty.openpty()
    with daemon.log_file.open("ab") as log:
        process = subprocess.Popen(
            daemon.command,
            stdin=secondary,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=daemon.env,
            start_new_session=True,
            preexec_fn=begin_in_a_terminal,
        )
    os.close(secondary)
    try:
        until(lambda: (daemon.data_dir / "url").exists(), "the daemon is ready")
        os.close(primary)
        assert process.wait(10) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert "The terminal has gone" in daemon.log()


def test_serve_help_and_version_need_no_file(articled):
    for flag in ("--help", "--version"):
        assert articled("serve", flag, env={"ARTICLED_CONFIG": "missing.yaml"}).returncode == 0
