"""Atom and JSON Feed, as feed readers see them: feedparser and newsboat, and the rules of HTTP's caches."""

import json
import re
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import feedparser
import pytest

from support.admin import add_account, basic
from support.waiting import until

FORMATS = {"/feed.atom": "application/atom+xml; charset=utf-8", "/feed.json": "application/feed+json"}
ATOM = "{http://www.w3.org/2005/Atom}"


def parsed(daemon, path="/feed.atom", **options):
    return feedparser.parse(f"{daemon.url}{path}", **options)


def test_feedparser_finds_everything_in_atom(daemon):
    first = daemon.add("Plain", "One line", author="ada")
    daemon.add("Markup <b>", "a < b & c\n  <script>x</script>", topic="sport")
    daemon.edit(first, title="Plain, edited")
    feed = parsed(daemon)
    assert not feed.bozo
    assert feed.version == "atom10"
    assert feed.feed.title == "Dynamic Articles"
    assert feed.feed.link == f"{daemon.url}/"
    assert [link.href for link in feed.feed.links if link.rel == "self"] == [f"{daemon.url}/feed.atom"]
    markup, plain = feed.entries
    assert [plain.title, plain.link, plain.author] == ["Plain, edited", f"{daemon.url}/articles/{first}", "ada"]
    assert plain.content[0].value == "One line"
    assert [tag.term for tag in plain.tags] == ["news"]
    assert plain.updated > plain.published
    assert markup.title == "Markup <b>" and markup.title_detail.type == "text/plain"
    assert markup.content[0].value == "a &lt; b &amp; c<br />\xa0\xa0&lt;script&gt;x&lt;/script&gt;"
    assert [tag.term for tag in markup.tags] == ["sport"]
    assert plain.id != markup.id and plain.id.startswith("urn:uuid:")


def test_atom_has_what_its_standard_demands(daemon):
    """RFC 4287: sections 4.1.1 and 4.1.2."""
    daemon.add("One", author="ada")
    daemon.add("Two")
    root = ElementTree.fromstring(daemon.client.get("/feed.atom").content)
    for parent in [root, *root.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{ATOM}{name}")) == 1, (parent.tag, name)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", parent.findtext(f"{ATOM}updated"))
        assert len(parent.findall(f"{ATOM}link[@rel='alternate']")) == 1
        assert len(parent.findall(f"{ATOM}author")) == 1
    assert root.findtext(f"{ATOM}updated") == max(entry.findtext(f"{ATOM}updated") for entry in root.iter(f"{ATOM}entry"))


def test_what_xml_forbids_becomes_a_replacement_character(daemon):
    title, body = "\ufffe in a title", "a\u0000b\u0008c\u000bd\u001b[31me\uffff" + "\r\n\U0001f600\u007f"
    daemon.add(title, body)
    answer = daemon.client.get("/feed.atom")
    [entry] = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "\ufffd in a title"
    content = entry.findtext(f"{ATOM}content")
    assert content == "a\ufffdb\ufffdc\ufffdd\ufffd[31me\ufffd<br>\U0001f600\u007f"
    assert not parsed(daemon).bozo
    # JSON has words for all of them.
    assert daemon.client.get("/feed.json").json()["items"][0]["content_text"] == body


def test_the_json_feed_is_one_of_version_1_1(daemon):
    id = daemon.add("Title", "Body\n  of lines", topic="sport", author="ada")
    daemon.edit(id, title="Edited")
    answer = daemon.client.get("/feed.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "Dynamic Articles"
    assert feed["home_page_url"] == f"{daemon.url}/"
    assert feed["feed_url"] == f"{daemon.url}/feed.json"
    [item] = feed["items"]
    article = daemon.get(id)
    assert item == {
        "id": item["id"],
        "url": f"{daemon.url}/articles/{id}",
        "title": "Edited",
        "content_text": "Body\n  of lines",
        "date_published": article["published"],
        "date_modified": article["updated"],
        "tags": ["sport"],
        "authors": [{"name": "ada"}],
    }
    assert item["id"] == ElementTree.fromstring(daemon.client.get("/feed.atom").content).find(f"{ATOM}entry/{ATOM}id").text


def test_topics_have_feeds_of_their_own(daemon):
    for topic in ("news", "sport", "farm"):
        daemon.add(f"About {topic}", topic=topic)
    feed = parsed(daemon, "/feed.atom?topic=sport&topic=farm")
    assert [entry.title for entry in feed.entries] == ["About farm", "About sport"]
    assert feed.feed.title == "farm, sport · Dynamic Articles"
    assert feed.feed.link == f"{daemon.url}/?topic=farm&topic=sport"
    items = daemon.client.get("/feed.json?topic=sport").json()["items"]
    assert [item["title"] for item in items] == ["About sport"]
    assert daemon.client.get("/feed.json?topic=unknown").json()["items"] == []
    answer = daemon.client.get("/feed.atom?topic=No%20Topic")
    assert answer.status_code == 400 and "topic" in answer.json()["detail"]


def test_the_page_names_the_feeds_of_what_it_shows(daemon):
    daemon.add("One", topic="sport")
    for path, query in (("/", ""), ("/?topic=sport", "?topic=sport"), ("/articles/1", "")):
        html = daemon.client.get(path).text
        for file, media_type in (("feed.atom", "application/atom+xml"), ("feed.json", "application/feed+json")):
            link = f'<link rel="alternate" type="{re.escape(media_type)}" title="[^"]*" href="/{re.escape(file + query)}">'
            assert re.search(link, html), (path, file)
            assert re.search(f'<a href="/{re.escape(file + query)}" type="{re.escape(media_type)}">', html), (path, file)


@pytest.mark.parametrize("path", FORMATS)
def test_who_has_a_feed_is_told_so(daemon, path):
    daemon.add("One")
    first = daemon.client.get(path)
    assert first.headers["content-type"] == FORMATS[path]
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for condition in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"x", W/{etag}'},
        {"If-Modified-Since": modified},
        # The tag counts, whatever the time says.
        {"If-None-Match": etag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        answer = daemon.client.get(path, headers=condition)
        assert answer.status_code == 304, condition
        assert answer.content == b"" and answer.headers["etag"] == etag
        assert answer.headers["last-modified"] == modified
    assert daemon.client.get(path, headers={"If-None-Match": '"x"', "If-Modified-Since": modified}).status_code == 200
    assert daemon.client.head(path).headers["etag"] == etag


@pytest.mark.parametrize("path", FORMATS)
@pytest.mark.parametrize("change", ["post", "edit", "delete"])
def test_no_change_is_missed_by_who_asks_only_for_changes_not_even_within_one_second(daemon, path, change):
    id = daemon.add("One")
    first = daemon.client.get(path)
    if change == "post":
        daemon.add("Two")
    elif change == "edit":
        daemon.edit(id, title="Two")
    else:
        daemon.delete(id)
    for condition in (
        {"If-None-Match": first.headers["etag"]},
        {"If-Modified-Since": first.headers["last-modified"]},
    ):
        answer = daemon.client.get(path, headers=condition)
        assert answer.status_code == 200, condition
        assert answer.content != first.content
    if "last-modified" in answer.headers:
        assert parsedate_to_datetime(answer.headers["last-modified"]) > parsedate_to_datetime(first.headers["last-modified"])


def test_feedparser_keeps_what_it_has(daemon):
    daemon.add("One")
    first = parsed(daemon)
    again = parsed(daemon, etag=first.etag, modified=first.modified)
    assert again.status == 304 and again.entries == []
    daemon.add("Two")
    assert len(parsed(daemon, etag=first.etag, modified=first.modified).entries) == 2


def test_a_feed_is_compressed_for_who_takes_it(daemon):
    daemon.add("One", "word " * 1000)
    plain = daemon.client.get("/feed.atom", headers={"Accept-Encoding": "identity"})
    compressed = daemon.client.get("/feed.atom", headers={"Accept-Encoding": "gzip"})
    assert compressed.headers["content-encoding"] == "gzip" and compressed.text == plain.text
    assert int(compressed.headers["content-length"]) * 5 < int(plain.headers["content-length"])
    assert compressed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


def test_fifty_of_the_longest_articles_make_a_feed_of_bounded_size(daemon):
    for number in range(50):
        daemon.add(f"Article {number}", f"{number} " * 20_000)
    feed = parsed(daemon)
    assert not feed.bozo
    assert 10 <= len(feed.entries) < 50
    assert len(daemon.client.get("/feed.json").content) < 1_200_000


class Newsboat:
    """newsboat with a home of its own."""

    def __init__(self, directory, *urls):
        directory.mkdir()
        self._files = {name: directory / name for name in ("urls", "cache.db", "config")}
        self._files["urls"].write_text("".join(f"{url}\n" for url in urls))
        self._files["config"].write_text("use-proxy no\n")
        self._home = directory

    def run(self, *commands):
        files = [str(self._files[name]) for name in ("urls", "cache.db", "config")]
        done = subprocess.run(
            ["newsboat", "-u", files[0], "-c", files[1], "-C", files[2], "-x", *commands],
            env={"HOME": str(self._home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def unread(self):
        self.run("reload")
        return int(re.match(r"(\d+) unread articles", self.run("print-unread"))[1])

    def titles(self):
        """The titles that it has stored."""
        with sqlite3.connect(self._files["cache.db"]) as database:
            rows = [row[0] for row in database.execute("SELECT title FROM rss_item ORDER BY id")]
        database.close()
        return rows


def test_newsboat_reads_the_feeds_and_counts_each_article_once(daemon, tmp_path):
    daemon.add("First", "With a body")
    daemon.add("In sport & <more>", topic="sport")
    newsboat = Newsboat(tmp_path / "newsboat", f"{daemon.url}/feed.atom")
    assert newsboat.run("reload", "print-unread").startswith("2 unread articles")
    assert sorted(newsboat.titles()) == ["First", "In sport & <more>"]
    daemon.add("Third")
    assert newsboat.unread() == 3
    assert newsboat.unread() == 3
    # An edit is no new article.
    daemon.edit(1, title="First, edited")
    assert newsboat.unread() == 3
    of_topic = Newsboat(tmp_path / "sport", f"{daemon.url}/feed.atom?topic=sport")
    assert of_topic.unread() == 1


def test_feeds_need_an_account_where_reading_does(start_daemon):
    daemon = start_daemon("--require-auth", "--password-cost", "10")
    daemon.add("For few")
    add_account(daemon, "vera", "viewer")
    for path in FORMATS:
        refused = daemon.client.get(path)
        assert refused.status_code == 401 and "Basic" in refused.headers["www-authenticate"]
        assert "For few" in daemon.client.get(path, headers=basic("vera")).text


def test_links_have_the_name_that_the_reader_used(start_daemon):
    daemon = start_daemon("--trusted-proxy", "127.0.0.1")
    daemon.add("One")
    forwarded = {"X-Forwarded-Host": "news.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    assert daemon.client.get("/feed.json", headers=forwarded).json()["items"][0]["url"] == "https://news.example/articles/1"
    assert daemon.client.get("/feed.json").json()["items"][0]["url"] == f"{daemon.url}/articles/1"
    hostile = daemon.client.get("/feed.atom", headers={"Host": 'x"><script>'})
    assert "script" not in hostile.text and "http://localhost/articles/1" in hostile.text


def test_feeds_take_up_what_was_written_while_they_were_asked_for(daemon):
    """Many readers and a writer at once: whoever posts finds the article in the feed that is asked for next."""
    def read(_):
        return json.loads(daemon.client.get("/feed.json").content)

    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(read, number) for number in range(200)]
        for number in range(40):
            daemon.add(f"Article {number}")
            assert daemon.client.get("/feed.json").json()["items"][0]["title"] == f"Article {number}"
        for result in reads:
            titles = [item["title"] for item in result.result()["items"]]
            assert titles == [f"Article {number}" for number in range(len(titles) - 1, -1, -1)]
    until(lambda: len(read(0)["items"]) == 40, "all of them")
