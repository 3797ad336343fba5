"""The demo's own idea of a page: a few lines of script that make a list of whatever the socket sends."""

import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.waiting import until

PAGE = """<!doctype html>
<meta charset="utf-8"><title>A page of somebody's own</title>
<ul id="articles"></ul><p id="pings">0</p>
<script>
const socket = new WebSocket("{address}");
socket.onopen = () => socket.send(JSON.stringify({{ greeting: "Hello" }}));
socket.onmessage = ({{ data }}) => {{
    const message = JSON.parse(data);
    if (message.ping) {{
        const pings = document.querySelector("#pings");
        pings.textContent = Number(pings.textContent) + 1;
        return;
    }}
    for (const article of message) {{
        const item = document.createElement("li");
        item.textContent = `${{article.model}} ${{article.pk}}: ${{article.fields.title}}, ${{article.fields.body}}`;
        document.querySelector("#articles").prepend(item);
    }}
}};
</script>
"""


class Pages(BaseHTTPRequestHandler):
    def __init__(self, html, *arguments):
        self._html = html
        super().__init__(*arguments)

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self._html.encode())

    def log_message(self, *_):
        pass


def test_a_page_of_a_few_lines_shows_what_the_plain_mode_sends(start_daemon, browser):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    origin = f"http://127.0.0.1:{server.server_port}"
    daemon = start_daemon("--ping-interval", "200ms", "--allowed-origin", origin)
    server.RequestHandlerClass = partial(Pages, PAGE.format(address=f"ws://{daemon.host}:{daemon.port}/articles"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for number in range(7):
            daemon.add(f"Title {number}", f"Body {number}")
        browser.open(origin)
        latest = [f"articles.article {number + 1}: Title {number}, Body {number}" for number in range(6, 1, -1)]
        until(lambda: shown(browser) == latest, "the latest five")
        daemon.add("<b>Live</b>", "and well")
        until(lambda: shown(browser) == ["articles.article 8: <b>Live</b>, and well", *latest], "the live one")
        until(lambda: int(browser.text("#pings")) >= 2, "pings")
        # Edits are not for it.
        daemon.edit(1, title="Edited")
        daemon.add("After the edit")
        until(lambda: len(shown(browser)) == 7, "the next one")
        assert "After the edit" in shown(browser)[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shown(browser):
    return browser.run("return [...document.querySelectorAll('#articles li')].map((item) => item.textContent)")
