"""The whole way, in every kind of terminal that people have, and over a slow link."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import slow_link
from tests.support.pseudo_terminal import PseudoTerminal, colours_in, pseudo_terminal
from tests.support.tags_app import make_folder
from tests.support.terminal import HAS_TMUX, Terminal
from tests.support.walk import AtPseudoTerminal, AtTmux, make_project, walk
from tests.support.webui_server import WebUIServer

KINDS = {
    "256 colours": {"TERM": "xterm-256color"},
    "true colour": {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    "screen": {"TERM": "screen-256color"},
    "linux console": {"TERM": "linux"},
    "vt100": {"TERM": "vt100"},
    "locale C": {"LANG": "C"},
    "Japanese": {"LC_ALL": "ja_JP.UTF-8"},
    "no colour": {"NO_COLOR": "1"},
}
COLOURS = {"true colour": "true", "linux console": "16", "vt100": "16"}
SIZES = [(80, 24), (120, 40)]
# What the terminal sets for itself and the program leaves so: cursor shown, lines wrapped.
USUAL_MODES = {"25", "7"}


def link(seconds: float, packet: int = 1 << 16, gap: float = 0.0) -> tuple[str, ...]:
    """A slow link, as a command that runs another."""
    return (sys.executable, slow_link.__file__, str(seconds), str(packet), str(gap))


@pytest.fixture
def walked(own_home: Path) -> Iterator[Path]:
    """A project with raw pictures, and the WebUI that its settings name."""
    with WebUIServer() as server:
        yield make_project(own_home, server.url)


def in_pseudo_terminal(
    root: Path, home: Path, size: tuple[int, int], kind: str, through: tuple[str, ...] = ()
) -> PseudoTerminal:
    """Walk the way and leave; the terminal as it was left."""
    lang = "ja" if kind == "Japanese" else "en"
    with pseudo_terminal([], home, size, through, **KINDS[kind]) as terminal:
        walk(AtPseudoTerminal(terminal), root, lang, size)
        assert terminal.ended() == 0
        assert terminal.left_as_found()
    assert terminal.buffer.modes == USUAL_MODES and terminal.buffer.keyboard == 0
    assert terminal.buffer.titles == []
    assert b"Traceback" not in terminal.sent
    assert not (home / "cache" / "nasutui.log").exists()
    return terminal


def test_a_plain_terminal_of_a_plain_locale(walked: Path, own_home: Path) -> None:
    terminal = in_pseudo_terminal(walked, own_home, (80, 24), "locale C")
    assert "true" not in colours_in(terminal.sent)


@pytest.mark.soak
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_terminal(
    walked: Path, own_home: Path, kind: str, size: tuple[int, int]
) -> None:
    terminal = in_pseudo_terminal(walked, own_home, size, kind)
    assert colours_in(terminal.sent) <= {"16", COLOURS.get(kind, "256")}


@pytest.mark.soak
@pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", ["256 colours", "screen", "locale C", "Japanese", "no colour"])
def test_tmux(walked: Path, own_home: Path, kind: str, size: tuple[int, int]) -> None:
    more = {"COLORTERM": "", **KINDS[kind]}
    lang = more.pop("LANG", "C.UTF-8")
    arguments = ["--lang", "ja"] if kind == "Japanese" else []
    with Terminal(arguments, own_home, size, lang, **more) as terminal:
        walk(AtTmux(terminal), walked, "ja" if arguments else "en", size)
        shown = terminal.wait_for("ENDED")
    assert "ENDED 0" in shown and "Traceback" not in shown


@pytest.mark.soak
@pytest.mark.parametrize("through", [link(0.2), link(0.1, 1, 0.02)], ids=["whole", "in pieces"])
@pytest.mark.parametrize("kind", ["256 colours", "Japanese"])
def test_a_link_that_takes_200_ms(
    walked: Path, own_home: Path, kind: str, through: tuple[str, ...]
) -> None:
    in_pseudo_terminal(walked, own_home, (80, 24), kind, through)


def test_no_key_is_lost_or_misread_on_a_slow_link_in_pieces(own_home: Path, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "pics", {f"img{n:03}": "1girl, hat" for n in range(60)})
    with pseudo_terminal([folder], own_home, (80, 24), link(0.2, 1, 0.01)) as terminal:
        # What a modern terminal answers to the questions at the start, long after they were asked.
        terminal.until("img000.png")
        terminal.send("\x1b[?2026;2$y\x1b[?2048;0$y")
        # 20 down, one of the ways of an arrow at a time; 5 up; two pages' worth of nothing.
        terminal.send("jj\x1b[B\x1bOB" * 5 + "\x1b[A" * 5 + "\x1b[I\x1b[O")
        terminal.until("img015.png  2 tags")
        terminal.send("aあお\x7f\x7f青い目\r\x1b")
        terminal.until("img015.png  3 tags")
        terminal.send("\x11")
        assert terminal.ended() == 0
    assert (folder / "img015.txt").read_text("utf-8") == "1girl, hat, blue_eyes"
    changed = [p.name for p in folder.glob("*.txt") if "blue" in p.read_text("utf-8")]
    assert changed == ["img015.txt"]
