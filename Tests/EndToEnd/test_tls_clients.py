"""`articlesctl` and `articles-tui` over TLS: they verify, and say what is wrong with what they were shown."""

import json

import pytest

from support.articlesctl import Ctl, lines
from support.certificates import Authority
from support.waiting import until


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start(start_daemon, authority):
    """Starts a daemon with a certificate of its own."""

    def start(name="server", **options):
        certificate, key = authority.issue(name, **options)
        daemon = start_daemon.prepare("--tls-cert", certificate, "--tls-key", key, ca_file=authority.file).launch()
        until(lambda: " is ready." in daemon.output(), "a daemon that is ready", 20)
        return daemon

    return start


def connected(bins, daemon, **env):
    return Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)} | env)


def unaware(bins, daemon):
    """The program of somebody who was told of no authority."""
    ctl = connected(bins, daemon)
    del ctl.env["ARTICLES_CA_FILE"]
    return ctl


def test_a_private_authority_is_named_by_flag_or_environment(bins, start):
    daemon = start()
    assert connected(bins, daemon)("add", "--title", "env", "--body", "b").succeeded() == "1\n"
    ctl = unaware(bins, daemon)
    assert ctl("add", "--title", "flag", "--body", "b", "--ca-file", daemon.ca_file).succeeded() == "2\n"
    listed = lines(ctl("list", "--json", "--ca-file", daemon.ca_file).succeeded())
    assert [article["title"] for article in listed] == ["flag", "env"]


def test_an_unknown_authority_is_refused_and_the_flag_named(bins, start):
    daemon = start()
    for command in (["list"], ["add", "--title", "t", "--body", "b"], ["status"]):
        unaware(bins, daemon)(*command).failed(69, daemon.url, "not trusted", "--ca-file")
    assert daemon.client.get("/api/articles/").json()["results"] == []


def test_another_name_is_refused_and_named(bins, start):
    daemon = start("other", names=["DNS:news.example", "DNS:*.news.example"])
    connected(bins, daemon)("list").failed(
        69, "its certificate is for news.example, *.news.example, not for 127.0.0.1"
    )


def test_an_expired_certificate_is_refused_and_its_end_named(bins, start):
    daemon = start("expired", days=-1)
    connected(bins, daemon)("list").failed(69, "its certificate expired on 20")


def test_a_server_without_tls_is_told_from_one_with_it(bins, daemon):
    ctl = Ctl(bins.articlesctl, daemon.env)
    ctl("list", "--url", f"https://127.0.0.1:{daemon.port}").failed(69, "it does not speak TLS")


def test_plain_http_to_a_server_with_tls_is_told_what_to_say(bins, start):
    daemon = start()
    said = connected(bins, daemon)("list", "--url", f"http://127.0.0.1:{daemon.port}").failed(65)
    assert "This port speaks TLS: say https:// or wss://." in said


@pytest.mark.parametrize(
    ("content", "message"), [(None, "can't be read"), ("nothing", "has no certificate in PEM")], ids=["missing", "text"]
)
def test_a_file_that_names_nobody_is_refused(bins, daemon, tmp_path, content, message):
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    ctl = Ctl(bins.articlesctl, daemon.env)
    ctl("list", "--ca-file", file).failed(66, str(file), message, "--ca-file")
    ctl("list", ARTICLES_CA_FILE=str(file)).failed(66, message, "ARTICLES_CA_FILE")


def test_doctor_says_what_to_do(bins, start):
    daemon = start()
    out = connected(bins, daemon)("doctor").out
    assert "live over WebSocket" in out and "FAILED" not in out
    done = unaware(bins, daemon)("doctor")
    assert done.code == 69
    assert "not trusted" in done.out and "name a private authority with --ca-file" in done.out


def test_login_keeps_a_token_for_a_server_with_tls(bins, start):
    daemon = start()
    ctl = Ctl(bins.articlesctl, daemon.env)
    assert ctl("login", stdin=daemon.token + "\n").code == 0
    assert ctl("whoami").succeeded().startswith("local\t")


def test_watch_goes_on_over_a_crash(bins, start):
    daemon = start()
    ids = [daemon.add(f"before {number}") for number in range(3)]
    out = daemon.directory / "watch.out"
    with out.open("w") as file:
        watch = connected(bins, daemon).start("watch", "--json", "--last", "0", stdout=file)
    try:
        until(lambda: daemon.status()["subscribers"] == 1, "the watcher")
        ids = [daemon.add(f"between {number}") for number in range(3)]
        daemon.kill9()
        daemon.start()
        ids += [daemon.add(f"after {number}") for number in range(3)]
        until(lambda: out.read_text().count("\n") >= len(ids), "all that came", 30)
        assert [json.loads(line)["pk"] for line in out.read_text().splitlines()] == ids
    finally:
        watch.terminate()
        watch.communicate(timeout=20)


def test_watch_says_what_is_wrong_with_a_certificate(bins, start):
    daemon = start("expired", days=-1)
    err = daemon.directory / "watch.err"
    with err.open("w") as file:
        watch = connected(bins, daemon).start("watch", stderr=file)
    try:
        until(lambda: "its certificate expired on 20" in err.read_text(), "the reason", 20)
    finally:
        watch.terminate()
        watch.communicate(timeout=20)


def test_the_viewer_follows_over_wss(start, viewer):
    daemon = start()
    daemon.add("Before.")
    window = viewer(daemon)
    window.until_shown("Before.", " live ")
    daemon.add("After.")
    window.until_shown("After.")


def test_the_viewer_takes_authorities_from_flag_and_configuration(start, viewer, tmp_path):
    daemon = start()
    daemon.add("Shown.")
    unaware = {"ARTICLES_CA_FILE": ""}
    viewer(daemon, "--ca-file", daemon.ca_file, env=unaware).until_shown("Shown.", " live ")
    config = tmp_path / "tui.toml"
    config.write_text(f'server = "tls"\n[servers.tls]\nurl = "{daemon.url}"\nca-file = "{daemon.ca_file}"\n')
    viewer(daemon, "--config", config, env=unaware | {"ARTICLES_URL": ""}).until_shown("Shown.", " live ")


def test_the_viewer_says_what_is_wrong_with_a_certificate(start, viewer):
    daemon = start()
    window = viewer(daemon, columns=200, env={"ARTICLES_CA_FILE": ""})
    window.until_shown("not trusted", "--ca-file")
    window = viewer(daemon, "--ca-file", "/nowhere/ca.pem")
    window.until_shown("/nowhere/ca.pem", "can't be read (--ca-file)")
    assert window.exit_status() == 66
