"""Writes scores beside the work: who infers never waits for the disk.

The journal flushes to the disk and holds the database's one write lock while it does; a worker that
wrote its own scores would stand still for that long. Scores are on disk within moments of being put,
many in one transaction when they come fast.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from pathlib import Path

from nasutui.core.database import connect, transaction
from nasutui.core.tagging.scores import Scores, put_row

_WAITING = 256  # scores that may wait before those who put them have to


class ScoreWriter:
    """The scores of one model on their way to the store. Safe to use from several threads."""

    def __init__(self, root: Path, model: int) -> None:
        """Raises StateError when the database can't be opened."""
        self._db = connect(root, durable=False)
        self._model = model
        self._queue: queue.Queue[tuple[str, Scores] | None] = queue.Queue(_WAITING)
        self._pending: dict[str, Scores] = {}
        self._guard = threading.Lock()
        self._error: sqlite3.Error | None = None
        self._thread = threading.Thread(target=self._work, name="nasutui-scores")
        self._thread.start()

    def put(self, picture: str, scores: Scores) -> None:
        """Store the scores of a picture (hex SHA-256) soon. Raises sqlite3.Error when writing has
        failed meanwhile."""
        if self._error is not None:
            raise self._error
        with self._guard:
            self._pending[picture] = scores
        self._queue.put((picture, scores))

    def pending(self, picture: str) -> Scores | None:
        """Scores that were put and may not be in the store yet."""
        with self._guard:
            return self._pending.get(picture)

    def close(self) -> None:
        """Wait until everything is stored. Raises sqlite3.Error when it could not be."""
        self._queue.put(None)
        self._thread.join()
        self._db.close()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        ending = False
        while not ending:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            ending = None in batch
            self._write([entry for entry in batch if entry is not None])

    def _write(self, entries: list[tuple[str, Scores]]) -> None:
        try:
            if entries and self._error is None:
                with transaction(self._db):
                    for picture, scores in entries:
                        put_row(self._db, picture, self._model, scores)
        except sqlite3.Error as error:
            self._error = error
        with self._guard:
            for picture, _scores in entries:
                self._pending.pop(picture, None)
