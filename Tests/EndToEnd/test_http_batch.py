"""POST /api/articles/batch: many articles in one request, each line answered in its turn."""

import json
import subprocess
import threading
import time

import pytest

from support.feed import SUBPROTOCOL, Subscriber
from support.http import RawConnection
from support.waiting import until

PATH = "/api/articles/batch"
NDJSON = {"Content-Type": "application/x-ndjson"}


def lines(*objects):
    return "".join(json.dumps(entry) + "\n" for entry in objects).encode()


def send(daemon, body, expected=200, **headers):
    answer = daemon.client.post(PATH, content=body, headers=daemon.authorization | NDJSON | headers)
    assert answer.status_code == expected, answer.text
    return [json.loads(line) for line in answer.text.splitlines()] if expected == 200 else answer


class Batch:
    """A batch that is sent piece by piece, while its answers are read."""

    def __init__(self, raw, daemon, *headers):
        self._raw = raw
        head = [
            f"POST {PATH} HTTP/1.1",
            f"Host: {raw.host}",
            f"Authorization: Bearer {daemon.token}",
            "Content-Type: application/x-ndjson",
            "Transfer-Encoding: chunked",
            *headers,
        ]
        raw.send("\r\n".join(head).encode() + b"\r\n\r\n")

    def send(self, data):
        self._raw.send(b"%x\r\n%s\r\n" % (len(data), data))

    def finish(self):
        self._raw.send(b"0\r\n\r\n")

    def head(self):
        return self._raw.read_until(b"\r\n\r\n")

    def answer(self):
        """The next chunk."""
        size = int(self._raw.read_until(b"\r\n"), 16)
        chunk = self._raw.read(size + 2)[:-2]
        return [json.loads(line) for line in chunk.splitlines()]


@pytest.fixture
def raw(daemon):
    with RawConnection(daemon) as connection:
        yield connection


def test_every_line_becomes_an_article_in_order(daemon):
    with Subscriber(daemon, "?last=0", SUBPROTOCOL) as subscriber:
        subscriber.next(), subscriber.next()
        answers = send(daemon, lines(*({"title": f"a{number}"} for number in range(2000))))
        assert [answer["line"] for answer in answers] == list(range(1, 2001))
        assert {answer["status"] for answer in answers} == {201}
        assert all(one["id"] < other["id"] for one, other in zip(answers, answers[1:]))
        events = []
        while len(events) < 2000:
            events += subscriber.next()
        assert [event["cursor"] for event in events] == [answer["cursor"] for answer in answers]
        assert [event["fields"]["title"] for event in events] == [f"a{number}" for number in range(2000)]


def test_a_bad_line_harms_no_other(daemon):
    body = b'{"title":"one"}\n{"title":\n\n  \n{"title":""}\n[1]\n{"title":"x","colour":"red"}\n\xff\n{"title":"two"}'
    answers = send(daemon, body)
    assert [(answer["line"], answer["status"]) for answer in answers] == [
        (1, 201),
        (2, 400),
        (5, 422),
        (6, 422),
        (7, 422),
        (8, 400),
        (9, 201),
    ]
    assert "JSON" in answers[1]["detail"]
    assert answers[2]["errors"][0]["field"] == "title"
    assert answers[4]["errors"] == [{"field": "colour", "message": answers[4]["errors"][0]["message"]}]
    titles = [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]]
    assert titles == ["two", "one"]


def test_members_of_an_editor(daemon):
    [answer] = send(
        daemon,
        lines({"title": "old", "published": "2001-02-03T04:05:06+01:00", "author": "Ada", "topic": "x", "body": "b"}),
    )
    article = daemon.get(answer["id"])
    assert article["published"] == "2001-02-03T03:05:06.000Z" and article["updated"] is None
    assert (article["author"], article["topic"], article["body"]) == ("Ada", "x", "b")


@pytest.mark.parametrize(
    "member", [{"published": "yesterday"}, {"published": 5}, {"key": ""}, {"key": 5}, {"key": "x" * 256}, {"key": "\n"}]
)
def test_members_that_are_wrong_are_named(daemon, member):
    [answer] = send(daemon, lines({"title": "x"} | member))
    assert answer["status"] == 422 and answer["errors"][0]["field"] == next(iter(member))


def test_a_key_makes_a_line_count_once(daemon):
    batch = lines({"title": "a", "key": "1"}, {"title": "b", "key": "2"})
    first = send(daemon, batch)
    assert [answer["status"] for answer in first] == [201, 201]
    second = send(daemon, batch + lines({"title": "c", "key": "3"}, {"title": "other", "key": "1"}))
    assert [answer["status"] for answer in second] == [200, 200, 201, 422]
    assert [(answer["id"], answer["cursor"]) for answer in second[:2]] == [
        (answer["id"], answer["cursor"]) for answer in first
    ]
    daemon.restart()
    assert [answer["status"] for answer in send(daemon, batch)] == [200, 200]


def test_a_key_may_repeat_within_a_batch(daemon):
    answers = send(daemon, lines(*[{"title": "a", "key": "1"}] * 3))
    assert [answer["status"] for answer in answers] == [201, 200, 200]
    assert len({answer["id"] for answer in answers}) == 1


def test_a_line_that_is_too_long_is_passed_over(start_daemon):
    daemon = start_daemon("--max-body", "1000")
    long = lines({"title": "x", "body": "x" * 100_000})
    answers = send(daemon, lines({"title": "a"}) + long + lines({"title": "x", "body": "x" * 1001}, {"title": "b"}))
    assert [(answer["line"], answer["status"]) for answer in answers] == [(1, 201), (2, 413), (3, 413), (4, 201)]


def test_lines_may_end_with_cr_lf(daemon):
    assert [answer["status"] for answer in send(daemon, b'{"title":"a"}\r\n\r\n{"title":"b"}\r\n')] == [201, 201]


def test_an_empty_batch_is_answered_with_nothing(daemon):
    assert send(daemon, b"") == [] and send(daemon, b"\n\n") == []


def test_answers_come_while_the_batch_goes_on(daemon, raw):
    batch = Batch(raw, daemon)
    for number in range(1, 4):
        batch.send(b'{"title":"half')
        batch.send(b' and half"}\n')
        if number == 1:
            assert batch.head().startswith(b"HTTP/1.1 200")
        [answer] = batch.answer()
        assert (answer["line"], answer["status"]) == (number, 201)
        assert daemon.get(answer["id"])["title"] == "half and half"
    batch.finish()
    assert raw.read_until(b"0\r\n\r\n") == b"0\r\n\r\n"
    raw.request("GET", "/api/status")
    assert raw.response().status == 200


def test_a_client_may_send_everything_before_it_reads_anything(daemon, raw):
    body = b"".join(b'{"title":"a%d"}\n' % number for number in range(20_000))
    raw.request(
        "POST", PATH, [("Authorization", f"Bearer {daemon.token}"), ("Content-Type", "application/x-ndjson")], body
    )
    # Nothing was read so far, and all of it has been taken.
    until(lambda: daemon.status()["cursor"].startswith("20000-"), "all lines published", 60)
    answers = raw.response().body.splitlines()
    assert len(answers) == 20_000 and json.loads(answers[-1])["line"] == 20_000


def test_a_batch_may_take_its_time_as_long_as_it_goes_on(start_daemon):
    daemon = start_daemon("--request-timeout", "700ms")
    with RawConnection(daemon) as raw:
        batch = Batch(raw, daemon)
        batch.send(lines({"title": "first"}))
        batch.head()
        began = time.monotonic()
        while time.monotonic() < began + 1.5:
            [answer] = batch.answer()
            assert answer["status"] == 201
            batch.send(lines({"title": "more"}))
        # And is cut off, unfinished, when it does not.
        assert not raw.rest().endswith(b"0\r\n\r\n")


def test_a_client_that_goes_away_has_published_what_was_whole(daemon):
    with RawConnection(daemon) as raw:
        batch = Batch(raw, daemon)
        batch.send(lines({"title": "whole"}) + b'{"title":"hal')
        batch.head()
        batch.answer()
    until(lambda: daemon.status()["cursor"].startswith("1-"), "one article")
    assert [a["title"] for a in daemon.client.get("/api/articles/").json()["results"]] == ["whole"]


def test_a_shutdown_answers_what_was_taken_and_ends_the_batch_unfinished(daemon, raw):
    batch = Batch(raw, daemon)
    batch.send(lines({"title": "a"}))
    batch.head()
    assert batch.answer()[0]["status"] == 201
    assert daemon.stop() == 0
    assert not raw.rest().endswith(b"0\r\n\r\n")
    daemon.start()
    assert daemon.status()["cursor"].startswith("1-")


def test_a_batch_repeated_after_kill_9_leaves_each_article_once(daemon):
    batch = lines(*({"title": f"a{number}", "key": f"k{number}"} for number in range(3000)))
    broken = []

    def publish():
        try:
            send(daemon, batch)
        except Exception as error:
            broken.append(error)

    publisher = threading.Thread(target=publish)
    publisher.start()
    until(lambda: not daemon.status()["cursor"].startswith("0-"), "the first articles")
    daemon.kill9()
    publisher.join(20)
    assert broken, "the batch was over before the crash"
    daemon.start()
    done = int(daemon.status()["cursor"].split("-")[0])
    answers = send(daemon, batch)
    assert [answer["status"] for answer in answers] == [200] * done + [201] * (3000 - done)
    assert int(daemon.status()["cursor"].split("-")[0]) == 3000


def test_curl_gets_its_100_continue(daemon, tmp_path):
    """It waits a second for it otherwise, and says so."""
    batch = tmp_path / "batch"
    batch.write_bytes(lines({"title": "a"}))
    command = ["curl", "-sv", "-H", f"Authorization: Bearer {daemon.token}", "-H", "Expect: 100-continue"]
    command += ["-H", "Content-Type: application/x-ndjson", "--data-binary", f"@{batch}", daemon.url + PATH]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert json.loads(done.stdout)["status"] == 201
    assert "< HTTP/1.1 100 Continue" in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Content-Type": "application/json"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Encoding": "gzip"}, 415),
    ],
)
def test_what_can_not_be_taken_is_refused_as_a_whole(daemon, headers, status):
    answer = send(daemon, lines({"title": "x"}), status, **headers)
    assert answer.headers["content-type"] == "application/problem+json"
    assert daemon.status()["cursor"].startswith("0-")


def test_other_methods_are_405(daemon):
    answer = daemon.client.get(PATH)
    assert answer.status_code == 405 and answer.headers["allow"] == "POST"
