"""The viewer's configuration file, its themes, and several servers."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from support.waiting import until


def configure(daemon, text):
    file = Path(daemon.env["XDG_CONFIG_HOME"], "articles", "tui.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def colors(window):
    """The escape sequences of colours on the screen."""
    return re.findall(r"\x1b\[([0-9;:]*)m", window.screen("-e"))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("mouse = true\nmous = true\n", "line 2: mous is unknown"),
        ('[colors]\naccent = "blurple"\n', "line 2: colors.accent is no look"),
        ('[keys]\ndown = "Hyper"\n', "line 2: keys.down is no key"),
        ("a = [\n", "line 1"),
    ],
)
def test_an_error_is_named_with_line_and_key(bins, daemon, text, place):
    file = configure(daemon, text)
    result = subprocess.run([bins.articles_tui], env=daemon.env, capture_output=True, text=True, timeout=20)
    assert (result.returncode, result.stdout) == (78, "")
    assert str(file) in result.stderr and place.split(":")[0] in result.stderr
    assert place.split(": ")[-1] in result.stderr


def test_keys_can_be_bound_anew(daemon, tui):
    configure(daemon, '[keys]\nquit = "Q"\ndown = ["n", "F2"]\n')
    for number in range(1, 4):
        daemon.add(f"Number {number}.")
    window = tui()
    window.until_shown("Number 3.", " live ")
    window.keys("n")
    window.until(lambda screen: re.search("^>.*Number 2", screen, re.MULTILINE), "the next selected")
    window.keys("F2")
    window.until(lambda screen: re.search("^>.*Number 1", screen, re.MULTILINE), "the next selected")
    window.keys("q", "?")
    window.until_shown(" n F2 ", " Q  ")
    window.keys("Escape", "Q")
    assert window.exit_status() == 0


def test_servers_can_be_chosen_while_it_runs(start_daemon, viewer, tmp_path):
    home, work = start_daemon(), start_daemon()
    home.add("At home")
    work.add("At work", topic="sport")
    work.add("Not asked for", topic="news")
    configure(
        home,
        f'server = "home"\n[servers.home]\nurl = "{home.url}"\n'
        f'[servers.work]\nurl = "{work.url}"\ntopics = ["sport"]\n',
    )
    window = viewer(home, env={"ARTICLES_URL": ""})
    window.until_shown("At home", "Articles  home", " live ")
    window.keys("S")
    window.until_shown("\n Servers ", "this one")
    window.keys("j", "Enter")
    window.until_shown("At work", "Articles  work", " live ")
    assert "At home" not in window.screen() and "Not asked for" not in window.screen()
    home.add("Unseen")
    work.add("Seen", topic="sport")
    window.until_shown("Seen", "2 articles,")
    window.type(":server home")
    window.keys("Enter")
    window.until_shown("Unseen", "At home", " live ")
    window.keys("q")
    assert window.exit_status() == 0
    assert "At work" in viewer(home, "--server", "work", env={"ARTICLES_URL": ""}).until_shown("At work", " live ")


def test_a_server_that_is_not_configured_is_refused(bins, daemon):
    result = subprocess.run(
        [bins.articles_tui, "--server", "nowhere"], env=daemon.env, capture_output=True, text=True, timeout=20
    )
    assert result.returncode == 64
    assert "[servers.nowhere]" in result.stderr


def test_16_and_256_colors(daemon, tui):
    daemon.add("Colourful")
    sixteen = tui("--theme", "sixteen", env={"TERM": "screen"}, prefix="env TERM=screen ")
    sixteen.until_shown("Colourful", " live ")
    assert any(re.search(r"\b3[0-7]\b", color) for color in colors(sixteen))
    assert not any("38;" in color or "48;" in color for color in colors(sixteen))
    many = tui(prefix="env TERM=screen-256color ")
    many.until_shown("Colourful", " live ")
    assert any("48;5;" in color for color in colors(many))


def test_24_bits_of_color_where_the_terminal_is_described_so(daemon, tui, tmp_path):
    source = tmp_path / "direct.ti"
    source.write_text(
        "tuitest-direct|for a test,\n use=screen-256color, RGB, colors#0x1000000, pairs#0x10000,\n"
        " setab=\\E[%?%p1%{8}%<%t4%p1%d%e48;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,\n"
        " setaf=\\E[%?%p1%{8}%<%t3%p1%d%e38;2;%p1%{65536}%/%d;%p1%{256}%/%{255}%&%d;%p1%{255}%&%d%;m,\n"
        "tuitest|for a test,\n use=screen-256color,\n"
    )
    subprocess.run(["tic", "-x", "-o", tmp_path / "terminfo", source], check=True, capture_output=True)
    daemon.add("Colourful")
    env = {"TERMINFO_DIRS": f"{tmp_path / 'terminfo'}:/usr/share/terminfo:/lib/terminfo", "COLORTERM": "truecolor"}
    window = tui(env=env, prefix="env TERM=tuitest ")
    window.until_shown("Colourful", " live ")
    # The dark theme's line at the bottom.
    assert any("48;2;43;51;66" in color or "48:2::43:51:66" in color for color in colors(window))
    window.type(":theme light")
    window.keys("Enter")
    window.until(lambda _: any("48;2;223;228;236" in color for color in colors(window)), "the light theme")


def test_no_color_wins_over_every_theme(daemon, tui):
    daemon.add("Colourless")
    window = tui("--theme", "dark", env={"NO_COLOR": "1"}, prefix="env TERM=screen-256color ")
    window.until_shown("Colourless", " live ")
    assert not any(re.search(r"\b[34][0-8]\b", color) for color in colors(window))


def test_a_command_is_run_for_what_arrives_and_only_for_that(daemon, tui, tmp_path):
    log = tmp_path / "notified"
    script = tmp_path / "notify"
    script.write_text(f'#!/bin/sh\nprintf "%s|%s|%s\\n" "$@" >> {log}\n')
    script.chmod(0o755)
    configure(daemon, f'notify = "{script}"\nbell = true\n')
    daemon.add("From before")
    window = tui()
    window.until_shown("From before", " live ")
    id = daemon.add('Just in; $(touch "x") `y`', topic="sport")
    until(lambda: log.exists() and log.read_text().endswith("\n"), "the command run")
    assert log.read_text() == f'Just in; $(touch "x") `y`|sport|{daemon.url}/articles/{id}\n'


def test_a_configuration_that_cannot_be_read_is_said_so(bins, daemon):
    result = subprocess.run(
        [bins.articles_tui, "--config", "/nowhere.toml"], env=daemon.env, capture_output=True, text=True, timeout=20
    )
    assert result.returncode == 78
    assert "/nowhere.toml can't be read" in result.stderr
    assert os.linesep not in result.stderr.rstrip("\n")
