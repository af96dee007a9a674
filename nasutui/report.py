"""Events as text: plain lines for a log, JSON lines for a program (a bar for a person: bar.py).

Results go to stdout, diagnostics (progress, notes, failures) to stderr.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import Any, Protocol, TextIO

from nasutui.core.errors import NasutuiError
from nasutui.core.events import Event, Finished, ItemDone, ItemFailed, Note, Progress, Row, Started
from nasutui.core.i18n import _
from nasutui.core.text import display_block, display_name, json_line
from nasutui.summaries import action_word, row_line, summary_line

EVENT_NAMES: dict[type[Event], str] = {
    Started: "started", Note: "note", Progress: "progress", ItemDone: "item", ItemFailed: "failed",
    Row: "row", Finished: "finished",
}  # fmt: skip
_UNSAID_ACTIONS = ("unchanged", "skipped", "checked")
_ANSWERS_ITSELF = ("history", "tags", "dictionary")


class OutputLostError(Exception):
    """A stream of ours takes no more: its reader went away, or the disk is full."""

    def __init__(self, stream: TextIO, error: OSError) -> None:
        super().__init__(str(error))
        self.stream, self.error = stream, error


def write_line(stream: TextIO, text: str) -> None:
    """Write one line at once. Raises OutputLostError."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except OSError as error:
        raise OutputLostError(stream, error) from error


class Reporter(Protocol):
    """How a front end without a screen speaks."""

    def show(self, event: Event) -> None: ...
    def say(self, text: str) -> None: ...
    def error(self, error: NasutuiError, usage: str = "") -> None: ...
    def close(self) -> None: ...


def make_reporter(*, as_json: bool, quiet: bool) -> Reporter:
    """The reporter for this call."""
    if as_json:
        return JsonReporter(quiet)
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return LineReporter(quiet)
    from nasutui.bar import BarReporter

    return BarReporter()


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


class JsonReporter:
    """One JSON object a line on stdout, as docs/batch.md says. quiet: no `started`, `note`,
    `progress` and `item`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet

    def show(self, event: Event) -> None:
        if self._quiet and isinstance(event, Started | Note | Progress | ItemDone):
            return
        fields = {f.name: _plain(getattr(event, f.name)) for f in dataclasses.fields(event)}
        self._print({"event": EVENT_NAMES[type(event)], **fields})

    def say(self, text: str) -> None:
        pass

    def error(self, error: NasutuiError, usage: str = "") -> None:
        self._print({"event": "error", "code": error.code, "reason": str(error)})

    def close(self) -> None:
        pass

    @staticmethod
    def _print(value: dict[str, Any]) -> None:
        write_line(sys.stdout, json_line(value))


class LineReporter:
    """Plain lines: for logs, pipes and `--quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet

    def show(self, event: Event) -> None:
        match event:
            case ItemFailed():
                self._err(_("skipped: {reason}").format(reason=event.reason))
            case Row():
                line = row_line(event)
                if line:
                    self._out(line)
            case Note() if not self._quiet:
                self._err(event.text)
            case Started() if not self._quiet:
                self._err(self._started(event))
            case ItemDone() if not self._quiet and event.action not in _UNSAID_ACTIONS:
                self._err(f"  {action_word(event.action)} {display_name(event.path.name)}")
            case Finished(step="prompt"):
                self._out(summary_line(event))  # the answer itself
            case Finished() if not self._quiet and event.step not in _ANSWERS_ITSELF:
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

    def error(self, error: NasutuiError, usage: str = "") -> None:
        if usage:
            self._err(usage.rstrip())
        self._err(f"nasutui: {error}")

    def close(self) -> None:
        pass

    def _out(self, text: str) -> None:
        write_line(sys.stdout, text)

    def _err(self, text: str) -> None:
        write_line(sys.stderr, display_block(text))
