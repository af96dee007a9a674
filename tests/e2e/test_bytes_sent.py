"""What each key costs over a slow link: bytes sent at 100x30, bounded at about twice what was measured.

`python -m pytest -s -k costs tests/e2e/test_bytes_sent.py` prints what is sent now.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nasutui.core.project import PROCESSED, RAW, TAGGED, create_project
from nasutui.core.tagging.models import EMBEDDED
from tests.support.datasets import noise, png
from tests.support.pseudo_terminal import PseudoTerminal, colours_in, pseudo_terminal

PICTURES = 160
# Most bytes at 256 colours, at true colour.
BOUNDS = {
    # Noise of 27 x 17 cells, no two colours alike; a drawing costs a fraction.
    "cursor down, preview on": (16_000, 24_000),
    "cursor up, picture seen before": (16_000, 24_000),
    "cursor down, preview folded": (1_200, 1_600),
    "a letter in the filter line": (11_000, 13_000),  # with the list of completions
    "a tag down": (700, 900),
    "a threshold moved": (7_000, 12_000),  # and the pictures that it changes, with a preview
    "help shown and hidden": (26_000, 34_000),
    "to another workplace": (13_000, 16_000),
    "idle, 3 seconds": (0, 0),
    "a running job, a second": (42_000, 60_000),  # a fast one: names, tags and bars of each picture
}
TAGS = "1girl, solo, long_hair, blue_eyes, smile, dress, hat, outdoors, sky, cloud, tree, grass"


@pytest.fixture
def root(own_home: Path) -> Path:
    """A project whose pictures are noise: no two cells of a preview are alike."""
    root = create_project(own_home / "projects" / "demo", model=EMBEDDED).root
    (root / RAW / "a.png").write_bytes(png(noise(0, (64, 64))))
    (root / PROCESSED).mkdir(exist_ok=True)
    (root / TAGGED).mkdir(exist_ok=True)
    for number in range(PICTURES):
        data = png(noise(number, (64, 80)))
        (root / PROCESSED / f"img{number:03}.png").write_bytes(data)
        (root / TAGGED / f"img{number:03}.png").write_bytes(data)
        (root / TAGGED / f"img{number:03}.txt").write_text(TAGS, encoding="utf-8")
    return root


def costs(terminal: PseudoTerminal) -> dict[str, int]:
    """The bytes of each key, the dearest of several times."""
    found: dict[str, int] = {}

    def cost(what: str, *keys: str) -> None:
        found[what] = max(found.get(what, 0), *(terminal.cost(key) for key in keys))

    terminal.until("img000.png", "1girl")
    terminal.quiet()
    found["idle, 3 seconds"] = terminal.listen(3)
    cost("cursor down, preview on", "j", "j")
    cost("cursor up, picture seen before", "k")
    terminal.cost("z")
    cost("cursor down, preview folded", "j")
    terminal.cost("l")
    cost("a tag down", "j", "j")
    terminal.cost("h")
    terminal.cost("/")
    cost("a letter in the filter line", "q", "z")
    terminal.cost("\x7f")
    terminal.cost("\x7f")
    terminal.cost("\x1b")
    cost("help shown and hidden", "?", "?")
    terminal.quiet()
    before = len(terminal.sent)
    terminal.send("2")
    terminal.until("embedded", "No scores yet")
    terminal.quiet()
    found["to another workplace"] = len(terminal.sent) - before
    found["a running job, a second"] = _running(terminal)
    cost("a threshold moved", "j", "\x1b[C", "\x1b[D")
    return found


def _running(terminal: PseudoTerminal) -> int:
    before, began = len(terminal.sent), time.monotonic()
    terminal.send("r")
    terminal.until("embedded: 160")
    seconds = max(1.0, time.monotonic() - began)
    terminal.quiet()
    return round((len(terminal.sent) - before) / seconds)


@pytest.mark.parametrize(
    "column",
    [
        pytest.param(0, id="256 colours"),
        pytest.param(1, id="true colour", marks=pytest.mark.soak),
    ],
)
def test_costs(root: Path, own_home: Path, column: int) -> None:
    more = {"COLORTERM": "truecolor"} if column else {}
    with pseudo_terminal([root], own_home, (100, 30), **more) as terminal:
        found = costs(terminal)
        terminal.send("\x11")
        assert terminal.ended() == 0
    print(found)
    assert colours_in(terminal.sent) & {"256", "true"} == ({"true"} if column else {"256"})
    assert {what: n for what, n in found.items() if n > BOUNDS[what][column]} == {}
