"""What articles-tui says of its link, and what it costs to leave it open."""

import os
import re
import signal
import socketserver
import threading
import time
from pathlib import Path

import pytest

from support.waiting import until


def live(window, deadline=40):
    window.until(lambda _: window.status().startswith(" live "), "live", deadline)


def test_a_silent_link_is_called_stale_until_it_speaks_again(start_daemon, viewer):
    daemon = start_daemon("--ping-interval", "300ms")
    window = viewer(daemon)
    live(window)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: window.status().startswith(" stale"), "the link to be called stale")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    live(window)


def test_idle_it_uses_no_processor_time(start_daemon, viewer):
    window = viewer(start_daemon("--ping-interval", "60s"))
    live(window)
    stat = Path(f"/proc/{window.pid}/stat")

    def ticks():
        return sum(map(int, stat.read_text().rsplit(")", 1)[1].split()[11:13]))

    # A hundred looks, two seconds, find it asleep: of two hundred ticks at most two are used.
    before = ticks()
    looks = iter(range(100))
    until(lambda: next(looks, None) is None, "the end of the looks")
    assert ticks() - before <= 2


def test_after_half_a_minute_without_a_server_nothing_is_missing_and_nothing_twice(start_daemon, viewer):
    daemon = start_daemon("--ping-interval", "1s")
    for number in range(5):
        daemon.add(f"Before {number}.")
    window = viewer(daemon)
    window.until_shown("Before 4.", " live ")
    assert daemon.stop() == 0
    until(lambda: window.status().startswith(" reconnecting"), "the viewer has noticed")
    begin = time.monotonic()
    seen = set()

    def is_over():
        line = window.status()
        assert re.match(r" (reconnecting in \d+ s \(attempt \d+\)|reconnecting \(attempt \d+\)) ", line), line
        seen.add(line.split(")")[0])
        return time.monotonic() - begin > 30

    until(is_over, "the end of the outage", 40)
    # It counts down and tries again.
    assert len(seen) > 5
    daemon.start()
    for number in range(5):
        daemon.add(f"After {number}.")
    live(window, 60)
    window.until_shown("After 4.", "10 articles,")
    listed = re.findall(r"(Before|After) (\d)\.", "\n".join(line[:48] for line in window.lines()))
    assert listed == [("After", str(n)) for n in range(4, -1, -1)] + [("Before", str(n)) for n in range(4, -1, -1)]
    assert "gap" not in window.screen()


def test_what_the_server_no_longer_has_is_a_marked_line(start_daemon, viewer):
    daemon = start_daemon("--retention", "5", "--backlog", "5")
    daemon.add("Before")
    window = viewer(daemon, "--last", "3")
    window.until_shown("Before", " live ")
    os.kill(window.pid, signal.SIGSTOP)
    try:
        # The viewer's socket is cut, and so much comes meanwhile that the server can't replay it.
        assert daemon.stop() == 0
        daemon.start()
        for number in range(1, 21):
            daemon.add(f"Meanwhile {number}.")
    finally:
        os.kill(window.pid, signal.SIGCONT)
    live(window, 60)
    screen = window.until_shown("gap: older articles could not be replayed", "Meanwhile 20.", "Before")
    assert screen.index("Meanwhile 18.") < screen.index("gap:") < screen.index("Before")
    # And what lies in the gap can be loaded.
    window.keys("j", "j", "j")
    window.until_shown("Meanwhile 1.", "21 articles,")


def test_resizes_while_articles_arrive_leave_a_whole_picture(start_daemon, viewer):
    daemon = start_daemon()
    window = viewer(daemon)
    live(window)
    sizes = [(60, 20), (1, 1), (40, 10), (200, 50), (85, 3), (84, 24), (120, 40)] * 3
    for number, (columns, rows) in enumerate(sizes):
        daemon.add(f"Arrives {number}.")
        window.resize(columns, rows)
    texts = (f"{len(sizes)} articles,", f"Arrives {len(sizes) - 1}.", "? help")

    def is_whole(screen):
        lines = screen.rstrip("\n").split("\n")
        return all(text in screen for text in texts) and len(lines) == 40 and {
            line.find("│") for line in lines[1:-1]
        } == {48}

    window.until(is_whole, "a picture of the last size")


def test_a_flood_is_shown_in_few_repaints_and_nothing_is_lost(start_daemon, viewer):
    daemon = start_daemon()
    window = viewer(daemon)
    live(window)
    lines = "".join(f'{{"title":"Flood {number}.","key":"{number}"}}\n' for number in range(5000))
    written_before = written(window.pid)
    answer = daemon.client.post(
        "/api/articles/batch",
        content=lines,
        headers=daemon.authorization | {"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200
    window.until_shown("5000 articles,", "Flood 4999.", deadline=60)
    # Far fewer than one picture for each article: a whole one has some four thousand bytes.
    assert written(window.pid) - written_before < 5000 * 1000


def written(pid):
    """Bytes that a process has written, to its terminal for the most part."""
    return int(re.search(r"wchar: (\d+)", Path(f"/proc/{pid}/io").read_text()).group(1))


# Servers that are none


class Answers(socketserver.BaseRequestHandler):
    answer = b""

    def handle(self):
        self.request.recv(65536)
        self.request.sendall(self.answer)


@pytest.fixture
def fake_server():
    """A server that answers everything with the same bytes: `fake_server(b"…")` returns its port."""
    servers = []

    def start(answer):
        handler = type("Handler", (Answers,), {"answer": answer})
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it does not answer like an articles server"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "200"),
        (b"", "closed the connection"),
        (b"HTTP/1.1 503 \x1b[31mRed\r\nContent-Length: 0\r\n\r\n", "503"),
    ],
)
def test_a_server_that_speaks_another_protocol_is_said_so(daemon, viewer, fake_server, answer, words):
    window = viewer(daemon, "--url", f"http://127.0.0.1:{fake_server(answer)}")
    window.until(lambda _: re.match(" (reconnecting|offline)", window.status()), "no link")
    window.until(lambda screen: words in screen, words)
    assert "\x1b[31m" not in window.screen("-e").replace("\x1b[31m\x1b", "")
    window.keys("q")
    assert window.exit_status() == 0


def test_tls_that_fails_is_said_so(daemon, viewer):
    window = viewer(daemon, "--url", daemon.url.replace("http:", "https:"))
    window.until_shown("reconnecting", "it does not speak TLS")


def test_where_nothing_listens_is_said_so(daemon, viewer):
    window = viewer(daemon, "--url", "http://127.0.0.1:1")
    window.until_shown("reconnecting", "nothing is listening there")
