"""What the journal takes and tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """One file's change. None: no file.

    `memory_*` is the caption's provenance (JSON, see editing/provenance.py): `memory_after` is remembered
    now, undo goes back to `memory_before`; with neither, what is remembered stays as it is. An edit
    with `before` the same as `after` only changes what is remembered. One edit a file and call.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    memory_before: str | None = None
    memory_after: str | None = None

    @property
    def changes_file(self) -> bool:
        return self.before != self.after

    @property
    def changes_memory(self) -> bool:
        return self.memory_before != self.memory_after

    @property
    def is_for_history(self) -> bool:
        """False when there is nothing that undo could take back."""
        return self.changes_file or self.changes_memory


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not changed, and why (safe to show)."""

    path: Path
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """One line of the history. `files`: how many files it changed (0: only what is remembered); `state` is "applied",
    "undone" (can be redone) or "dropped" (undone, then something else was done)."""

    id: int
    at: datetime
    step: str
    label: str
    files: int
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an undo or redo did. remembered: captions of which only what is known has changed."""

    change: ChangeInfo
    written: tuple[Path, ...]
    refused: tuple[Refusal, ...]
    remembered: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found half done when the journal was opened, and finished."""

    label: str
    finished: tuple[Path, ...]
    refused: tuple[Refusal, ...]
