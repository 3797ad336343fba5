"""The page, as a person with a browser meets it."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.waiting import until

MARKUP = [
    "<script>window.hacked = 1</script>",
    '<img src="x" onerror="window.hacked = 1">',
    "\u0600<img src=x onerror=window.hacked=1>",
    '"\u0301><svg onload=window.hacked=1>',
    "&lt;b&gt; & </title></template><!--",
]


def test_the_list_can_be_read_without_scripts(daemon, browser_without_scripts):
    browser = browser_without_scripts
    for number in range(55):
        daemon.add(f"Article {number}", f"Body {number}")
    browser.open(daemon.url)
    assert browser.text("h1") == "Dynamic Articles"
    assert browser.titles() == [f"Article {number}" for number in range(54, 4, -1)]
    assert browser.bodies()[0] == "Body 54"
    assert browser.status() == ""

    browser.click("#older")
    assert browser.titles() == [f"Article {number}" for number in range(4, -1, -1)]
    browser.click("#feed article:first-child a")
    assert browser.text("h1") == "Article 4"


def test_new_articles_come_to_the_top_without_reloading(daemon, browser):
    daemon.add("There before")
    browser.open_live(daemon.url)
    browser.run("window.notReloaded = true")
    daemon.add("Live one", "With a body")
    daemon.add("Live two")
    browser.await_titles(["Live two", "Live one", "There before"])
    assert browser.bodies()[1] == "With a body"
    assert browser.run("return window.notReloaded") is True


def test_the_first_article_replaces_the_hint_of_an_empty_list(daemon, browser):
    browser.open_live(daemon.url)
    assert "articlesctl add" in browser.text("#empty")
    daemon.add("First")
    browser.await_titles(["First"])
    assert not browser.is_shown("#empty")


def test_markup_in_articles_is_text(daemon, browser):
    for text in MARKUP:
        daemon.add(text, text)
    browser.open_live(daemon.url)
    for text in MARKUP:
        daemon.add(text, text)
    shown = [*reversed(MARKUP), *reversed(MARKUP)]
    browser.await_titles(shown)
    assert browser.bodies() == shown
    elements = "return document.querySelectorAll('#feed :is(script, img, svg, b, template)').length"
    assert browser.run(elements) == 0
    assert browser.run("return window.hacked") is None


def test_edits_and_deletions_show_at_once(daemon, browser):
    kept = daemon.add("Kept", "As posted")
    removed = daemon.add("Removed")
    browser.open_live(daemon.url)
    assert not browser.is_shown(".edited")
    daemon.edit(kept, title="Kept and edited", body="As edited")
    daemon.delete(removed)
    browser.await_titles(["Kept and edited"])
    assert browser.bodies() == ["As edited"]
    assert browser.is_shown(".edited")


def test_the_page_of_one_article_follows_its_edits_and_its_deletion(daemon, browser):
    article = daemon.add("Before", "Old")
    browser.open_live(f"{daemon.url}/articles/{article}")
    daemon.edit(article, title="After", body="New")
    until(lambda: browser.text("h1") == "After", "the new title")
    assert browser.text(".body") == "New"
    daemon.delete(article)
    until(lambda: browser.is_shown(".notice"), "the notice of the deletion")
    assert "deleted" in browser.text(".notice")


def test_after_a_restart_nothing_is_missing_and_nothing_is_double(daemon, browser):
    edited = daemon.add("Edited meanwhile")
    daemon.add("Before")
    browser.open_live(daemon.url)
    daemon.add("Live")
    browser.await_titles(["Live", "Before", "Edited meanwhile"])
    assert daemon.stop() == 0
    browser.await_status("reconnecting")

    daemon.start()
    meanwhile = [f"Meanwhile {number}" for number in range(60)]
    for title in meanwhile:
        daemon.add(title)
    daemon.edit(edited, title="Edited")
    browser.await_status("live", deadline=40)
    daemon.add("Afterwards")
    browser.await_titles(["Afterwards", *reversed(meanwhile), "Live", "Before", "Edited"])


def test_a_gap_is_shown_and_the_list_loaded_anew(daemon, browser):
    daemon.add("Of the old history")
    browser.open_live(daemon.url)
    assert daemon.stop() == 0
    for file in daemon.data_dir.glob("*.sqlite*"):
        file.unlink()
    daemon.start()
    daemon.add("Of the new history")
    browser.await_titles(["Of the new history"], deadline=40)
    until(lambda: browser.is_shown(".gap"), "the line that shows the gap")
    assert browser.text(".gap").startswith("Gap: the server goes on with another history.")


def test_a_silent_server_is_told_and_left(start_daemon, browser):
    daemon = start_daemon("--ping-interval", "300ms")
    browser.open_live(daemon.url)
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        browser.await_status("stale")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    browser.await_status("live", deadline=40)


def test_while_scrolled_nothing_moves_and_a_button_waits(daemon, browser):
    for number in range(40):
        daemon.add(f"Article {number}", "A body of one line.")
    browser.open_live(daemon.url)
    browser.run("window.scrollTo({top: 1500, behavior: 'instant'})")
    until(lambda: browser.place() == 1500, "the page to be scrolled")
    seen = "return document.elementFromPoint(400, 400).closest('article').getBoundingClientRect().top"
    position = browser.run(seen)

    first = daemon.add("While scrolled")
    until(lambda: browser.is_shown("#waiting"), "the button")
    assert browser.text("#waiting") == "1 new"
    assert browser.titles()[0] == "Article 39"
    daemon.edit(first, title="Edited while it waits")
    gone = daemon.add("Gone before it was seen")
    until(lambda: browser.text("#waiting") == "2 new", "the second one")
    daemon.delete(gone)
    until(lambda: browser.text("#waiting") == "1 new", "the deletion")
    assert browser.place() == 1500
    assert browser.run(seen) == position

    browser.click("#waiting")
    until(lambda: browser.place() == 0, "the top of the page")
    assert browser.titles()[:2] == ["Edited while it waits", "Article 39"]
    assert browser.focused() == str(first)
    assert not browser.is_shown("#waiting")


def test_j_and_k_walk_and_news_leave_the_focus(daemon, browser):
    ids = [str(daemon.add(f"Article {number}")) for number in range(3)]
    browser.open_live(daemon.url)
    browser.press("j")
    assert browser.focused() == ids[2]
    browser.press("j")
    assert browser.focused() == ids[1]
    browser.press("k")
    assert browser.focused() == ids[2]
    daemon.add("News")
    browser.await_titles(["News", "Article 2", "Article 1", "Article 0"])
    assert browser.focused() == ids[2]
    daemon.delete(int(ids[2]))
    until(lambda: browser.focused() == ids[1], "the focus on the next article")


def test_the_document_stays_small(daemon, browser):
    browser.open_live(daemon.url)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(daemon.add, (f"Article {number}" for number in range(510))))
    newest = [str(id) for id in range(510, 10, -1)]
    until(lambda: browser.ids() == newest, "the newest 500 articles", 30)
    browser.click("#older")
    until(lambda: browser.ids() == [str(id) for id in range(510, 0, -1)], "the older ones")


def test_an_older_page_counts_what_is_new_and_leads_there(daemon, browser):
    for number in range(51):
        daemon.add(f"Article {number}")
    browser.open_live(f"{daemon.url}/?before=2")
    daemon.edit(1, title="Edited")
    daemon.add("New")
    until(lambda: browser.is_shown("#waiting"), "the button")
    assert browser.titles() == ["Edited"]
    browser.click("#waiting")
    until(lambda: browser.titles()[:1] == ["New"], "the newest articles")


def test_the_policy_allows_the_page_and_nothing_else(daemon, browser):
    article = daemon.add("One")
    for path in ["/", f"/articles/{article}"]:
        browser.open_live(daemon.url + path)
        assert browser.run("return window.violations") == []
    browser.run("const s = document.createElement('script'); s.textContent = 'hacked = 1'; document.body.append(s)")
    until(lambda: browser.run("return window.violations") == ["script-src-elem"], "the violation")
    assert browser.run("return window.hacked") is None


CONTRAST = """
const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
const light = (color) => rgb(color).slice(0, 3)
    .map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
        const color = getComputedStyle(e).backgroundColor;
        if (rgb(color)[3] !== 0) return color;
    }
};
return arguments[0].map((selector) => {
    const element = document.querySelector(selector);
    const pair = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
    return [selector, (pair[0] + 0.05) / (pair[1] + 0.05)];
});
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(daemon, browser, scheme):
    # WCAG 2.2, success criterion 1.4.3.
    daemon.add("Long", "word " * 500)
    browser.prefer(scheme)
    browser.open_live(daemon.url)
    selectors = ["h1 a", ".status", ".title-text", ".topic", ".author", ".published", ".copy", ".body", ".more a",
                 ".skip", ".waiting", ".empty", ".topics a", ".topics a[aria-current]", ".search input",
                 ".search button", ".foot", ".foot a", ".foot button", "#help", "kbd"]  # fmt: skip
    for selector, contrast in browser.run(CONTRAST, selectors):
        assert contrast >= 4.5, f"{selector} in {scheme}: {contrast:.2f}"


def test_the_page_fits_a_telephone(daemon, browser):
    daemon.add("A" * 256, "https://example.org/" + "x" * 300)
    browser.driver.set_window_size(500, 800)
    browser.driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True}
    )
    browser.open_live(daemon.url)
    assert browser.run("return document.documentElement.scrollWidth") == 320


def test_the_page_comes_in_one_small_answer_and_its_files_are_kept_for_ever(daemon):
    for number in range(60):
        daemon.add(f"Article {number}", f"Line {number} of a body with some words. " * 40)
    page = daemon.client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip" and page.headers["vary"] == "Accept-Encoding"
    assert int(page.headers["content-length"]) < 30_000
    assert "Article 59" in page.text
    # Nothing holds the first picture up but the style.
    assert re.findall("<script[^>]*>", page.text) == re.findall('<script type="module" src="[^"]*">', page.text)
    files = set(re.findall('"(/assets/[^"]*)"', page.text))
    assert len(files) > 10
    total = 0
    for file in files:
        answer = daemon.client.get(file, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        total += int(answer.headers["content-length"])
    assert total < 30_000
    assert daemon.client.get("/", headers={"If-None-Match": page.headers["etag"]}).status_code == 304


def test_who_has_posted_finds_it_on_the_page_however_many_ask(daemon):
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(daemon.client.get, "/") for _ in range(100)]
        for number in range(20):
            id = daemon.add(f"Article {number}")
            assert f"Article {number}<" in daemon.client.get("/").text
            daemon.edit(id, title=f"Edited {number}")
            assert f"Edited {number}<" in daemon.client.get("/?topic=news").text
        assert {read.result().status_code for read in reads} == {200}
