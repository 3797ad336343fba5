"""Starting and stopping: what the service manager hears, passed sockets, goodbyes, and descriptors that run out."""

import os
import resource
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from support.daemon import free_port
from support.feed import plain, titles, v1
from support.http import RawConnection
from support.ledger import Ledger, Publisher, WebSocketFollower
from support.metrics import Metrics
from support.service_manager import Activator, NotifySocket
from support.threads import Held, threads
from support.waiting import until

# What the service manager hears


@pytest.fixture(params=["path", "abstract"])
def notify(request, tmp_path):
    address = tmp_path / "notify" if request.param == "path" else f"@articled-test-{os.getpid()}-{time.monotonic_ns()}"
    with NotifySocket(address) as listener:
        yield listener


def notified(daemon, notify, **environment):
    daemon.env |= {"NOTIFY_SOCKET": notify.address, **environment}
    return daemon


def test_the_service_manager_hears_of_the_start_and_of_the_stop(start_daemon, notify):
    daemon = notified(start_daemon.prepare(), notify).launch()
    ready = notify.until("READY")
    assert ready["READY"] == "1" and ready["MAINPID"] == str(daemon.pid) and str(daemon.port) in ready["STATUS"]
    # Whoever is told that it is ready may connect at once.
    assert daemon.client.get("/readyz").status_code == 200
    assert notify.count("WATCHDOG") == 0, "nobody asked for it"
    assert daemon.stop() == 0
    stopping = notify.until("STOPPING")
    assert stopping["STOPPING"] == "1" and int(stopping["EXTEND_TIMEOUT_USEC"]) >= 10_000_000


def test_the_status_tells_how_many_are_served(start_daemon, notify):
    daemon = notified(start_daemon(), notify)
    daemon.restart()
    with plain(daemon) as subscriber:
        assert subscriber.next() == []
        until(lambda: any("1 subscriber" in m.get("STATUS", "") for m in notify.read()), "a status with one", 20)


@pytest.mark.log_errors_expected
def test_a_reload_is_announced_and_its_end_too_also_when_it_is_refused(start_daemon, tmp_path):
    file = tmp_path / "articled.yaml"
    file.write_text("max-body: 1000\n")
    with NotifySocket(tmp_path / "notify") as notify:
        daemon = notified(start_daemon.prepare("--config", file), notify).start()
        notify.until("READY")
        for content, outcome in [("max-body: 2000\n", "the new"), ("max-body: many\n", "the old")]:
            heard = len(notify.read())
            file.write_text(content)
            before = time.monotonic_ns() // 1000
            daemon.process.send_signal(signal.SIGHUP)
            until(lambda: any("READY" in message for message in notify.read()[heard:]), "ready again")
            # The status may be told in between.
            begun, ended = [m for m in notify.read()[heard:] if {"RELOADING", "READY"} & m.keys()]
            assert begun["RELOADING"] == "1"
            # On the clock of the service manager, which takes signals that it has sent before for those that were heard.
            assert before <= int(begun["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
            assert ended["READY"] == "1" and f"with {outcome} configuration" in ended["STATUS"]
        assert f"{file}:1:11: max-body" in daemon.log()


def test_timeouts_of_the_store_that_the_watchdog_would_take_for_a_hang_are_warned_of(start_daemon, tmp_path):
    words = "half of WatchdogSec="
    for timeout, is_warned in [("600ms", True), ("100ms", False)]:
        with NotifySocket(tmp_path / f"notify-{timeout}") as notify:
            daemon = start_daemon.prepare(
                "--store", f"redis://127.0.0.1:{free_port()}", "--store-timeout", timeout, "--replica-timeout", timeout
            )
            notified(daemon, notify, WATCHDOG_USEC="2000000").launch()
            notify.until("READY")
            assert daemon.stop() == 0
            # All of it is there once the daemon has ended.
            assert (words in daemon.log()) == is_warned


def test_without_a_service_manager_nothing_is_missing(daemon):
    assert "service manager" not in daemon.log()


@pytest.mark.log_errors_expected
def test_an_event_loop_that_hangs_starves_the_watchdog(start_daemon, tmp_path):
    with NotifySocket(tmp_path / "notify") as notify:
        daemon = notified(start_daemon.prepare("--threads", 2), notify, WATCHDOG_USEC="1000000").start()
        notify.until_more("WATCHDOG")
        with Held(threads(daemon.pid, "NIO-ELT")[-1]):
            until(lambda: "The daemon hangs" in daemon.log(), "the hang is named", 20)
            fed = notify.count("WATCHDOG")
            # The other threads go on: the status is still told. But nobody says that all is well, for longer than
            # a service manager waits.
            end = time.monotonic() + 3
            until(lambda: time.monotonic() > end, "three times the interval")
            assert notify.count("WATCHDOG") == fed
        notify.until_more("WATCHDOG")
        until(lambda: "Everything goes on again" in daemon.log(), "that is told")


@pytest.mark.log_errors_expected
def test_a_store_that_hangs_starves_the_watchdog(start_daemon, tmp_path):
    with NotifySocket(tmp_path / "notify") as notify:
        daemon = notified(start_daemon.prepare(), notify, WATCHDOG_USEC="1000000").start()
        notify.until_more("WATCHDOG")
        lock = sqlite3.connect(daemon.data_dir / "articles.sqlite", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        answers = []
        publishing = threading.Thread(target=lambda: answers.append(daemon.post({"title": "waits"})))
        publishing.start()
        until(lambda: "The daemon hangs" in daemon.log(), "the hang is named", 20)
        assert "the store's writer" in daemon.log()
        # Reading goes on.
        assert daemon.client.get("/api/articles/").status_code == 200
        lock.execute("ROLLBACK")
        lock.close()
        publishing.join(20)
        assert answers[0].status_code in (201, 503)
        notify.until_more("WATCHDOG")


# Sockets that are passed


class Callers:
    """Clients that connect again and again, and count what became of it."""

    def __init__(self, daemon, count):
        self.daemon = daemon
        self.refused, self.answered, self.cut = 0, 0, 0
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _run(self):
        request = f"GET /healthz HTTP/1.1\r\nHost: {self.daemon.host}\r\nConnection: close\r\n\r\n".encode()
        while not self._stopping.is_set():
            try:
                connection = socket.create_connection((self.daemon.host, self.daemon.port), timeout=30)
            except ConnectionRefusedError:
                self.refused += 1
                continue
            with connection:
                try:
                    connection.sendall(request)
                    if connection.recv(4096).startswith(b"HTTP/1.1 200"):
                        self.answered += 1
                    else:
                        self.cut += 1
                except ConnectionError:
                    self.cut += 1


def test_nobody_is_refused_while_it_restarts_behind_a_passed_socket(start_daemon):
    daemon = start_daemon.prepare()
    with Activator.on_port(daemon):
        daemon.start()
        publisher, follower = Publisher(daemon, "p"), WebSocketFollower(daemon, "v1")
        with Callers(daemon, 4) as callers, Ledger(daemon, [publisher], [follower]) as ledger:
            for end in (daemon.stop, daemon.kill9, daemon.stop, daemon.kill9):
                ledger.until_promised(10)
                before = callers.answered
                end()
                daemon.start()
                until(lambda: callers.answered > before + 20, "callers are answered")
            ledger.settle()
            ledger.check()
        assert callers.refused == 0
        assert callers.answered > 80
        assert "articled.socket" in daemon.log()


def test_an_orderly_restart_cuts_nobody_off_who_has_just_come(start_daemon):
    daemon = start_daemon.prepare()
    with Activator.on_port(daemon):
        daemon.start()
        with Callers(daemon, 2) as callers:
            for _ in range(3):
                before = callers.answered
                until(lambda: callers.answered > before + 20, "callers are answered")
                assert daemon.stop() == 0
                daemon.start()
        assert callers.cut == 0 and callers.refused == 0


def listening(path):
    local = socket.socket(socket.AF_UNIX)
    local.bind(path)
    local.listen()
    return local


def test_a_passed_socket_that_has_a_path_is_served_too(start_daemon, tmp_path):
    daemon = start_daemon.prepare()
    path = str(tmp_path / "articled.sock")
    with Activator(daemon, socket.create_server((daemon.host, daemon.port)), listening(path), names=("tcp", "local")):
        daemon.start()
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url=f"http://localhost:{daemon.port}") as client:
            assert client.get("/healthz").status_code == 200
        assert daemon.client.get("/healthz").status_code == 200


def test_with_nothing_but_a_path_no_port_is_taken_for_the_daemon_s(start_daemon, bins, tmp_path):
    # Somebody else has the port that the daemon would have.
    other = start_daemon("--require-auth")
    daemon = start_daemon.prepare(port=other.port)
    path = str(tmp_path / "a socket")
    with Activator(daemon, listening(path), names=("local",)):
        with NotifySocket(tmp_path / "notify") as notify:
            notified(daemon, notify).launch()
            assert notify.until("READY")["STATUS"] == f"Serving on {path}"
        url = (daemon.data_dir / "url").read_text()
        assert url.startswith("http+unix://") and "127.0.0.1" not in daemon.output()
        assert f"socket       {path}" in daemon.output()
        assert (daemon.data_dir / "setup-link").read_text().startswith("/admin/setup?token=")

        def run(program, *arguments):
            return subprocess.run(
                [program, *arguments],
                env=daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)},
                capture_output=True,
                text=True,
                timeout=30,
            )

        # The daemon's own commands come to it through its socket.
        made = run(bins.articled, "token", "create", "--name", "ci")
        assert made.returncode == 0, made.stderr
        assert "ci" in run(bins.articled, "token", "list").stdout
        # Clients do not show its token to who has the port: they have none.
        refused = run(bins.articlesctl, "list")
        assert refused.returncode == 77 and "unknown" not in other.log()
        with httpx.Client(transport=httpx.HTTPTransport(uds=path), base_url="http://localhost") as client:
            headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
            assert client.get("/api/whoami", headers=headers).json()["name"] == "ci"
        assert daemon.stop() == 0
        assert not (daemon.data_dir / "url").exists()


def test_sockets_that_are_meant_for_another_process_are_left_alone(start_daemon):
    daemon = start_daemon.prepare()
    daemon.env |= {"LISTEN_FDS": "1", "LISTEN_PID": "1"}
    daemon.start()
    assert daemon.client.get("/healthz").status_code == 200


def test_a_passed_descriptor_that_does_not_listen_is_named(start_daemon):
    daemon = start_daemon.prepare()
    with Activator(daemon, socket.socket(), names=("articled.socket",)):
        daemon.launch()
        assert daemon.wait(20) == 1
        assert "articled.socket" in daemon.log() and "ListenStream=" in daemon.log()


# Stopping


def test_readiness_ends_before_accepting_does(start_daemon):
    daemon = start_daemon("--drain-delay", "60s")
    daemon.process.send_signal(signal.SIGTERM)
    until(lambda: daemon.client.get("/readyz").status_code == 503, "not ready")
    with httpx.Client(base_url=daemon.url, trust_env=False, verify=False) as newcomer:
        answer = newcomer.get("/readyz")
        assert answer.status_code == 503 and "stopping" in answer.json()["detail"]
        assert newcomer.get("/healthz").status_code == 200
    daemon.add("still taken")
    daemon.kill9()


def test_goodbyes_are_spread_and_each_is_told_a_time_of_its_own(start_daemon):
    daemon = start_daemon()
    names = [f"s{number}" for number in range(40)]
    subscribers = [v1(daemon) for _ in names]
    try:
        for subscriber in subscribers:
            subscriber.__enter__()
            while "live" not in subscriber.next():
                pass
        daemon.process.send_signal(signal.SIGTERM)
        waits = []
        for subscriber in subscribers:
            frames, code = subscriber.until_closed()
            assert code == 1001
            bye = frames[-1]["bye"]
            assert bye["reason"] == "shutdown"
            waits.append(bye["retry_ms"])
        assert daemon.wait() == 0
    finally:
        for subscriber in subscribers:
            subscriber.__exit__(None, None, None)
    assert len(set(waits)) > 10 and min(waits) >= 500 and max(waits) < 5000


def test_an_event_source_is_told_when_to_come_again(daemon):
    with daemon.client.stream("GET", "/events") as answer:
        lines = answer.iter_lines()
        until(lambda: daemon.status()["subscribers"] == 1, "subscribed")
        daemon.process.send_signal(signal.SIGTERM)
        told = [line for line in lines if line.startswith("retry: ")]
    assert told[0] == "retry: 2000" and len(told) == 2 and int(told[1].split()[1]) >= 500
    assert daemon.wait() == 0


def mute(daemon):
    """A subscriber that never answers a closing handshake."""
    peer = socket.create_connection((daemon.host, daemon.port))
    peer.sendall(
        b"GET /articles HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert peer.recv(4096).startswith(b"HTTP/1.1 101")
    return peer


def half_a_request(daemon, path="/api/articles/"):
    """A client that sends the head of a request and never its body."""
    peer = socket.create_connection((daemon.host, daemon.port))
    peer.sendall(
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
    )
    return peer


def test_peers_that_never_answer_do_not_hold_it_up(start_daemon):
    daemon = start_daemon("--drain-timeout", "2s", "--request-timeout", "60s")
    batch = socket.create_connection((daemon.host, daemon.port))
    batch.sendall(
        f"POST /api/articles/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    )
    peers = [mute(daemon), half_a_request(daemon), half_a_request(daemon, "/api/tickets"), batch]
    # It has read what they sent.
    daemon.add("one")
    # Far more than it may take, and far less than the peers would.
    assert daemon.stop() == 0
    assert "Subscribers were cut off" in daemon.log()
    for peer in peers:
        peer.close()


def test_a_request_that_has_begun_is_finished(start_daemon):
    daemon = start_daemon()
    body = b'{"title":"finished"}'
    with socket.create_connection((daemon.host, daemon.port)) as peer, v1(daemon) as subscriber:
        until(lambda: "live" in subscriber.next(), "live")
        peer.sendall(
            f"POST /api/articles/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:5]
        )
        daemon.add("read by the same loops")
        assert titles(subscriber.next()) == ["read by the same loops"]
        daemon.process.send_signal(signal.SIGTERM)
        # By now everybody has been told.
        assert subscriber.until_closed()[1] == 1001
        peer.sendall(body[5:])
        answer = peer.recv(4096)
        assert answer.startswith(b"HTTP/1.1 201") and b"Connection: close" in answer
    assert daemon.wait() == 0
    daemon.start()
    assert daemon.client.get("/api/articles/").json()["results"][0]["title"] == "finished"


@pytest.mark.parametrize("name, status", [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_second_signal_ends_it_at_once_and_loses_nothing(start_daemon, name, status):
    daemon = start_daemon("--drain-timeout", "600s")
    daemon.add("stored")
    peer = half_a_request(daemon)
    daemon.add("read by then")
    daemon.process.send_signal(getattr(signal, name))
    until(lambda: "second signal" in daemon.log(), "it stops")
    daemon.process.send_signal(getattr(signal, name))
    assert daemon.wait() == status
    peer.close()
    daemon.start()
    found = [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]]
    assert found == ["read by then", "stored"]


# Descriptors that run out


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def limited(daemon, files):
    daemon.prefix = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh"]
    return daemon


def admin_status(daemon, client):
    return client.get("/api/status", headers=daemon.authorization).json()


def test_without_descriptors_who_connects_waits_and_nobody_else_notices(start_daemon):
    daemon = limited(start_daemon.prepare(), 100).start()
    with v1(daemon) as subscriber:
        until(lambda: "live" in subscriber.next(), "live")
        # This client's connection is open from the start.
        assert daemon.client.get("/healthz").status_code == 200
        crowd = [socket.create_connection((daemon.host, daemon.port), timeout=30) for _ in range(150)]
        try:
            until(lambda: "LimitNOFILE" in daemon.log(), "it says what is missing")
            before, start = cpu_seconds(daemon.pid), time.monotonic()
            for number in range(10):
                daemon.add(f"article {number}", "x" * 10_000)
                assert titles(subscriber.next()) == [f"article {number}"]
            assert daemon.client.get("/api/articles/?q=article").status_code == 200
            until(lambda: time.monotonic() > start + 2, "two seconds")
            used, passed = cpu_seconds(daemon.pid) - before, time.monotonic() - start
            assert used < passed / 3, f"it used {used:.1f} s of {passed:.1f}: it does not wait"
            assert daemon.log().count("LimitNOFILE") == 1
            status = admin_status(daemon, daemon.client)
            assert status["connections"]["accept_pauses"] == 1
            assert Metrics.of(daemon).get("articled_accept_pauses_total") == 1
            # One who waits is served when others leave.
            for one in crowd[:-5]:
                one.close()
            last = crowd[-1]
            last.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert last.recv(4096).startswith(b"HTTP/1.1 200")
        finally:
            for one in crowd:
                one.close()


def test_descriptors_that_are_used_up_by_something_else_do_not_make_it_spin(start_daemon):
    daemon = start_daemon()
    with v1(daemon) as subscriber:
        until(lambda: "live" in subscriber.next(), "live")
        assert daemon.client.get("/healthz").status_code == 200
        open_now = len(os.listdir(f"/proc/{daemon.pid}/fd"))
        # As if others had taken what was left: less than it counted on at the start.
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (open_now + 1, 4096))
        crowd = [socket.create_connection((daemon.host, daemon.port), timeout=30) for _ in range(20)]
        try:
            until(lambda: "LimitNOFILE" in daemon.log(), "it says what is missing")
            before, start = cpu_seconds(daemon.pid), time.monotonic()
            until(lambda: time.monotonic() > start + 2, "two seconds")
            used, passed = cpu_seconds(daemon.pid) - before, time.monotonic() - start
            assert used < passed / 3, f"it used {used:.1f} s of {passed:.1f}: it does not wait"
            daemon.add("goes on")
            assert titles(subscriber.next()) == ["goes on"]
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (4096, 4096))
            crowd[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert crowd[-1].recv(4096).startswith(b"HTTP/1.1 200")
        finally:
            for one in crowd:
                one.close()


def test_who_is_one_too_many_is_told_so(start_daemon):
    daemon = start_daemon("--max-connections", 3)
    daemon.client.close()
    with v1(daemon) as first, v1(daemon) as second:
        for subscriber in (first, second):
            until(lambda: "live" in subscriber.next(), "live")
        with httpx.Client(base_url=daemon.url, trust_env=False, verify=False) as client:
            def refused():
                with httpx.Client(base_url=daemon.url, trust_env=False, verify=False) as other:
                    return other.get("/healthz")

            until(lambda: client.get("/healthz").status_code == 200, "the third is served")
            answer = refused()
            assert answer.status_code == 503 and int(answer.headers["retry-after"]) > 0
            assert "connections" in answer.json()["detail"]
            status = admin_status(daemon, client)
            assert status["connections"] == {"open": 3, "limit": 3, "accept_pauses": 0}
            assert status["refused"]["capacity"] == 1
            id = client.post("/api/articles/", json={"title": "a"}, headers=daemon.authorization).json()["id"]
            assert [event["pk"] for event in first.events(1)] == [id]
            # Only some are told; who comes beyond these is closed at once, and counted too.
            with ExitStack() as crowd:
                assert [crowd.enter_context(RawConnection(daemon)) for _ in range(65)][-1].rest() == b""
            assert admin_status(daemon, client)["refused"]["capacity"] == 2
            figures = Metrics(client.get("/metrics").text)
            assert figures.get("articled_refusals_total", limit="capacity") == 2
            assert figures.get("articled_connections_limit") == 3
        until(lambda: refused().status_code == 200, "a place is free again")
    daemon.client = httpx.Client(base_url=daemon.url, trust_env=False, verify=False)


def test_a_limit_that_the_descriptors_do_not_allow_is_said(start_daemon):
    daemon = limited(start_daemon.prepare("--max-connections", 5000), 200).start()
    assert "--max-connections" in daemon.log() and "LimitNOFILE" in daemon.log()
