"""The HTTP API: what it answers to those who use it well."""

import json
import re
from urllib.parse import urlencode

import pytest

from support.http import RawConnection

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CURSOR = re.compile(r"\d+-[0-9a-f]{8}")
MEMBERS = {"id", "title", "body", "topic", "author", "published", "updated"}


def results(daemon, **query):
    return daemon.client.get("/api/articles/", params=query).json()["results"]


# Creating


def test_creating_answers_with_the_article_its_place_and_its_cursor(shared_daemon):
    answer = shared_daemon.post({"title": "Hello", "body": "First\narticle", "topic": "tests"})
    article = answer.json()
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["location"] == f"/api/articles/{article['id']}/"
    assert article.keys() == MEMBERS | {"cursor"}
    assert (article["title"], article["body"], article["topic"]) == ("Hello", "First\narticle", "tests")
    assert article["author"] == "local"
    assert TIMESTAMP.fullmatch(article["published"]) and article["updated"] is None
    assert CURSOR.fullmatch(article["cursor"])


def test_a_title_alone_is_enough(shared_daemon):
    article = shared_daemon.post({"title": "Alone"}).json()
    assert (article["body"], article["topic"]) == ("", "news")


def test_a_title_is_trimmed_and_an_author_may_be_named(shared_daemon):
    article = shared_daemon.post({"title": " \t Ada's \n", "author": " Ada Lovelace "}).json()
    assert (article["title"], article["author"]) == ("Ada's", "Ada Lovelace")


@pytest.mark.parametrize("parameter", ["", "; charset=UTF-8"])
def test_a_form_creates_an_article(shared_daemon, parameter):
    form = urlencode({"title": "A form & more", "body": "100 % + déjà vu\r\n", "topic": "forms"})
    headers = shared_daemon.authorization | {"Content-Type": "application/x-www-form-urlencoded" + parameter}
    answer = shared_daemon.client.post("/api/articles/", content=form, headers=headers)
    article = answer.json()
    assert answer.status_code == 201
    assert (article["title"], article["body"], article["topic"]) == ("A form & more", "100 % + déjà vu\r\n", "forms")


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON"])
def test_the_content_type_may_have_a_charset_and_capitals(shared_daemon, type):
    headers = shared_daemon.authorization | {"Content-Type": type}
    assert shared_daemon.client.post("/api/articles/", content='{"title":"x"}', headers=headers).status_code == 201


@pytest.mark.parametrize(
    "text",
    [
        "日本語 · עברית · العربية · हिन्दी",
        "👩‍👩‍👧‍👦 🇩🇪 e\u0301 ﷽",
        '"quotes" \\ backslash </script><b>&amp;',
        "\U00010ffff \ufffd \ufeff",
    ],
)
def test_text_comes_back_as_it_was_sent(shared_daemon, text):
    article = shared_daemon.get(shared_daemon.add(f"T {text} T", body=text))
    assert (article["title"], article["body"]) == (f"T {text} T", text)


def test_a_body_may_have_any_character(shared_daemon):
    body = "".join(map(chr, range(0x300))) + "\u2028\u2029\uffff"
    assert shared_daemon.get(shared_daemon.add("Everything", body=body))["body"] == body


def test_a_title_may_have_256_characters_and_a_body_64_kib(shared_daemon):
    id = shared_daemon.add("é" * 256, body="b" * 65536)
    article = shared_daemon.get(id)
    assert (len(article["title"]), len(article["body"])) == (256, 65536)


def test_a_client_that_expects_a_go_ahead_is_answered(shared_daemon):
    body = json.dumps({"title": "May I?"}).encode()
    headers = [*shared_daemon.authorization.items(), ("Content-Type", "application/json"), ("Expect", "100-continue")]
    with RawConnection(shared_daemon) as raw:
        raw.request("POST", "/api/articles/", headers, body)
        answer = raw.response()
        if answer.status == 100:
            answer = raw.response()
        assert answer.status == 201


def test_a_body_of_the_greatest_length_may_be_escaped_in_json(shared_daemon):
    content = json.dumps({"title": "Escaped", "body": "\u0001" * 65536})
    headers = shared_daemon.authorization | {"Content-Type": "application/json"}
    answer = shared_daemon.client.post("/api/articles/", content=content, headers=headers)
    assert answer.status_code == 201, answer.text


def test_ids_grow_and_are_never_used_again(daemon):
    first, second = daemon.add("First"), daemon.add("Second")
    daemon.delete(second)
    third = daemon.add("Third")
    daemon.restart()
    assert first < second < third < daemon.add("Fourth")


# Idempotency


def test_the_same_key_creates_once_and_returns_the_first_answer(daemon):
    first = daemon.post({"title": "Once"}, **{"Idempotency-Key": "key-1"})
    again = daemon.post({"title": "Once"}, **{"Idempotency-Key": "key-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert len(results(daemon)) == 1


def test_the_first_answer_is_kept_over_edits_and_restarts(daemon):
    first = daemon.post({"title": "Once"}, **{"Idempotency-Key": "key-1"})
    daemon.edit(first.json()["id"], title="Changed")
    daemon.restart()
    assert daemon.post({"title": "Once"}, **{"Idempotency-Key": "key-1"}).json() == first.json()


def test_the_same_key_with_another_request_is_refused(daemon):
    daemon.post({"title": "Once"}, **{"Idempotency-Key": "key-1"})
    other = daemon.post({"title": "Other"}, **{"Idempotency-Key": "key-1"})
    assert other.status_code == 422
    assert len(results(daemon)) == 1


def test_another_key_creates_another_article(daemon):
    ids = {daemon.post({"title": "Same"}, **{"Idempotency-Key": key}).json()["id"] for key in ("a", "b")}
    assert len(ids) == 2


# Listing


def test_an_empty_list(daemon):
    answer = daemon.client.get("/api/articles/")
    assert answer.status_code == 200
    assert answer.json() == {"results": [], "next": None}


def test_the_list_is_newest_first_and_goes_on_at_next(daemon):
    ids = [daemon.add(f"Article {number}") for number in range(45)]
    seen, path, pages = [], "/api/articles/", 0
    while path:
        page = daemon.client.get(path).json()
        seen += [article["id"] for article in page["results"]]
        path, pages = page["next"], pages + 1
    assert seen == ids[::-1]
    assert pages == 3


def test_next_keeps_the_query(daemon):
    for number in range(3):
        daemon.add(f"Wanted {number}", topic="a")
        daemon.add(f"Wanted {number}", topic="b")
    page = daemon.client.get("/api/articles/", params={"topic": "a", "q": "wanted", "limit": 2}).json()
    assert page["next"].startswith("/api/articles/?")
    rest = daemon.client.get(page["next"]).json()
    assert [article["topic"] for article in page["results"] + rest["results"]] == ["a", "a", "a"]
    assert rest["next"] is None


def test_a_last_page_that_is_full_has_no_next(daemon):
    for number in range(4):
        daemon.add(f"Article {number}")
    page = daemon.client.get("/api/articles/", params={"limit": 4}).json()
    assert len(page["results"]) == 4 and page["next"] is None


def test_the_list_can_be_searched(daemon):
    daemon.add("A needle here", body="hay")
    daemon.add("Hay", body="and a NEEDLE there")
    daemon.add("Hay", body="100% hay_stack")
    assert [article["title"] for article in results(daemon, q="needle")] == ["Hay", "A needle here"]
    assert [article["body"] for article in results(daemon, q="100%")] == ["100% hay_stack"]
    assert [article["body"] for article in results(daemon, q="y_s")] == ["100% hay_stack"]
    assert results(daemon, q="no such text") == []


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "before=x", "before=-1", "topic=BAD"])
def test_a_bad_parameter_of_the_list_is_named(shared_daemon, query):
    answer = shared_daemon.client.get(f"/api/articles/?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["detail"]


# One article


def test_an_article_has_an_entity_tag(daemon):
    path = f"/api/articles/{daemon.add('Tagged')}/"
    first = daemon.client.get(path)
    assert first.headers["etag"] == daemon.client.get(path).headers["etag"]
    daemon.edit(first.json()["id"], title="Changed")
    assert daemon.client.get(path).headers["etag"] != first.headers["etag"]


def test_creating_and_changing_answer_with_the_tag_that_reading_has(daemon):
    created = daemon.post({"title": "Tagged"})
    path = created.headers["location"]
    assert created.headers["etag"] == daemon.client.get(path).headers["etag"]
    changed = daemon.client.patch(path, json={"body": "more"}, headers=daemon.authorization)
    assert changed.headers["etag"] == daemon.client.get(path).headers["etag"]


def test_reading_with_the_tag_at_hand_sends_nothing_again(daemon):
    path = f"/api/articles/{daemon.add('Cached')}/"
    tag = daemon.client.get(path).headers["etag"]
    again = daemon.client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag


def test_reading_with_a_tag_that_a_proxy_made_weak_sends_nothing_again(daemon):
    """RFC 9110 section 13.1.2 compares weakly: nginx makes a tag weak when it compresses the answer."""
    path = f"/api/articles/{daemon.add('Cached')}/"
    tag = daemon.client.get(path).headers["etag"]
    assert daemon.client.get(path, headers={"If-None-Match": f"W/{tag}"}).status_code == 304


def test_patch_changes_only_what_is_named(daemon):
    id = daemon.add("Title", body="Body", topic="a")
    before = daemon.get(id)
    after = daemon.edit(id, body="Other")
    assert CURSOR.fullmatch(after.pop("cursor"))
    assert TIMESTAMP.fullmatch(after["updated"])
    assert after == before | {"body": "Other", "updated": after["updated"]}
    assert daemon.get(id) == after


def test_patch_takes_a_form(daemon):
    path = f"/api/articles/{daemon.add('Title', body='Body')}/"
    answer = daemon.client.patch(path, data={"title": "By form"}, headers=daemon.authorization)
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["body"]) == ("By form", "Body")


def test_put_replaces_the_article(daemon):
    id = daemon.add("Title", body="Body", topic="a")
    path = f"/api/articles/{id}/"
    answer = daemon.client.put(path, json={"title": "New"}, headers=daemon.authorization)
    article = answer.json()
    assert answer.status_code == 200
    assert (article["id"], article["title"], article["body"], article["topic"]) == (id, "New", "", "news")
    assert CURSOR.fullmatch(article["cursor"])


def test_put_needs_a_title_and_never_creates(daemon):
    id = daemon.add("Title")
    without = daemon.client.put(f"/api/articles/{id}/", json={"body": "x"}, headers=daemon.authorization)
    assert without.status_code == 422
    unknown = daemon.client.put(f"/api/articles/{id + 1}/", json={"title": "x"}, headers=daemon.authorization)
    assert unknown.status_code == 404
    assert [article["id"] for article in results(daemon)] == [id]


def test_delete_removes_the_article(daemon):
    path = f"/api/articles/{daemon.add('Gone')}/"
    answer = daemon.client.delete(path, headers=daemon.authorization)
    assert (answer.status_code, answer.content) == (204, b"")
    assert daemon.client.get(path).status_code == 404
    assert daemon.client.delete(path, headers=daemon.authorization).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_what_has_changed_meanwhile_is_refused(daemon, method):
    created = daemon.post({"title": "Mine"})
    path, stale = created.headers["location"], created.headers["etag"]
    daemon.edit(created.json()["id"], title="Theirs")
    body = {} if method == "DELETE" else {"json": {"title": "Mine again"}}
    refused = daemon.client.request(method, path, headers=daemon.authorization | {"If-Match": stale}, **body)
    assert refused.status_code == 412
    assert daemon.client.get(path).json()["title"] == "Theirs"
    fresh = daemon.client.get(path).headers["etag"]
    done = daemon.client.request(method, path, headers=daemon.authorization | {"If-Match": fresh}, **body)
    assert done.status_code in (200, 204)


def test_if_match_takes_any_and_lists(daemon):
    created = daemon.post({"title": "Mine"})
    path, tag = created.headers["location"], created.headers["etag"]
    for value in (f'"other", {tag}', "*"):
        headers = daemon.authorization | {"If-Match": value}
        assert daemon.client.patch(path, json={"title": "Next"}, headers=headers).status_code == 200


# Everything else


@pytest.mark.parametrize("path", ["/api/articles", "/api/articles/1", "/api/status", "/healthz", "/readyz"])
def test_both_slash_forms_answer_without_a_redirect(shared_daemon, path):
    if "/1" in path:
        path = f"/api/articles/{shared_daemon.add('Slashes')}"
    answers = [shared_daemon.client.get(form) for form in (path, path + "/")]
    assert [answer.status_code for answer in answers] == [200, 200]
    bodies = [answer.json() for answer in answers]
    for body in bodies:
        body.pop("uptime", None)
    assert bodies[0] == bodies[1]


def test_writing_works_without_the_slash(daemon):
    created = daemon.client.post("/api/articles", json={"title": "x"}, headers=daemon.authorization)
    assert created.status_code == 201
    path = created.headers["location"].rstrip("/")
    assert daemon.client.patch(path, json={"title": "y"}, headers=daemon.authorization).status_code == 200
    assert daemon.client.delete(path, headers=daemon.authorization).status_code == 204


@pytest.mark.parametrize("path", ["/api/articles/", "/api/articles/1/", "/api/status", "/healthz", "/readyz"])
def test_head_answers_as_get_without_the_body(shared_daemon, path):
    if "/1" in path:
        path = f"/api/articles/{shared_daemon.add('Head')}/"
    head, get = shared_daemon.client.head(path), shared_daemon.client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    assert head.headers.get("etag") == get.headers.get("etag")


def test_the_status_tells_who_where_and_how_many(daemon):
    empty = daemon.status()
    assert empty["cursor"] == "0-00000000"
    article = daemon.post({"title": "One"}).json()
    status = daemon.status()
    assert status["cursor"] == article["cursor"]
    assert {"node", "version", "role", "uptime", "cursor", "oldest", "subscribers"} <= status.keys()
    assert (status["subscribers"], isinstance(status["uptime"], int)) == (0, True)


def test_reading_needs_no_token(shared_daemon):
    id = shared_daemon.add("Public")
    for path in ("/api/articles/", f"/api/articles/{id}/", "/api/status", "/healthz", "/readyz"):
        assert shared_daemon.client.get(path).status_code == 200


def test_an_unknown_place_is_a_problem(shared_daemon):
    answer = shared_daemon.client.get("/no/such/place")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
