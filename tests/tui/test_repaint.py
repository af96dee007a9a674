"""What is sent shows the same as if everything had been sent, and less of it."""

from __future__ import annotations

import random

import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from nasutui.repaint import ShownPieces, _only_changed_colours

COLUMNS, ROWS = 24, 6
CONSOLE = Console(color_system="truecolor", force_terminal=True, width=COLUMNS)
STYLES = [
    Style.parse(text)
    for text in (
        "none", "red on blue", "red", "on blue", "#102030 on #405060", "#102030 on #708090",
        "bold red on blue", "bold", "italic underline #102030", "color(9) on color(200)",
        "reverse", "default on default", "bright_red on bright_blue", "dim strike",
    )
]  # fmt: skip


class Cells:
    """A terminal that keeps the character and the style of each cell."""

    def __init__(self) -> None:
        self.cells = {(y, x): (" ", Style()) for y in range(ROWS) for x in range(COLUMNS)}

    def feed(self, text: str) -> None:
        """Obey cursor moves, colours and text."""
        import re

        y = x = 0
        style = Style()
        for move, codes, run in re.findall(r"\x1b\[(\d+;\d+)H|\x1b\[([\d;]*)m|([^\x1b]+)", text):
            if move:
                y, x = (int(n) - 1 for n in move.split(";"))
            elif codes:
                style = _obey(style, codes)
            else:
                for character in run.replace("\n", ""):
                    self.cells[y, x] = (character, style)
                    x += 1
        assert style == Style(), "a piece must leave the terminal's colours as they were"


def _obey(style: Style, codes: str) -> Style:
    from rich.ansi import SGR_STYLE_MAP

    numbers = iter(int(n or 0) for n in codes.split(";"))
    for number in numbers:
        if number == 0:
            style = Style()
        elif number in (38, 48):
            kind = next(numbers)
            colour = (
                f"color({next(numbers)})" if kind == 5
                else "#" + "".join(f"{next(numbers):02x}" for _part in range(3))
            )  # fmt: skip
            style += Style.parse(f"{'on ' if number == 48 else ''}{colour}")
        elif number in (39, 49):
            front, back = (None, style.bgcolor) if number == 39 else (style.color, None)
            flags = ("bold", "dim", "italic", "underline", "reverse", "strike")
            style = Style(color=front, bgcolor=back, **{f: getattr(style, f) for f in flags})
        else:
            style += Style.parse(SGR_STYLE_MAP[number])
    return style


def some_strip(width: int, chance: random.Random) -> Strip:
    segments = []
    while width:
        part = chance.randint(1, width)
        segments.append(Segment("".join(chance.choices("ab ▄", k=part)), chance.choice(STYLES)))
        width -= part
    return Strip(segments)


def some_lines(chance: random.Random) -> list[list[Strip]]:
    widths = ([COLUMNS], [10, 14], [6, 6, 12])
    return [[some_strip(w, chance) for w in chance.choice(widths)] for _row in range(ROWS)]


def chops(lines: list[list[Strip]], spans: list[tuple[int, int, int]]) -> ChopsUpdate:
    starts: list[dict[int, Strip | None]] = []
    ends: list[list[int]] = []
    for line in lines:
        x, at, stops = 0, {}, []
        for strip in line:
            at[x] = strip
            x += strip.cell_length
            stops.append(x)
        starts.append(at)
        ends.append(stops)
    return ChopsUpdate(starts, spans, ends)


@pytest.mark.parametrize("seed", range(30))
def test_the_terminal_shows_what_it_would_show_without_saving(seed: int) -> None:
    chance = random.Random(seed)
    shown, all_sent, news = ShownPieces(), Cells(), Cells()
    lines = some_lines(chance)
    for turn in range(12):
        if chance.random() < 0.7:
            row = chance.randrange(ROWS)
            lines = [*lines[:row], *some_lines(chance)[:1], *lines[row + 1 :]]
        if turn and chance.random() < 0.5:
            # Columns as a repaint of one widget names them: where its pieces begin and end.
            row = chance.randrange(ROWS)
            update = chops(lines, [(row, 0, COLUMNS)])
        else:
            update = LayoutUpdate(lines, Region(0, 0, COLUMNS, ROWS))
        all_sent.feed(update.render_segments(CONSOLE))
        news.feed(shown.only_news(update).render_segments(CONSOLE))  # type: ignore[union-attr]
        assert news.cells == all_sent.cells


def test_nothing_new_is_nothing_sent_until_all_is_to_be_drawn_again() -> None:
    shown, lines = ShownPieces(), some_lines(random.Random(1))
    update = LayoutUpdate(lines, Region(0, 0, COLUMNS, ROWS))

    def sent() -> str:
        return shown.only_news(update).render_segments(CONSOLE)  # type: ignore[union-attr]

    first = sent()
    assert first and sent() == "" and sent() == ""
    shown.forget()
    assert sent() == first


def test_an_update_that_is_never_sent_is_not_remembered() -> None:
    shown, lines = ShownPieces(), some_lines(random.Random(2))
    update = LayoutUpdate(lines, Region(0, 0, COLUMNS, ROWS))
    shown.only_news(update)
    assert shown.only_news(update).render_segments(CONSOLE)  # type: ignore[union-attr]


def test_another_size_is_drawn_whole() -> None:
    shown = ShownPieces()
    line = [Strip([Segment("abc")])]
    for height in (1, 2):
        update = LayoutUpdate([line] * height, Region(0, 0, 3, height))
        text = shown.only_news(update).render_segments(CONSOLE)  # type: ignore[union-attr]
        assert text.count("abc") == height


def test_a_textual_made_differently_still_draws() -> None:
    class Odd(ChopsUpdate):
        def render_segments(self, console: Console) -> str:
            return "drawn by itself"

    odd = Odd([], [(0, 0, 1)], [])
    del odd.chop_ends
    assert ShownPieces().only_news(odd).render_segments(CONSOLE) == "drawn by itself"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["plain", "", "\x1b]8;;http://x\x1b\\\x1b[1ma\x1b[0m\x1b]8;;\x1b\\", "\x1b[1ma\x1b[0mb"]
)
def test_what_is_not_understood_stays_as_it_is(text: str) -> None:
    assert _only_changed_colours(text) == text


def test_a_picture_costs_a_third_less() -> None:
    cells = [Segment("▄", Style.parse(f"color({i}) on color(20)")) for i in range(40, 80)]
    text = Strip(cells).render(CONSOLE)
    assert len(_only_changed_colours(text)) < len(text) * 2 / 3
