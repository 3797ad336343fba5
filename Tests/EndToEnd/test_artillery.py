"""artillery/articles.yml: of the form that Artillery documents, and what it does, expects and ensures holds.

Artillery itself is not run here. `support/artillery.py` does what its documentation says.
"""

import copy

import pytest
import yaml

from support.artillery import Load, problems
from support.binaries import REPOSITORY

SCRIPT = yaml.safe_load((REPOSITORY / "artillery" / "articles.yml").read_text())


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


def test_everything_that_the_script_does_and_expects_holds_against_a_daemon(daemon):
    load = Load(SCRIPT, daemon, daemon.token).run()
    assert load.errors == [] and load.unmet() == []
    assert (load.metrics["vusers.completed"], load.metrics["http.codes.201"], load.metrics["http.codes.200"]) == (11, 1, 1)
    assert load.metrics["websocket.messages_sent"] == 20
    (article,) = daemon.client.get("/api/articles/").json()["results"]
    assert article["topic"] == "load" and article["title"].startswith("Artillery ")
    # The token is in a variable of the environment, which Artillery fills in; never in the file.
    assert "Bearer {{ $env.ARTICLES_TOKEN }}" in str(SCRIPT)


@pytest.mark.parametrize(
    ("script", "token", "unmet"),
    [
        (SCRIPT, "wr0ng", ["vusers.failed == 0", "http.codes.201 > 0"]),
        (change(["scenarios"], SCRIPT["scenarios"][:1]), None, ["http.response_time.p99 < 1000", "http.codes.201 > 0"]),
        (change(["scenarios"], SCRIPT["scenarios"][1:]), None, ["websocket.messages_sent > 0"]),
        (change(["config", "target"], "ws://127.0.0.1:1/nowhere"), None,
         ["vusers.failed == 0", "websocket.messages_sent > 0"]),
        (change(["scenarios", 1, "flow", 0, "post", "expect"], [{"statusCode": 200}]), None, ["vusers.failed == 0"]),
    ],
    ids=["wrong token", "nobody publishes", "nobody subscribes", "another path", "another answer"],
)  # fmt: skip
def test_what_goes_wrong_fails_the_run(daemon, script, token, unmet):
    assert Load(script, daemon, token or daemon.token).run().unmet() == unmet
