"""Articles go to a real Django and come back: export, loaddata, dumpdata, import."""

import json
import os
import subprocess
import sys

import pytest

from support.articlesctl import Ctl

SETTINGS = """
SECRET_KEY = "for a test"
USE_TZ = True
INSTALLED_APPS = ["articles"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.sqlite"}}
"""

MODELS = """
from django.db import models

class Article(models.Model):
    title = models.CharField(max_length=256)
    body = models.TextField(blank=True)
    topic = models.SlugField(max_length=64)
    author = models.CharField(max_length=64)
    published = models.DateTimeField()
    updated = models.DateTimeField(null=True)
"""


@pytest.fixture
def django(tmp_path):
    """Runs commands of a Django project that has the model `articles.article`."""
    (tmp_path / "settings.py").write_text(SETTINGS)
    app = tmp_path / "articles"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "models.py").write_text(MODELS)

    def django(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "django", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    django("migrate", "--run-syncdb", "-v", "0")
    return django


def connected(bins, daemon):
    return Ctl(bins.articlesctl, daemon.env | {"ARTICLED_DATA_DIR": str(daemon.data_dir)})


def exported(ctl):
    return [json.loads(line) for line in ctl("export").succeeded().splitlines()]


def test_articles_go_to_django_and_come_back_as_they_were(bins, start_daemon, django, tmp_path):
    first, second = (connected(bins, start_daemon()) for _ in range(2))
    drafts = [
        {
            "title": f'Title {number} “ü” 日本 👩‍👩‍👧 <b>&"\'',
            "body": f"line 1\r\n\tline 2 \\ {number}\x1b[31m" if number else "",
            "topic": "ab"[number % 2],
            "author": "ada",
            "published": f"2021-03-04T05:06:{number:02}.{number * 83 % 1000:03}Z",
        }
        for number in range(30)
    ]
    first("import", stdin="".join(json.dumps(draft) + "\n" for draft in drafts))
    edited = exported(first)[3]["id"]
    first("edit", edited, "--title", "Edited").succeeded()
    before = exported(first)

    fixture = tmp_path / "fixture.json"
    fixture.write_text(first("export", "--format", "django").succeeded())
    assert "Installed 30 object(s)" in django("loaddata", fixture)
    dumped = django("dumpdata", "articles.article", "--indent", "2")
    assert [row["pk"] for row in json.loads(dumped)] == [article["id"] for article in before]
    done = second("import", stdin=dumped)
    assert done.code == 0 and "imported 30 articles" in done.err, done

    def kept(articles):
        return [{name: article[name] for name in ("title", "body", "topic", "author", "published")} for article in articles]

    assert kept(exported(second)) == kept(before)
