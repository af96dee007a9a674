"""What a step says while it works.

A step is a plain generator: it takes its settings and a `cancelled` callable, does one item at a
time and yields these events; the caller that stops iterating stops the work. What fails for one
item is an `ItemFailed`, never an exception; what can't start raises one of our errors before the
first event. The last event is always `Finished`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

Cancelled: TypeAlias = Callable[[], bool]


def never() -> bool:
    """A `cancelled` for work that nobody can stop."""
    return False


@dataclass(frozen=True, slots=True)
class Started:
    """The work is known: `total` items (None: not known)."""

    step: str
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know that is about no single item's failure. `code` is stable."""

    code: str
    text: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress inside one long item, such as a download. Units are `unit` ("bytes")."""

    what: str
    done: int
    total: int | None
    unit: str = "bytes"


@dataclass(frozen=True, slots=True)
class ItemDone:
    """One item is finished and safely on disk.

    `action` is a stable word: "made", "unchanged", "changed", "skipped", "duplicate" ...
    `detail` holds plain JSON values only.
    """

    path: Path
    action: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ItemFailed:
    """One item was not done. `reason` is safe to show; `code` is stable."""

    path: Path
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an answer (a change of the history, a tag that was found ...). `kind` is stable;
    `data` holds plain JSON values."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """The end. `summary` holds plain JSON values; `cancelled` when it was stopped before it
    was done (everything reported as done stays done)."""

    step: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    cancelled: bool = False


Event: TypeAlias = Started | Note | Progress | ItemDone | ItemFailed | Row | Finished
Events: TypeAlias = Iterator[Event]
