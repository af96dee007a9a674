"""Key press to repaint in the list of pictures.

    python benchmarks/list_repaint.py [--rows 1000 100000] [--keys 200]

Runs the app without a terminal and measures, for each key, the time from the key event until the
compositor has the new screen. Prints median and p95; sizes are interleaved.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

from textual.app import App, ComposeResult

from nasutui.core.pictures.sources import Source
from nasutui.raw_pictures import RawPicture
from nasutui.screens.prepare_text import raw_row
from nasutui.widgets.row_list import RowList

KEYS = ["down"] * 8 + ["pagedown", "up", "up", "pageup", "end", "home"]


class ListApp(App[None]):
    """Only the list."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield RowList(raw_row)

    def on_mount(self) -> None:
        rows = self.query_one(RowList)
        rows.set_items(
            [RawPicture(Source(f"ガール_{n:06d}.png", Path())) for n in range(self.rows)]
        )
        rows.focus()


def _press(rows: RowList, key: str) -> None:
    """Do what the key does."""
    match key:
        case "down" | "up":
            rows.action_cursor(1 if key == "down" else -1)
        case "pagedown" | "pageup":
            rows.action_page(1 if key == "pagedown" else -1)
        case _:
            rows.action_to(0 if key == "home" else -1)


async def measure(rows: int, keys: int) -> list[float]:
    """Milliseconds a key."""
    app = ListApp(rows)
    times = []
    async with app.run_test(size=(100, 40)) as pilot:
        await pilot.pause()
        screen: Any = app.screen
        for number in range(keys):
            began = time.perf_counter()
            _press(app.query_one(RowList), KEYS[number % len(KEYS)])
            screen._on_timer_update()
            update = screen._compositor.render_update(full=False)
            if update is not None:
                app.console.render_lines(update, pad=False)
            times.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(0)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    results: dict[int, list[float]] = {n: [] for n in options.rows}
    for _round in range(options.rounds):
        for number in options.rows:
            results[number] += asyncio.run(measure(number, options.keys))
    for number, times in results.items():
        p95 = statistics.quantiles(times, n=20)[18]
        print(f"{number:>7} rows  median {statistics.median(times):6.1f} ms  p95 {p95:6.1f} ms")


if __name__ == "__main__":
    main()
