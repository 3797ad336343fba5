"""How the page keeps its connection: over several tabs, blocked ways, lost networks and sleeping machines."""

import signal

import pytest

from support.nginx import WITH_WEBSOCKET, Nginx
from support.waiting import until


def subscribers(daemon):
    return daemon.client.get("/api/status", headers=daemon.authorization).json()["transports"]


def until_subscribed(daemon, deadline=15, **counts):
    def matches():
        seen = subscribers(daemon)
        return all(seen[name] == count for name, count in counts.items())

    until(matches, f"{counts}, not {subscribers(daemon)}", deadline)


def test_tabs_share_one_connection_and_hand_it_on(daemon, browser):
    daemon.add("There before")
    first = browser.open_live(daemon.url).tab()
    others = [browser.new_tab(daemon.url) for _ in range(6)]
    single = browser.new_tab(f"{daemon.url}/articles/1")
    browser.await_status("live")
    until_subscribed(daemon, websocket=1, sse=0)

    daemon.add("For all")
    daemon.edit(1, title="Edited for all")
    for tab in [first, *others]:
        browser.look_at(tab)
        browser.await_titles(["For all", "Edited for all"])
        browser.await_status("live")
    browser.look_at(single)
    until(lambda: browser.text("h1") == "Edited for all", "the edit on the article's own page")

    # Whoever has the connection now, in the end it is closed.
    for tab in [single, first, *others[:-1]]:
        browser.look_at(tab)
        browser.close_tab(then=others[-1])
        daemon.add(f"After {tab}")
        until(lambda tab=tab: browser.titles()[0] == f"After {tab}", "what came after a tab was closed")
    browser.await_status("live")
    until_subscribed(daemon, websocket=1)
    titles = browser.titles()
    assert len(titles) == len(set(titles)) == 9


# Else the tab that is looked at would take the connection over, and get everything from the server.
ALL_VISIBLE = "Object.defineProperty(Document.prototype, 'hidden', { get: () => false });"


def test_a_tab_that_comes_late_misses_nothing_and_repeats_nothing(daemon, browser):
    browser.before_scripts(ALL_VISIBLE)
    first = daemon.post({"title": "First"}).json()
    browser.open_live(daemon.url)
    for number in range(5):
        daemon.add(f"Between {number}")
    daemon.edit(first["id"], title="Edited between")
    titles = [*(f"Between {number}" for number in range(4, -1, -1)), "Edited between"]
    browser.await_titles(titles)

    # A page that was rendered before all that, and listens after it.
    browser.driver.switch_to.new_window("tab")
    browser.before_scripts(
        ALL_VISIBLE
        + """
        document.addEventListener("readystatechange", () => {
            if (document.readyState !== "interactive") return;
            document.querySelector("main").dataset.cursor = "%s";
            for (const entry of document.querySelectorAll("#feed article:not([data-id='1'])")) entry.remove();
            document.querySelector("#feed .title-text").textContent = "First";
        });
        """
        % first["cursor"]
    )
    browser.open(daemon.url)
    browser.await_titles(titles)
    asked = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any("/events?since=" in address and "follow=false" in address for address in asked), asked
    daemon.add("Live")
    browser.await_titles(["Live", *titles])

    # What the other tab passes on is not taken while something is missing before it.
    browser.run("""
        new BroadcastChannel(document.querySelector("script[type=module]").src).postMessage({ events: [{
            pk: 999, event: "created", cursor: "999-00000000",
            fields: { title: "Too early", body: "", topic: "news", author: "", published: "2026-11-26T00:00:00Z", updated: null },
        }] });
    """)
    missing = "return performance.getEntriesByType('resource').filter((entry) => entry.name.includes('follow=false')).length"
    until(lambda: browser.run(missing) == 2, "the missing events to be asked for")
    daemon.add("Live too")
    browser.await_titles(["Live too", "Live", *titles])
    until_subscribed(daemon, websocket=1, sse=0)


def test_tabs_are_told_of_a_gap_and_of_a_server_that_is_away(daemon, browser):
    daemon.add("Of the old history")
    first = browser.open_live(daemon.url).tab()
    second = browser.new_tab(daemon.url)
    browser.await_status("live")
    assert daemon.stop() == 0
    for tab in (first, second):
        browser.look_at(tab)
        browser.await_status("reconnecting")
    for file in daemon.data_dir.glob("*.sqlite*"):
        file.unlink()
    daemon.start()
    daemon.add("Of the new history")
    for tab in (first, second):
        browser.look_at(tab)
        browser.await_titles(["Of the new history"], deadline=40)
        until(lambda: browser.is_shown(".gap"), "the line that shows the gap")


def test_a_page_without_locks_has_a_connection_of_its_own(daemon, browser):
    """As every page has that came over plain HTTP from another machine."""
    browser.before_scripts("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    first = browser.open_live(daemon.url).tab()
    browser.driver.switch_to.new_window("tab")
    browser.before_scripts("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })")
    browser.open_live(daemon.url)
    until_subscribed(daemon, websocket=2)
    daemon.add("For both")
    browser.await_titles(["For both"])
    browser.look_at(first)
    browser.await_titles(["For both"])


def test_where_websockets_are_blocked_the_page_takes_server_sent_events(daemon, browser, tmp_path):
    """nginx as it is without a line about upgrades: it makes a plain request of every handshake."""
    daemon.add("There before")
    with Nginx(tmp_path / "nginx", f"location / {{ proxy_pass {daemon.url}; }}") as nginx:
        browser.open_live(nginx.url)
        until_subscribed(daemon, websocket=0, sse=1)
        daemon.add("Through nginx")
        browser.await_titles(["Through nginx", "There before"])
        daemon.edit(1, title="Edited")
        browser.await_titles(["Through nginx", "Edited"])
        assert daemon.stop() == 0
        browser.await_status("reconnecting")
        daemon.start()
        daemon.add("Meanwhile")
        browser.await_titles(["Meanwhile", "Through nginx", "Edited"], deadline=40)
        browser.await_status("live")


def test_where_the_browser_refuses_websockets_the_page_takes_server_sent_events(daemon, browser):
    browser.before_scripts("WebSocket = class { constructor() { throw new DOMException('blocked', 'SecurityError') } }")
    browser.open_live(daemon.url)
    daemon.add("All the same")
    browser.await_titles(["All the same"])


def test_a_silent_server_is_noticed_over_server_sent_events_too(start_daemon, browser):
    daemon = start_daemon("--ping-interval", "300ms")
    browser.before_scripts("WebSocket = class { constructor() { throw new DOMException('blocked', 'SecurityError') } }")
    browser.open_live(daemon.url)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        browser.await_status("stale")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    browser.await_status("live", deadline=40)


def test_a_server_that_is_away_is_not_taken_for_a_blocked_way(daemon, browser):
    browser.open_live(daemon.url)
    assert daemon.stop() == 0
    until(lambda: "attempt 3" in browser.status(), "three attempts", 20)
    daemon.start()
    browser.await_status("live", deadline=40)
    until_subscribed(daemon, websocket=1, sse=0)


def test_without_a_network_the_page_says_so_and_comes_back_with_it(daemon, browser):
    browser.open_live(daemon.url)
    browser.emulate(offline=True)
    browser.await_status("offline: no network")
    daemon.add("Meanwhile")
    assert browser.titles() == []
    browser.emulate()
    browser.await_status("live")
    browser.await_titles(["Meanwhile"])


def test_a_machine_that_slept_finds_its_connection_dead_at_once(daemon, browser):
    """The clock jumps, as it does when a machine wakes; nothing was heard meanwhile."""
    browser.open_live(daemon.url)
    browser.run("""
        const now = Date.now.bind(Date);
        window.states = [];
        new MutationObserver(() => states.push(document.querySelector("#status").dataset.state))
            .observe(document.querySelector("#status"), { attributes: true });
        Date.now = () => now() + 3_600_000;
    """)
    until(lambda: browser.run("return states.includes('stale')"), "the connection to be given up")
    browser.await_status("live")
    daemon.add("Awake")
    browser.await_titles(["Awake"])


def test_attempts_are_spread_and_ever_rarer(daemon, browser):
    """Full jitter: of many delays some are short, and none is longer than the limit doubles to."""
    browser.open_live(daemon.url)
    browser.run("""
        window.delays = [];
        const now = Date.now.bind(Date);
        const status = document.querySelector("#status");
        new MutationObserver(() => {
            const seconds = /in (\\d+) s/.exec(status.textContent);
            const attempt = /attempt (\\d+)/.exec(status.textContent);
            if (seconds && attempt) delays.push([Number(attempt[1]), Number(seconds[1])]);
        }).observe(status, { attributes: true, subtree: true, characterData: true, childList: true });
    """)
    assert daemon.stop() == 0
    until(lambda: "attempt 4" in browser.status(), "four attempts", 30)
    delays = browser.run("return delays")
    assert {attempt for attempt, _ in delays} >= {1, 2, 3}
    for attempt, seconds in delays:
        # And what the server asked for when it said goodbye, before the first one.
        assert seconds <= 0.25 * 2**attempt + 1.5 + 1, delays
    daemon.start()


def test_going_back_to_the_list_finds_it_live(daemon, browser):
    article = daemon.add("One")
    browser.open_live(daemon.url)
    browser.click("#feed .title-text")
    until(lambda: browser.driver.current_url.endswith(f"/articles/{article}"), "the article's page")
    browser.await_status("live")
    daemon.add("Meanwhile")
    browser.driver.back()
    browser.await_titles(["Meanwhile", "One"])
    browser.await_status("live")
    until_subscribed(daemon, websocket=1)


@pytest.mark.parametrize("passes_prefix", [True, False])
def test_behind_a_proxy_with_a_path_prefix_everything_is_below_it(start_daemon, browser, tmp_path, passes_prefix):
    daemon = start_daemon("--base-path", "/news/live", "--password-cost", "10")
    daemon.add("Before", "x " * 2000, topic="sport")
    target = daemon.url if passes_prefix else f"{daemon.url}/"
    location = f"location /news/live/ {{ proxy_pass {target}; {WITH_WEBSOCKET} }}"
    with Nginx(tmp_path / "nginx", location) as nginx:
        base = f"{nginx.url}/news/live"
        browser.open_live(base + "/")
        until_subscribed(daemon, websocket=1)
        daemon.add("Live")
        browser.await_titles(["Live", "Before"])
        for element in ("#feed article:first-child .title-text", ".more a", ".topics a", "link[rel=alternate]", "link[rel=stylesheet]"):
            address = browser.run("return document.querySelector(arguments[0]).href", element)
            assert address.startswith(base + "/"), (element, address)
            assert daemon.client.get(address).status_code == 200, address
        browser.click(".topic")
        until(lambda: browser.driver.current_url == f"{base}/?topic=news", "the topic's page")
        browser.await_titles(["Live"])
        browser.click("#feed .title-text")
        until(lambda: browser.driver.current_url == f"{base}/articles/2", "the article's page")
        browser.await_status("live")

        feed = daemon.client.get(f"{base}/feed.json").json()
        assert feed["home_page_url"] == base + "/"
        assert [item["url"] for item in feed["items"]] == [f"{base}/articles/2", f"{base}/articles/1"]
        created = daemon.client.post(
            f"{base}/api/articles/", json={"title": "Through nginx"}, headers=daemon.authorization
        )
        assert created.headers["location"] == "/news/live/api/articles/3/"
        page = daemon.client.get(f"{base}/api/articles/?limit=1").json()
        assert page["next"] == "/news/live/api/articles/?before=3&limit=1"


def test_the_admin_site_works_behind_a_path_prefix(start_daemon, browser, tmp_path):
    daemon = start_daemon("--base-path", "/news", "--password-cost", "10", "--require-auth")
    with Nginx(tmp_path / "nginx", f"location /news/ {{ proxy_pass {daemon.url}; {WITH_WEBSOCKET} }}") as nginx:
        base = f"{nginx.url}/news"
        daemon.client.post(
            "/api/accounts/",
            json={"name": "root", "role": "admin", "password": "correct horse"},
            headers=daemon.authorization,
        )
        # To the login, and from there back to where one wanted to be.
        browser.open(f"{base}/?topic=news")
        assert browser.driver.current_url.startswith(f"{base}/admin/login?next=")
        log_in(browser, "root")
        until(lambda: browser.driver.current_url == f"{base}/?topic=news", "the page that was asked for")
        browser.await_status("live")
        for cookie in browser.driver.get_cookies():
            assert cookie["path"] == "/news/", cookie

        browser.open(f"{base}/admin/articles/add/")
        browser.run("document.querySelector('[name=title]').value = 'From the site'")
        browser.click("button[value=save]")
        until(lambda: browser.driver.current_url == f"{base}/admin/articles/?done=added", "the list of articles")
        for link in browser.run("return [...document.links].map((link) => link.href)"):
            assert link.startswith(f"{base}/"), link
        browser.open_live(f"{base}/")
        assert browser.titles() == ["From the site"]
        browser.open(f"{base}/admin/")
        browser.click("form[action$=logout] button")
        until(lambda: browser.driver.current_url == f"{base}/admin/login?done=logout", "the login page")


def log_in(browser, name):
    browser.run(
        "document.querySelector('[name=username]').value = arguments[0];"
        "document.querySelector('[name=password]').value = 'correct horse'",
        name,
    )
    browser.click("button[type=submit]")


@pytest.mark.parametrize("path", ["news", "/a b", "//x", "/../x"])
def test_a_base_path_that_is_none_is_refused(start_daemon, path):
    daemon = start_daemon.prepare("--base-path", path)
    daemon.launch()
    assert daemon.wait() == 64
    assert "--base-path" in daemon.log()
