"""`/openapi.json` tells the truth: schemathesis makes requests of it, good and bad ones, and looks at the answers."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.admin import CHEAP
from test_access_table import ROUTES

HERE = Path(__file__).parent
# Feeds that do not end, and lines, which it can't make.
LEFT_OUT = ["/events", "/articles", "/api/articles/batch"]


@pytest.fixture
def daemon(start_daemon):
    daemon = start_daemon(*CHEAP, "--login-attempts", "1000000")
    for number in range(3):
        daemon.add(f"Article {number}")
    return daemon


@pytest.mark.timeout(300)
def test_what_the_server_does_is_what_its_description_says(daemon):
    left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file",
            str(HERE / "schemathesis.toml"),
            "run",
            f"{daemon.url}/openapi.json",
            "-H",
            f"Authorization: Bearer {daemon.token}",
            "--max-examples=20",
            "--seed=1",
            "--generation-database=:memory:",
            "--no-color",
            *left_out,
        ],
        cwd=daemon.directory,
        env=daemon.env | {"no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert re.search(r"Tested: \d\d", done.stdout), done.stdout[-3000:]


def test_every_route_is_described_and_every_description_has_a_route(daemon):
    description = daemon.client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    described = {
        (method.upper(), path)
        for path, item in description["paths"].items()
        for method in item
        if method != "parameters"
    }
    patterns = {(method, re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))) for method, path in described}
    for method, path, _, _ in ROUTES:
        path = path.split("?")[0]
        if path == "/" or path.startswith("/articles/"):
            continue
        assert any(m == method and re.fullmatch(pattern, path) for m, pattern in patterns), (method, path)
    for method, path in described:
        answer = daemon.client.request(
            method, re.sub(r"{\w+}", "1", path), params={"follow": "false"}, headers=daemon.authorization
        )
        assert answer.status_code not in (405, 501), (method, path)
        if answer.status_code == 404:
            assert "{" in path, (method, path)
