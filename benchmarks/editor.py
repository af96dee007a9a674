"""The tag editor on large folders: opening, keys, filter, an edit, a bulk replace, memory.

    python benchmarks/editor.py [--sizes 1000 10000 100000] [--bulk 10000]

Makes folders of pictures and captions in a temporary place, runs the app without a terminal, and
prints one line a size. "key" is from the key to the compositor's new screen, in the middle of the
list; "edit" is deleting a tag, on disk and drawn; "filter" is from a keystroke to the new list
(after the first); "bulk" is a replace in `--bulk` pictures through the journal, flushed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nasutui.app import NasutuiApp
from nasutui.core.config import Config
from nasutui.core.editing.bulk_edit import plan, replacing
from nasutui.core.events import never
from nasutui.screens.bulk_writing import write_planned
from nasutui.screens.tags import TagsScreen
from nasutui.screens.tags_edit import TagsEdit
from nasutui.widgets.tag_list import TagList

TAGS = [
    "1girl", "solo", "long_hair", "breasts", "blush", "smile", "short_hair", "open_mouth",
    "bangs", "blue_eyes", "blonde_hair", "skirt", "brown_hair", "large_breasts", "black_hair",
    "hair_ornament", "thighhighs", "red_eyes", "gloves", "hat", "dress", "bow", "shirt", "ribbon",
    "cleavage", "navel", "white_background", "simple_background", "bare_shoulders", "holding",
    "blue_hair",
]  # fmt: skip
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)


def make_folder(folder: Path, number: int) -> None:
    """Pictures of one pixel with about 25 tags each."""
    rng = random.Random(7)
    for n in range(number):
        tags = [
            "1girl",
            *rng.sample(TAGS[1:], 20),
            *(f"odd_{rng.randrange(5000)}" for _ in range(4)),
        ]
        (folder / f"img{n:06d}.txt").write_bytes(", ".join(tags).encode())
        (folder / f"img{n:06d}.png").write_bytes(_PNG)


@contextmanager
def timed(times: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times.append((time.perf_counter() - began) * 1000)


def draw(app: NasutuiApp) -> None:
    """What the app would send to the terminal now."""
    screen: Any = app.screen
    screen._on_timer_update()
    update = screen._compositor.render_update(full=False)
    if update is not None:
        app.console.render_lines(update, pad=False)


async def work_done(app: NasutuiApp) -> None:
    for worker in list(app.workers):
        if worker._thread_worker:
            await worker.wait()


async def measure(folder: Path, number: int, bulk: int) -> str:
    app = NasutuiApp(Config(), str(folder))
    began = time.perf_counter()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, TagsScreen)
        while not screen._loaded:
            await asyncio.sleep(0.005)
        opened = time.perf_counter() - began
        await pilot.pause()
        screen.pictures.action_to(number // 2)
        await pilot.pause(0.5)
        keys: list[float] = []
        for step in range(100):
            with timed(keys):
                screen.pictures.action_cursor(1)
                await pilot._wait_for_screen()
                draw(app)
            await asyncio.sleep(0.002 * (step % 3))
        edits: list[float] = []
        for _step in range(20):
            with timed(edits):
                row = next(r for r in screen.tag_list.items if r.kind == "tag")
                TagsEdit.on_tag_list_deed(screen, TagList.Deed(screen.tag_list, "delete", row))
                draw(app)
            await asyncio.sleep(0.01)
        filters: list[float] = []
        for query in (
            "1",
            "1girl",
            "1girl -s",
            "1girl -solo",
            "1girl -solo *_hair",
            "blue_eyes OR hat",
        ):
            with timed(filters):
                screen.query_text = query
                screen.filter_again()
                await work_done(app)
                await asyncio.sleep(0)
        text = (
            f"{number:>7}  open {opened:5.2f} s  key {median(keys)}  edit {median(edits)}"
            f"  filter first {filters[0]:.0f} ms, then {median(filters[1:])}"
        )
        desk = screen.desk
        assert desk is not None
        if bulk and number >= bulk:
            dataset = desk.dataset
            slots = dataset.order[:bulk]
            began = time.perf_counter()
            captions = ((s, dataset.caption_path(s), dataset.tags(s)) for s in slots)
            planned = plan(captions, replacing("1girl", ["1boy"]), never)
            planning = time.perf_counter() - began
            began = time.perf_counter()
            changed, failures, error = write_planned(desk, planned, "benchmark", never)
            assert not failures and not error
            text += f"  bulk {changed}: plan {planning:.2f} s, write {time.perf_counter() - began:.2f} s"
    return text + f"  peak {memory()} MB"


def median(times: list[float]) -> str:
    p95 = sorted(times)[int(len(times) * 0.95) - 1]
    return f"{statistics.median(times):.1f} ms (p95 {p95:.1f})"


def memory() -> int:
    """The most memory that this process has held, in MB."""
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--bulk", type=int, default=10_000)
    options = parser.parse_args()
    for number in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            make_folder(Path(name), number)
            print(asyncio.run(measure(Path(name), number, options.bulk)), flush=True)


if __name__ == "__main__":
    main()
