"""Clients that misbehave harm themselves; thousands that come back at once all get what they missed."""

import ctypes
import json
import os
import resource
import socket

import pytest

from support.herd import Herd
from support.http import RawConnection
from support.ledger import Ledger, LinesFollower, Publisher, WebSocketFollower
from support.waiting import until
from support.websocket import TEXT, RawWebSocket, frame

TCP_NOTSENT_LOWAT = 25


# Hostile clients


def stops_reading(daemon, keep):
    keep.append(RawWebSocket(daemon).open("?since=0-00000000", Sec_WebSocket_Protocol="articles.v1"))


def stops_reading_lines(daemon, keep):
    raw = RawConnection(daemon)
    raw.request("GET", "/events?since=0-00000000", [("Accept", "application/x-ndjson")])
    keep.append(raw)


def half_closes(daemon, keep):
    raw = RawWebSocket(daemon).open()
    raw.finish_sending()
    raw.rest()
    keep.append(raw)


def resets(daemon, _):
    raw = RawWebSocket(daemon).open()
    raw.reset()


def resets_before_the_handshake(daemon, _):
    raw = RawConnection(daemon)
    raw.send(b"GET /articles HTTP/1.1\r\nHost: x\r\nUpgr")
    raw.reset()


def trickles(daemon, keep):
    raw = RawWebSocket(daemon).open()
    for byte in frame(TEXT, b"hello"):
        raw.send(bytes([byte]))
    keep.append(raw)


def sends_rubbish(daemon, keep):
    raw = RawWebSocket(daemon).open()
    raw.send_as_much_as_is_taken(os.urandom(5000))
    keep.append(raw)


def floods_with_pings(daemon, keep):
    raw = RawWebSocket(daemon).open()
    raw.send_nowait(frame(0x9, b"x" * 100) * 20_000)
    keep.append(raw)


def publishes_half(daemon, keep):
    raw = RawConnection(daemon)
    raw.send(f"POST /api/articles/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n".encode())
    raw.send(b'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"title":"half')
    keep.append(raw)


HOSTILE = [
    stops_reading,
    stops_reading_lines,
    half_closes,
    resets,
    resets_before_the_handshake,
    trickles,
    sends_rubbish,
    floods_with_pings,
    publishes_half,
]


STALL_SECONDS = 2


def test_hostile_clients_harm_nobody_else(start_daemon):
    daemon = start_daemon("--stall-timeout", f"{STALL_SECONDS}s", "--backlog", "1000,1MiB")
    publishers = [Publisher(daemon, f"p{number}", body="x" * 5000) for number in range(2)]
    followers = [
        WebSocketFollower(daemon, "v1"),
        WebSocketFollower(daemon, "deflated", compression="deflate"),
        LinesFollower(daemon, "lines"),
    ]
    keep = []
    with Ledger(daemon, publishers, followers) as ledger:
        ledger.until_promised(20)
        for _ in range(5):
            for hostile in HOSTILE:
                hostile(daemon, keep)
            ledger.until_promised(20)
        # Until those who read nothing have been cut off, everybody else is served.
        until(lambda: ledger.promises > 400, "more articles", 60)
        ledger.settle()
        ledger.check()
        for follower in followers:
            # On a machine that did not let it read for so long it was not a good one.
            is_good = follower.longest_pause < STALL_SECONDS / 2
            assert follower.connections == 1 or not is_good, f"{follower!r} was cut off"
    for raw in keep:
        raw.__exit__()
    until(lambda: daemon.status()["subscribers"] == 0, "nobody left", 20)


def test_a_stalled_client_is_cut_off_and_resumes_where_it_was(start_daemon):
    daemon = start_daemon("--stall-timeout", "1s", "--backlog", "100,64KiB")
    with RawWebSocket(daemon) as slow:
        slow.open("?last=0", Sec_WebSocket_Protocol="articles.v1")
        for _ in range(250):
            daemon.add("big", "x" * 60_000)
        until(lambda: daemon.status()["subscribers"] == 0, "cut off", 30)
        # What says so is behind everything else that it has not read, and mostly does not fit any more.
        place = None
        try:
            while (received := slow.receive()).opcode == TEXT:
                if isinstance(value := received.json(), list):
                    place = value[-1]["cursor"]
        except (EOFError, ConnectionResetError):
            pass
    assert place and int(place.split("-")[0]) < 250
    with RawWebSocket(daemon) as again:
        again.open(f"?since={place}", Sec_WebSocket_Protocol="articles.v1")
        seqs = []
        while "live" not in (value := again.receive().json()):
            if isinstance(value, list):
                seqs += [int(event["cursor"].split("-")[0]) for event in value]
            else:
                assert "reset" not in value
        assert seqs == list(range(int(place.split("-")[0]) + 1, 251))


# Dead peers


def test_the_kernel_finds_dead_peers_and_keeps_little_for_slow_ones(daemon):
    with RawWebSocket(daemon) as raw:
        raw.open()
        accepted = server_side(daemon.pid, raw.local_port)
        try:
            user_timeout = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            unsent = accepted.getsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT)
            no_delay = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        finally:
            accepted.close()
    assert (user_timeout, unsent, no_delay) == (60_000, 128 * 1024, 1)


def server_side(pid, port):
    """A copy of the daemon's end of a connection (pidfd_getfd(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(pid)
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            if not os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:"):
                continue
            copy = libc.syscall(438, process, int(name), 0)
            assert copy >= 0, os.strerror(ctypes.get_errno())
            found = socket.socket(fileno=copy)
            try:
                if found.family == socket.AF_INET and found.getpeername()[1] == port:
                    return found
            except OSError:
                pass
            found.close()
    finally:
        os.close(process)
    raise AssertionError(f"no socket of the daemon's is connected to port {port}")


# Many at once


@pytest.mark.timeout(300)
def test_five_thousand_reconnect_at_once_after_a_crash(daemon):
    count = 5000
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip(f"{count} connections need {count + 500} descriptors; `ulimit -Hn` allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with Herd(daemon, count) as herd:
        for number in range(10):
            daemon.add(f"before {number}")
        herd.connect_all()
        for number in range(10):
            daemon.add(f"while {number}")
        herd.until_each_has(list(range(1, 21)))
        daemon.kill9()
        herd.until_gone()
        daemon.start()
        for number in range(10):
            daemon.add(f"after {number}")
        herd.connect_all()
        for number in range(10):
            daemon.add(f"live {number}")
        herd.until_each_has(list(range(1, 41)))
        assert daemon.status()["subscribers"] == count


@pytest.mark.timeout(300)
def test_a_long_absence_is_replayed_with_flat_memory(start_daemon):
    """100,000 events and 100 MB behind, far beyond what is in memory."""
    daemon = start_daemon("--backlog", "1000,1MiB", "--no-compression")
    batch = b"".join(b'{"title":"%d","body":"%s"}\n' % (number, b"x" * 1000) for number in range(10_000))
    headers = daemon.authorization | {"Content-Type": "application/x-ndjson"}
    for _ in range(10):
        answer = daemon.client.post("/api/articles/batch", content=batch, headers=headers, timeout=100)
        assert answer.status_code == 200 and answer.text.count('"status":201') == 10_000
    daemon.restart()
    daemon.client.get("/api/articles/")
    before, peak = resident(daemon), 0
    count, newest = 0, 0
    with daemon.client.stream(
        "GET", "/events?since=0-00000000&follow=false", headers={"Accept": "application/x-ndjson"}, timeout=60
    ) as answer:
        for line in answer.iter_lines():
            value = json.loads(line)
            if "pk" in value:
                seq = int(value["cursor"].split("-")[0])
                assert seq == newest + 1
                newest, count = seq, count + 1
                if count % 5000 == 0:
                    peak = max(peak, resident(daemon))
    assert count == 100_000 and "live" in value
    # A page and a write are under a megabyte; the rest is what allocators keep.
    assert peak - before < 32 * 1024, f"grew from {before} KiB to {peak} KiB"


def resident(daemon):
    """The daemon's resident memory in KiB."""
    with open(f"/proc/{daemon.pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
