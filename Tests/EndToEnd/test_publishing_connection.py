"""One connection of a publisher: what may come on it, in which order, and how it ends."""

import json
import socket
import threading
from pathlib import Path

import pytest

from support.admin import CHEAP, add_account, basic
from support.http import RawConnection


def publication(daemon, title, extra=""):
    body = json.dumps({"title": title}).encode()
    head = (
        f"POST /api/articles/ HTTP/1.1\r\nHost: {daemon.host}:{daemon.port}\r\nAuthorization: Bearer {daemon.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


def reading(daemon, path):
    return f"GET {path} HTTP/1.1\r\nHost: {daemon.host}:{daemon.port}\r\n\r\n".encode()


@pytest.fixture
def connection(daemon):
    with RawConnection(daemon) as connection:
        yield connection


def test_publications_in_one_packet_are_stored_and_answered_in_order(daemon, connection):
    connection.send(b"".join(publication(daemon, f"p{number}") for number in range(50)))
    answers = [connection.response() for _ in range(50)]
    assert [answer.status for answer in answers] == [201] * 50
    assert [answer.json()["title"] for answer in answers] == [f"p{number}" for number in range(50)]
    ids = [answer.json()["id"] for answer in answers]
    assert ids == sorted(ids)


def test_other_requests_may_stand_between_publications(daemon, connection):
    connection.send(
        publication(daemon, "one") + reading(daemon, "/healthz") + publication(daemon, "two")
        + reading(daemon, "/api/articles/?limit=1")
    )
    answers = [connection.response() for _ in range(4)]
    assert [answer.status for answer in answers] == [201, 200, 201, 200]
    assert answers[3].json()["results"][0]["title"] == "two"


def test_a_publication_that_arrives_in_pieces_is_stored_once(daemon, connection):
    for byte in publication(daemon, "in pieces"):
        connection.send(bytes([byte]))
    assert connection.response().status == 201
    assert [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]] == ["in pieces"]


def test_after_connection_close_the_connection_ends_with_the_answer(daemon, connection):
    connection.send(publication(daemon, "last", "Connection: close\r\n"))
    answer = connection.response()
    assert (answer.status, answer.headers["connection"]) == (201, "close")
    assert connection.rest() == b""


def test_a_publisher_that_has_finished_sending_still_gets_its_answer(daemon, connection):
    connection.send(publication(daemon, "nc"))
    connection.finish_sending()
    assert connection.response().status == 201
    assert connection.rest() == b""


def test_all_that_was_sent_before_the_end_of_sending_is_answered(daemon, connection):
    connection.send(publication(daemon, "one") + publication(daemon, "two") + reading(daemon, "/healthz"))
    connection.finish_sending()
    assert [connection.response().status for _ in range(3)] == [201, 201, 200]
    assert connection.rest() == b""


def test_a_request_cut_off_by_the_end_of_sending_is_not_carried_out(daemon, connection):
    connection.send(publication(daemon, "whole") + publication(daemon, "cut off")[:-3])
    connection.finish_sending()
    assert connection.response().status == 201
    assert connection.rest() == b""
    assert [article["title"] for article in daemon.client.get("/api/articles/").json()["results"]] == ["whole"]


def test_a_refusal_in_between_does_not_end_what_was_sent_before_the_end_of_sending(daemon, connection):
    bad = publication(daemon, "x").replace(b'{"title": "x"}', b'{"titel": "x"}')
    connection.send(publication(daemon, "one") + bad + publication(daemon, "two") + bad + reading(daemon, "/healthz"))
    connection.finish_sending()
    assert [connection.response().status for _ in range(5)] == [201, 422, 201, 422, 200]
    assert connection.rest() == b""


def test_a_password_publishes_as_a_token_does(start_daemon):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "ed", "editor")
    token, password = f"Bearer {daemon.token}", basic("ed")["Authorization"]
    with RawConnection(daemon) as connection:
        connection.send(publication(daemon, "with a password").replace(token.encode(), password.encode()))
        answer = connection.response()
    assert (answer.status, answer.json()["author"]) == (201, "ed")


def test_a_client_that_never_pauses_takes_no_memory(daemon):
    """Between two reads there is always a part of a request; what came before that must be gone."""

    def memory():
        status = Path(f"/proc/{daemon.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    refused = publication(daemon, "x" * 3000).replace(daemon.token.encode(), b"wrong")
    with socket.create_connection((daemon.host, daemon.port), timeout=30) as peer:

        def read():
            while peer.recv(1 << 20):
                pass

        reader = threading.Thread(target=read)
        reader.start()
        peer.sendall(refused[:1000])
        before = memory()
        for _ in range(50):
            peer.sendall((refused[1000:] + refused[:1000]) * 600)
        after = memory()
        peer.shutdown(socket.SHUT_WR)
        reader.join(timeout=30)
        assert not reader.is_alive()
    assert after - before < 40_000_000, "of 90 MB that were sent"


def test_rubbish_behind_a_publication_does_not_take_its_answer_away(daemon, connection):
    connection.send(publication(daemon, "one") + b"\x00\x01 rubbish\r\n\r\n")
    assert connection.response().status == 201
    connection.rest()


def test_a_refused_publication_leaves_the_connection_usable(daemon, connection):
    bad = publication(daemon, "x").replace(b'{"title": "x"}', b'{"titel": "x"}')
    connection.send(bad)
    assert connection.response().status == 422
    connection.send(publication(daemon, "good"))
    assert connection.response().status == 201


def test_both_ways_answer_alike(daemon, connection):
    """The router, once it has answered something, answers the rest of a connection too."""
    connection.send(publication(daemon, "short way"))
    short = connection.response()
    connection.send(reading(daemon, "/healthz") + publication(daemon, "long way"))
    connection.response()
    long = connection.response()
    assert short.status == long.status == 201
    assert set(short.headers) == set(long.headers)
    assert list(short.json()) == list(long.json())
