"""Events as text: a progress bar for a person, plain lines for a log, JSON lines for a program.

Results go to stdout, diagnostics (progress, notes, failures) to stderr.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, Progress, Row, Started
from nasutui.core.i18n import _
from nasutui.core.text import display_name, json_line
from nasutui.summaries import row_line, summary_line

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_NAMES = {
    Started: "started", Note: "note", Progress: "progress", ItemDone: "item", ItemFailed: "failed",
    Row: "row", Finished: "finished",
}  # fmt: skip


class Reporter(Protocol):
    """How a front end without a screen speaks."""

    def show(self, event: Event) -> None: ...
    def say(self, text: str) -> None: ...
    def error(self, error: NasutuiError) -> None: ...
    def close(self) -> None: ...


def make_reporter(*, as_json: bool, quiet: bool) -> Reporter:
    """The reporter for this call."""
    if as_json:
        return JsonReporter()
    if sys.stderr.isatty() and not quiet:
        return BarReporter()
    return LineReporter(quiet)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


class JsonReporter:
    """One JSON object a line on stdout, as docs/batch.md says."""

    def show(self, event: Event) -> None:
        fields = {
            f.name: _plain(getattr(event, f.name))
            for f in dataclasses.fields(event)
            if not (f.name == "cancelled" and not getattr(event, f.name))
        }
        self._print({"event": _NAMES[type(event)], **fields})

    def say(self, text: str) -> None:
        pass

    def error(self, error: NasutuiError) -> None:
        self._print({"event": "error", "code": error.code, "reason": str(error)})

    def close(self) -> None:
        pass

    def _print(self, value: dict[str, Any]) -> None:
        sys.stdout.write(json_line(value) + "\n")
        sys.stdout.flush()


class LineReporter:
    """Plain lines: for logs, pipes and `--quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet

    def show(self, event: Event) -> None:
        match event:
            case ItemFailed():
                self._err(_("skipped: {reason}").format(reason=event.reason))
            case Row():
                self._out(row_line(event))
            case Note() if not self._quiet:
                self._err(event.text)
            case Started() if not self._quiet:
                self._err(self._started(event))
            case ItemDone() if not self._quiet and event.action not in ("unchanged", "skipped"):
                self._err(f"  {event.action} {display_name(event.path.name)}")
            case Finished() if not self._quiet and event.step not in ("history",):
                self._out(summary_line(event))
            case _:
                pass

    @staticmethod
    def _started(event: Started) -> str:
        if event.total is None:
            return f"{event.step}:"
        return _("{step}: {total} to look at").format(step=event.step, total=event.total)

    def say(self, text: str) -> None:
        if not self._quiet:
            self._err(text)

    def error(self, error: NasutuiError) -> None:
        self._err(f"nasutui: {error}")

    def close(self) -> None:
        pass

    def _out(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _err(self, text: str) -> None:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


class BarReporter(LineReporter):
    """A progress bar with rate and time left on a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._task: Any = None

    def show(self, event: Event) -> None:
        match event:
            case Started():
                self.close()
                if event.total:
                    self._begin(event.step, event.total, in_bytes=False)
            case Progress():
                if self._bar is None:
                    self._begin(display_name(event.what), event.total, in_bytes=True)
                assert self._bar is not None
                self._bar.update(self._task, completed=event.done, total=event.total)
            case ItemDone() | ItemFailed():
                if self._bar is not None:
                    self._bar.advance(self._task)
                if isinstance(event, ItemFailed):
                    super().show(event)
            case Finished():
                self.close()
                super().show(event)
            case _:
                super().show(event)

    def _begin(self, what: str, total: int | None, *, in_bytes: bool) -> None:
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
        self._bar = Bar(
            TextColumn("{task.description}", markup=False), BarColumn(), *middle,
            TimeRemainingColumn(), console=Console(stderr=True, markup=False, highlight=False),
            transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task(what, total=total)
        self._bar.start()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _err(self, text: str) -> None:
        if self._bar is not None:
            from rich.text import Text

            self._bar.console.print(Text(text))
        else:
            super()._err(text)
