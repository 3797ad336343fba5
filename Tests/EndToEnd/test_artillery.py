"""artillery/articles.yml: of the form that Artillery documents, and its requests get the answers that it expects.

Artillery itself is not run here: it comes from npm.
"""

import copy
import uuid
from urllib.parse import urlsplit

import httpx
import pytest
import yaml

from support.artillery import fill, problems
from support.binaries import REPOSITORY
from support.feed import plain

SCRIPT = yaml.safe_load((REPOSITORY / "artillery" / "articles.yml").read_text())


def scenario(engine):
    return next(one for one in SCRIPT["scenarios"] if one["engine"] == engine)


def test_the_script_has_the_form_that_artillery_documents():
    assert problems(SCRIPT) == []


def change(path, value):
    script = copy.deepcopy(SCRIPT)
    place = script
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return script


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        (["scenarios", 1, "weight"], 0, "weight"),
        (["scenarios", 0, "engine"], "websocket", "engine"),
        (["scenarios", 0, "flow", 0], {"emit": "x"}, "emit"),
        (["scenarios", 1, "flow", 0, "post", "expect"], [{"status": 201}], "status"),
        (["scenarios", 1, "flow", 0, "post", "json"], {}, "two bodies"),
        (["scenarios", 1, "flow", 0, "post", "url"], "{{ $unknown.X }}", "expression"),
        (["config", "phases"], [{"duration": 5}], "brings nobody"),
        (["config", "target"], "localhost", "URL"),
        (["config", "arrivalRate"], 1, "arrivalRate"),
    ],
)
def test_what_artillery_does_not_know_is_found(path, value, word):
    found = problems(change(path, value))
    assert len(found) == 1 and word in found[0], found


def test_the_publisher_gets_what_it_expects(daemon):
    """Its requests, sent by this test."""
    variables = {"$env.ARTICLES_URL": daemon.url, "$env.ARTICLES_TOKEN": daemon.token, "$uuid": uuid.uuid4()}
    variables |= {name: values[0] for name, values in SCRIPT["config"]["variables"].items()}
    for step in scenario("http")["flow"]:
        ((method, request),) = step.items()
        answer = httpx.request(
            method.upper(),
            fill(request["url"], variables),
            headers=fill(request.get("headers", {}), variables),
            data=fill(request.get("form"), variables),
            trust_env=False,
        )
        for expectation in request["expect"]:
            ((kind, expected),) = expectation.items()
            found = {
                "statusCode": lambda: answer.status_code == expected,
                "contentType": lambda: expected in answer.headers["Content-Type"],
                "hasProperty": lambda: expected in answer.json(),
            }[kind]()
            assert found, (expectation, answer.status_code, answer.text)
        for capture in request.get("capture", []):
            assert capture["json"].startswith("$.")
            variables[capture["as"]] = answer.json()[capture["json"][2:]]
    assert daemon.get(variables["id"])["topic"] == "load"


def test_the_subscriber_may_say_what_it_says(daemon):
    path = urlsplit(SCRIPT["config"]["target"]).path
    assert path == "/articles"
    with plain(daemon) as feed:
        assert feed.next() == []
        for step in scenario("ws")["flow"]:
            if "send" in step:
                feed.send(step["send"])
        daemon.add("after the greetings")
        assert feed.events(1)[0]["fields"]["title"] == "after the greetings"
