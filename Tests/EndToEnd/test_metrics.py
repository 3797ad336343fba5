"""`/metrics`: what it says, who may read it, and that the dashboard, the alerts and the documentation speak of it."""

import json
import os
import re
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
import yaml

from support.admin import CHEAP, add_account, basic, bearer, create_token
from support.feed import SUBPROTOCOL, Subscriber, plain, v1
from support.http import RawConnection
from support.metrics import Metrics
from support.nginx import Nginx
from support.waiting import until
from support.websocket import RawWebSocket

DAEMON_FLAGS = CHEAP
ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
NAME = re.compile(r"\b(?:articled|process)_[a-z0-9_]+\b")


def promtool(*arguments, stdin=None):
    """Run Prometheus' own checker; it must be content."""
    done = subprocess.run(["promtool", *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def lines_of_feed(daemon, accept):
    """An open stream of `/events`, which has caught up."""
    connection = RawConnection(daemon)
    connection.request("GET", "/events?last=0", [("Accept", accept)])
    connection.read_until(b'"live"')
    return connection


# What it says


def test_prometheus_own_checker_finds_nothing_wrong(shared_daemon):
    shared_daemon.add("One")
    answer = until(
        lambda: (answer := shared_daemon.client.get("/metrics")) and "articled_store_bytes" in answer.text and answer,
        "the size of the store",
    )
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert promtool("check", "metrics", stdin=answer.text) == ""


def test_every_transport_counts_its_subscribers_deliveries_and_bytes(daemon):
    kinds = [("websocket", "plain"), ("websocket", "articles.v1"), ("sse", "articles.v1"), ("ndjson", "articles.v1")]
    with ExitStack() as stack:
        feeds = [stack.enter_context(plain(daemon, "?last=0"))]
        feeds += [stack.enter_context(v1(daemon, "?last=0")) for _ in range(2)]
        for feed in feeds[1:]:
            assert "hello" in feed.next() and "live" in feed.next()
        streams = [
            stack.enter_context(lines_of_feed(daemon, kind)) for kind in ("text/event-stream", "application/x-ndjson")
        ]
        # The plain one has no word for being live.
        until(lambda: Metrics.of(daemon).get("articled_subscribers_unsettled") == 0, "all to follow")
        before = Metrics.of(daemon)
        for number in range(3):
            daemon.add(f"Article {number}", body="x" * 100)
        for feed in feeds:
            feed.events(3)
        for stream in streams:
            stream.read_until(b"Article 2")
        metrics = Metrics.of(daemon)
        for (transport, mode), count in zip(kinds, [1, 2, 1, 1]):
            of = {"transport": transport, "mode": mode}
            assert metrics.get("articled_subscribers", **of) == count
            assert metrics.get("articled_subscriptions_total", **of) == count
            more = metrics.get("articled_deliveries_total", **of) - before.get("articled_deliveries_total", **of)
            assert more == 3 * count
            sent = metrics.get("articled_sent_bytes_total", **of) - before.get("articled_sent_bytes_total", **of)
            assert 300 * count < sent < 3000 * count
        assert metrics.get("articled_connections", kind="websocket") == 3
        assert metrics.get("articled_connections", kind="http") >= 3
        assert metrics.get("articled_http_responses_total", code="101") == 3
        assert metrics.get("articled_backlog_events") == 3

    def closed():
        metrics = Metrics.of(daemon)
        return (
            metrics.get("articled_subscribers") == 0
            and metrics.get("articled_closes_total", transport="websocket", code="1000") == 3
            and metrics.get("articled_closes_total", transport="sse", code="1006") == 1
            and metrics.get("articled_closes_total", transport="ndjson", code="1006") == 1
        )

    until(closed, "all to be gone, with their codes")


def test_appends_and_commits_are_counted_and_timed(daemon):
    for number in range(4):
        daemon.add(f"Article {number}")
    daemon.edit(1, title="Edited")
    daemon.delete(2)
    assert daemon.client.delete("/api/articles/99/", headers=daemon.authorization).status_code == 404
    key = {"Idempotency-Key": "once"}
    assert [daemon.post({"title": "Once"}, **key).status_code for _ in range(2)] == [201, 200]
    metrics = Metrics.of(daemon)
    outcomes = {"created": 5, "updated": 1, "deleted": 1, "repeated": 1, "refused": 1, "unavailable": 0}
    for outcome, count in outcomes.items():
        assert metrics.get("articled_appends_total", outcome=outcome) == count, outcome
    assert metrics.get("articled_append_duration_seconds_count") == 9
    assert metrics.get("articled_commit_batch_size_sum") == 9
    commits = metrics.get("articled_commit_duration_seconds_count")
    assert 1 <= commits == metrics.get("articled_commit_batch_size_count") <= 9
    assert metrics.get("articled_commit_batch_size_bucket", le="+Inf") == commits
    assert (
        0
        < metrics.get("articled_commit_duration_seconds_sum")
        <= metrics.get("articled_append_duration_seconds_sum") + 1
    )
    assert metrics.get("articled_http_responses_total", code="201") == 5
    assert metrics.get("articled_newest_event") == 7
    assert metrics.get("articled_store_writable") == metrics.get("articled_ready") == 1


def test_a_batch_is_few_transactions(daemon):
    lines = "".join(f'{{"title":"{number}"}}\n' for number in range(300))
    headers = daemon.authorization | {"Content-Type": "application/x-ndjson"}
    assert daemon.client.post("/api/articles/batch", content=lines, headers=headers).status_code == 200
    metrics = Metrics.of(daemon)
    assert metrics.get("articled_commit_batch_size_sum") == 300
    assert metrics.get("articled_commit_batch_size_count") < 100


def test_the_figures_of_the_process_are_its_own(daemon):
    metrics = Metrics.of(daemon)
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{daemon.pid}/status").read_text().splitlines() if ":" in line
    )
    resident = int(status["VmRSS"].split()[0]) * 1024
    assert abs(metrics.get("process_resident_memory_bytes") - resident) < resident / 2
    files = len(list(Path(f"/proc/{daemon.pid}/fd").iterdir()))
    assert abs(metrics.get("process_open_fds") - files) <= 2
    limit = next(
        line.split()[3] for line in Path(f"/proc/{daemon.pid}/limits").read_text().splitlines() if "open files" in line
    )
    assert metrics.get("process_max_fds") == int(limit)
    assert metrics.get("articled_event_loop_lag_seconds_count") >= 0
    until(lambda: Metrics.of(daemon).get("articled_event_loop_lag_seconds_count") > 0, "the loops to be looked at")


# What limits do


def test_refusals_of_every_kind_are_counted(start_daemon):
    daemon = start_daemon(
        *CHEAP,
        "--max-body",
        "100",
        "--max-header",
        "2048",
        "--request-timeout",
        "300ms",
        "--write-rate",
        "3",
        "--login-attempts",
        "1",
        "--max-connections-per-address",
        "6",
        "--only",
        "http",
    )
    post = {"title": "t"}
    assert daemon.post(post | {"body": "x" * 101}).status_code == 413
    until(lambda: daemon.post(post).status_code == 429, "too many writes")
    statuses = [daemon.client.get("/api/whoami", headers=basic("nobody", "wrong")).status_code for _ in range(2)]
    assert statuses == [401, 429]
    assert daemon.client.get("/events").status_code == 421
    with RawConnection(daemon) as connection:
        connection.send(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 4000 + b"\r\n\r\n")
        assert connection.response().status == 431

    with RawConnection(daemon) as connection:
        connection.send(b"GET / HTTP/1.1\r\nX-Slow: ")
        assert connection.response().status == 408
    with RawConnection(daemon) as connection:
        # Nothing can be said where an answer may be under way; so it is just cut off.
        connection.send(
            f"POST /api/articles/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {daemon.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 15\r\n\r\n{".encode()
        )
        assert connection.rest() == b""

    def seventh_is_refused():
        with ExitStack() as stack:
            last = [stack.enter_context(RawConnection(daemon)) for _ in range(7)][-1]
            last.request("GET", "/healthz")
            return last.response().status == 429

    until(seventh_is_refused, "a connection too many")
    until(lambda: daemon.client.get("/healthz").status_code == 200, "the connections to be gone")
    metrics = Metrics.of(daemon)
    for code in (401, 408, 413, 421, 429, 431):
        assert metrics.get("articled_http_responses_total", code=str(code)) >= 1, code
    for limit in ("logins", "writes", "connections"):
        assert metrics.get("articled_refusals_total", limit=limit) >= 1, limit
    told = metrics.get("articled_http_responses_total", code="408")
    assert metrics.get("articled_connections_cut_off_total", reason="request") == told + 1


def test_idle_connections_that_are_closed_are_counted(start_daemon):
    daemon = start_daemon("--idle-timeout", "100ms")
    with RawConnection(daemon) as connection:
        connection.request(
            "POST",
            "/api/articles/",
            [("Authorization", f"Bearer {daemon.token}"), ("Content-Type", "application/json")],
            b'{"title":"t"}',
        )
        assert connection.response().status == 201
        assert connection.rest() == b""
    assert Metrics.of(daemon).get("articled_connections_cut_off_total", reason="idle") >= 1


def test_a_stall_is_counted_and_closed_with_1008(start_daemon):
    daemon = start_daemon("--stall-timeout", "300ms")
    for number in range(20):
        daemon.add(f"Long {number}", body="x" * 60_000)
    slow = [RawWebSocket(daemon).open("?since=0-00000000", Sec_WebSocket_Protocol=SUBPROTOCOL) for _ in range(2)]

    def filled():
        # Until more is on its way than all buffers hold.
        daemon.add("More", body="x" * 60_000)
        return Metrics.of(daemon).get("articled_stalled_subscribers_total") == 2

    until(filled, "the stalls", 30)
    until(lambda: Metrics.of(daemon).get("articled_closes_total", code="1008") == 2, "the closes")
    for connection in slow:
        connection.reset()


def test_gaps_and_pages_out_of_the_store_are_counted(start_daemon):
    daemon = start_daemon("--backlog", "2", "--retention", "5")
    for number in range(10):
        daemon.add(f"Article {number}")
    with v1(daemon, "?since=0-00000000") as trimmed, v1(daemon, "?since=3-12345678") as forked:
        assert "hello" in trimmed.next() and trimmed.next()["reset"]["reason"] == "trimmed"
        assert "hello" in forked.next() and forked.next()["reset"]["reason"] == "forked"
    oldest = daemon.status()["oldest"]
    with v1(daemon, f"?since={oldest}") as behind:
        assert "hello" in behind.next() and len(behind.events(5)) == 5
    metrics = Metrics.of(daemon)
    assert metrics.get("articled_resets_total", reason="trimmed") == 1
    assert metrics.get("articled_resets_total", reason="forked") == 1
    assert metrics.get("articled_catchup_pages_total") >= 1
    assert metrics.get("articled_catchup_pages_served_total") >= 1
    assert metrics.get("articled_snapshots_total") >= 1
    assert (metrics.get("articled_backlog_events"), metrics.get("articled_backlog_events_limit")) == (2, 2)
    assert (metrics.get("articled_retained_events"), metrics.get("articled_retained_events_limit")) == (5, 5)


@pytest.mark.log_errors_expected
@pytest.mark.timeout(60)
def test_a_store_that_can_t_be_written_shows(daemon):
    daemon.add("Before")
    with closing(sqlite3.connect(daemon.data_dir / "articles.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert daemon.post({"title": "Not now"}).status_code == 503
        metrics = Metrics.of(daemon)
        assert metrics.get("articled_store_writable") == metrics.get("articled_ready") == 0
        assert metrics.get("articled_store_errors_total", operation="commit") >= 1
        assert metrics.get("articled_appends_total", outcome="unavailable") >= 1
        assert metrics.get("articled_log_problems_total", level="error") >= 1
        other.execute("ROLLBACK")
    daemon.add("After")
    assert Metrics.of(daemon).get("articled_store_writable") == 1


@pytest.mark.timeout(60)
def test_a_full_queue_turns_publishers_away_and_shows(start_daemon):
    daemon = start_daemon("--queue", "1")
    with ThreadPoolExecutor(5) as pool, closing(
        sqlite3.connect(daemon.data_dir / "articles.sqlite", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        # The writer has one and waits for the database, a second one waits for the writer; no more have room.
        answers = [pool.submit(daemon.post, {"title": str(number), "body": "x" * 100}) for number in range(5)]
        until(lambda: sum(answer.done() for answer in answers) == 3, "three to be told")
        metrics = until(
            lambda: (metrics := Metrics.of(daemon)).get("articled_queue_articles") == 1 and metrics, "one to wait"
        )
        assert metrics.get("articled_queue_articles_limit") == 1
        assert metrics.get("articled_queue_bytes") == 101
        assert metrics.get("articled_append_refusals_total", reason="full") == 3
        for answer in (answer.result() for answer in answers if answer.done()):
            assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
            assert "Too many articles are waiting" in answer.json()["detail"]
        other.execute("ROLLBACK")
        assert sorted(answer.result().status_code for answer in answers) == [201, 201, 503, 503, 503]
    metrics = Metrics.of(daemon)
    assert metrics.get("articled_queue_articles") == metrics.get("articled_queue_bytes") == 0
    assert len(daemon.client.get("/api/articles/").json()["results"]) == 2
    daemon.add("There is room again")


def test_passwords_that_wait_to_be_checked_are_counted(start_daemon):
    daemon = start_daemon(*CHEAP, "--login-attempts", "1000")
    guesses = []

    def waits():
        if all(guess.done() for guess in guesses):
            guesses.extend(pool.submit(daemon.client.get, "/api/whoami", headers=basic("nobody")) for _ in range(3))
        return Metrics.of(daemon).get("articled_password_checks") >= 1

    with ThreadPoolExecutor(3) as pool:
        until(waits, "a password to be checked")
        assert {guess.result().status_code for guess in guesses} == {401}
    until(lambda: Metrics.of(daemon).get("articled_password_checks") == 0, "all to be checked")


def test_lines_of_the_log_that_nobody_reads_are_counted(start_daemon, tmp_path):
    pipe = tmp_path / "log"
    os.mkfifo(pipe)
    # Open, and never read.
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    daemon = start_daemon.prepare("--access-log")
    daemon.prefix = ["sh", "-c", 'exec "$@" 2> "$0"', str(pipe)]
    daemon.start()
    assert Metrics.of(daemon).get("articled_log_lines_dropped_total") == 0

    def has_dropped():
        # 1 MiB may wait, behind what a pipe holds: some 550 lines of these.
        with RawConnection(daemon) as connection:
            connection.send(f"GET /{'x' * 2000} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 299)
            connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert connection.rest().count(b"HTTP/1.1 404") == 299
        return Metrics.of(daemon).get("articled_log_lines_dropped_total") > 0

    until(has_dropped, "lines to be dropped", 30)
    assert daemon.stop() == 0
    os.close(reader)


def test_the_page_cache_has_its_limit_and_its_figures(start_daemon):
    daemon = start_daemon("--page-cache", "1MiB", "--feed-entries", "2")
    for number in range(3):
        daemon.add(f"Article {number}")
    for _ in range(3):
        assert daemon.client.get("/").status_code == 200
    assert len(daemon.client.get("/feed.json").json()["items"]) == 2
    assert daemon.client.get("/feed.atom").text.count("<entry>") == 2
    metrics = Metrics.of(daemon)
    assert metrics.get("articled_page_cache_bytes_limit") == 1024 * 1024
    assert metrics.get("articled_page_cache_requests_total", document="page", result="hit") == 2
    assert metrics.get("articled_page_cache_requests_total", document="page", result="miss") == 1
    assert 0 < metrics.get("articled_page_cache_bytes", document="atom") < 100_000


def test_a_page_cache_of_nothing_serves_all_the_same(start_daemon):
    daemon = start_daemon("--page-cache", "0")
    daemon.add("Here")
    assert all("Here" in daemon.client.get("/").text for _ in range(2))
    assert daemon.client.get("/feed.json").json()["items"][0]["title"] == "Here"


@pytest.mark.parametrize(
    "flags", [["--page-cache", "16MB"], ["--feed-entries", "0"], ["--metrics-from", "home"], ["--log-format", "xml"]]
)
def test_a_value_that_can_t_be_is_named(start_daemon, flags):
    daemon = start_daemon.prepare(*flags)
    daemon.launch()
    assert daemon.wait() == 64
    assert flags[0] in daemon.log()


# Who may read it


def through(url, **headers):
    return httpx.get(f"{url}/metrics", headers=headers, trust_env=False, verify=False).status_code


def test_this_machine_may_read_it_and_admins_may_from_anywhere(start_daemon):
    daemon = start_daemon(*CHEAP, "--require-auth")
    assert through(daemon.url) == 200
    # Not as a machine that only seems to be this one.
    assert through(daemon.url, Host="articles.example") == 401
    assert through(daemon.url, **{"X-Forwarded-For": "127.0.0.1"}) == 401
    editor = bearer(create_token(daemon, "editor", "editor")["token"])
    assert through(daemon.url, Host="articles.example", **editor) == 403
    assert through(daemon.url, Host="articles.example", **daemon.authorization) == 200
    add_account(daemon, "ada", "admin")
    assert through(daemon.url, Host="articles.example", **basic("ada")) == 200
    assert through(daemon.url, **bearer("art_wrong")) == 401


def test_only_those_who_are_named_may_read_it(start_daemon):
    daemon = start_daemon(
        "--metrics-from", "192.0.2.0/24", "--metrics-from", "127.0.0.1", "--trusted-proxy", "127.0.0.1"
    )
    assert through(daemon.url) == 200
    assert through(daemon.url, **{"X-Forwarded-For": "192.0.2.7"}) == 200
    assert through(daemon.url, **{"X-Forwarded-For": "198.51.100.7"}) == 401
    elsewhere = start_daemon("--metrics-from", "192.0.2.0/24")
    answer = elsewhere.client.get("/metrics")
    assert answer.status_code == 401 and "--metrics-from" in answer.json()["detail"]


@pytest.mark.parametrize("flags", [[], ["--trusted-proxy", "127.0.0.1"]])
def test_a_proxy_on_this_machine_gives_it_to_nobody_who_is_elsewhere(start_daemon, tmp_path, flags):
    daemon = start_daemon(*flags)
    forwarded = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For 198.51.100.7;"
    hidden = "proxy_set_header Host articles.example;"
    locations = f"""
        location /a/ {{ {forwarded} proxy_pass {daemon.url}/; }}
        location /b/ {{ {hidden} proxy_pass {daemon.url}/; }}
    """
    with Nginx(tmp_path / "nginx", locations) as nginx:
        assert through(f"{nginx.url}/a") == 401
        assert through(f"{nginx.url}/b") == 401
        assert httpx.get(f"{nginx.url}/b/healthz", trust_env=False, verify=False).status_code == 200
        assert through(f"{nginx.url}/a", **daemon.authorization) == 200


@pytest.mark.parametrize("role", ["http", "websocket", "all"])
def test_nodes_of_every_role_have_figures_that_say_it(start_daemon, role):
    daemon = start_daemon("--node", "n-1", *([] if role == "all" else ["--only", role]))
    metrics = Metrics.of(daemon)
    assert metrics.labels("articled_build_info") == [{"version": "1.0", "node": "n-1", "role": role, "store": "sqlite"}]
    assert daemon.client.head("/metrics").status_code == 200
    assert daemon.client.post("/metrics").status_code == 405


# The dashboard, the alerts, the documentation


@pytest.fixture(scope="module")
def metrics(shared_daemon):
    """The figures of a daemon that has seen a little of everything."""
    shared_daemon.add("One")
    found = until(
        lambda: (found := Metrics.of(shared_daemon)) and "articled_store_bytes" in found and found, "all figures"
    )
    # With TLS only; test_tls.py looks at it.
    found.families.add("articled_tls_certificate_not_after_seconds")
    return found


def missing(text, metrics):
    return sorted({name for name in NAME.findall(text) if name not in metrics})


def test_the_dashboard_asks_only_for_what_there_is(metrics):
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(expressions) > 40
    assert missing("\n".join(expressions), metrics) == []
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    used = set(NAME.findall("\n".join(expressions)))
    shown = {re.sub(r"_bucket$", "", name) for name in used}
    unseen = (
        metrics.families
        - shown
        - {
            "articled_build_info",
            "articled_draining",
            "process_virtual_memory_bytes",
            "process_threads",
            "articled_newest_event",
            "articled_page_cache_bytes",
            "articled_page_cache_bytes_limit",
            "articled_retention_seconds_limit",
            "articled_store_audit_entries_limit",
            "articled_backlog_events_limit",
        }
    )
    assert unseen == set(), "nobody looks at these"


def test_every_expression_of_the_dashboard_is_one(tmp_path):
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    rules = []
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            expression = target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")
            rules.append({"record": "x:y", "expr": expression})
    # JSON is YAML; the same name may be recorded once only in a group.
    groups = [{"name": f"g{number}", "rules": [rule]} for number, rule in enumerate(rules)]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": groups}))
    promtool("check", "rules", "--lint=none", file)


def test_the_alerts_are_rules_about_what_there_is_and_each_is_explained(metrics):
    file = ROOT / "deploy/prometheus-alerts.yml"
    assert "SUCCESS" in promtool("check", "rules", "--lint-fatal", file)
    text = file.read_text()
    assert missing(text, metrics) == []
    alerts = re.findall(r"- alert: (\w+)", text)
    section = OPERATIONS.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` ", section, re.M) == alerts
    assert missing(OPERATIONS, metrics) == []


def test_the_alerts_fire_when_they_should_and_only_then():
    cases = ROOT / "Tests/EndToEnd/alerts-test.yml"
    promtool("test", "rules", cases)
    tried = {True: set(), False: set()}
    for group in yaml.safe_load(cases.read_text())["tests"]:
        for case in group["alert_rule_test"]:
            tried[bool(case["exp_alerts"])].add(case["alertname"])
    alerts = set(re.findall(r"- alert: (\w+)", (ROOT / "deploy/prometheus-alerts.yml").read_text()))
    assert tried == {True: alerts, False: alerts}, "each has a case in which it fires, and one in which it does not"


def test_the_example_configuration_is_one():
    promtool("check", "config", ROOT / "deploy/prometheus.yml")


def test_every_limit_has_its_figure_in_the_documentation(bins):
    """Whatever `serve --help` says about how much or how long there may be, the table of limits has, with a figure."""
    section = OPERATIONS.split("\n## Limits and what to set\n")[1].split("\n### ")[0]
    rows = {
        flag: cells[2]
        for line in section.splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split(" | ")]) and len(cells) == 5
        for flag in re.findall(r"`(--[a-z0-9-]+)`", cells[0])
    }
    help_text = subprocess.run([bins.articled, "serve", "--help"], capture_output=True, text=True).stdout
    options = re.findall(r"^  (--[a-z0-9-]+) <(number|bytes|limits|time)>", help_text, re.M)
    # HSTS is for browsers: nothing of the daemon's comes to an end by it.
    others = {"--port", "--hsts"}
    assert {"--queue", "--http2-streams"} <= {flag for flag, _ in options}
    for flag, _ in options:
        assert flag in others or "_" in rows.get(flag, ""), f"{flag} has no figure"
