"""TLS in the daemon itself: the certificate, the handshake, and the feed through it."""

import random
import signal
import socket
import ssl
import struct
import subprocess
import warnings

import pytest

from support.certificates import Authority
from support.feed import plain, titles, v1
from support.http import RawConnection
from support.metrics import Metrics
from support.waiting import until
from support.websocket import RawWebSocket, close_frame

HOUR = 3600


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority):
    """A certificate for this machine, and its key."""
    return authority.issue()


@pytest.fixture
def start(start_daemon, authority, pair):
    """Starts a daemon that speaks TLS."""

    def start(*flags, certificate=pair, **options):
        return start_daemon(
            "--tls-cert", certificate[0], "--tls-key", certificate[1], *flags, ca_file=authority.file, **options
        )

    return start


@pytest.fixture
def secure(start):
    """A daemon that speaks TLS."""
    return start()


class Unencrypted:
    """The same daemon, for those who speak no TLS to it."""

    ca_file = None

    def __init__(self, daemon):
        self.host, self.port = daemon.host, daemon.port


def handshake(daemon, **options):
    """A TLS connection with changed rules."""
    context = daemon.ssl_context()
    for name, value in options.items():
        setattr(context, name, value)
    return context.wrap_socket(socket.create_connection((daemon.host, daemon.port), 10), server_hostname=daemon.host)


def serial(connection):
    return connection.getpeercert()["serialNumber"]


# Starting


def test_the_daemon_says_where_it_is_in_the_schemes_of_tls(secure):
    # It is said after connections are accepted.
    until(lambda: "--url" in secure.output(), "what the daemon says of itself")
    output = secure.output()
    assert f"page         https://localhost:{secure.port}/" in output
    assert f"feed         wss://localhost:{secure.port}/articles" in output
    assert f"--url https://localhost:{secure.port}" in output
    assert (secure.data_dir / "url").read_text() == f"https://127.0.0.1:{secure.port}\n"


def test_a_name_of_the_certificate_is_shown_where_the_machine_s_own_is_not_in_it(start, authority):
    daemon = start(certificate=authority.issue("named", ["DNS:news.example", "IP:127.0.0.1"]))
    until(lambda: f"https://news.example:{daemon.port}/" in daemon.output(), "the name of the certificate")


def refused(start_daemon, *flags):
    """What a daemon says that does not start."""
    daemon = start_daemon.prepare(*flags).launch()
    assert daemon.wait() != 0
    return daemon.log()


def test_a_key_that_others_may_read_is_refused(start_daemon, pair, tmp_path):
    key = tmp_path / "open.key"
    key.write_bytes(pair[1].read_bytes())
    key.chmod(0o644)
    said = refused(start_daemon, "--tls-cert", pair[0], "--tls-key", key)
    assert str(key) in said and "by everybody" in said and "chmod o" in said
    key.chmod(0o640)
    start_daemon("--tls-cert", pair[0], "--tls-key", key, ca_file=pair[0].parent / "authority.pem")


def test_a_key_of_another_certificate_is_refused(start_daemon, authority, pair):
    other = authority.issue("other")
    said = refused(start_daemon, "--tls-cert", pair[0], "--tls-key", other[1])
    assert f"The key {other[1]} is not that of the certificate {pair[0]}" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has no private key in PEM"),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n", "is encrypted"),
        (None, "can't be read: No such file or directory"),
    ],
    ids=["empty", "encrypted", "missing"],
)
def test_what_is_no_key_is_refused(start_daemon, pair, tmp_path, content, message):
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
        key.chmod(0o600)
    assert message in refused(start_daemon, "--tls-cert", pair[0], "--tls-key", key)


def test_what_is_no_certificate_is_refused(start_daemon, pair, tmp_path):
    assert "has no certificate in PEM" in refused(start_daemon, "--tls-cert", pair[1], "--tls-key", pair[1])
    missing = tmp_path / "missing.pem"
    assert f"The certificate {missing} can't be read" in refused(
        start_daemon, "--tls-cert", missing, "--tls-key", pair[1]
    )


def test_check_config_looks_at_the_pair(bins, authority, pair, tmp_path):
    config = tmp_path / "articled.yaml"
    for key, code in [(pair[1], 0), (authority.issue("stranger")[1], 78)]:
        config.write_text(f"tls-cert: {pair[0]}\ntls-key: {key}\n")
        done = subprocess.run(
            [bins.articled, "check-config", "--config", config], capture_output=True, text=True, timeout=20
        )
        assert done.returncode == code, done
    assert f"The key {key} is not that of the certificate {pair[0]}" in done.stderr + done.stdout
    # Each mistake is told where it is.
    key.write_text("rubbish")
    config.write_text(f"tls-cert: {tmp_path}/missing.pem\ntls-key: {key}\n")
    done = subprocess.run(
        [bins.articled, "check-config", "--config", config], capture_output=True, text=True, timeout=20
    )
    [certificate, rubbish] = done.stderr.splitlines()
    assert certificate.startswith(f"{config}:1:11: tls-cert: The certificate {tmp_path}/missing.pem can't be read")
    assert rubbish.startswith(f"{config}:2:10: tls-key: The file {key} has no private key in PEM")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--tls-cert", "x"], "--tls-cert needs --tls-key"),
        (["--tls-key", "x"], "--tls-key needs --tls-cert"),
        (["--http2-streams", "0"], "--http2-streams must be from 1 to 1000000"),
    ],
)
def test_half_of_a_pair_is_refused(start_daemon, flags, message):
    assert message in refused(start_daemon, *flags)


@pytest.mark.parametrize(
    ("days", "message"), [(-1, "has expired: clients will refuse it"), (5, "The certificate expires soon")]
)
def test_a_certificate_at_its_end_is_warned_of(start_daemon, authority, days, message):
    certificate, key = authority.issue(f"days{days}", days=days)
    daemon = start_daemon.prepare("--tls-cert", certificate, "--tls-key", key, ca_file=authority.file).launch()
    until(lambda: message in daemon.log(), message)
    assert str(certificate) in daemon.log()
    until(lambda: "is ready" in daemon.output(), "the daemon serves all the same")


# Handshakes


def failures(daemon, reason):
    return Metrics.of(daemon).get("articled_tls_handshake_failures_total", reason=reason)


@pytest.mark.parametrize(
    ("version", "reason"), [(ssl.TLSVersion.TLSv1_2, "untrusted"), (ssl.TLSVersion.TLSv1_3, "rejected")]
)
def test_a_client_that_does_not_know_the_authority_is_counted(secure, version, reason):
    context = ssl.create_default_context()
    context.minimum_version = context.maximum_version = version
    with socket.create_connection((secure.host, secure.port), 10) as raw, pytest.raises(ssl.SSLError):
        context.wrap_socket(raw, server_hostname=secure.host)
    until(lambda: failures(secure, reason) == 1, "its failure")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_versions_that_are_safe_are_spoken(secure, version):
    number = getattr(ssl.TLSVersion, version)
    with handshake(secure, minimum_version=number, maximum_version=number) as connection:
        assert connection.version() == version.replace("_", ".")


def test_tls_1_1_is_refused_and_logged_once(secure):
    for _ in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context = secure.ssl_context()
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("ALL:@SECLEVEL=0")
        with socket.create_connection((secure.host, secure.port), 10) as raw, pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname=secure.host)
    words = "the client speaks no version of TLS that is spoken here"
    until(lambda: words in secure.log(), "the refusal in the log")
    assert secure.log().count(words) == 1
    # What is said once is counted each time.
    until(lambda: failures(secure, "version") == 3, "three failures")


def test_plain_http_is_told_that_the_port_speaks_tls(secure):
    with RawConnection(Unencrypted(secure)) as connection:
        connection.request("GET", "/")
        answer = connection.response()
        assert answer.status == 400
        assert answer.json()["detail"] == "This port speaks TLS: say https:// or wss://."
        assert connection.rest() == b""
    assert "A client spoke plain HTTP to this port, which speaks TLS" in secure.log()
    assert failures(secure, "plain_text") == 1


def test_tls_on_a_plain_port_is_logged_and_no_rubbish_with_it(daemon):
    with socket.create_connection((daemon.host, daemon.port), 10) as raw, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")
    until(lambda: "A client spoke TLS to this port, which does not" in daemon.log(), "a line in the log")
    metrics = Metrics.of(daemon)
    assert metrics.get("articled_tls_handshake_failures_total", reason="unexpected_tls") == 1
    assert "articled_tls_certificate_not_after_seconds" not in metrics
    assert daemon.log().isascii()


@pytest.mark.parametrize(
    "opening",
    [b"", b"\x16", b"\x16\x03\x01\x40\x00", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40)],
    ids=["nothing", "one byte", "a record's head", "half a hello"],
)
def test_a_handshake_that_does_not_go_on_ends_with_the_time_of_a_request(start, opening):
    daemon = start("--request-timeout", "500ms")
    with socket.create_connection((daemon.host, daemon.port), 10) as connection:
        connection.sendall(opening)
        received = b"begin"
        while received:
            received = connection.recv(65536)


def test_a_trickled_handshake_ends_with_the_time_of_a_request(start):
    daemon = start("--request-timeout", "500ms")
    with RawConnection(Unencrypted(daemon)) as connection:
        connection.send(b"\x16\x03\x01\x40\x00")
        connection.trickle(b"\x01", deadline=10)


def test_a_request_that_does_not_come_ends_the_connection_in_time(start):
    daemon = start("--request-timeout", "500ms")
    with RawConnection(daemon) as connection:
        connection.send(b"GET / HT")
        assert b" 408 " in connection.rest()


def test_half_handshakes_count_for_their_address(start):
    daemon = start("--max-connections-per-address", "3")
    daemon.client.close()
    halves = []
    for _ in range(3):
        halves.append(socket.create_connection((daemon.host, daemon.port), 10))
        halves[-1].sendall(b"\x16\x03\x01")

    def status():
        with RawConnection(daemon) as connection:
            connection.request("GET", "/healthz", [("Connection", "close")])
            return connection.response().status

    until(lambda: status() == 429, "a connection too many is told so")
    for half in halves:
        half.close()
    until(lambda: status() == 200, "the others are gone")


@pytest.mark.parametrize("seed", range(4))
def test_rubbish_harms_nobody(secure, seed):
    source = random.Random(seed)
    for _ in range(25):
        with RawConnection(Unencrypted(secure)) as connection:
            body = source.randbytes(source.randint(1, 600))
            head = b"\x16\x03\x03" + struct.pack(">H", len(body)) if source.random() < 0.7 else b""
            connection.send_as_much_as_is_taken(head + body)
    assert secure.client.get("/healthz").status_code == 200


# HTTP/1.1 and the feed


def test_articles_go_in_and_out(secure):
    id = secure.add("over TLS", "body")
    assert secure.get(id)["title"] == "over TLS"
    assert "over TLS" in secure.client.get("/").text


@pytest.mark.parametrize("subscribe", [plain, v1])
def test_the_feed_comes_over_wss(secure, subscribe):
    secure.add("before")
    with subscribe(secure) as subscriber:
        if subscribe is v1:
            assert "hello" in subscriber.next()
        assert titles(subscriber.next()) == ["before"]
        if subscribe is v1:
            assert "live" in subscriber.next()
        for number in range(50):
            secure.add(f"article {number}")
        assert titles(subscriber.events(50)) == [f"article {number}" for number in range(50)]


def test_a_large_article_arrives_whole(secure):
    body = "x" * 65_536
    with plain(secure, "?last=0") as subscriber:
        for _ in range(20):
            secure.add("large", body)
        assert [event["fields"]["body"] for event in subscriber.events(20)] == [body] * 20


def test_a_subscriber_that_does_not_read_keeps_nobody_else_waiting_and_gets_all(start):
    daemon = start()
    with RawWebSocket(daemon) as slow, plain(daemon, "?last=0") as quick:
        slow.open("?last=0")
        wanted = []
        for number in range(200):
            wanted.append(daemon.add(f"{number}", "y" * 60_000))
        assert [event["pk"] for event in quick.events(200)] == wanted
        received = []
        while len(received) < len(wanted):
            frame = slow.receive().json()
            if isinstance(frame, list):
                received += [event["pk"] for event in frame]
        assert received == wanted


def test_a_subscriber_that_never_reads_is_cut_off(start):
    daemon = start("--stall-timeout", "500ms")
    with RawWebSocket(daemon) as stalled:
        stalled.open("?last=0")
        for number in range(200):
            daemon.add(f"{number}", "y" * 60_000)
        until(lambda: daemon.status()["subscribers"] == 0, "the stalled subscriber is gone", 20)


def test_a_client_that_vanishes_is_noticed_at_once(secure):
    for goodbye in (True, False):
        with RawWebSocket(secure) as client:
            client.open("?last=0")
            until(lambda: secure.status()["subscribers"] == 1, "it is there")
            if goodbye:
                client.send(close_frame(1000))
        until(lambda: secure.status()["subscribers"] == 0, f"it is gone, goodbye said: {goodbye}", 2)


def test_stopping_says_goodbye_and_ends_in_time(start):
    daemon = start("--drain-timeout", "2s")
    with v1(daemon) as subscriber, RawWebSocket(daemon) as deaf, socket.create_connection(
        (daemon.host, daemon.port)
    ) as half:
        deaf.open()
        half.sendall(b"\x16\x03\x01")
        subscriber.next()
        until(lambda: daemon.status()["subscribers"] == 2, "both are there")
        assert daemon.stop() == 0
        frames, code = subscriber.until_closed()
        assert frames[-1]["bye"]["reason"] == "shutdown"
        assert code == 1001


def test_server_sent_events_come_over_http_1(secure):
    with RawConnection(secure) as connection:
        connection.request("GET", "/events?last=0", [("Accept", "application/x-ndjson")])
        assert b" 200 " in connection.read_until(b"\r\n\r\n")
        connection.read_until(b'{"live"')
        secure.add("event")
        connection.read_until(b'"title":"event"')
    until(lambda: secure.status()["subscribers"] == 0, "it is noticed that the reader is gone", 2)


# Renewal


@pytest.fixture
def renewable(start, authority, pair, tmp_path):
    """A daemon, and what puts another pair into the place of its own."""
    place = tmp_path / "certificate.pem", tmp_path / "certificate.key"

    def put(new):
        for source, target in zip(new, place):
            target.write_bytes(source.read_bytes())
            target.chmod(0o600)

    put(pair)
    return start(certificate=place), put


def reload(daemon, words):
    """Ask for a reload and wait until the log has these words once more."""
    before = daemon.log().count(words)
    daemon.process.send_signal(signal.SIGHUP)
    until(lambda: daemon.log().count(words) > before, f"{words!r} in the log")


def test_a_reload_shows_the_new_certificate_and_open_connections_live_on(renewable, authority):
    daemon, put = renewable
    with handshake(daemon) as before, v1(daemon, "?last=0") as subscriber, RawWebSocket(daemon) as slow:
        slow.open("?last=0")
        old = serial(before)
        put(authority.issue("renewed", days=10))
        reload(daemon, "Reloaded the configuration")
        with handshake(daemon) as after:
            assert serial(after) != old
            ends = ssl.cert_time_to_seconds(after.getpeercert()["notAfter"])
        assert Metrics.of(daemon).get("articled_tls_certificate_not_after_seconds") == ends
        # The one that comes next ends sooner than two weeks from now.
        assert "The certificate expires soon" in daemon.log()
        assert "localhost, 127.0.0.1 until 20" in daemon.log()
        daemon.add("after the renewal")
        subscriber.next(), subscriber.next()
        assert titles(subscriber.next()) == ["after the renewal"]
        assert titles(slow.receive().json()) == ["after the renewal"]
        before.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert before.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.log_errors_expected
def test_a_broken_pair_leaves_the_old_one_in_use_and_says_so(renewable, authority, pair):
    daemon, put = renewable
    with handshake(daemon) as connection:
        old = serial(connection)
    put((authority.issue("one")[0], authority.issue("two")[1]))
    reload(daemon, "is not that of the certificate")
    put((pair[1], pair[1]))
    reload(daemon, "has no certificate in PEM")
    with handshake(daemon) as connection:
        assert serial(connection) == old
    put(authority.issue("mended"))
    reload(daemon, "Reloaded the configuration")
    with handshake(daemon) as connection:
        assert serial(connection) != old


# What browsers are told


def test_cookies_are_secure_and_other_schemes_are_other_sites(secure):
    answer = secure.client.get("/admin/login")
    assert "; Secure" in answer.headers["set-cookie"]
    own = f"{secure.host}:{secure.port}"
    for origin, status in [(f"https://{own}", 201), (f"http://{own}", 403)]:
        assert secure.post({"title": "t"}, Origin=origin).status_code == status, origin
    with RawWebSocket(secure) as connection:
        assert connection.handshake(Origin=f"http://{own}").status == 403
    with RawWebSocket(secure) as connection:
        assert connection.handshake(Origin=f"https://{own}").status == 101


def test_browsers_are_told_to_come_back_with_tls_but_not_at_home(start):
    daemon = start("--hsts", "1h")
    own = {"Host": f"news.example:{daemon.port}"}
    assert daemon.client.get("/", headers=own).headers["strict-transport-security"] == f"max-age={HOUR}"
    assert "strict-transport-security" not in daemon.client.get("/", headers={"Host": f"localhost:{daemon.port}"}).headers
    off = start("--hsts", "0")
    assert "strict-transport-security" not in off.client.get("/", headers=own).headers


def test_a_plain_daemon_says_nothing_of_tls(daemon):
    answer = daemon.client.get("/", headers={"Host": "news.example"})
    assert "strict-transport-security" not in answer.headers
    assert "Secure" not in daemon.client.get("/admin/login").headers["set-cookie"]


def test_feeds_have_links_with_https(secure):
    secure.add("link")
    assert f"https://{secure.host}:{secure.port}/" in secure.client.get("/feed.atom").text


# Commands of the same machine


def test_accounts_are_managed_while_the_daemon_speaks_tls_for_another_name(start, authority, bins):
    daemon = start(certificate=authority.issue("elsewhere", ["DNS:news.example", "IP:127.0.0.1"]))
    done = subprocess.run(
        [bins.articled, "token", "create", "--name", "ci", "--data-dir", daemon.data_dir],
        env={name: value for name, value in daemon.env.items() if name != "ARTICLES_CA_FILE"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert "art_" in done.stdout
