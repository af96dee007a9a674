"""Wide characters stay whole over the edges of what lies below."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import textual.screen
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from nasutui import whole_characters
from tests.support.screen_text import screen_text

WORDS = "青いスカート" * 3


class Overlaid(App[None]):
    """Three columns, and a line of Japanese over all of them."""

    CSS = """
    Screen { layers: base popup; }
    Horizontal { height: 4; }
    .column { width: 7; height: 4; }
    #over { layer: popup; dock: top; height: 1; width: 36; margin: 1 0 0 0; }
    #beside { layer: popup; dock: top; height: 1; width: 5; margin: 2 0 0 9; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            for number in range(3):
                yield Static("\n".join([f"絵{number}絵絵"] * 4), classes="column", id=f"c{number}")
        yield Static(WORDS, id="over")
        yield Static("あいう", id="beside")


@pytest.fixture(autouse=True)
def composed() -> Iterator[None]:
    whole_characters.install()
    yield
    textual.screen.Compositor = Compositor  # type: ignore[misc]


async def test_nothing_is_lost_over_edges_that_are_covered() -> None:
    app = Overlaid()
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        lines = screen_text(app).splitlines()
    assert lines[0] == "絵0絵絵絵1絵絵絵2絵絵"
    assert lines[1] == WORDS
    # Where something really lies over a half, the other half is blank and all columns stay.
    assert lines[2].startswith("絵0絵絵絵あい")
    assert lines[3] == lines[0]


async def test_a_part_drawn_again_is_composed_like_the_whole() -> None:
    app = Overlaid()
    async with app.run_test(size=(40, 6)) as pilot:
        await pilot.pause()
        compositor = app.screen._compositor
        compositor._dirty_regions.clear()
        compositor._dirty_regions.add(app.query_one("#c1").region)
        update = compositor.render_partial_update()
        assert update is not None
        line = update.chops[1]
        assert "".join(strip.text for strip in line.values() if strip).rstrip() == WORDS
