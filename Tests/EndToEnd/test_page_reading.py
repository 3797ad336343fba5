"""Reading on the page: topics, search, older articles, links, keys, notifications."""

import pytest
from selenium.webdriver.common.keys import Keys

from support.accessibility import faults
from support.waiting import until


def test_the_topic_bar_leads_to_pages_that_keep_to_their_topic(daemon, browser):
    for number in range(3):
        daemon.add(f"News {number}")
    sport = daemon.add("Sport", topic="sport")
    browser.open_live(daemon.url)
    assert topics(browser) == ["All", "news", "sport"]
    browser.driver.find_element("link text", "sport").click()
    until(lambda: browser.titles() == ["Sport"], "the topic's page")
    browser.await_status("live")
    assert current(browser) == ["sport"]
    assert browser.text(".heading") == "sport"

    daemon.add("Not here")
    moved = daemon.add("Moves here")
    daemon.edit(moved, topic="sport")
    browser.await_titles(["Moves here", "Sport"])
    daemon.edit(sport, topic="other")
    browser.await_titles(["Moves here"])
    assert topics(browser) == ["All", "news", "sport", "other"]


def topics(browser):
    return browser.run("return [...document.querySelectorAll('.topics a')].map((link) => link.textContent)")


def current(browser):
    return browser.run("return [...document.querySelectorAll('.topics [aria-current]')].map((link) => link.textContent)")


def test_a_topic_that_nobody_has_written_about_is_an_empty_page_that_waits(daemon, browser):
    daemon.add("Elsewhere")
    browser.open_live(f"{daemon.url}/?topic=nothing-yet")
    assert browser.text("#empty").startswith("No articles here yet.")
    daemon.add("The first", topic="nothing-yet")
    browser.await_titles(["The first"])
    assert not browser.is_shown("#empty")


def test_search_finds_what_the_server_finds_and_what_comes_live(daemon, browser):
    daemon.add("A Needle")
    daemon.add("Hay", "with a nEEdle in it", topic="farm")
    daemon.add("Only hay")
    browser.open_live(daemon.url)
    browser.press("/")
    browser.press("needle")
    browser.press(Keys.ENTER)
    until(lambda: browser.titles() == ["Hay", "A Needle"], "what was found")
    browser.await_status("live")
    assert browser.text(".heading") == "Search for “\u2068needle\u2069”"
    edited = daemon.add("Nothing of the kind")
    daemon.add("Another NEEDLE")
    browser.await_titles(["Another NEEDLE", "Hay", "A Needle"])
    daemon.edit(edited, body="needles, many of them")
    browser.await_titles(["Another NEEDLE", "Nothing of the kind", "Hay", "A Needle"])
    daemon.edit(edited, body="none")
    browser.await_titles(["Another NEEDLE", "Hay", "A Needle"])
    browser.open(f"{daemon.url}/?topic=farm&q=needle")
    assert browser.titles() == ["Hay"]
    browser.open(f"{daemon.url}/?q=%25")
    assert browser.titles() == []


def test_search_works_without_scripts(daemon, browser_without_scripts):
    browser = browser_without_scripts
    for number in range(60):
        daemon.add(f"Needle {number}")
        daemon.add(f"Hay {number}")
    browser.open(f"{daemon.url}/?topic=news")
    browser.driver.find_element("name", "q").send_keys("needle", Keys.ENTER)
    until(lambda: browser.titles()[:1] == ["Needle 59"], "what was found")
    assert browser.driver.current_url == f"{daemon.url}/?topic=news&q=needle"
    browser.click("#older")
    assert browser.titles() == [f"Needle {number}" for number in range(9, -1, -1)]


def test_older_articles_are_added_below_and_stay_live(daemon, browser):
    ids = [daemon.add(f"Article {number}") for number in range(120)]
    browser.open_live(daemon.url)
    assert len(browser.ids()) == 50
    browser.click("#older")
    until(lambda: len(browser.ids()) == 100, "the next page")
    assert browser.focused() == str(ids[69])
    browser.click("#older")
    until(lambda: browser.ids() == [str(id) for id in reversed(ids)], "the last page")
    assert not browser.is_shown("#older")
    daemon.edit(ids[0], title="Edited")
    daemon.delete(ids[1])
    until(lambda: browser.titles()[-2:] == ["Article 2", "Edited"], "the edit and the deletion")


def test_older_articles_that_can_not_be_had_can_be_asked_for_again(daemon, browser):
    for number in range(51):
        daemon.add(f"Article {number}")
    browser.open_live(daemon.url)
    assert daemon.stop() == 0
    browser.click("#older")
    until(lambda: "try again" in browser.text("#older"), "the failure to be told")
    daemon.start()
    browser.await_status("live", deadline=40)
    browser.click("#older")
    until(lambda: len(browser.ids()) == 51, "the last one")


def test_what_changes_while_older_articles_are_on_their_way_is_not_lost(daemon, browser):
    ids = [daemon.add(f"Article {number}") for number in range(52)]
    browser.open_live(daemon.url)
    # Rendered now, arrives later.
    browser.run("""
        const original = fetch;
        window.fetch = async (...request) => {
            const answer = await original(...request);
            const text = await answer.text();
            await new Promise((resolve) => (window.arrive = resolve));
            return new Response(text);
        };
    """)
    browser.click("#older")
    until(lambda: browser.run("return Boolean(window.arrive)"), "the older page to be rendered")
    daemon.edit(ids[0], title="Edited meanwhile")
    daemon.delete(ids[1])
    daemon.add("A mark that both have come")
    until(lambda: browser.is_shown("#waiting") or "A mark" in browser.titles()[0], "all that was changed")
    browser.run("arrive()")
    until(lambda: browser.titles()[-2:] == ["Article 2", "Edited meanwhile"], "the older ones as they are now")


def test_keys_walk_open_copy_search_and_help(daemon, browser):
    ids = [str(daemon.add(f"Article {number}")) for number in range(51)]
    browser.allow(daemon.url, "clipboardReadWrite", "clipboardSanitizedWrite")
    browser.open_live(daemon.url)
    browser.press("j")
    browser.press("j")
    assert browser.focused() == ids[49]
    browser.press("y")
    until(lambda: browser.text("article:focus .copy") == "Copied", "the link to be copied")
    copied = browser.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == f"{daemon.url}/articles/{ids[49]}"

    browser.press("?")
    assert browser.run("return document.querySelector('dialog').open")
    assert browser.text("#help h2") == "Keys"
    browser.press("j")
    browser.press(Keys.ESCAPE)
    assert not browser.run("return document.querySelector('dialog').open")
    assert browser.focused() == ids[49]

    # In the search letters are letters.
    browser.press("/")
    browser.press("jk?")
    assert browser.run("return document.activeElement.value") == "jk?"
    browser.press(Keys.ESCAPE)

    browser.run("document.querySelector('#feed article:last-of-type').focus()")
    browser.press("j")
    until(lambda: browser.focused() == ids[0], "the older one, loaded by walking on")
    browser.press("o")
    until(lambda: browser.driver.current_url.endswith(f"/articles/{ids[0]}"), "the article's page")


def test_keys_can_be_turned_off_and_that_is_remembered(daemon, browser):
    """WCAG 2.2, success criterion 2.1.4: for those whose dictation or tremor presses keys."""
    daemon.add("One")
    browser.open_live(daemon.url)
    browser.click("#show-help")
    browser.click("#single-keys")
    browser.click("#help button")
    for _ in range(2):
        browser.press("j")
        assert browser.focused() is None
        browser.open_live(daemon.url)


def test_notifications_come_when_asked_for_and_only_while_nobody_looks(daemon, browser):
    browser.allow(daemon.url, "notifications")
    browser.before_scripts("""
        window.shown = [];
        window.Notification = class extends Notification {
            constructor(title, options) {
                super(title, options);
                shown.push([title, options.body, options.tag]);
            }
        };
        window.isAway = false;
        Object.defineProperty(Document.prototype, "hidden", { get: () => isAway });
    """)
    browser.open_live(daemon.url)
    assert browser.run("return document.querySelector('#notify').getAttribute('aria-pressed')") == "false"
    daemon.add("Not asked for")
    browser.await_titles(["Not asked for"])
    browser.run("window.isAway = true")
    daemon.add("Still not asked for")
    until(lambda: len(browser.titles()) == 2, "the second")
    browser.run("window.isAway = false")
    browser.click("#notify")
    until(lambda: browser.run("return document.querySelector('#notify').getAttribute('aria-pressed')") == "true", "on")
    daemon.add("Somebody looks")
    until(lambda: len(browser.titles()) == 3, "the third")
    assert browser.run("return shown") == []
    browser.run("window.isAway = true")
    daemon.add("<b>While away</b>", author="ada")
    daemon.add("More")
    until(lambda: len(browser.run("return shown")) == 2, "two notifications")
    assert browser.run("return shown") == [
        ["<b>While away</b>", "news, ada", "articles"],
        ["More", "news, local · 2 new articles", "articles"],
    ]
    # The wish is remembered, and can be taken back.
    browser.open_live(daemon.url)
    assert browser.run("return document.querySelector('#notify').getAttribute('aria-pressed')") == "true"
    browser.click("#notify")
    browser.run("window.isAway = true; window.scrollTo({top: 0, behavior: 'instant'})")
    until(lambda: browser.place() == 0, "the top of the page")
    daemon.add("Unwanted")
    until(lambda: browser.titles()[0] == "Unwanted", "the last one")
    assert browser.run("return shown") == []


def test_one_region_says_politely_how_things_are(daemon, browser):
    for number in range(40):
        daemon.add(f"Article {number}", "A body of one line.")
    browser.open_live(daemon.url)
    assert browser.run("return document.querySelectorAll('[role=status], [role=alert], [aria-live]').length") == 1
    browser.run("window.scrollTo({top: 1500, behavior: 'instant'})")
    until(lambda: browser.place() == 1500, "the page to be scrolled")
    daemon.add("News")
    until(lambda: "1 new article" in browser.run("return document.querySelector('#status').textContent"), "the news")
    browser.run("window.scrollTo({top: 0, behavior: 'instant'})")
    until(lambda: len(browser.titles()) == 41, "the news in the list")
    places = browser.run(
        "return [...document.querySelectorAll('#feed article')]"
        ".map((e) => [e.getAttribute('aria-posinset'), e.getAttribute('aria-setsize')])"
    )
    assert places == [[str(number), "41"] for number in range(1, 42)]


def test_motion_can_be_done_without(daemon, browser):
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    browser.open_live(daemon.url)
    daemon.add("Calm")
    browser.await_titles(["Calm"])
    assert browser.run("return document.getAnimations().length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_readers_out(daemon, browser, scheme):
    """axe looks for missing names, contrast, order of headings and more."""
    browser.prefer(scheme)
    article = daemon.add("One", "word " * 500)
    daemon.edit(article, title="One, edited")
    daemon.add("عنوان", "نص من اليمين إلى اليسار", topic="rtl")
    found = []
    for path in ("/", "/?topic=rtl", "/?q=one", "/?q=nothing", "/?before=1", f"/articles/{article}", "/articles/99"):
        browser.open(daemon.url + path)
        if path != "/articles/99":
            browser.await_status("live")
        found += faults(browser, path)
    browser.open_live(daemon.url)
    browser.press("?")
    found += faults(browser, "the list of keys")
    assert found == []


@pytest.mark.parametrize("width", [320, 360, 640])
def test_every_page_fits_its_width(daemon, browser, width):
    """640 pixels are what a window of 1280 has at 200 %; 320 at 400 % (WCAG 2.2, success criterion 1.4.10)."""
    article = daemon.add("W" * 200, "x" * 5000, topic="t" * 64, author="a" * 64)
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 600, "deviceScaleFactor": 2, "mobile": False}
    )
    for path in ("/", f"/?topic={'t' * 64}", f"/?q={'W' * 150}", f"/articles/{article}", "/articles/99"):
        browser.open(daemon.url + path)
        assert browser.run("return document.documentElement.scrollWidth") <= width, path


HOSTILE = {
    "markup": ("<b>bold</b>", "<script>window.hacked = 1</script>"),
    "links": ("javascript:alert(1)", "[x](javascript:window.hacked=1) data:text/html,<script>1</script>"),
    "direction": ("\u202egnp.exe", "שלום \u2066mixed\u2069 نص"),
    "long": ("Long", "word " * 13_000),
    "emoji": ("👩‍👩‍👧‍👦 🇩🇪 👍🏽", "e\u0301" * 200 + "z\u0335\u0336\u0337" * 50),
    "control": ("NUL and others", "a\u0000b\u0008c\u001b[31md\ufffee"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_articles_are_shown_as_text_rendered_live_and_loaded(daemon, browser, kind):
    title, body = HOSTILE[kind]
    daemon.add(title, body)
    browser.open_live(daemon.url)
    daemon.add(title, body)
    browser.await_titles([title, title])
    live, rendered = browser.bodies()
    # HTML can't have U+0000, which a parser drops or replaces; a script can.
    assert live.replace("\0", "\ufffd") == rendered.replace("\0", "\ufffd")
    assert browser.run("return document.querySelectorAll('#feed :is(script, b, img)').length") == 0
    assert browser.run("return [...document.links].every((link) => link.protocol === 'http:')")
    browser.open_live(f"{daemon.url}/articles/1")
    assert browser.run("return window.hacked") is None
    assert browser.run("return window.violations") == []
    shown = browser.run("return document.querySelector('.body').textContent")
    assert shown.replace("\0", "\ufffd") == body.replace("\0", "\ufffd")
