"""`make install` and `uninstall`: programs, man pages, and completions that shells can read."""

import subprocess
import sys
from pathlib import Path

import pytest

from support.binaries import REPOSITORY

PROGRAMS = ["articled", "articlesctl", "articles-tui"]


def run(*command, **options):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=110, cwd=REPOSITORY, **options
    )
    assert done.returncode == 0, done.stderr
    return done


def make(target, bins, destination):
    return run("make", target, f"DESTDIR={destination}", "PREFIX=/usr", f"RELEASE={bins.directory}")


@pytest.fixture(scope="module")
def installed(bins, tmp_path_factory):
    """Everything, below a directory of its own."""
    destination = tmp_path_factory.mktemp("root")
    make("install", bins, destination)
    return destination / "usr"


def files(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_all_that_belongs_together_is_installed(installed):
    there = files(installed)
    for program in PROGRAMS:
        assert f"bin/{program}" in there
        assert f"share/bash-completion/completions/{program}" in there
        assert f"share/zsh/site-functions/_{program}" in there
        assert f"share/fish/vendor_completions.d/{program}.fish" in there
    assert {"share/man/man1/articlesctl.1", "share/man/man8/articled.8"} <= set(there)
    assert run(installed / "bin/articlesctl", "--version").stdout.strip()


def test_uninstall_leaves_nothing(bins, tmp_path):
    make("install", bins, tmp_path)
    make("uninstall", bins, tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_bash_completes(installed, program):
    script = installed / f"share/bash-completion/completions/{program}"
    run("bash", "-n", script)
    if program == "articlesctl":
        # As the shell does when somebody presses Tab behind "articlesctl exp" and "articlesctl bench --sl".
        ask = (
            f'PATH="{installed}/bin:$PATH"; . "{script}"; f=$(complete -p articlesctl | sed "s/.*-F \\([^ ]*\\).*/\\1/"); '
            'complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; '
            'COMPREPLY=(); "$f" articlesctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; '
            'echo "${COMPREPLY[@]}"; }; complete_words articlesctl exp; complete_words articlesctl watch --unt'
        )
        shown = run("bash", "--norc", "-c", ask).stdout.split()
        assert shown == ["export", "--until-live"], shown


@pytest.mark.parametrize("program", PROGRAMS)
def test_zsh_completes(installed, program):
    script = installed / f"share/zsh/site-functions/_{program}"
    run("zsh", "-n", script)
    # compinit takes a function from the path by its first line.
    loaded = (
        f"fpath=({script.parent} $fpath); autoload -Uz compinit; compinit -u -D; "
        f"print ${{_comps[{program}]}}; autoload +X _{program} && print loaded"
    )
    assert run("zsh", "-f", "-c", loaded).stdout.split() == [f"_{program}", "loaded"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_fish_completes(installed, program, tmp_path):
    script = installed / f"share/fish/vendor_completions.d/{program}.fish"
    run("fish", "--no-execute", script)
    if program == "articlesctl":
        ask = f'source "{script}"; complete --do-complete "articlesctl exp"'
        env = {"HOME": str(tmp_path), "PATH": f"{installed}/bin:/usr/bin:/bin", "TERM": "dumb"}
        assert "export" in run("fish", "--no-config", "-c", ask, env=env).stdout


def pages():
    return sorted((REPOSITORY / "docs/man").glob("*.[1-8]"))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_man_pages_are_clean(page):
    shown = run("man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page)
    assert shown.stderr == ""


def test_man_pages_say_what_the_programs_do(bins, tmp_path):
    """Out of date? Run `make man`."""
    run(sys.executable, "docs/man/make-man-pages", bins.directory, tmp_path)
    for made in tmp_path.iterdir():
        assert made.read_text() == (Path(REPOSITORY) / "docs/man" / made.name).read_text(), f"{made.name}: run `make man`"
