"""axe: what would keep people out of a page."""

from pathlib import Path

import axe_core_python

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()


def faults(browser, name):
    """What axe finds on the page that is open; `name` tells one page from another."""
    browser.run(AXE)
    found = browser.driver.execute_async_script("axe.run().then(arguments[0])")
    assert len(found["passes"]) > 10
    return [f"{name}: {fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]
