"""The Tags workplace end to end: the real program in a real pseudo-terminal."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.tags_app import caption_of, make_folder
from tests.support.tmux import TMUX, Terminal, terminal, wait_for_file

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux is not here")

TYPING = "Next meaning"  # the keys of the line stand below while it has the focus
BEFORE = "1girl, blue_skin, ^_^"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    captions = {f"img{n}": BEFORE for n in range(1, 5)}
    captions["z[bold]絵[nope]"] = "1boy, solo"
    return make_folder(tmp_path / "青い", dict(captions))


def environment(language: str) -> dict[str, str]:
    names = ("PATH", "NASUTUI_CONFIG", "NASUTUI_CACHE", "NASUTUI_PROJECTS", "HF_HOME", "HOME")
    return {name: os.environ[name] for name in names if name in os.environ} | {
        "TERM": "tmux-256color", "COLORTERM": "truecolor", "LANG": language, "LC_ALL": language,
        "PYTHONUTF8": "1", "TEXTUAL_ANIMATIONS": "none",
    }  # fmt: skip


def open_in(term: Terminal, folder: Path, size: tuple[int, int], language: str = "C.UTF-8") -> None:
    command = [sys.executable, "-m", "nasutui", str(folder)]
    term.start(size, command, environment(language))
    term.until("img1.png")
    term.until("/ ")


def expect(folder: Path, text: str, *numbers: int) -> None:
    for number in numbers:
        wait_for_file(folder / f"img{number}.txt", text)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_main_walk(folder: Path, size: tuple[int, int]) -> None:
    with terminal() as term:
        open_in(term, folder, size)
        shown = term.until("z[bold]絵[no")
        assert "img4.png" in shown

        # A key that moves the focus is waited for: keys of one burst go where the first one went.
        term.type("/")  # filter
        term.until(TYPING)
        term.type("1girl")
        term.until("4 / 5")
        term.press("Enter")

        term.until("Add")
        term.type("a")  # add by Japanese
        term.until(TYPING)
        term.type("青い目")
        term.until("blue_eyes")
        term.press("Enter")
        expect(folder, f"{BEFORE}, blue_eyes", 1)
        term.press("Escape")
        term.until(lambda shown: TYPING not in shown)

        term.type("b")  # replace in all that are shown
        term.until("Replace a tag")
        term.press("Down", "Down", "Down", "Enter")
        term.until("this tag")
        term.until(TYPING)
        term.type("blue_skin")
        term.until("as it stands: blue_skin")
        term.until("4 pictures change")
        term.press("Enter")
        term.until(lambda shown: "as it stands" not in shown)
        term.type("colored_skin")
        term.until("+colored_skin")
        term.press("Enter")
        term.until(lambda shown: TYPING not in shown)
        term.press("Enter")
        expect(folder, "1girl, colored_skin, ^_^", 2, 3, 4)

        term.until("4 files")
        term.type("w")  # walk a tag
        term.until("Which tag")
        term.until("as it stands: blue_eyes")  # the tag under the cursor, to be typed over
        term.type("colored_skin")
        term.until("as it stands: colored_skin")
        term.press("Enter")
        term.until("1 / 4")
        term.type("y")
        term.until("2 / 4")
        term.type("n")
        expect(folder, "1girl, ^_^", 2)
        term.press("Escape")
        term.until("4 / 5")

        term.type("H")  # undo all
        term.until("at the beginning")
        term.press("End")
        term.press("Enter")
        term.until("Undo 3 changes")
        term.type("y")
        expect(folder, BEFORE, 1, 2, 3, 4)
        term.until("undone")

        term.press("C-q")
        term.until("left with 0")

    with terminal() as term:  # redo, in another process
        open_in(term, folder, size)
        term.press("C-r")
        expect(folder, f"{BEFORE}, blue_eyes", 1)
        term.until("redone")
        term.press("C-r")
        term.until("4 files")
        term.type("y")
        expect(folder, "1girl, colored_skin, ^_^", 2, 3, 4)
        expect(folder, "1girl, colored_skin, ^_^, blue_eyes", 1)
        term.press("C-q")
        term.until("left with 0")
    assert caption_of(folder, "z[bold]絵[nope]") == "1boy, solo"


def test_a_lost_terminal_takes_no_change_with_it(folder: Path) -> None:
    with terminal() as term:
        open_in(term, folder, (80, 24))
        term.type("a")
        term.until(TYPING)
        term.type("hat")
        term.until("as it stands: hat")
        term.press("Enter")
        expect(folder, f"{BEFORE}, hat", 1)
    with terminal() as term:  # the first one was ended by the loss of its terminal
        open_in(term, folder, (80, 24))
        term.type("u")
        expect(folder, BEFORE, 1)
        term.press("C-q")
        term.until("left with 0")
