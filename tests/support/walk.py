"""The way of a picture from a folder to a trained style's pictures, by keys, in any real terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from nasutui.core.project import DATASET, GENERATED, PROCESSED, RAW, TAGGED, create_project
from nasutui.core.sample import sample_pictures
from nasutui.core.tagging.models import EMBEDDED
from tests.support.generate_app import with_server
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.terminal import Terminal

PICTURES = ("01_white.png", "03_seaside.jpg", "09_pencil.png")
_BYTES = {"Enter": "\r", "Escape": "\x1b", "Down": "\x1b[B", "Up": "\x1b[A", "C-q": "\x11"}
_PATIENCE = 40.0
WORDS = {
    "en": {
        "typing": "Next meaning",
        "bulk": "Add at the end",
        "server": "connected to",
        "undone": "undone:",
    },
    "ja": {
        "typing": "次の候補",
        "bulk": "末尾に追加",
        "server": "接続",
        "undone": "元に戻しました",
    },
}


class Hands(Protocol):
    """A person at a terminal."""

    def press(self, *keys: str) -> None: ...
    def type(self, text: str) -> None: ...
    def see(self, *texts: str, gone: str = "") -> str: ...
    def resize(self, columns: int, rows: int) -> None: ...


class AtTmux:
    """Hands at tmux."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self.press, self.type, self.resize = terminal.press, terminal.type, terminal.resize

    def see(self, *texts: str, gone: str = "") -> str:
        shown = self._terminal.wait_for(*texts) if texts else self._terminal.screen()
        return self._terminal.wait_gone(gone) if gone else shown


class AtPseudoTerminal:
    """Hands at a bare pseudo-terminal."""

    def __init__(self, terminal: PseudoTerminal) -> None:
        self._terminal = terminal
        self.type, self.resize = terminal.send, terminal.resize

    def press(self, *keys: str) -> None:
        for key in keys:
            self._terminal.send(_BYTES.get(key, key))

    def see(self, *texts: str, gone: str = "") -> str:
        return self._terminal.until(*texts, gone=gone)


def make_project(home: Path, url: str) -> Path:
    """A project with three raw pictures and a WebUI."""
    root = create_project(home / "projects" / "walk", model=EMBEDDED, trigger="1style").root
    for name in PICTURES:
        (root / RAW / name).write_bytes(sample_pictures()[name]())
    return with_server(root, url)


def _until(true: Callable[[], object], hands: Hands) -> None:
    end = time.monotonic() + _PATIENCE
    while not true():
        shown = hands.see()
        assert time.monotonic() < end, f"it did not come; the screen says\n{shown}"
        time.sleep(0.02)


def walk(hands: Hands, root: Path, lang: str, size: tuple[int, int]) -> None:
    """Open, prepare, caption, edit, undo, export, draw. The window changes its size on the way."""
    words = WORDS[lang]

    def captions() -> list[str]:
        files = sorted((root / TAGGED).glob("img*.txt"))
        return [f.read_text("utf-8") for f in files if not f.stem.endswith("_jp")]

    def all_with(tag: str, count: int) -> None:
        _until(lambda: sum(tag in text.split(", ") for text in captions()) == count, hands)

    hands.see("walk")
    hands.press("Enter")
    hands.see(PICTURES[0], PICTURES[2])
    hands.press("p")
    hands.see("img003")
    assert len(list((root / PROCESSED).glob("*.png"))) == 3

    hands.press("2")
    hands.see("embedded")
    hands.press("r")
    hands.see("embedded: 3")
    before = captions()
    assert len(before) == 3 and all(before)

    hands.press("3")
    hands.see("img001.png", "img003.png", before[0].split(", ")[0])
    hands.type("a")
    hands.see(words["typing"])
    hands.type("青い目")
    hands.see("blue_eyes")
    hands.press("Enter")
    all_with("blue_eyes", 1)
    hands.press("Escape")
    hands.see(gone=words["typing"])

    hands.resize(40, 12)
    # One sentence is left, perhaps under a note.
    _until(lambda: (shown := hands.see()).strip() and "img001.png" not in shown, hands)
    hands.resize(*size)
    hands.see("img001.png", "blue_eyes")

    hands.type("b")
    hands.see(words["bulk"])
    hands.press("Enter")
    hands.see(words["typing"])
    hands.type("hat")
    hands.see("+hat", "hat")
    hands.press("Enter")
    hands.see(gone=words["typing"])
    hands.press("Enter")
    all_with("hat", 3)
    hands.see("img001.png", "hat: 3")
    hands.type("u")
    hands.see("-hat (3)")
    hands.type("y")
    all_with("hat", 0)
    hands.see(words["undone"], gone="-hat (3)")
    hands.type("u")
    all_with("blue_eyes", 0)
    assert captions() == before

    hands.press("4")
    hands.see("1style", "✗")
    hands.type("M")  # the trigger is missing
    hands.see("y:")
    hands.type("y")
    hands.see(gone="✗")
    hands.press("e")
    _until((root / DATASET / "manifest.json").exists, hands)

    hands.press("5")
    hands.see(words["server"])
    hands.press("r")
    _until(lambda: list((root / GENERATED).glob("*.png")), hands)
    hands.press("C-q")
