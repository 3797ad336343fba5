"""The admin site without a browser, and the accounts that tests need."""

import base64
import subprocess
from html.parser import HTMLParser

import httpx

PASSWORD = "correct horse"
# Hashing is made cheap where it is not what is tested.
CHEAP = ("--password-cost", "10")


def basic(name, password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def add_account(daemon, name, role="editor", password=PASSWORD):
    answer = daemon.client.post(
        "/api/accounts/", json={"name": name, "role": role, "password": password}, headers=daemon.authorization
    )
    assert answer.status_code == 201, answer.text
    return name


def create_token(daemon, name, role="editor", **more):
    """A new token; its text is in `token`."""
    answer = daemon.client.post(
        "/api/tokens/", json={"name": name, "role": role} | more, headers=daemon.authorization
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


def run(daemon, *arguments, stdin="", check=True, env=None):
    """Run `articled …` on the daemon's data directory, as an administrator of its machine does."""
    done = subprocess.run(
        [str(daemon.executable), *arguments, "--data-dir", str(daemon.data_dir)],
        input=stdin,
        env=daemon.env | (env or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done


class Page(HTMLParser):
    """The forms, headings and texts of an HTML page."""

    def __init__(self, html):
        super().__init__()
        self.html = html
        self.fields = {}
        self.forms = []
        self.text = ""
        self.links = []
        # The texts of the rows of the table, without its head.
        self.rows = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes.get("action"), "method": attributes.get("method"), "fields": {}})
        if tag == "tr":
            self.rows.append("")
        if tag == "a":
            self.links.append(attributes.get("href"))
        if tag in ("input", "select", "textarea") and "name" in attributes:
            value = attributes.get("value") or ""
            self.fields.setdefault(attributes["name"], value)
            if self.forms:
                self.forms[-1]["fields"].setdefault(attributes["name"], value)

    def handle_data(self, data):
        self.text += data
        if self.rows:
            self.rows[-1] += data

    def handle_endtag(self, tag):
        if tag == "thead":
            self.rows = []


class AdminClient:
    """Somebody who uses the admin site, form by form."""

    def __init__(self, daemon, **headers):
        self.daemon = daemon
        self.http = httpx.Client(base_url=daemon.url, trust_env=False, verify=False, timeout=30, headers=headers)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    @property
    def session(self):
        return self.http.cookies.get("articles_session")

    def get(self, path, status=200):
        answer = self.http.get(path)
        assert answer.status_code == status, f"GET {path}: {answer.status_code} {answer.text[:2000]}"
        return Page(answer.text)

    def post(self, path, csrf=None, **fields):
        """Send a form with the token of this session, unless another is given."""
        if csrf is None:
            csrf = self.csrf
        return self.http.post(path, data={"csrf_token": csrf} | fields)

    @property
    def csrf(self):
        return self.get("/admin/account/").fields["csrf_token"]

    def try_login(self, name, password=PASSWORD, next=""):
        page = Page(self.http.get("/admin/login").text)
        return self.http.post(
            "/admin/login",
            data={
                "username": name,
                "password": password,
                "next": next,
                "csrf_token": page.fields.get("csrf_token", ""),
            },
        )

    def login(self, name, password=PASSWORD):
        answer = self.try_login(name, password)
        assert answer.status_code == 303, answer.text
        assert self.session
        return self
