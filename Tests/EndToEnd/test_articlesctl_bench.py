"""`articlesctl bench` against a real daemon: its figures, its reports, its scenarios, and what it leaves behind."""

import json
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from support.articlesctl import Console, Ctl
from support.daemon import environment, free_port
from support.other_feed import OtherFeed
from support.waiting import until


@pytest.fixture
def ctl(bins, daemon):
    return Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)})


def bench(ctl, *arguments):
    """What a bench reports as JSON."""
    done = ctl("bench", "--json", *arguments)
    assert done.code == 0, done
    return json.loads(done.out)


def articles(daemon):
    return daemon.client.get("/api/articles/").json()["results"]


# Figures


@pytest.mark.parametrize("transport", ["websocket", "sse", "ndjson"])
def test_everybody_gets_everything_and_nothing_is_left(ctl, daemon, transport):
    daemon.add("Not the bench's")
    report = bench(ctl, "-s", 20, "-p", 3, "-r", 100, "--count", 60, "--transport", transport)
    assert (report["asked_rate"], report["sent"], report["acknowledged"], report["refused"]) == (100, 60, 60, 0)
    assert (report["expected"], report["received"]) == (1200, 1200)
    assert (report["lost"], report["duplicated"], report["reordered"], report["orders"]) == (0, 0, 0, 1)
    assert report["achieved_rate"] > 0
    latency = report["latency_ms"]
    figures = [latency[name] for name in ("min", "p50", "p90", "p99", "p999", "p9999", "max")]
    assert figures == sorted(figures) and figures[0] > 0 and latency["n"] == 1200
    each = report["per_subscriber"]
    assert [one["subscriber"] for one in each] == list(range(1, 21))
    assert {(one["expected"], one["received"], one["lost"]) for one in each} == {(60, 60, 0)}
    assert sum(interval["deliveries"] for interval in report["intervals"]) == 1200
    assert [article["title"] for article in articles(daemon)] == ["Not the bench's"]


def test_a_closed_loop_asks_for_no_rate(ctl):
    report = bench(ctl, "-s", 5, "-p", 2, "--inflight", 4, "--count", 100)
    assert report["asked_rate"] is None and report["inflight"] == 4
    assert (report["sent"], report["received"], report["lost"]) == (100, 500, 0)


def test_latency_counts_from_the_intended_send_time(ctl, daemon):
    """A server that stands still for a while delays all articles that were to be sent meanwhile, not only one."""
    with ctl.start("bench", "--json", "-s", 3, "-r", 100, "-d", "3s", "--inflight", 1) as process:
        until(lambda: daemon.status()["cursor"] != "0-00000000", "the first article")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            # Nothing tells from outside how long a stopped server was wanted: a child that does nothing else waits.
            subprocess.run(["sleep", "1"], check=True)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        out, err = process.communicate(timeout=40)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert (report["sent"], report["lost"]) == (300, 0)
    # A third of the articles fell into that second; from their sending on, only one or two would show it.
    late = [one for one in report["intervals"] if (one["p50"] or 0) > 100]
    assert len(late) >= 3 and report["latency_ms"]["p90"] > 100, report["intervals"]


def test_a_size_is_that_of_the_body(ctl, daemon):
    bench(ctl, "-s", 1, "--count", 1, "--size", 1000, "--keep", "--topic", "bench-kept")
    (article,) = articles(daemon)
    assert len(article["body"]) == 1000 and article["topic"] == "bench-kept"
    assert re.match(r"BENCH:1:\d+:", article["body"])
    done = ctl("bench", "clean", "bench-kept", "--json")
    assert json.loads(done.out) == {"topic": "bench-kept", "removed": 1}
    assert articles(daemon) == []


# Scenarios


def test_slow_subscribers_get_everything_later_and_the_others_at_once(ctl):
    report = bench(ctl, "-s", 10, "-r", 50, "-d", "2s", "--slow", 3, "--slow-after", "500ms", "--slow-for", "1s")
    assert (report["lost"], report["duplicated"], report["reordered"]) == (0, 0, 0)
    assert report["disturbed_latency_ms"]["n"] > 0
    assert report["latency_ms"]["n"] + report["disturbed_latency_ms"]["n"] == report["received"] == 1000
    assert report["disturbed_latency_ms"]["max"] > 300


@pytest.mark.parametrize("transport", ["websocket", "sse"])
def test_a_storm_of_reconnections_loses_and_doubles_nothing(ctl, transport):
    report = bench(
        ctl, "-s", 20, "-r", 100, "-d", "2s", "--transport", transport,
        "--storm", 10, "--storm-after", "500ms", "--storm-every", "500ms",
    )  # fmt: skip
    assert (report["lost"], report["duplicated"], report["reordered"]) == (0, 0, 0)
    disturbed = [one for one in report["per_subscriber"] if one["disconnects"]]
    assert len(disturbed) == 10 and report["recovery_ms"]["n"] >= 20
    assert report["disconnects"] == report["recovery_ms"]["n"]


@pytest.mark.log_errors_expected
def test_a_server_that_is_killed_meanwhile_is_told_truthfully(ctl, daemon):
    """What was acknowledged comes, and what had no answer is counted apart."""
    with ctl.start("bench", "--json", "-s", 5, "-r", 50, "-d", "4s", "--drain", "8s") as process:
        until(lambda: daemon.status()["cursor"] != "0-00000000", "the first article")
        daemon.kill9()
        daemon.start()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert report["lost"] == 0 and report["disconnects"] >= 5
    assert report["sent"] == report["acknowledged"] + report["refused"] + report["unanswered"]
    assert "What went wrong first" in err.decode()


@pytest.mark.log_errors_expected
def test_a_server_that_is_gone_for_good_does_not_hold_the_bench(ctl, daemon):
    with ctl.start("bench", "--json", "-s", 3, "-r", 50, "-d", "2s", "--drain", "1s") as process:
        until(lambda: daemon.status()["cursor"] != "0-00000000", "the first article")
        daemon.kill9()
        out, err = process.communicate(timeout=30)
    report = json.loads(out)
    assert process.returncode == 0 and 0 < report["acknowledged"] < 100, err
    assert "bench clean" in err.decode() and "What went wrong first" in err.decode()


def test_connections_come_from_several_addresses(ctl, daemon):
    report = bench(ctl, "-s", 6, "--count", 5, "--source", "127.0.0.77", "--source", "127.1.2.3")
    assert report["received"] == 30
    addresses = set()

    def seen():
        lines = subprocess.run(["ss", "-Htn", f"dst 127.0.0.1:{daemon.port}"], capture_output=True, text=True).stdout
        addresses.update(re.findall(r"(127\.\d+\.\d+\.\d+):\d+ +127\.0\.0\.1", lines))
        return {"127.0.0.77", "127.1.2.3"} <= addresses

    arguments = ["--source", "127.0.0.77", "--source", "127.1.2.3"]
    with ctl.start("bench", "-s", 6, "-d", "3s", *arguments) as process:
        until(seen, "connections from both addresses")
        process.communicate(timeout=30)


def test_a_server_that_stands_still_does_not_hold_the_bench(ctl, daemon):
    with ctl.start("bench", "--json", "-s", 2, "-r", 50, "-d", "2s", "--drain", "1s") as process:
        until(lambda: daemon.status()["cursor"] != "0-00000000", "the first article")
        daemon.process.send_signal(signal.SIGSTOP)
        try:
            out, err = process.communicate(timeout=25)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
    report = json.loads(out)
    assert process.returncode == 0 and 0 < report["acknowledged"] < 100 and report["unanswered"] > 0, err
    assert "no answer for 5 seconds" in err.decode() and "bench clean" in err.decode()


def test_articles_that_are_all_refused_are_a_failure(ctl, daemon):
    done = ctl("bench", "-s", 2, "-r", 100, "--count", 10, "--size", 70_000)
    assert done.code == 1, done
    assert "0 expected, 0 received" in done.out and "10 refused" in done.out
    assert "of 10 that were sent 10 were refused" in done.err, done
    assert "Nobody got anything." in done.err and "(413)" in done.err


def test_the_server_s_own_time_and_memory_are_measured(ctl, daemon):
    report = bench(ctl, "-s", 10, "--count", 20, "--server-pid", daemon.process.pid)
    usage = report["server_usage"]
    assert usage["cpu_us_per_delivery"] > 0 and usage["cpu_s"] > 0
    assert 0 < usage["rss_before_bytes"] <= usage["rss_peak_bytes"] and usage["rss_idle_bytes"] <= usage["rss_peak_bytes"]
    assert bench(ctl, "-s", 1, "--count", 1)["server_usage"] is None


def test_the_longest_time_ends_a_run_and_what_has_not_come_is_lost(ctl):
    report = bench(ctl, "-s", 4, "-r", 100, "-d", "1s", "--slow", 2, "--slow-after", "0s", "--slow-for", "30s",
                   "--max-time", "2s", "--receive-buffer", 4096, "--size", 20_000)  # fmt: skip
    assert report["lost"] > 0 and report["lost"] == report["expected"] - report["received"]


# Other servers


def of_another(daemon, tmp_path, feed):
    """A daemon, measured as if it were any server."""
    headers = tmp_path / "headers"
    headers.write_text(f"Authorization: Bearer {daemon.token}\nContent-Type: application/json\n")
    return [
        *("--subscribe", f"{feed}last=0", "--publish", f"{daemon.url}/api/articles/"),
        *("--publish-header", f"@{headers}", "--publish-body", '{"title":"bench","body":"{{body}}"}'),
    ]


@pytest.mark.parametrize("feed", ["ws://127.0.0.1:{}/articles?", "http://127.0.0.1:{}/events?"])
def test_any_feed_is_measured_by_what_is_sent_to_it(ctl, daemon, tmp_path, feed):
    arguments = of_another(daemon, tmp_path, feed.format(daemon.port))
    report = bench(ctl, *arguments, "-s", 5, "-r", 100, "--count", 40, "--inflight", 4, "--server-pid", daemon.process.pid)
    assert (report["acknowledged"], report["received"], report["lost"], report["duplicated"]) == (40, 200, 0, 0)
    # Four are under way at once: without cursors nobody knows what the right order is, only that all saw the same.
    assert report["reordered"] is None and report["orders"] == 1
    assert report["latency_ms"]["n"] == 200 and report["server_version"] is None
    report = bench(ctl, *arguments, "-s", 5, "-r", 100, "--count", 10, "--inflight", 1)
    assert (report["received"], report["reordered"]) == (50, 0)
    text = ctl("bench", *arguments, "-s", 2, "--count", 3).succeeded()
    assert "6 expected, 6 received, 0 lost, 0 duplicated, 1 order" in text


def test_a_feed_of_bytes_and_a_lost_article_that_another_one_would_hide(ctl):
    """As many came as were answered; it is not the same ones."""
    with OtherFeed(swallow={5}, mute={7}).run() as feed:
        load = ["-s", 3, "-r", 100, "--count", 20, "--inflight", 2, "--drain", "1s"]
        done = ctl("bench", "--json", *feed.arguments(), *load)
    report = json.loads(done.out)
    assert done.code == 0 and len(feed.published) == 20 and all(line.startswith(b"text BENCH:") for line in feed.published)
    assert (report["acknowledged"], report["unanswered"], report["expected"], report["received"]) == (19, 1, 57, 57)
    assert (report["lost"], report["unpromised"], report["duplicated"]) == (3, 3, 0)
    assert {(one["received"], one["lost"]) for one in report["per_subscriber"]} == {(19, 1)}
    assert "1 articles have no answer" in done.err


def test_answers_that_are_others_than_expected_are_a_failure_though_articles_come(ctl):
    with OtherFeed().run() as feed:
        arguments = [*feed.arguments(), "--publish-answer", "thanks"]
        done = ctl("bench", *arguments, "-s", 2, "-r", 100, "--count", 5, "--drain", "500ms")
    assert done.code == 1 and "of them 10 that were not acknowledged" in done.out, done
    assert "Some came all the same." in done.err and "was not answered as was expected" in done.err


def test_publishers_that_can_not_begin_are_told_from_subscribers(ctl):
    with OtherFeed().run() as feed:
        done = ctl("bench", *feed.arguments(), "--publish-hello", "who?\\n", "-s", 2, "--connect-timeout", "2s")
    done.failed(69, "but not all publishers", "closed a publisher's connection")


def test_a_feed_that_says_things_twice(ctl):
    with OtherFeed(double={2, 3}).run() as feed:
        report = bench(ctl, *feed.arguments(), "-s", 2, "-r", 100, "--count", 5, "--inflight", 1)
    assert (report["received"], report["duplicated"], report["lost"], report["reordered"]) == (10, 4, 0, 0)


def test_a_feed_that_passes_nothing_on_is_a_failure(ctl):
    with OtherFeed(swallow=range(100)).run() as feed:
        done = ctl("bench", *feed.arguments(), "-s", 2, "-r", 100, "--count", 5, "--drain", "500ms")
    assert done.code == 1 and "10 lost" in done.out, done
    assert "No subscriber got any of 5 articles that were stored" in done.err and "BENCH:" in done.err


def test_another_server_that_is_not_there(ctl):
    nowhere = f"127.0.0.1:{free_port()}"
    for arguments in (
        ["--subscribe", f"ws://{nowhere}/x", "--publish", f"http://{nowhere}/y"],
        ["--subscribe", f"ws://{nowhere}/x", "--publish", f"tcp://{nowhere}", "--publish-answer", "x"],
    ):
        ctl("bench", *arguments).failed(69, f"No answer from ws://{nowhere}/x", "--subscribe")


def test_a_feed_that_refuses_says_why(ctl, daemon, tmp_path):
    arguments = of_another(daemon, tmp_path, f"ws://127.0.0.1:{daemon.port}/nowhere?")
    ctl("bench", *arguments, "-s", 2).failed(69, "Only 0 of 2 subscribers", "the feed is at /articles", "400")


# Conditions and reports


def test_a_condition_that_holds_fails_with_1_and_says_which(ctl):
    load = ("-s", 2, "--count", 5)
    assert ctl("bench", *load, "--fail-if", "lost>0, p99>1m").code == 0
    done = ctl("bench", *load, "--fail-if", "received<=10,p50>1us,lost>0")
    assert done.code == 1 and "rate" in done.out
    assert "received is 10: received<=10; p50 is " in done.err and "p50>1us (--fail-if)" in done.err
    assert "lost" not in done.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--fail-if", "p42>1"], '"p42" is unknown'),
        (["--fail-if", "p99>soon"], '"soon" is no time'),
        (["--fail-if", "lost"], "no condition"),
        (["--subscribers", "0"], "--subscribers"),
        (["--subscribers=-5"], "--subscribers"),
        (["--fail-if", "lost>nan"], "no number"),
        (["--rate", "0"], "--rate"),
        (["--size", "5"], "--size"),
        (["--slow", "101"], "--slow"),
        (["--source", "::1"], "--source"),
        (["--topic", "news"], "bench-"),
        (["clean", "news"], "bench-"),
        (["--transport", "pigeon"], "websocket"),
        (["--url", "https://localhost:1"], "without TLS"),
        (["--server-pid", "99999999"], "no such process"),
        (["--subscribe", "ws://127.0.0.1:1"], "--publish must name"),
        (["--subprotocol", "mqtt"], "--subprotocol is for another server"),
        (["--subscribe", "wss://a", "--publish", "http://a"], "TLS"),
        (["--subscribe", "ws://a", "--publish", "http://a", "--keep"], "--keep is for an articles server"),
        (["--subscribe", "ws://a", "--publish", "http://a", "--publish-body", "x"], "{{body}}"),
        (["--subscribe", "ws://a", "--publish", "http://a", "--on-connect", r"\q"], "--on-connect"),
        (["--subscribe", "ws://a", "--publish", "tcp://a:1"], "--publish-answer"),
    ],
)
def test_wrong_usage_is_64_before_anything_is_posted(ctl, daemon, arguments, word):
    ctl("bench", *arguments).failed(64, word)
    assert daemon.status()["cursor"] == "0-00000000"


def test_a_report_that_can_not_be_written_is_told_before_the_run(ctl, daemon):
    ctl("bench", "--html", "/no/such/directory/x.html").failed(66, "/no/such/directory/x.html")
    ctl("bench", "--html", "/").failed(66, "The file /")
    assert daemon.status()["cursor"] == "0-00000000"


def test_a_dead_server_and_a_wrong_token(bins, ctl, tmp_path):
    alone = Ctl(bins.articlesctl, environment(tmp_path / "home") | {"ARTICLES_URL": f"http://127.0.0.1:{free_port()}"})
    alone("bench").failed(69, "--url")
    ctl("bench", ARTICLES_TOKEN="wr0ng").failed(77, "--token-file")


def test_subscribers_that_can_not_connect_are_counted(start_daemon, bins):
    daemon = start_daemon("--max-connections-per-address", "20")
    ctl = Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)})
    done = ctl("bench", "-s", 40, "--connect-timeout", "2s")
    assert done.code == 69 and " of 40 subscribers" in done.err, done
    assert articles(daemon) == []


def test_the_text_has_all_figures_and_a_histogram(ctl):
    out = ctl("bench", "-s", 3, "--count", 20).succeeded()
    for word in ("asked 100.0/s", "achieved", "60 expected, 60 received, 0 lost, 0 duplicated, 0 reordered",
                 "each one     20 expected, 20 received", "p50", "p99.99", "max", "█"):  # fmt: skip
        assert word in out, out
    assert "#" in ctl("bench", "-s", 1, "--count", 5, LC_ALL="C").succeeded()


def test_the_html_report_needs_nothing_else(ctl, tmp_path):
    page = tmp_path / "report.html"
    ctl("bench", "-s", 5, "--count", 50, "--html", page).succeeded()
    text = page.read_text()
    assert "<script" not in text and "src=" not in text and "http://www" not in text and "url(" not in text
    pictures = [ElementTree.fromstring(picture) for picture in re.findall(r"<svg.*?</svg>", text, re.S)]
    assert [picture.get("aria-label") for picture in pictures] == [
        "Latency over time", "Histogram of latencies", "Deliveries",
    ]  # fmt: skip
    assert all(picture.findall(".//polyline") or picture.findall(".//rect") for picture in pictures)
    assert "All 5 subscribers got each of 50 articles, in order." in text


def test_the_distribution_is_as_other_tools_read_it(ctl, tmp_path):
    file = tmp_path / "latency.hgrm"
    report = bench(ctl, "-s", 5, "--count", 50, "--hgrm", file)
    rows = [line.split() for line in file.read_text().splitlines() if re.match(r"\s+[\d.]+ [\d.]+ ", line)]
    assert int(rows[-1][2]) == 250 and float(rows[-1][1]) == 1.0
    # The text has three digits of the value, and the bucket's upper end.
    assert float(rows[-1][0]) == pytest.approx(report["latency_ms"]["max"], rel=0.01)
    assert "#[Max" in file.read_text()


def test_two_reports_are_compared(ctl, tmp_path):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    before.write_text(ctl("bench", "--json", "-s", 2, "--count", 20).succeeded())
    changed = json.loads(before.read_text())
    changed["latency_ms"]["p99"] *= 2
    changed["subscribers"] = 3
    after.write_text(json.dumps(changed))
    done = ctl("bench", "compare", before, after)
    rows = dict(line.split("\t", 1) for line in done.out.splitlines())
    assert done.code == 0 and rows["latency_ms.p99"].endswith("+100.0 %") and rows["lost"] == "0\t0\t="
    assert "The runs differ: subscribers 2 and 3" in done.err
    compared = json.loads(ctl("bench", "compare", "--json", before, "-", stdin=before.read_text()).out)
    assert compared["figures"]["received"] == {"before": 40, "after": 40, "change": 0} and compared["differences"] == {}
    ctl("bench", "compare", before, "/no/such").failed(66, "/no/such")
    (tmp_path / "absurd.json").write_text('{"latency_ms": {"p50": 1e300}, "lost": 1e-300}')
    for pair in ((before, tmp_path / "absurd.json"), (tmp_path / "absurd.json", before)):
        done = ctl("bench", "compare", *pair)
        assert done.code == 0 and "latency_ms.p50" in done.out, done
    (tmp_path / "other.json").write_text("{}")
    ctl("bench", "compare", before, tmp_path / "other.json").failed(65, "other.json")


# On a terminal


def test_a_narrow_terminal_is_not_overrun(ctl):
    with Console(ctl, "bench", "--subscribers", "3", "--duration", "1s", columns=40) as console:
        console.until_shown(b" s left")
        assert console.until_ended(drain=True) == 0, console.shown
    # Lines of progress are written one over the other.
    lines = re.split(r"\r\x1b\[K|\r\n", console.shown.decode())
    assert "p99" in console.shown.decode() and max(map(len, lines)) <= 40, lines


def test_an_interrupt_reports_cleans_up_and_is_130(ctl, daemon):
    with Console(ctl, "bench", "--subscribers", "3", "--duration", "60s") as console:
        console.until_shown(b"deliveries, ")
        console.until_shown(b" s left")
        console.type(b"\x03")
        assert console.until_ended(drain=True) == 130, console.shown
        assert b"interrupted" in console.shown and b"expected" in console.shown
    assert articles(daemon) == []
