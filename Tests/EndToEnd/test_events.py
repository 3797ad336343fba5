"""The feed over plain HTTP: server-sent events and a line for each event."""

import json
import signal
import socket
import subprocess
import threading

import httpx
import pytest

from support.daemon import free_port
from support.http import RawConnection
from support.waiting import until

SSE = {"Accept": "text/event-stream"}
LINES = {"Accept": "application/x-ndjson"}
# At a shutdown with one subscriber, whose goodbye takes a millisecond.
RETRY_MS_OF_ONE = range(750, 1752)


class Events:
    """An open stream of `/events`, read in a thread."""

    def __init__(self, daemon, query="", headers=SSE):
        self._daemon, self._query, self._headers = daemon, query, headers
        self.text = ""
        self.answer = None
        self.error = None
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        until(lambda: self.answer or self.error, "an answer")
        assert self.error is None, self.error
        return self

    def __exit__(self, *_):
        self._daemon_socket_close()
        self._thread.join(10)
        assert not self._thread.is_alive(), "the stream did not end"

    def _daemon_socket_close(self):
        if self.answer is not None and self._thread.is_alive():
            stream = self.answer.extensions["network_stream"].get_extra_info("socket")
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _read(self):
        try:
            with (
                httpx.Client(base_url=self._daemon.url, trust_env=False, verify=False, timeout=30) as client,
                client.stream("GET", f"/events{self._query}", headers=self._headers) as answer,
            ):
                self.answer = answer
                for text in answer.iter_text():
                    self.text += text
        except httpx.HTTPError as error:
            self.error = error

    def blocks(self):
        """The events of a text/event-stream that are complete, each as its fields."""
        return [fields(block) for block in self.text.split("\n\n")[:-1]]

    def objects(self):
        """The lines that are complete, without heartbeats."""
        return [json.loads(line) for line in self.text.split("\n")[:-1] if line]

    def until(self, word, deadline=10):
        until(lambda: word in self.text, f"{word!r} in the stream", deadline)
        return self

    def end(self, deadline=10):
        self._thread.join(deadline)
        assert not self._thread.is_alive(), "the stream did not end"
        return self


def fields(block):
    found = {}
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        assert name not in found, block
        found[name] = value
    return found


def read(daemon, query, headers, expected=200):
    answer = daemon.client.get(f"/events{query}", headers=headers)
    assert answer.status_code == expected, answer.text
    return answer


def test_server_sent_events_begin_with_the_snapshot_and_go_on_live(daemon):
    ids = [daemon.add(f"a{number}") for number in range(7)]
    with Events(daemon) as events:
        events.until("event: live")
        retry, *snapshot, live = events.blocks()
        assert retry == {"retry": "2000"}
        assert [json.loads(event["data"])["pk"] for event in snapshot] == ids[2:]
        assert {event["event"] for event in snapshot} == {"created"}
        assert json.loads(live["data"]) == {"live": {"cursor": live["id"]}}
        assert live["id"] == daemon.status()["cursor"]
        daemon.add("new")
        daemon.edit(ids[0], title="changed")
        daemon.delete(ids[1])
        events.until("event: deleted\ndata").until('"fields":null')
        created, updated, deleted = events.blocks()[7:]
        assert [event["event"] for event in (created, updated, deleted)] == ["created", "updated", "deleted"]
        for event in (created, updated, deleted):
            data = json.loads(event["data"])
            assert data["cursor"] == event["id"] and data["event"] == event["event"]
        assert json.loads(updated["data"])["fields"]["title"] == "changed"


def test_lines_are_the_objects_of_the_websocket(daemon):
    ids = [daemon.add(f"a{number}") for number in range(3)]
    with Events(daemon, "?last=2", LINES) as events:
        events.until('"live"')
        hello, first, second, live = events.objects()
        assert hello["hello"]["last"] == 2 and hello["hello"]["cursor"] == live["live"]["cursor"]
        assert [first["pk"], second["pk"]] == ids[1:]
        daemon.add("new", "two\nlines")
        until(lambda: len(events.objects()) == 5, "the new article")
        assert events.objects()[-1]["fields"]["body"] == "two\nlines"


@pytest.mark.parametrize("accept", ["*/*", "text/*", "text/event-stream, application/x-ndjson;q=0.5", None])
def test_server_sent_events_are_the_default(daemon, accept):
    headers = {"Accept": accept} if accept else {}
    request = daemon.client.build_request("GET", "/events?follow=false", headers=headers)
    if accept is None:
        del request.headers["Accept"]
    answer = daemon.client.send(request)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream;q=0.1, application/*"])
def test_lines_are_for_those_who_prefer_them(daemon, accept):
    assert read(daemon, "?follow=false", {"Accept": accept}).headers["content-type"] == "application/x-ndjson"


def test_what_can_not_be_had_is_406(daemon):
    problem = read(daemon, "", {"Accept": "text/html"}, 406).json()
    assert "application/x-ndjson" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?since=x", {}),
        ("?last=501", {}),
        ("?topic=A!", {}),
        ("?follow=maybe", {}),
        ("", {"Last-Event-ID": "not a cursor"}),
    ],
)
def test_a_malformed_request_is_400(daemon, query, headers):
    assert read(daemon, query, SSE | headers, 400).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_405(daemon, method):
    answer = daemon.client.request(method, "/events")
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"


def test_head_says_what_get_would_and_ends(daemon):
    answer = daemon.client.head("/events", headers=SSE)
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/event-stream"


def test_last_event_id_wins_over_since(daemon):
    cursors = [daemon.post({"title": f"a{number}"}).json()["cursor"] for number in range(4)]
    answer = read(daemon, f"?since={cursors[0]}&follow=false", SSE | {"Last-Event-ID": cursors[2]})
    _, replayed, live = [fields(block) for block in answer.text.split("\n\n")[:-1]]
    assert replayed["id"] == cursors[3] and live["event"] == "live"
    # An EventSource that has seen nothing yet sends none, or an empty one.
    answer = read(daemon, f"?since={cursors[2]}&follow=false", SSE | {"Last-Event-ID": ""})
    assert [fields(block).get("id") for block in answer.text.split("\n\n")[1:-1]] == [cursors[3], cursors[3]]


@pytest.mark.parametrize("cursor", ["1-0000abcd", "99-00000001"])
def test_a_reset_carries_the_new_cursor_as_id(daemon, cursor):
    daemon.add("a")
    newest = daemon.status()["cursor"]
    answer = read(daemon, "?follow=false", SSE | {"Last-Event-ID": cursor})
    _, reset, created, live = [fields(block) for block in answer.text.split("\n\n")[:-1]]
    assert reset["event"] == "reset" and reset["id"] == newest
    assert json.loads(reset["data"])["reset"]["reason"] == "forked"
    assert created["event"] == "created" and live["id"] == newest


def test_follow_false_ends_once_everything_was_sent(daemon):
    for number in range(5):
        daemon.add(f"a{number}")
    answer = read(daemon, "?since=0-00000000&follow=false", LINES)
    hello, *events, live = [json.loads(line) for line in answer.text.splitlines()]
    assert "hello" in hello and "live" in live
    assert [int(event["cursor"].split("-")[0]) for event in events] == list(range(1, 6))


def test_heartbeats_are_comments_and_empty_lines(start_daemon):
    daemon = start_daemon("--ping-interval", "100ms")
    daemon.add("x", topic="other")
    with Events(daemon, "?topic=news") as filtered, Events(daemon) as all_of_it, Events(daemon, "", LINES) as lines:
        # Who sees few events must not fall behind what is kept: its heartbeats have an id.
        filtered.until(f"\n\nid: {daemon.status()['cursor']}\n: ping\n\n")
        all_of_it.until("\n\n: ping\n\n")
        lines.until("}\n\n")


def test_topics_hold_for_streams(daemon):
    daemon.add("a", topic="a")
    daemon.add("b", topic="b")
    with Events(daemon, "?topic=b", LINES) as events:
        events.until('"live"')
        daemon.add("a2", topic="a")
        daemon.add("b2", topic="b")
        events.until('"b2"').until("}\n")
        assert [event["fields"]["title"] for event in events.objects() if "pk" in event] == ["b", "b2"]


@pytest.mark.parametrize("headers", [SSE, LINES])
def test_a_shutdown_ends_streams_in_good_order(daemon, headers):
    with Events(daemon, "", headers) as events:
        events.until("live")
        assert daemon.stop() == 0
        events.end()
        assert events.error is None
        if headers is LINES:
            bye = events.objects()[-1]["bye"]
            assert bye["reason"] == "shutdown"
            assert bye["retry_ms"] in RETRY_MS_OF_ONE
    daemon.start()


def test_a_stream_that_breaks_off_is_seen_to_be_incomplete(daemon):
    with Events(daemon, "", LINES) as events:
        events.until("live")
        daemon.kill9()
        events.end()
        assert events.error is not None, "the end looked like a proper one"
    daemon.start()


def test_resuming_over_kill_9_misses_nothing_and_repeats_nothing(daemon):
    first = daemon.post({"title": "a"}).json()["cursor"]
    with Events(daemon, "", SSE) as events:
        events.until("event: live")
        daemon.kill9()
    daemon.start()
    daemon.add("b")
    answer = read(daemon, "?follow=false", SSE | {"Last-Event-ID": first})
    _, b, live = [fields(block) for block in answer.text.split("\n\n")[:-1]]
    assert json.loads(b["data"])["fields"]["title"] == "b" and live["id"] == b["id"]


def test_streams_count_as_subscribers_until_they_go(daemon):
    with Events(daemon), Events(daemon, "", LINES):
        until(lambda: daemon.status()["subscribers"] == 2, "two subscribers")
    until(lambda: daemon.status()["subscribers"] == 0, "none left")


def test_a_client_that_goes_before_reading_leaves_nothing_behind(daemon):
    for _ in range(20):
        with RawConnection(daemon) as raw:
            raw.request("GET", "/events", [("Accept", "text/event-stream")])
    until(lambda: daemon.status()["subscribers"] == 0, "none left")


def test_a_stream_comes_behind_other_requests_on_its_connection(daemon):
    """As browsers do: the page first, then its EventSource on the same connection."""
    with RawConnection(daemon) as raw:
        raw.request("GET", "/api/status")
        assert raw.response().status == 200
        raw.request("GET", "/events?follow=false", [("Accept", "text/event-stream")])
        assert b"event: live" in raw.response().body
        raw.request("GET", "/api/status")
        assert raw.response().status == 200


def test_http_1_0_gets_the_stream_without_chunks(daemon):
    daemon.add("a")
    with RawConnection(daemon) as raw:
        raw.request("GET", "/events?follow=false", [("Accept", "application/x-ndjson")], version="HTTP/1.0")
        head, _, body = raw.rest().decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.0 200") and "chunked" not in head
        assert ["hello" in body, '"live"' in body, len(body.splitlines())] == [True, True, 3]


def test_other_sites_read_only_where_they_were_allowed(start_daemon):
    daemon = start_daemon("--allowed-origin", "https://news.example")
    allowed = read(daemon, "?follow=false", SSE | {"Origin": "https://news.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://news.example"
    other = read(daemon, "?follow=false", SSE | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_a_reader_that_stops_is_cut_off_and_holds_up_nobody(start_daemon):
    daemon = start_daemon("--stall-timeout", "1s", "--backlog", "100,64KiB")
    with RawConnection(daemon) as slow, Events(daemon, "?last=0", LINES) as other:
        slow.request("GET", "/events", [("Accept", "application/x-ndjson")])
        until(lambda: daemon.status()["subscribers"] == 2, "two subscribers")
        for _ in range(300):
            daemon.add("big", "x" * 60_000)
        until(lambda: daemon.status()["subscribers"] == 1, "the slow one is cut off", 30)
        until(lambda: len([o for o in other.objects() if "pk" in o]) == 300, "all 300 at the other", 30)
        # What was cut off must not look complete.
        assert not slow.rest().endswith(b"0\r\n\r\n")


def test_a_shutdown_does_not_wait_for_a_reader_that_stopped(start_daemon):
    daemon = start_daemon("--backlog", "100,64KiB")
    with RawConnection(daemon) as slow:
        slow.request("GET", "/events", [("Accept", "application/x-ndjson")])
        until(lambda: daemon.status()["subscribers"] == 1, "a subscriber")
        for _ in range(150):
            daemon.add("big", "x" * 60_000)
        assert daemon.stop(signal.SIGTERM) == 0
    daemon.start()


def test_curl_follows_the_feed_line_by_line(daemon):
    """What the README shows."""
    command = ["curl", "-sN", "-H", "Accept: application/x-ndjson", f"{daemon.url}/events?last=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert "hello" in curl.stdout.readline()
        assert "live" in curl.stdout.readline()
        daemon.add("from curl")
        assert json.loads(curl.stdout.readline())["fields"]["title"] == "from curl"
        curl.terminate()


NGINX = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {url}; proxy_set_header Host $http_host; }} }}
}}
"""


def test_events_pass_through_nginx_as_they_come(daemon, tmp_path):
    """With its defaults: HTTP/1.0 to the daemon, and buffering, which X-Accel-Buffering turns off."""
    port = free_port()
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(directory=tmp_path, port=port, url=daemon.url))
    with subprocess.Popen(["/usr/sbin/nginx", "-e", str(tmp_path / "error.log"), "-c", str(configuration)]) as nginx:
        try:
            until(lambda: (tmp_path / "nginx.pid").exists(), "nginx")
            curl = ["curl", "-sN", "-H", "Accept: text/event-stream", f"http://127.0.0.1:{port}/events?last=0"]
            with subprocess.Popen(curl, stdout=subprocess.PIPE, text=True) as stream:
                assert stream.stdout.readline() == "retry: 2000\n"
                daemon.add("through nginx")
                while "through nginx" not in (line := stream.stdout.readline()):
                    assert line, "the stream ended"
                stream.terminate()
        finally:
            nginx.terminate()
