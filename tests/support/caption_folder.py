"""Folders of captions, looked at from outside: bytes in, bytes out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from nasutui.core.events import Event, Events, Finished, ItemDone, ItemFailed
from nasutui.core.files import TEMPORARY_PREFIX
from nasutui.core.history.journal import Edit, Journal, Outcome, Refusal

# Names as they come from Macs, zips and people; each must work like any other.
HOSTILE_STEMS = [
    "plain",
    "with space",
    "-rf",
    "なす味噌",
    "か\u3099 nfd",
    "line\nbreak",
    "\x1b]0;title\x07",
    "[bold]markup[@click=x]",
    "%s {name} $HOME",
    'it\'s "quoted"',
    "rtl\u202egnp",
    "👩\u200d🎨",
    os.fsdecode(b"latin-\xe9"),
]


def fill(folder: Path, texts: Mapping[str, bytes]) -> None:
    """Write files by name, as another program would."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_bytes(text)


def texts(folder: Path) -> dict[str, bytes]:
    """Every file of the folder by name, hidden ones too; `.nasutui` is not looked into."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def temporaries(folder: Path) -> list[Path]:
    """Temporary files of ours, anywhere below the folder."""
    return sorted(folder.rglob(f"{TEMPORARY_PREFIX}*"))


def change(folder: Path, new: Mapping[str, bytes | None], label: str = "a change") -> list[Refusal]:
    """Change files through the journal, from what they hold now."""
    with Journal(folder) as journal, journal.change("test", label) as step:
        return step.apply(
            [Edit(folder / name, now(folder / name), text) for name, text in new.items()]
        )


def now(path: Path) -> bytes | None:
    """A file's bytes; None when there is none."""
    return path.read_bytes() if path.exists() else None


def collect(events: Events) -> list[Event]:
    """Run a step to its end, which must be `Finished`."""
    seen = list(events)
    assert isinstance(seen[-1], Finished)
    return seen


def done(events: list[Event], action: str) -> set[str]:
    """Names of the files that a step reports so."""
    return {e.path.name for e in events if isinstance(e, ItemDone) and e.action == action}


def failures(events: list[Event]) -> dict[str, str]:
    """Name -> code of the files that a step did not do."""
    return {e.path.name: e.code for e in events if isinstance(e, ItemFailed)}


def batch(*arguments: str | Path) -> list[str]:
    """The command of a real `nasutui --batch`."""
    return [sys.executable, "-m", "nasutui", "--batch", *map(str, arguments)]


def run_script(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def numbered(count: int, text: str = "1girl, solo, tag{i}") -> Iterator[tuple[str, bytes]]:
    """Captions img0001.txt ... with a text of their own."""
    for i in range(1, count + 1):
        yield f"img{i:04d}.txt", text.format(i=i).encode()


OLD = {
    "a.txt": b"1girl, solo\n",
    "b.txt": "\ufeff髪, 青\r\n".encode(),
    "c.txt": b"\xff\xfe not text \0",
}
NEW = {"a.txt": b"1girl", "b.txt": b"", "c.txt": b"x, y"}


def undo(folder: Path) -> tuple[set[str], dict[str, str]]:
    """Undo one change: names that were written, name -> code of those refused."""
    with Journal(folder) as journal:
        return _told(journal.undo())


def redo(folder: Path) -> tuple[set[str], dict[str, str]]:
    """Redo one change: names that were written, name -> code of those refused."""
    with Journal(folder) as journal:
        return _told(journal.redo())


def _told(outcome: Outcome | None) -> tuple[set[str], dict[str, str]]:
    assert outcome is not None
    return {p.name for p in outcome.written}, {r.path.name: r.code for r in outcome.refused}


def states(folder: Path) -> list[tuple[str, int, str]]:
    """The history, newest first: label, number of files, state."""
    with Journal(folder) as journal:
        return [(c.label, c.files, c.state) for c in journal.history()]
