"""Several nodes, a Redis with its replica, a Sentinel and nginx, together on one machine."""

import json
import os
import re
import signal
import subprocess
import uuid
from pathlib import Path

import httpx
import pytest

from support.binaries import REPOSITORY
from support.cluster import ClusterUnderTest, program
from support.feed import SUBPROTOCOL, Subscriber
from support.http import RawConnection
from support.swarm import Swarm
from support.waiting import until

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def cluster(bins, tmp_path_factory):
    cluster = ClusterUnderTest(bins.articled, tmp_path_factory.mktemp("cluster"))
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def published(node, title, **more):
    """An article's cursor, once it has been acknowledged."""
    key = str(uuid.uuid4())

    def attempt():
        try:
            answer = node.post(title, key, **more)
        except httpx.TransportError:
            return None
        assert answer.status_code in (200, 201, 409, 502, 503, 504), answer.text
        return answer if answer.status_code in (200, 201) else None

    return until(attempt, f"{title} published", 40).json()["cursor"]


# Roles


def test_a_request_for_the_other_kind_of_node_is_refused_before_credentials_are_looked_at(cluster):
    wrong = {"Authorization": "Bearer nobody"}
    (http, *_), (websocket, *_) = cluster.http, cluster.websocket
    for path in ("/", "/articles", "/api/articles/", "/admin/login", "/openapi.json"):
        answer = websocket.client.get(path, headers=wrong)
        assert answer.status_code == 421 and "--only websocket" in answer.json()["detail"], path
    assert websocket.client.post("/api/articles/", json={"title": "x"}, headers=wrong).status_code == 421
    assert http.client.get("/events", headers=wrong).status_code == 421
    with RawConnection(http) as connection:
        connection.send(
            b"GET /articles HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Authorization: Bearer nobody\r\n\r\n"
        )
        answer = connection.response()
        assert answer.status == 421 and b"--only http" in answer.body
    for node, role in ((http, "http"), (websocket, "websocket")):
        assert node.client.get("/healthz").status_code == 200
        assert node.client.get("/readyz").json()["role"] == role
        assert node.status()["role"] == role


# Together


def test_nginx_sends_feeds_and_requests_to_their_nodes_and_tells_who_comes(cluster):
    with Subscriber(cluster.nginx, "?last=0", SUBPROTOCOL) as feed:
        assert feed.next()["hello"]["node"].startswith("websocket-") and "live" in feed.next()
        published(cluster.nginx, "through nginx")
        assert feed.events(1)[0]["fields"]["title"] == "through nginx"
    page = cluster.nginx.client.get("/articles", headers={"Accept": "text/html"})
    assert page.status_code == 200 and "through nginx" in page.text
    # What a client says of its own address is not believed, nginx's word is.
    cluster.nginx.client.post(
        "/api/articles/", json={"title": "who"}, headers=cluster.nginx.authorization | {"X-Forwarded-For": "192.0.2.9"}
    )
    line = cluster.nginx.client.get("/api/audit/?limit=1", headers=cluster.nginx.authorization).json()["results"][0]
    assert (line["action"], line["address"], line["account"]) == (
        "article created", "127.0.0.1", cluster.token_name,
    )


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/%6detrics", "/./metrics", "/metrics?x=1"])
def test_nginx_keeps_the_figures_to_itself(cluster, path):
    with RawConnection(cluster.nginx) as connection:
        connection.request("GET", path)
        assert connection.response().status == 404
    # The nodes have them, for whoever asks on their machine.
    assert cluster.http[0].client.get("/metrics").status_code == 200


def test_server_sent_events_come_through_nginx_at_once(cluster):
    headers = {"Accept": "application/x-ndjson"}
    with cluster.nginx.client.stream("GET", "/events?last=0", headers=headers) as answer:
        lines = answer.iter_lines()
        assert "hello" in json.loads(next(lines)) and "live" in json.loads(next(lines))
        published(cluster.http[0], "line")
        assert next(line for line in lines if line).startswith('{"model"')


def test_tls_ends_at_nginx(cluster):
    certificate = cluster.directory / "nginx" / "certificate.pem"
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "--cacert", certificate, f"https://localhost:{cluster.tls_port}/readyz"],
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout)["status"] == "ready", done.stderr


def test_what_would_fill_the_disk_does_not_come_through_nginx(cluster):
    large = {"title": "large", "body": "x" * 9_000_000}
    answer = cluster.nginx.client.post("/api/articles/", json=large, headers=cluster.nginx.authorization)
    assert answer.status_code == 413
    # What a node refuses, it says in its own words.
    body = {"title": "larger than --max-body", "body": "x" * 100_000}
    answer = cluster.nginx.client.post("/api/articles/", json=body, headers=cluster.nginx.authorization)
    assert answer.status_code in (413, 422) and "x" * 100 not in answer.text and answer.json()["detail"]


def test_every_node_shows_the_same_in_the_same_order(cluster):
    with Subscriber(cluster.websocket[0], "?last=0") as one, Subscriber(cluster.websocket[1], "?last=0") as other:
        for number in range(20):
            published(cluster.http[number % 2], f"n{number}")
        assert one.events(20) == other.events(20)


def test_a_place_from_one_node_is_good_at_another_at_once(cluster):
    for _ in range(10):
        cursor = published(cluster.http[0], "further")
        # The node may not have heard of it.
        with Subscriber(cluster.websocket[1], f"?since={cursor}", SUBPROTOCOL) as feed:
            assert "hello" in feed.next()
            assert feed.next() == {"live": {"cursor": cursor}}


def test_tokens_sessions_and_tickets_are_good_at_every_node_and_are_taken_back_at_all(cluster):
    one, other = cluster.http
    made = one.client.post("/api/tokens/", json={"name": "guest", "role": "viewer"}, headers=one.authorization).json()
    guest = {"Authorization": f"Bearer {made['token']}"}
    until(lambda: other.client.get("/api/whoami", headers=guest).status_code == 200, "the other node knows the token")
    ticket = other.client.post("/api/tickets", headers=guest).json()["ticket"]
    until(
        lambda: cluster.websocket[0].client.get("/api/status", headers=guest).status_code == 200,
        "the feed's node knows the token",
    )
    with Subscriber(cluster.websocket[0], f"?last=0&ticket={ticket}", SUBPROTOCOL) as feed:
        assert "hello" in feed.next() and "live" in feed.next()
        with pytest.raises(Exception, match="401"), Subscriber(cluster.websocket[1], f"?ticket={ticket}"):
            pass
        assert other.client.delete("/api/tokens/guest/", headers=other.authorization).status_code == 204
        assert feed.next()["bye"]["reason"] == "revoked"
    until(lambda: one.client.get("/api/whoami", headers=guest).status_code == 401, "revoked at the first node")

    account = {"name": "ada", "role": "editor", "password": "correct horse"}
    assert one.client.post("/api/accounts/", json=account, headers=one.authorization).status_code == 201
    basic = httpx.BasicAuth("ada", "correct horse")
    until(lambda: other.client.get("/api/whoami", auth=basic).status_code == 200, "the account is known")
    # Not twice, wherever it is asked for.
    taken = other.client.post("/api/accounts/", json=account | {"name": "ADA"}, headers=other.authorization)
    assert taken.status_code == 409
    assert one.client.delete("/api/accounts/ada/", headers=one.authorization).status_code == 204


def test_the_same_key_at_two_nodes_posts_once(cluster):
    key = str(uuid.uuid4())
    one, other = (node.post("once", key) for node in cluster.http)
    assert (one.status_code, other.status_code) == (201, 200)
    assert one.json() == other.json()
    assert cluster.http[0].post("another", key).status_code == 422


def test_subscribers_and_articles_leave_no_keys_behind(cluster):
    number = cluster.primary_number
    # So that each kind has something.
    assert cluster.http[0].client.post("/api/tickets", headers=cluster.nginx.authorization).status_code == 201
    keys = set(cluster.redis(number, "KEYS", "*").split("\n"))
    assert len(keys) <= 17 and all(key.startswith("{main}:") for key in keys)
    body = "".join(json.dumps({"title": f"many {index}", "key": f"many{index}"}) + "\n" for index in range(10_000))
    headers = cluster.nginx.authorization | {"Content-Type": "application/x-ndjson"}
    with Swarm(cluster.websocket[0], 1000):
        published(cluster.http[0], "seen by a thousand", topic="many")
        assert set(cluster.redis(number, "KEYS", "*").split("\n")) == keys
    answer = cluster.nginx.client.post("/api/articles/batch", content=body, headers=headers, timeout=60)
    answers = [json.loads(line) for line in answer.text.splitlines()]
    assert {line["status"] for line in answers} == {201} and len(answers) == 10_000
    for line in answers[:200]:
        assert cluster.http[0].client.delete(f"/api/articles/{line['id']}/", headers=headers).status_code == 204
    assert set(cluster.redis(number, "KEYS", "*").split("\n")) == keys


# Faults


def test_a_node_that_dies_is_passed_over_and_its_feeds_go_on_elsewhere(cluster):
    with Subscriber(cluster.nginx, "?last=0", SUBPROTOCOL) as feed:
        name = feed.next()["hello"]["node"]
        cursor = feed.next()["live"]["cursor"]
        cluster.processes[name].kill()
        cluster.processes["http-1"].kill()
        feed.until_closed()
    try:
        for number in range(4):
            published(cluster.nginx, f"without them {number}")
        with Subscriber(cluster.nginx, f"?since={cursor}", SUBPROTOCOL) as feed:
            assert feed.next()["hello"]["node"] != name
            assert [event["fields"]["title"] for event in feed.events(4)] == [f"without them {n}" for n in range(4)]
    finally:
        for dead in (name, "http-1"):
            cluster.processes[dead].start()
        cluster.until_ready()


def test_open_feeds_survive_a_reload_of_nginx(cluster):
    with Subscriber(cluster.nginx, "?last=0") as feed:
        feed.ping()
        subprocess.run(
            [program("nginx"), "-c", cluster.directory / "nginx/nginx.conf", "-p", cluster.directory / "nginx"]
            + ["-e", "stderr", "-s", "reload"],
            check=True,
            capture_output=True,
        )
        published(cluster.nginx, "after the reload")
        assert feed.events(1)[0]["fields"]["title"] == "after the reload"


def test_without_enough_replicas_publishers_are_told_to_retry_and_a_retry_posts_once(cluster):
    primary = cluster.primary_number
    replica = f"redis-{3 - primary}"
    key = str(uuid.uuid4())
    cluster.pause(replica)
    try:
        with Subscriber(cluster.websocket[0], "?last=0") as feed:
            feed.ping()
            for node in cluster.http * 2:
                # A repetition is not told 200 either: it waits again.
                answer = node.post("safe", key)
                assert answer.status_code == 503 and "0 of 1 replicas" in answer.json()["detail"], answer.text
                assert int(answer.headers["Retry-After"]) >= 1
                assert not node.is_ready()
            assert [event["fields"]["title"] for event in feed.events(1)] == ["safe"]
    finally:
        cluster.resume(replica)
    cluster.until_replicated()
    answer = until(lambda: (a := cluster.http[1].post("safe", key)).status_code == 200 and a, "acknowledged")
    titles = [article["title"] for article in cluster.http[0].client.get("/api/articles/").json()["results"]]
    assert titles.count("safe") == 1 and answer.json()["title"] == "safe"


def test_what_a_failover_lost_is_announced_and_what_was_acknowledged_is_there(cluster):
    primary = cluster.primary_number
    replica = 3 - primary
    kept = published(cluster.http[0], "kept")
    with (
        Subscriber(cluster.websocket[0], "?last=0", SUBPROTOCOL) as seen,
        Subscriber(cluster.websocket[1], "?last=0") as plain,
    ):
        assert "hello" in seen.next() and "live" in seen.next()
        plain.ping()
        cluster.cut_off_replica()
        key = str(uuid.uuid4())
        assert cluster.http[0].post("seen by some", key).status_code == 503
        lost = seen.events(1)[0]["cursor"]
        # The primary dies with it, and the replica that lacks it takes over.
        cluster.processes[f"redis-{primary}"].kill()
        cluster.resume(f"redis-{replica}")
        cluster.until_promoted(replica)
        reset = seen.next(timeout=30)
        assert reset["reset"]["reason"] == "forked", reset
        assert seen.next() == {"live": {"cursor": kept}}
        assert plain.until_closed(30)[1] == 1012
        # Whoever slept through all of it is told too.
        with Subscriber(cluster.websocket[1], f"?since={lost}&last=0", SUBPROTOCOL) as late:
            assert "hello" in late.next() and late.next()["reset"]["reason"] == "forked"
        assert cluster.redis(replica, "HGET", "{main}:meta", "seq") == kept.split("-")[0]
        cluster.return_as_replica(primary)
        until(lambda: cluster.http[1].post("seen by some", key).status_code in (200, 201), "posted", 30)
        event = seen.events(1)[0]
        assert event["fields"]["title"] == "seen by some"
        assert event["cursor"].split("-")[0] == lost.split("-")[0] and event["cursor"] != lost
    titles = [article["title"] for article in cluster.http[0].client.get("/api/articles/").json()["results"]]
    assert titles[:2] == ["seen by some", "kept"]


def test_an_old_primary_that_comes_back_with_writes_of_its_own_gives_them_up(cluster):
    primary = cluster.primary_number
    published(cluster.http[0], "common")
    # Nobody hears of it, and it hears of nobody, but it lives.
    cluster.pause(f"redis-{primary}")
    cluster.until_promoted(3 - primary)
    cluster.resume(f"redis-{primary}")
    cluster.until_replicated()
    cluster.until_ready()
    cursor = published(cluster.nginx, "after")
    with Subscriber(cluster.websocket[0], "?last=2") as feed:
        assert [event["fields"]["title"] for event in feed.events(2)] == ["common", "after"]
    for number in (1, 2):
        until(
            lambda number=number: cluster.redis(number, "HGET", "{main}:meta", "seq") == cursor.split("-")[0],
            f"redis-{number} has the same history",
        )


def test_cluster_by_hand_starts_everything_and_ctrl_c_ends_everything(bins, tmp_path):
    command = [REPOSITORY / "deploy" / "cluster", "--articled", bins.articled, "--http", "1", "--websocket", "1"]
    process = subprocess.Popen(
        [*command], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    )
    lines, pids = [], []
    try:
        for line in process.stdout:
            lines.append(line)
            words = line.split()
            if "process" in words:
                pids.append(int(words[words.index("process") + 1].rstrip(",")))
            if line.startswith("^C"):
                break
        assert len(pids) == 6, "".join(lines)
        url = next(line.split()[1] for line in lines if line.split()[:1] == ["page"])
        assert httpx.get(f"{url}readyz", trust_env=False, verify=False).status_code == 200
    finally:
        process.send_signal(2)
        assert process.wait(30) == 0
        process.stdout.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not list(tmp_path.iterdir())


def test_cluster_by_hand_starts_again_what_was_killed_and_leaves_nothing_of_it(bins, tmp_path):
    command = [REPOSITORY / "deploy" / "cluster", "--articled", bins.articled, "--http", "1", "--websocket", "1"]
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        output = ""
        while "^C ends" not in output:
            output += process.stdout.readline()
        said = dict(re.findall(r"^  (\S+) +process (\d+), port \d+", output, re.MULTILINE))
        url = re.search(r"page +(\S+)/", output)[1]
        workers = children(int(said["nginx"]))
        assert workers
        for name in ("redis-1", "nginx"):
            os.kill(int(said[name]), signal.SIGKILL)
        again = [process.stdout.readline() for _ in range(4)]
        assert sorted(line.split()[0] for line in again if "started again, process" in line) == ["nginx", "redis-1"], again
        # The Sentinel has made it a replica meanwhile: publishing works as before.
        until(lambda: answers(url), "ready again", 30)
    finally:
        process.send_signal(2)
        assert process.wait(30) == 0
        process.stdout.close()
    until(lambda: not any(is_alive(pid) for pid in [*workers, *said.values()]), "all of it has ended")
    assert not list(tmp_path.iterdir())


def is_alive(pid):
    """Not so a zombie that the machine's first process is slow to bury."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def answers(url):
    try:
        return httpx.get(f"{url}/readyz", trust_env=False, verify=False).status_code == 200
    except httpx.TransportError:
        return False
