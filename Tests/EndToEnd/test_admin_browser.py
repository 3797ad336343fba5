"""The admin site in a browser: the whole way of an administrator, by mouse and by keyboard, seen and heard."""

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from support.accessibility import faults
from support.admin import CHEAP, PASSWORD, AdminClient, add_account, create_token, run
from support.waiting import until

DAEMON_FLAGS = CHEAP


def fill(browser, **fields):
    for name, text in fields.items():
        element = browser.driver.find_element(By.NAME, name)
        element.clear()
        element.send_keys(text)


def submit(browser, label):
    """Press the button of that label and wait for the next page."""
    old = browser.driver.find_element(By.TAG_NAME, "html")
    [button] = [b for b in browser.driver.find_elements(By.TAG_NAME, "button") if b.text == label]
    button.click()
    await_next(browser, old)


def follow(browser, text):
    old = browser.driver.find_element(By.TAG_NAME, "html")
    browser.driver.find_element(By.LINK_TEXT, text).click()
    await_next(browser, old)


def await_next(browser, old):
    until(lambda: browser.driver.find_elements(By.TAG_NAME, "html") not in ([old], []), "the next page")
    until(lambda: browser.run("return document.readyState") == "complete", "all of the page")


def log_in(browser, daemon, name="root", password=PASSWORD):
    browser.open(f"{daemon.url}/admin/")
    fill(browser, username=name, password=password)
    submit(browser, "Log in")


def whole_way(browser, daemon):
    """From the set-up link to the last deletion; every step as a person does it."""
    browser.open((daemon.data_dir / "setup-link").read_text().strip().replace("localhost", "127.0.0.1"))
    fill(browser, username="root", password=PASSWORD, password_again=PASSWORD)
    submit(browser, "Make the account")
    assert browser.text("h1") == "Dashboard"

    follow(browser, "Add an article")
    fill(browser, title="First from the site", body="One\nTwo")
    submit(browser, "Preview")
    assert "Preview: not saved yet" in browser.text(".preview")
    assert daemon.client.get("/api/articles/").json()["results"] == []
    submit(browser, "Post")
    assert "every subscriber has it" in browser.text(".notice")
    [article] = daemon.client.get("/api/articles/").json()["results"]
    assert (article["title"], article["body"], article["author"]) == ("First from the site", "One\nTwo", "root")

    follow(browser, "First from the site")
    fill(browser, title="Changed on the site")
    submit(browser, "Save and go on editing")
    assert daemon.get(article["id"])["title"] == "Changed on the site"
    follow(browser, "History")
    assert "title was “First from the site”" in browser.text("tbody")

    follow(browser, "Accounts")
    follow(browser, "Add an account")
    fill(browser, name="ada", password=PASSWORD, password_again=PASSWORD)
    submit(browser, "Add")
    assert "ada" in browser.text("tbody")
    follow(browser, "Tokens")
    fill(browser, name="robot")
    submit(browser, "Make the token")
    assert browser.text("#secret").startswith("art_")
    follow(browser, "Revoke")
    submit(browser, "Revoke robot")
    assert "No tokens yet" in browser.text("main")

    daemon.add("Another")
    follow(browser, "Articles")
    for box in browser.driver.find_elements(By.CSS_SELECTOR, "td.tick input"):
        box.click()
    submit(browser, "Delete the ticked ones…")
    assert browser.text("h1") == "Delete 2 articles?"
    submit(browser, "Delete")
    assert daemon.client.get("/api/articles/").json()["results"] == []

    follow(browser, "Audit log")
    assert "article deleted" in browser.text("tbody")
    follow(browser, "Sessions")
    assert "this browser" in browser.text("tbody")
    submit(browser, "Log out")
    assert "You are logged out" in browser.text(".notice")
    browser.open(f"{daemon.url}/admin/")
    assert browser.text("h1") == "Log in"


def test_an_administrators_whole_way(start_daemon, browser):
    whole_way(browser, start_daemon(*CHEAP))
    assert browser.run("return window.violations") == []


def test_the_whole_way_without_scripts(start_daemon, browser_without_scripts):
    whole_way(browser_without_scripts, start_daemon(*CHEAP))


def tab_to(browser, selector):
    """Press Tab until the element has the focus, as one without a mouse does."""
    for _ in range(60):
        if browser.run("return document.activeElement.matches(arguments[0])", selector):
            return
        browser.press(Keys.TAB)
    raise AssertionError(f"Tab does not reach {selector}")


def test_an_article_is_posted_with_the_keyboard_alone(start_daemon, browser):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    browser.open(f"{daemon.url}/admin/")
    # The first field has the focus.
    browser.press("root" + Keys.TAB + PASSWORD + Keys.ENTER)
    until(lambda: browser.text("h1") == "Dashboard", "the dashboard")
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.textContent") == "Skip to the content"
    browser.press(Keys.ENTER)
    tab_to(browser, "a[href='/admin/articles/add/']")
    browser.press(Keys.ENTER)
    until(lambda: browser.text("h1") == "Add an article", "the form")
    browser.press("By keyboard" + Keys.TAB + "Body")
    browser.press(Keys.CONTROL + Keys.ENTER)
    until(lambda: daemon.client.get("/api/articles/").json()["results"], "the article")
    [article] = daemon.client.get("/api/articles/").json()["results"]
    assert (article["title"], article["body"]) == ("By keyboard", "Body")


def test_the_dashboard_keeps_itself_up_to_date(start_daemon, browser):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    log_in(browser, daemon)
    browser.run("window.notReloaded = true")
    daemon.add("Just now")
    until(lambda: "Just now" in browser.text("#live"), "the new article on the dashboard")
    assert browser.run("return window.notReloaded") is True


def test_what_was_typed_is_not_left_by_accident(start_daemon, browser):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    log_in(browser, daemon)
    browser.open(f"{daemon.url}/admin/articles/add/")
    fill(browser, title="Half done")
    assert browser.run("return !dispatchEvent(new Event('beforeunload', {cancelable: true}))")
    submit(browser, "Post")
    assert browser.run("return dispatchEvent(new Event('beforeunload', {cancelable: true}))")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(start_daemon, browser, scheme):
    """axe looks for missing labels, names, contrast, headings and more, on every page."""
    daemon = start_daemon(*CHEAP)
    browser.prefer(scheme)
    pages = [(daemon.data_dir / "setup-link").read_text().strip().replace("localhost", "127.0.0.1")]
    found = look_at(browser, pages)
    add_account(daemon, "root", "admin")
    found += look_at(browser, [f"{daemon.url}/admin/login"])
    create_token(daemon, "robot", "viewer")
    id = daemon.add("An article", "With a body", topic="sport")
    daemon.edit(id, title="An edited article")
    log_in(browser, daemon)
    for path in (
        "",
        "articles/",
        "articles/?q=nothing",
        "articles/add/",
        f"articles/{id}/",
        f"articles/{id}/history/",
        f"articles/{id}/delete/",
        "articles/999/",
        "accounts/",
        "accounts/add/",
        "accounts/root/",
        "accounts/root/delete/",
        "account/",
        "tokens/",
        "sessions/",
        "audit/",
    ):
        found += look_at(browser, [f"{daemon.url}/admin/{path}"])
    assert found == []


def look_at(browser, urls):
    found = []
    for url in urls:
        browser.open(url)
        found += faults(browser, url.split("/admin")[1])
    return found


@pytest.mark.parametrize("width", [360, 1200])
def test_every_page_fits_its_width(start_daemon, browser, width):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "a-rather-long-name-for-an-account@example.org", "admin")
    id = daemon.add("W" * 200, "x" * 500, topic="t" * 64)
    browser.driver.set_window_size(width, 800)
    log_in(browser, daemon, "a-rather-long-name-for-an-account@example.org")
    for path in ("", "articles/", f"articles/{id}/", f"articles/{id}/delete/", "accounts/", "tokens/", "sessions/", "audit/"):
        browser.open(f"{daemon.url}/admin/{path}")
        too_wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert too_wide <= 0, (path, too_wide)


def test_logging_out_shuts_what_the_browser_remembers(start_daemon, browser):
    daemon = start_daemon(*CHEAP)
    add_account(daemon, "root", "admin")
    log_in(browser, daemon)
    follow(browser, "Accounts")
    submit(browser, "Log out")
    browser.driver.back()
    until(lambda: browser.text("h1") == "Log in", "the login page instead of the list")
    with AdminClient(daemon) as other:
        assert other.http.get("/admin/accounts/").status_code == 303


def test_the_page_behind_a_login_is_live_and_says_when_the_login_has_ended(start_daemon, browser):
    daemon = start_daemon(*CHEAP, "--require-auth")
    add_account(daemon, "vera", "viewer")
    daemon.add("For few")
    browser.open(daemon.url)
    assert browser.text("h1") == "Log in"
    fill(browser, username="vera", password=PASSWORD)
    submit(browser, "Log in")
    browser.await_titles(["For few"])
    browser.await_status("live")
    daemon.add("Live")
    browser.await_titles(["Live", "For few"])
    [session] = daemon.client.get("/api/sessions/", headers=daemon.authorization).json()["results"]
    daemon.client.delete(f"/api/sessions/{session['id']}/", headers=daemon.authorization)
    browser.await_status("offline: you were logged out; reload to log in again")
    browser.driver.refresh()
    assert browser.text("h1") == "Log in"


def test_a_login_that_ended_while_the_server_was_away_is_noticed(start_daemon, browser):
    daemon = start_daemon(*CHEAP, "--require-auth")
    add_account(daemon, "vera", "viewer")
    browser.open(daemon.url)
    fill(browser, username="vera", password=PASSWORD)
    submit(browser, "Log in")
    browser.await_status("live")
    daemon.stop()
    run(daemon, "user", "passwd", "vera", "--password-stdin", stdin="another one")
    daemon.start()
    browser.await_status("offline: your login has ended", deadline=40)
