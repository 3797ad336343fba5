"""`articled user`, `token` and `createsuperuser`: with the daemon running, and without."""

import json
import os
import pty
import select
import sqlite3
import stat
import subprocess

import pytest

from support.admin import CHEAP, PASSWORD, AdminClient, add_account, basic, bearer, run
from support.waiting import until


@pytest.fixture(params=["running", "stopped", "memory"])
def place(request, start_daemon):
    """A daemon whose accounts are changed, and how to have it answer afterwards."""
    flags = ["--store", "memory:"] if request.param == "memory" else []
    daemon = start_daemon(*CHEAP, *flags)
    if request.param == "stopped":
        daemon.stop()

    def running():
        return daemon if daemon.is_running else daemon.start()

    daemon.running = running
    return daemon


def may(daemon, headers):
    answer = daemon.client.get("/api/whoami", headers=headers)
    return (answer.status_code, answer.json().get("role"))


def test_an_account_from_its_first_day_to_its_last(place):
    run(place, "user", "add", "ada", "--role", "editor", "--password-stdin", stdin=f"{PASSWORD}\n")
    listed = json.loads(run(place, "user", "list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["last_login"]) == ("ada", "editor", None)
    twice = run(place, "user", "add", "ADA", "--password-stdin", stdin=PASSWORD, check=False)
    assert twice.returncode == 1 and "already" in twice.stderr
    run(place, "user", "role", "ada", "viewer")
    run(place, "user", "passwd", "ada", "--password-stdin", stdin="another one")
    daemon = place.running()
    assert may(daemon, basic("ada")) == (401, None)
    assert may(daemon, basic("ada", "another one")) == (200, "viewer")
    run(daemon, "user", "rm", "ada", "--yes")
    assert may(daemon, basic("ada", "another one")) == (401, None)
    assert run(daemon, "user", "list").stdout == ""


def test_a_token_from_its_first_day_to_its_last(place):
    token = run(place, "token", "create", "--name", "ci", "--role", "editor", "--expires", "90d").stdout.strip()
    assert token.startswith("art_") and len(token) == 47
    listed = json.loads(run(place, "token", "list", "--json").stdout)
    assert (listed["name"], listed["role"], listed["created_by"]) == ("ci", "editor", "local")
    assert token not in json.dumps(listed)
    daemon = place.running()
    posted = daemon.client.post("/api/articles/", json={"title": "t"}, headers=bearer(token))
    assert posted.status_code == 201 and posted.json()["author"] == "ci"
    run(daemon, "token", "revoke", "ci")
    assert may(daemon, bearer(token)) == (401, None)
    again = run(daemon, "token", "revoke", "ci", check=False)
    assert again.returncode == 1 and "no token" in again.stderr


def test_createsuperuser_makes_an_admin(place):
    run(place, "createsuperuser", "--username", "root", "--password-stdin", stdin=PASSWORD)
    assert may(place.running(), basic("root")) == (200, "admin")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["user", "add", "ada", "--password-stdin"], "short", "8 are needed"),
        (["user", "add", "ada", "--password-stdin"], "", "no password"),
        (["user", "add", "ada", "--password-stdin"], "aaaaaaaaaaaa", "one character repeated"),
        (["user", "add", "ada-lovelace", "--password-stdin"], "Ada-Lovelace", "account's name"),
        (["user", "add", "ada"], "", "--password-stdin"),
        (["user", "add", "a:b", "--password-stdin"], PASSWORD, "letters"),
        (["user", "add", "local", "--password-stdin"], PASSWORD, "taken by the program"),
        (["token", "create", "--name", "7"], "", "must be a letter"),
        (["user", "add", "ada", "--role", "boss", "--password-stdin"], PASSWORD, "viewer"),
        (["user", "rm", "ada"], "", "--yes"),
        (["user", "rm", "ada", "--yes"], "", "no account"),
        (["user", "role", "ada", "admin"], "", "no account"),
        (["user", "passwd", "ada", "--password-stdin"], PASSWORD, "no account"),
        (["token", "create", "--name", "ci", "--expires", "soon"], "", "expires"),
        (["token", "create", "--name", "c i"], "", "letters"),
        (["createsuperuser", "--password-stdin"], PASSWORD, "--username"),
    ],
)
def test_what_makes_no_sense_is_refused_and_says_why(shared_daemon, arguments, stdin, said):
    done = run(shared_daemon, *arguments, stdin=stdin, check=False)
    assert done.returncode != 0
    assert said in done.stderr, done.stderr
    assert done.stdout == ""


def test_the_last_admin_stays(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    for arguments in (["user", "rm", "root", "--yes"], ["user", "role", "root", "editor"]):
        done = run(daemon, *arguments, check=False)
        assert done.returncode == 1 and "last admin" in done.stderr
    add_account(daemon, "other", "admin")
    run(daemon, "user", "rm", "root", "--yes")


def test_a_store_in_memory_has_nothing_to_change_while_no_daemon_runs(start_daemon):
    daemon = start_daemon(*CHEAP)
    daemon.stop()
    done = run(daemon, "user", "list", check=False, env={"ARTICLED_STORE": "memory:"})
    assert done.returncode == 1 and "Start it first" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["user", "list"], ["user", "passwd", "ada", "--password-stdin"], ["user", "role", "ada", "admin"],
     ["user", "rm", "ada", "--yes"], ["token", "list"], ["token", "revoke", "ci"]],
    ids=" ".join,
)  # fmt: skip
def test_where_there_is_no_database_none_is_made_to_look_at(start_daemon, arguments):
    daemon = start_daemon.prepare()
    done = run(daemon, *arguments, stdin=PASSWORD, check=False)
    assert done.returncode == 1 and f"There is no database {daemon.data_dir}" in done.stderr
    assert not daemon.data_dir.exists()


def test_what_begins_a_database_before_the_first_start_says_so(start_daemon):
    daemon = start_daemon.prepare(*CHEAP)
    made = f"Made a new database {daemon.data_dir}/articles.sqlite.\n"
    token = run(daemon, "token", "create", "--name", "ci")
    assert token.stderr == made
    assert run(daemon, "createsuperuser", "--username", "root", "--password-stdin", stdin=PASSWORD).stderr == (
        "Added root, admin.\n"
    )
    assert may(daemon.start(), bearer(token.stdout.strip())) == (200, "editor")


def test_a_daemon_that_does_not_answer_is_named(start_daemon):
    daemon = start_daemon(*CHEAP)
    until(lambda: (daemon.data_dir / "url").exists(), "the daemon has written down where it is")
    (daemon.data_dir / "url").write_text("http://127.0.0.1:9\n")
    done = run(daemon, "user", "list", check=False)
    assert done.returncode == 1 and "http://127.0.0.1:9 does not answer" in done.stderr


def test_the_password_is_asked_for_without_being_shown(start_daemon):
    daemon = start_daemon(*CHEAP)
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [str(daemon.executable), "user", "add", "ada", "--data-dir", str(daemon.data_dir)],
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        env=daemon.env,
        start_new_session=True,
    )
    os.close(secondary)
    seen = ""

    def shows(text):
        nonlocal seen
        while select.select([primary], [], [], 0)[0]:
            try:
                seen += os.read(primary, 4096).decode()
            except OSError:
                break
        return text in seen

    until(lambda: shows("Password for ada: "), "the question")
    os.write(primary, f"{PASSWORD}\n".encode())
    until(lambda: shows("again: "), "the second question")
    os.write(primary, f"{PASSWORD}\n".encode())
    until(lambda: shows("Added ada"), "the end")
    assert process.wait(10) == 0
    os.close(primary)
    assert PASSWORD not in seen
    assert may(daemon, basic("ada")) == (200, "editor")


def test_what_is_kept_of_secrets_is_not_the_secrets(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ada", "editor")
    token = run(daemon, "token", "create", "--name", "ci").stdout.strip()
    with AdminClient(daemon).login("ada") as ada:
        session = ada.session
    daemon.client.get("/api/whoami", headers=basic("ada"))
    daemon.stop()
    kept = b"".join(file.read_bytes() for file in daemon.data_dir.iterdir() if file.name != "local-token")
    said = (daemon.log() + daemon.output()).encode()
    for secret in (PASSWORD, token, session):
        assert secret.encode() not in kept + said
    assert daemon.token_file.read_text().strip().encode() not in kept + said
    assert stat.S_IMODE(daemon.token_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(daemon.data_dir.stat().st_mode) == 0o700


def test_what_is_kept_is_for_this_user_only_in_a_directory_that_others_may_look_into(start_daemon):
    daemon = start_daemon.prepare(*CHEAP)
    daemon.prefix = ["sh", "-c", 'umask 022 && exec "$@"', "sh"]
    daemon.data_dir.mkdir(mode=0o755)

    def modes():
        return {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in daemon.data_dir.iterdir()}

    daemon.start()
    assert {"articles.sqlite", "articles.sqlite-wal", "local-token"} <= modes().keys()
    assert set(modes().values()) == {"0o600"}, modes()
    # As an earlier version has left them.
    daemon.kill9()
    for file in daemon.data_dir.glob("articles.sqlite*"):
        file.chmod(0o644)
    daemon.start()
    assert set(modes().values()) == {"0o600"}, modes()


def test_a_password_hash_is_renewed_when_it_became_too_cheap(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ada", "editor")

    def cost():
        with sqlite3.connect(f"file:{daemon.data_dir / 'articles.sqlite'}?mode=ro", uri=True) as database:
            return database.execute("SELECT password FROM accounts").fetchone()[0].split("$")[2]

    assert cost() == "ln=10,r=8,p=3"
    daemon.flags = ["--password-cost", "11"]
    daemon.restart()
    assert may(daemon, basic("ada")) == (200, "editor")
    assert cost() == "ln=11,r=8,p=3"
    assert may(daemon, basic("ada")) == (200, "editor")


def test_a_token_that_is_another_servers_does_not_keep_clients_from_reading(start_daemon, bins):
    daemon = start_daemon()
    daemon.add("Open to all")
    # As if this machine had another daemon, whose directory is the usual one.
    found = daemon.directory / "home/.local/share/articled"
    found.mkdir(parents=True)
    (found / "local-token").write_text("another-servers\n")

    def articlesctl(*arguments, token_file=None):
        more = ["--token-file", str(token_file)] if token_file else []
        return subprocess.run(
            [str(bins.articlesctl), *arguments, *more],
            env=daemon.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
        )

    for arguments in (["list"], ["get", "1"], ["watch", "--until-live"], ["status"]):
        done = articlesctl(*arguments)
        assert done.returncode == 0, done.stderr
    # Writing still says what is wrong, and so does a token that was named.
    assert articlesctl("add", "--title", "t", "--body", "b").returncode == 77
    assert articlesctl("list", token_file=found / "local-token").returncode == 77
    assert articlesctl("watch", "--until-live", token_file=found / "local-token").returncode == 77
