"""The HTTP API: what it answers to bad input, and that it goes on serving others afterwards."""

import json
import os

import pytest

from support.admin import CHEAP
from support.http import RawConnection

DAEMON_FLAGS = CHEAP
UPGRADE = (
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
)


def assert_problem(answer, status):
    """RFC 9457: the status, a title, and a detail for whoever has to mend it."""
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {"type", "title", "status", "detail"} <= body.keys()
    assert body["status"] == status and len(body["detail"]) > 10
    return body


def fields(problem):
    return {error["field"] for error in problem["errors"] if error["message"]}


def post(daemon, content, type="application/json", **headers):
    return daemon.client.post(
        "/api/articles/", content=content, headers=daemon.authorization | {"Content-Type": type} | headers
    )


@pytest.fixture(autouse=True)
def healthy_afterwards(shared_daemon):
    """Whatever was sent, the same process serves the next client, and nothing was published."""
    pid, cursor = shared_daemon.pid, shared_daemon.status()["cursor"]
    yield
    assert shared_daemon.is_running and shared_daemon.pid == pid
    assert shared_daemon.client.get("/readyz").status_code == 200
    assert shared_daemon.status()["cursor"] == cursor


@pytest.fixture
def raw(shared_daemon):
    with RawConnection(shared_daemon) as connection:
        yield connection


# Articles that break a rule


@pytest.mark.parametrize(
    "article, field",
    [
        ({"body": "no title"}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \t\n\u3000 "}, "title"),
        ({"title": "x" * 257}, "title"),
        ({"title": "é" * 257}, "title"),
        ({"title": "a" + "\u0301" * 5000}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "a\u001b[31mb"}, "title"),
        ({"title": "a\u0085b"}, "title"),
        ({"title": "a\u2028b"}, "title"),
        ({"title": 7}, "title"),
        ({"title": None}, "title"),
        ({"title": "x", "body": ["y"]}, "body"),
        ({"title": "x", "topic": "BAD"}, "topic"),
        ({"title": "x", "topic": ""}, "topic"),
        ({"title": "x", "topic": "-a"}, "topic"),
        ({"title": "x", "topic": "a b"}, "topic"),
        ({"title": "x", "topic": "a" * 65}, "topic"),
        ({"title": "x", "author": "a" * 65}, "author"),
        ({"title": "x", "author": "a\u0007"}, "author"),
        ({"title": "x", "colour": "red"}, "colour"),
        ({"title": "x", "id": 7}, "id"),
    ],
)
def test_a_member_that_breaks_a_rule_is_named(shared_daemon, article, field):
    assert field in fields(assert_problem(post(shared_daemon, json.dumps(article)), 422))


def test_every_bad_member_is_named_at_once(shared_daemon):
    problem = assert_problem(post(shared_daemon, json.dumps({"title": "", "topic": "BAD", "author": ""})), 422)
    assert fields(problem) == {"title", "topic", "author"}


@pytest.mark.parametrize("content", ["[]", '"title"', "7", "null"])
def test_json_that_is_no_object_is_refused(shared_daemon, content):
    assert_problem(post(shared_daemon, content), 422)


def test_a_form_is_checked_by_the_same_rules(shared_daemon):
    answer = post(shared_daemon, "title=&topic=BAD&colour=red", "application/x-www-form-urlencoded")
    assert fields(assert_problem(answer, 422)) & {"title", "topic", "colour"}


@pytest.mark.parametrize("content", [b"title=%zz", b"title=\xff"])
def test_a_malformed_form_is_400(shared_daemon, content):
    assert_problem(post(shared_daemon, content, "application/x-www-form-urlencoded"), 400)


# Too large


@pytest.mark.parametrize("body", ["b" * 65537, "é" * 32769, "b" * 300_000])
def test_a_body_over_the_limit_is_413(shared_daemon, body):
    assert_problem(post(shared_daemon, json.dumps({"title": "Long", "body": body}, ensure_ascii=False)), 413)


def test_a_request_that_announces_too_much_is_413(shared_daemon):
    assert_problem(post(shared_daemon, json.dumps({"title": "Long", "body": "b" * 20_000_000})), 413)


def test_a_chunked_request_that_never_ends_is_413(shared_daemon, raw):
    token = shared_daemon.token
    raw.request(
        "POST",
        "/api/articles/",
        [
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Transfer-Encoding", "chunked"),
        ],
    )
    raw.send_as_much_as_is_taken((b"10000\r\n" + b" " * 65536 + b"\r\n") * 100)
    assert raw.response().status == 413


def test_a_header_of_10_mb_is_refused_and_the_connection_closed(raw):
    raw.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ")
    raw.send_as_much_as_is_taken(b"x" * 10_000_000 + b"\r\n\r\n")
    answer = raw.rest()
    assert answer[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b""), answer[:100]


def test_a_header_over_the_limit_is_431(raw):
    raw.request("GET", "/healthz", [("X-Big", "x" * 17_000)])
    answer = raw.response()
    assert answer.status == 431
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert raw.rest() == b""


def test_many_small_headers_over_the_limit_are_431(raw):
    raw.request("GET", "/healthz", [(f"X-{number}", "x" * 50) for number in range(500)])
    assert raw.response().status == 431


def test_a_header_over_the_limit_in_a_later_request_ends_the_connection(raw):
    raw.request("GET", "/healthz")
    assert raw.response().status == 200
    raw.request("GET", "/healthz", [("X-Big", "x" * 17_000)])
    assert raw.rest()[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b"")


# Not what it says it is


@pytest.mark.parametrize(
    "content, place",
    [
        ('{"title": }', "line 1, column 11"),
        ('{\n  "title": "x",\n}', "line 3, column 1"),
        ('{"title": "x"', "line 1"),
        ('{"title": "x"} trailing', "line 1, column 16"),
        ("{'title': 'x'}", "line 1, column 2"),
        ('{"title": "a\nb"}', "line 1"),
        ('{"title": "\\ud800"}', "line 1"),
        ('{"title": "x", "title": "y"}', "line 1"),
        ("", "line 1"),
        ("[" * 100_000, "line 1"),
    ],
)
def test_malformed_json_is_400_and_names_the_place(shared_daemon, content, place):
    assert place in assert_problem(post(shared_daemon, content), 400)["detail"]


def test_json_that_is_not_utf_8_is_400(shared_daemon):
    assert_problem(post(shared_daemon, b'{"title": "\xff"}'), 400)


@pytest.mark.parametrize("type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json"])
def test_another_content_type_is_415(shared_daemon, type):
    assert_problem(post(shared_daemon, '{"title": "x"}', type), 415)


def test_no_content_type_is_415(shared_daemon, raw):
    raw.request("POST", "/api/articles/", [("Authorization", f"Bearer {shared_daemon.token}")], b'{"title": "x"}')
    assert raw.response().status == 415


# Not allowed


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/api/articles/"),
        ("PUT", "/api/articles/1/"),
        ("PATCH", "/api/articles/1/"),
        ("DELETE", "/api/articles/1/"),
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Bearer", "Token x", "Basic bG9jYWw6eA=="])
def test_writing_without_the_right_token_is_401(shared_daemon, method, path, authorization):
    headers = {"Authorization": authorization} if authorization else {}
    answer = shared_daemon.client.request(method, path, json={"title": "x"}, headers=headers)
    assert_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_most_of_the_token_is_not_enough(shared_daemon):
    for token in (shared_daemon.token[:-1], shared_daemon.token + "x", shared_daemon.token.swapcase()):
        answer = shared_daemon.client.post(
            "/api/articles/", json={"title": "x"}, headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401


def test_a_token_in_the_query_is_not_taken(shared_daemon):
    answer = shared_daemon.client.post(f"/api/articles/?token={shared_daemon.token}", json={"title": "x"})
    assert answer.status_code == 401


@pytest.mark.parametrize("id", ["999999", "0", "-1", "abc", "01", "99999999999999999999", "1.5", "%00", "é"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_unknown_id_is_404(shared_daemon, method, id):
    body = {"json": {"title": "x"}} if method in ("PUT", "PATCH") else {}
    answer = shared_daemon.client.request(method, f"/api/articles/{id}/", headers=shared_daemon.authorization, **body)
    assert_problem(answer, 404)


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("DELETE", "/api/articles/", {"GET", "HEAD", "POST"}),
        ("PUT", "/api/articles", {"GET", "HEAD", "POST"}),
        ("POST", "/api/articles/1/", {"GET", "HEAD", "PUT", "PATCH", "DELETE"}),
        ("POST", "/api/status", {"GET", "HEAD"}),
        ("DELETE", "/healthz", {"GET", "HEAD"}),
        ("OPTIONS", "/api/articles/", {"GET", "HEAD", "POST"}),
        ("TRACE", "/api/articles/", {"GET", "HEAD", "POST"}),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(shared_daemon, method, path, allowed):
    answer = shared_daemon.client.request(method, path, headers=shared_daemon.authorization)
    assert_problem(answer, 405)
    assert set(answer.headers["allow"].replace(" ", "").split(",")) == allowed


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_bad_idempotency_key_is_400(shared_daemon, key):
    assert_problem(shared_daemon.post({"title": "x"}, **{"Idempotency-Key": key}), 400)


# Not HTTP, or hardly


@pytest.mark.parametrize(
    "bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)),
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\r\n\r\nhello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\x00/ HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\xff" * 100,
    ],
)
def test_what_is_not_http_is_400_and_the_connection_closed(raw, bytes):
    raw.send(bytes)
    raw.finish_sending()
    answer = raw.rest()
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]


def test_random_bytes_do_not_harm(shared_daemon):
    for _ in range(100):
        with RawConnection(shared_daemon) as connection:
            connection.send_as_much_as_is_taken(os.urandom(500))
            connection.finish_sending()
            assert connection.rest()[:13] in (b"HTTP/1.1 400 ", b"")


@pytest.mark.parametrize("hosts", [b"", b"Host: a.example\r\nHost: b.example\r\n"])
def test_a_request_without_a_host_or_with_two_is_400(raw, hosts):
    """RFC 9112 section 3.2 demands it."""
    raw.send(b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n")
    assert raw.response().status == 400


@pytest.mark.parametrize("length", ["-1", "abc", "1, 2"])
def test_a_bad_content_length_is_400(shared_daemon, raw, length):
    raw.request(
        "POST",
        "/api/articles/",
        [
            ("Authorization", f"Bearer {shared_daemon.token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", length),
        ],
    )
    assert raw.response().status == 400


def test_a_length_and_chunks_together_are_400(shared_daemon, raw):
    """Two readers that disagree on a request's end can be made to see different requests (RFC 9112 section 6.1)."""
    raw.request(
        "POST",
        "/api/articles/",
        [
            ("Authorization", f"Bearer {shared_daemon.token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
        ],
    )
    assert raw.response().status == 400


def test_a_connection_that_hangs_up_half_way_publishes_nothing(shared_daemon):
    with RawConnection(shared_daemon) as connection:
        connection.send(
            f"POST /api/articles/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shared_daemon.token}\r\n"
            'Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"title": "x"'.encode()
        )


# Several requests on one connection


def test_requests_on_one_connection_are_answered_one_after_another(raw):
    for _ in range(20):
        raw.request("GET", "/healthz")
        assert raw.response().status == 200


def test_pipelined_requests_are_answered_in_order(raw):
    paths = ["/healthz", "/no/such", "/api/articles/", "/readyz", "/api/articles/999999/"] * 4
    raw.send("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths).encode())
    assert [raw.response().status for _ in paths] == [200, 404, 200, 200, 404] * 4


def test_a_request_is_answered_however_it_is_cut(raw):
    for byte in b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n\r\n":
        raw.send(bytes([byte]))
    assert raw.response().status == 200


@pytest.mark.parametrize("version, headers", [("HTTP/1.0", []), ("HTTP/1.1", [("Connection", "close")])])
def test_the_connection_ends_where_the_client_asks_for_it(raw, version, headers):
    """RFC 9112 section 9.3: HTTP/1.0 asks for it by not naming keep-alive."""
    raw.request("GET", "/healthz", headers, version=version)
    assert raw.response().status == 200
    assert raw.rest() == b""


def test_a_later_request_for_the_feed_on_the_connection_is_refused_and_the_connection_closed(raw):
    raw.request("GET", "/healthz")
    assert raw.response().status == 200
    raw.request("GET", "/articles", UPGRADE)
    answer = raw.response()
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert raw.rest() == b""


def test_an_upgrade_to_something_else_is_ignored(raw):
    settings = [("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAARAAAAAAAIAAAAA")]
    raw.request("GET", "/healthz", [("Connection", "Upgrade, HTTP2-Settings"), *settings])
    assert raw.response().status == 200


@pytest.mark.parametrize("path", ["/api/articles/", "/api/articles/batch"])
@pytest.mark.parametrize("behind", [False, True])
def test_a_transfer_coding_that_is_not_understood_is_refused(shared_daemon, path, behind):
    """Read as if it were not there it would be another text."""
    with RawConnection(shared_daemon) as raw:
        if behind:
            raw.request("GET", "/api/status")
            assert raw.response().status == 200
        headers = [("Transfer-Encoding", "gzip, chunked"), ("Content-Type", "application/x-ndjson")]
        raw.request("POST", path, [*headers, ("Authorization", f"Bearer {shared_daemon.token}")])
        assert raw.response().status == 400
