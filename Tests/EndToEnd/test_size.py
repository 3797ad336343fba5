"""`articled size`: measures, says what to set, and leaves nothing behind."""

import json
import shlex
import signal
import subprocess

from support.daemon import environment
from support.waiting import until


def size(bins, tmp_path, *options, **more):
    command = [str(bins.articled), "size", *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env=environment(tmp_path / "home"), **more
    )


def test_its_flags_start_a_daemon(bins, tmp_path, start_daemon):
    done = size(bins, tmp_path, "--for", "1", "--quiet", "--data-dir", tmp_path / "data")
    assert done.returncode == 0 and done.stderr == ""
    daemon = start_daemon(*done.stdout.split(), data_dir=tmp_path / "data")
    daemon.add("with the recommended flags")


def test_it_measures_and_leaves_nothing_behind(bins, tmp_path):
    done = size(bins, tmp_path, "--for", "1", "--json", "--data-dir", tmp_path / "not" / "there")
    found = json.loads(done.stdout)
    for name in ("cores", "memory_bytes", "open_files", "articles_per_second_alone", "sends_per_second"):
        assert found[name] > 0, found
    assert set(found["flags"]) == {"threads", "queue", "backlog"}
    assert not (tmp_path / "not" / "there").exists()


def test_people_get_reasons(bins, tmp_path):
    done = size(bins, tmp_path, "--for", "500ms", "--data-dir", tmp_path / "it's here")
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("articled serve --threads ")]
    # As it is it starts the daemon whose disk was measured.
    assert shlex.split(line)[-2:] == ["--data-dir", str(tmp_path / "it's here")]
    assert "Subscribers: at most" in done.stdout and "publishers get 503" in done.stdout


def test_the_daemon_that_runs_is_not_touched(bins, tmp_path, daemon):
    daemon.add("before")
    done = size(bins, tmp_path, "--for", "500ms", "--json", "--data-dir", daemon.data_dir)
    assert done.returncode == 0, done.stderr
    assert daemon.status()["cursor"].startswith("1-")
    assert not list(daemon.data_dir.glob("size-*"))


def test_an_interrupt_ends_it_and_it_tidies_up(bins, tmp_path):
    command = [str(bins.articled), "size", "--for", "60", "--data-dir", str(tmp_path / "data")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(tmp_path / "home")) as run:
        until(lambda: list((tmp_path / "data").glob("size-*/articles.sqlite")), "the measurement")
        run.send_signal(signal.SIGINT)
        assert run.wait(20) == 130
    assert not (tmp_path / "data").exists()


def test_wrong_use_is_said(bins, tmp_path):
    assert "--for must be" in size(bins, tmp_path, "--for", "1ms").stderr
    assert "--article" in size(bins, tmp_path, "--article", "0").stderr
    assert "either" in size(bins, tmp_path, "--json", "--quiet").stderr
    (tmp_path / "file").write_text("")
    done = size(bins, tmp_path, "--for", "1", "--data-dir", tmp_path / "file")
    assert done.returncode == 1 and "data directory" in done.stderr
