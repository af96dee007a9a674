"""A progress bar with rate and time left, for a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Progress, Row, Started
from nasutui.core.text import display_block, display_name
from nasutui.report import LineReporter, OutputLostError

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


def _make_bar(*, in_bytes: bool) -> Bar:
    """A bar on stderr that takes itself away at the end."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar
    from rich.text import Text

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f}/s" if task.speed else "-/s")

    middle: list[ProgressColumn] = (
        [DownloadColumn(), TransferSpeedColumn()]
        if in_bytes
        else [MofNCompleteColumn(), RateColumn()]
    )
    return Bar(
        TextColumn("{task.description}", markup=False), BarColumn(), *middle,
        TimeRemainingColumn(), console=Console(stderr=True, markup=False, highlight=False),
        transient=True,
    )  # fmt: skip


@contextmanager
def _to_terminal() -> Iterator[None]:
    try:
        yield
    except OSError as error:  # the terminal was closed
        raise OutputLostError(sys.stderr, error) from error


class BarReporter(LineReporter):
    """Plain lines above a bar, which is one step's items or one download's bytes."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._task: Any = None
        self._what = ""
        self._step: Started | None = None
        self._count = 0

    def show(self, event: Event) -> None:
        match event:
            case Started():
                self.close()
                self._step, self._count = event, 0
                self._show_step()
            case Progress():
                self._begin(event.what, event.total, in_bytes=event.unit == "bytes")
                self._update(event.done, event.total)
            case ItemDone() | ItemFailed():
                self._count += 1
                self._show_step()
                if isinstance(event, ItemFailed):
                    super().show(event)
            case Row() | Finished():
                self.close()  # results go to stdout, which may be this terminal too
                super().show(event)
            case _:
                super().show(event)

    def _show_step(self) -> None:
        if self._step is not None and self._step.total:
            self._begin(self._step.step, self._step.total, in_bytes=False)
            self._update(self._count, self._step.total)

    def _begin(self, what: str, total: int | None, *, in_bytes: bool) -> None:
        if self._bar is not None and self._what == what:
            return
        self.close()
        with _to_terminal():
            self._bar = _make_bar(in_bytes=in_bytes)
            self._what = what
            self._task = self._bar.add_task(display_name(what), total=total)
            self._bar.start()

    def _update(self, done: int, total: int | None) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total)

    def close(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            with _to_terminal():
                bar.stop()

    def _err(self, text: str) -> None:
        if self._bar is None:
            super()._err(text)
            return
        from rich.text import Text

        with _to_terminal():
            self._bar.console.print(Text(display_block(text)), soft_wrap=True)
