"""`articlesctl login`, `whoami`, `user`, `token`, `completions`, and what `watch` can do with each event."""

import json
import os
import stat
import subprocess

import pytest

from support.admin import CHEAP, PASSWORD, basic, create_token
from support.waiting import until


@pytest.fixture
def daemon(start_daemon):
    return start_daemon(*CHEAP)


@pytest.fixture
def ctl(daemon, bins):
    def run(*arguments, stdin="", env=None):
        return subprocess.run(
            [str(bins.articlesctl), *map(str, arguments)],
            env=daemon.env | (env or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def as_local(daemon):
    return {"ARTICLES_TOKEN": daemon.token}


# Logins


def test_a_login_is_kept_for_its_server_and_nobody_else_sees_it(daemon, ctl):
    token = create_token(daemon, "ci", "editor")["token"]
    done = ctl("login", stdin=f"{token}\n")
    assert done.returncode == 0 and "as ci, editor" in done.stderr
    assert token not in done.stdout + done.stderr
    [file] = (daemon.directory / "home/.config/articles").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ctl("whoami").stdout == "ci\teditor\ttoken\n"
    assert ctl("add", "--title", "t", "--body", "b").returncode == 0
    # The environment and a file win over it.
    assert json.loads(ctl("whoami", "--json", env=as_local(daemon)).stdout)["name"] == "local"
    assert ctl("whoami", "--token-file", daemon.token_file).stdout.startswith("local\tadmin")
    # For another server it is nothing.
    assert ctl("whoami", "--url", daemon.url.replace("127.0.0.1", "localhost")).returncode == 77
    assert "logged out" in ctl("logout").stderr
    assert ctl("whoami").returncode == 77
    assert "there was no login" in ctl("logout").stderr


@pytest.mark.parametrize(("stdin", "code"), [("wrong\n", 77), ("", 66), ("\n", 66), ("two words\n", 66)])
def test_a_token_that_does_not_work_is_not_kept(daemon, ctl, stdin, code):
    done = ctl("login", stdin=stdin)
    assert done.returncode == code, done.stderr
    assert not (daemon.directory / "home/.config/articles").exists()


def test_a_login_to_a_server_that_is_down_is_not_kept(daemon, ctl):
    done = ctl("login", "--url", "http://127.0.0.1:9", stdin="x\n")
    assert done.returncode == 69 and "127.0.0.1:9" in done.stderr


# Accounts and tokens


def test_accounts_are_managed_by_those_who_may(daemon, ctl):
    admin = as_local(daemon)
    assert ctl("user", "add", "ada", "--password-stdin", stdin=PASSWORD, env=admin).returncode == 0
    assert ctl("user", "role", "ada", "viewer", env=admin).returncode == 0
    listed = json.loads(ctl("user", "list", "--json", env=admin).stdout)
    assert (listed["name"], listed["role"]) == ("ada", "viewer")
    assert ctl("user", "passwd", "ada", "--password-stdin", stdin="another one", env=admin).returncode == 0
    assert daemon.client.get("/api/whoami", headers=basic("ada", "another one")).status_code == 200
    # Nobody can be asked here.
    refused = ctl("user", "rm", "ada", env=admin)
    assert refused.returncode == 64 and "--yes" in refused.stderr
    assert ctl("user", "rm", "ada", "--yes", env=admin).returncode == 0
    assert ctl("user", "list", env=admin).stdout == ""
    editor = {"ARTICLES_TOKEN": create_token(daemon, "ci", "editor")["token"]}
    for arguments in (["user", "list"], ["token", "list"], ["token", "create", "x"]):
        done = ctl(*arguments, env=editor)
        assert done.returncode == 77 and "needs the role admin" in done.stderr


def test_tokens_are_managed_by_those_who_may(daemon, ctl):
    admin = as_local(daemon)
    token = ctl("token", "create", "ci", "--role", "viewer", "--expires", "1h", env=admin).stdout.strip()
    assert ctl("whoami", env={"ARTICLES_TOKEN": token}).stdout == "ci\tviewer\ttoken\n"
    assert ctl("token", "list", env=admin).stdout.split("\t")[1:4] == ["ci", "viewer", "local"]
    assert ctl("token", "revoke", "ci", env=admin).returncode == 0
    assert ctl("whoami", env={"ARTICLES_TOKEN": token}).returncode == 77
    assert ctl("token", "create", "c i", env=admin).returncode == 65
    assert ctl("token", "create", "ci", "--expires", "soon", env=admin).returncode == 64


# Shells


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_written(ctl, shell):
    done = ctl("completions", shell)
    assert done.returncode == 0 and "articlesctl" in done.stdout and "import" in done.stdout
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=done.stdout, text=True, capture_output=True, timeout=30)
        assert checked.returncode == 0, checked.stderr


# Watching


def test_a_template_prints_what_it_names(daemon, ctl):
    daemon.add("A title", "Body", topic="sport")
    done = ctl("watch", "--until-live", "--format", "{{id}} {{topic}}: {{title}} <{{url}}>")
    assert done.stdout == f"1 sport: A title <{daemon.url}/articles/1>\n"
    bad = ctl("watch", "--until-live", "--format", "{{titel}}")
    assert bad.returncode == 64 and '"titel" is unknown' in bad.stderr


HOSTILE = "$(touch hacked) `touch hacked`; touch hacked & 'x' \"y\" -n"


def test_a_program_is_run_for_each_article_and_never_through_a_shell(daemon, ctl, tmp_path):
    daemon.add(HOSTILE, "Body")
    script = tmp_path / "script"
    script.write_text('#!/bin/sh\nprintf "%s|%s|%s|%s\\n" "$1" "$ARTICLE_TITLE" "$ARTICLE_BODY" "$ARTICLE_EVENT"\n')
    script.chmod(0o755)
    done = ctl("watch", "--until-live", "--exec", script, "--", "{{title}}")
    assert done.stdout == f"{HOSTILE}|{HOSTILE}|Body|created\n"
    shell = ctl("watch", "--until-live", "--shell", "--exec", 'echo "got $ARTICLE_TITLE" | tr a-z A-Z')
    assert shell.stdout == f"got {HOSTILE}\n".upper()
    assert not list(tmp_path.glob("hacked")) and not os.path.exists("hacked")


def test_a_program_that_fails_is_named_and_the_rest_goes_on(daemon, ctl):
    for number in range(2):
        daemon.add(f"Article {number}")
    done = ctl("watch", "--until-live", "--exec", "false")
    assert done.returncode == 0
    assert done.stderr.count("false failed with status 1 for article") == 2
    missing = ctl("watch", "--until-live", "--exec", "no-such-program")
    assert "no-such-program failed with status 127" in missing.stderr


def test_from_cron_each_article_is_seen_once(daemon, ctl, tmp_path):
    state = tmp_path / "cursor"

    def seen():
        done = ctl("watch", "--until-live", "--state", state, "--format", "{{title}}")
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    daemon.add("One")
    assert seen() == ["One"]
    assert seen() == []
    daemon.add("Two")
    daemon.add("Three")
    daemon.restart()
    daemon.add("Four")
    assert seen() == ["Two", "Three", "Four"]
    assert seen() == []
    state.write_text("garbage")
    done = ctl("watch", "--until-live", "--state", state)
    assert done.returncode == 65 and str(state) in done.stderr


def test_the_place_is_kept_while_watching(daemon, bins, tmp_path):
    state = tmp_path / "cursor"
    with subprocess.Popen(
        [str(bins.articlesctl), "watch", "--state", str(state), "--format", "{{title}}"],
        env=daemon.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            until(lambda: state.exists(), "the first place")
            daemon.add("Live")
            assert process.stdout.readline() == "Live\n"
            until(lambda: state.read_text().startswith("1-"), "the place of the article")
        finally:
            process.kill()


@pytest.mark.parametrize(
    "arguments", [["--json", "--format", "x"], ["--shell"], ["--format", "x", "--exec", "y"], ["word"]]
)
def test_what_contradicts_itself_is_refused(ctl, arguments):
    assert ctl("watch", "--until-live", *arguments).returncode == 64


# When something is wrong


def checks(done):
    """What `doctor --json` found, by check."""
    return {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}


def test_the_doctor_finds_nothing_where_nothing_is_wrong(daemon, ctl):
    done = ctl("doctor", "--json", env=as_local(daemon))
    assert done.returncode == 0, done.stdout
    found = checks(done)
    assert set(found) == {"url", "connection", "clock", "server", "version", "token", "feed"}
    assert {check["result"] for check in found.values()} == {"ok"}
    assert "from ARTICLES_URL" in found["url"]["detail"] and "local, admin" in found["token"]["detail"]
    text = ctl("doctor", env=as_local(daemon) | {"http_proxy": "http://127.0.0.1:1"}).stdout
    assert "ok      feed" in text and "http_proxy is set" in text


def test_the_doctor_says_what_to_mend(daemon, ctl, start_daemon):
    cases = [
        (["--url", "http://127.0.0.1:9"], {}, 69, "connection", "Start the server"),
        (["--url", "http://no-such-host.invalid:8000"], {}, 69, "connection", ""),
        (["--url", "gopher://x"], {}, 65, "url", "such as http://localhost:8000"),
        (["--url", daemon.url.replace("http:", "https:")], {}, 69, "connection", "has no TLS"),
        ([], {"ARTICLES_TOKEN": "wrong"}, 77, "token", "articlesctl login"),
        (["--token-file", "/nothing"], {}, 77, "token", "nothing else"),
        (["--url", f"{daemon.url}/elsewhere"], {}, 1, "connection", ""),
    ]
    for arguments, env, code, check, advice in cases:
        done = ctl("doctor", "--json", *arguments, env=env)
        found = checks(done)
        assert found[check]["result"] == "failed", (arguments, done.stdout)
        assert advice in (found[check]["advice"] or ""), (arguments, done.stdout)
        if code != 1:
            assert done.returncode == code, (arguments, done.stdout)
    without = ctl("doctor", "--json")
    assert without.returncode == 0 and checks(without)["token"]["result"] == "note"
    closed = start_daemon(*CHEAP, "--require-auth")
    refused = ctl("doctor", "--json", "--url", closed.url)
    assert refused.returncode == 77 and checks(refused)["feed"]["result"] == "failed"


def test_a_mistyped_command_is_recognised(ctl):
    done = ctl("lst")
    assert done.returncode == 64 and "Did you mean: articlesctl list" in done.stderr
