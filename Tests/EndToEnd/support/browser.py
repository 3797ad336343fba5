"""A real browser on the page: headless Chromium, driven by selenium."""

import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from support.waiting import until

FLAGS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

# Runs before any script of the page.
RECORD_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(event.violatedDirective));
"""


class Chromium:
    """The program, which takes its time to start and to end: so many tests share it, each with a window of its own."""

    def __init__(self, scripts=True):
        options = webdriver.ChromeOptions()
        options.binary_location = self._program("chromium")
        for flag in FLAGS:
            options.add_argument(flag)
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.driver = webdriver.Chrome(options=options, service=Service(self._program("chromedriver")))
        self._first = self.driver.current_window_handle

    @staticmethod
    def _program(name):
        path = shutil.which(name)
        assert path, f"{name} is missing: install the Debian packages chromium and chromium-driver"
        return path

    def quit(self):
        self.driver.quit()

    def forget(self):
        """Close all windows that tests have opened, with what sites could leave behind. What else they keep belongs to their
        port, which no other test has."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        for handle in self.driver.window_handles:
            if handle != self._first:
                self.driver.switch_to.window(handle)
                self.driver.close()
        self.driver.switch_to.window(self._first)


class Browser:
    """One window, with what the tests look at on the page."""

    def __init__(self, chromium):
        self._chromium = chromium
        self.driver = chromium.driver
        self.driver.switch_to.new_window("window")
        self.driver.set_window_size(1000, 800)
        # Else it has no focus.
        self.driver.execute_cdp_cmd("Page.bringToFront", {})
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORD_VIOLATIONS})

    def close(self):
        self._chromium.forget()

    def open(self, url):
        self.driver.get(url)
        return self

    def open_live(self, url):
        """Open a page and wait until it follows the feed."""
        self.open(url)
        self.await_status("live")
        return self

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def emulate(self, **conditions):
        """The network as `Network.emulateNetworkConditions` makes it: `offline=True`."""
        settings = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1} | conditions
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", settings)

    def allow(self, origin, *permissions):
        """Grant what the browser would ask its user for, such as `notifications`."""
        self.driver.execute_cdp_cmd(
            "Browser.grantPermissions", {"origin": origin, "permissions": list(permissions)}
        )

    def before_scripts(self, source):
        """Run this before the scripts of every page that is opened from now on."""
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    # Tabs

    def tab(self):
        """The handle of the tab that is looked at."""
        return self.driver.current_window_handle

    def new_tab(self, url):
        """Open another tab, look at it, and return its handle."""
        self.driver.switch_to.new_window("tab")
        self.open(url)
        return self.tab()

    def look_at(self, tab):
        self.driver.switch_to.window(tab)
        # Else the browser goes on taking the other one for the visible one.
        self.driver.execute_cdp_cmd("Page.bringToFront", {})

    def close_tab(self, then):
        """Close the tab that is looked at; another one is looked at then."""
        self.driver.close()
        self.look_at(then)

    def prefer(self, scheme):
        """`light` or `dark`, as the system's setting would be."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    # What the page shows

    def text(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector).text

    def is_shown(self, selector):
        return any(element.is_displayed() for element in self.driver.find_elements(By.CSS_SELECTOR, selector))

    def click(self, selector):
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def press(self, keys):
        self.driver.switch_to.active_element.send_keys(keys)

    def titles(self):
        """The titles in the list, from the top."""
        return self._texts("#feed .title-text")

    def ids(self):
        """The ids of the articles in the list, from the top."""
        return self.run("return [...document.querySelectorAll('#feed article')].map((e) => e.dataset.id)")

    def bodies(self):
        return self._texts("#feed .body")

    def _texts(self, selector):
        # In one step: the list may change at any time.
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def status(self):
        return self.text("#status")

    def focused(self):
        """The id of the article that has the focus."""
        return self.run("return document.activeElement.closest('article')?.dataset.id")

    def place(self):
        """How far the page is scrolled, in CSS pixels."""
        return self.run("return window.scrollY")

    # Waiting

    def await_status(self, word, deadline=15.0):
        until(lambda: self.status().startswith(word), f"the status “{word}”", deadline)

    def await_titles(self, titles, deadline=15.0):
        """Wait for exactly these titles, from the top."""
        until(lambda: self.titles() == titles, f"the titles {titles}", deadline)
