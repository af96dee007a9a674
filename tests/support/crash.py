"""A real process that is killed at every point where a change can be cut: before each statement
that the database executes, before and after each rename and removal, before each flush.

Run as a script: crash.py WHAT TEMPLATE OUTPUT. Copies of the folder TEMPLATE are made as OUTPUT/1,
OUTPUT/2 ..., and WHAT is done in each until the process kills itself at point 1, 2 ... The last
copy is the one in which it lived to the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nasutui.core import files
from nasutui.core.history import journal
from nasutui.core.history import recovery as journal_recovery
from nasutui.core.history import turn as journal_turn
from nasutui.core.history.journal import Edit, Journal


def arm(point: int) -> None:
    """Kill this process at the given point, counted from 1."""
    left = [point]

    def reach(*_args: object) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            reach()
            result = call(*args, **options)
            reach()
            return result

        return counted

    connect = journal.connect

    def watched(*args: Any, **options: Any) -> Any:
        connection = connect(*args, **options)
        connection.set_trace_callback(reach)
        return connection

    journal.connect = watched
    os.replace = around(os.replace)  # type: ignore[assignment]
    Path.unlink = around(Path.unlink)  # type: ignore[method-assign]
    flush = around(files.flush_to_disk)
    for module in (journal, journal_recovery, journal_turn):
        module.flush_to_disk = flush  # type: ignore[attr-defined]


def apply(folder: Path) -> None:
    """Change three files, make one and remove one, in two batches."""
    with Journal(folder) as opened, opened.change("test", "the change") as change:
        first = [Edit(folder / n, b"old " + n.encode(), b"new " + n.encode(), None, "new")
                 for n in ("a.txt", "b.txt", "c.txt")]  # fmt: skip
        change.apply(first)
        change.apply(
            [
                Edit(folder / "made.txt", None, b"new made.txt", None, "new"),
                Edit(folder / "gone.txt", b"old gone.txt", None, "old", None),
            ]
        )


def undo(folder: Path) -> None:
    with Journal(folder) as opened:
        opened.undo()


def redo(folder: Path) -> None:
    with Journal(folder) as opened:
        opened.redo()


def recover(folder: Path) -> None:
    Journal(folder).close()


def main() -> None:
    what, template, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    point, killed = 0, True
    while killed:
        point += 1
        folder = output / str(point)
        shutil.copytree(template, folder)
        child = os.fork()
        if not child:
            arm(point)
            globals()[what](folder)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        killed = os.WIFSIGNALED(status)
        assert killed or status == 0, status


if __name__ == "__main__":
    main()
