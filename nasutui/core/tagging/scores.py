"""Every tagger score of every picture, kept so that nothing is inferred twice.

Keyed by the picture's content (SHA-256 of its bytes) and the model (see tagger.py), never by file
name. Stored sparse: probabilities of 0.01 and up, ratings always, as uint16 index and float16
value (about 1.2 KB a picture). Captions are always made from this stored form, so a caption made
at once and one made again later from the store are the same.
"""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nasutui.core.database import Connection, connect
from nasutui.core.editing.captions import tag_key
from nasutui.core.errors import ModelError
from nasutui.core.i18n import _

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FLOOR = 0.01
GENERAL, CHARACTER, RATING = 0, 4, 9  # category codes in selected_tags.csv
_HIGHEST_CODE = 32767  # what `codes` holds


@dataclass(frozen=True)
class TagTable:
    """The tags of a tagger in the order of its outputs, each with its category code."""

    names: tuple[str, ...]
    categories: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def spellings(self) -> dict[object, tuple[tuple[str, ...], bool]]:
        """Kept for selection.py: how sets of rules write these tags."""
        return {}

    @cached_property
    def places(self) -> dict[str, int]:
        """tag_key -> index."""
        return {tag_key(name): i for i, name in enumerate(self.names)}

    @cached_property
    def codes(self) -> NDArray[np.int16]:
        """The category codes as an array."""
        import numpy as np

        return np.asarray(self.categories, dtype=np.int16)

    @cached_property
    def ratings(self) -> tuple[int, ...]:
        """Indices of the rating tags."""
        return tuple(i for i, c in enumerate(self.categories) if c == RATING)

    def to_bytes(self) -> bytes:
        return zlib.compress(json.dumps([self.names, self.categories]).encode())

    @staticmethod
    def from_bytes(data: bytes) -> TagTable:
        names, categories = json.loads(zlib.decompress(data))
        return TagTable(tuple(names), tuple(categories))

    @staticmethod
    def from_csv(text: str) -> TagTable:
        """Read a selected_tags.csv (columns tag_id, name, category, count).
        Raises ModelError when it is none."""
        try:
            rows = list(csv.DictReader(io.StringIO(text)))
            names = tuple(row["name"] for row in rows)
            categories = tuple(int(row["category"]) for row in rows)
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise ModelError(
                _("selected_tags.csv is damaged or not a WD14 tag list"), code="model-tags"
            ) from error
        codes_fit = all(0 <= code <= _HIGHEST_CODE for code in categories)
        if not names or not all(names) or len(names) > 65535 or not codes_fit:
            raise ModelError(_("selected_tags.csv holds no usable tags"), code="model-tags")
        return TagTable(names, categories)


@dataclass(frozen=True)
class Scores:
    """One picture's sparse scores: tag indices (uint16, ascending) and probabilities (float16)."""

    tags: NDArray[np.uint16]
    probabilities: NDArray[np.float16]

    @staticmethod
    def from_dense(dense: NDArray[np.float32], table: TagTable) -> Scores:
        """Keep what is worth keeping of one output row, shape (len(table),)."""
        import numpy as np

        keep = dense >= FLOOR
        keep[list(table.ratings)] = True
        (indices,) = np.nonzero(keep)
        return Scores(indices.astype(np.uint16), dense[indices].astype(np.float16))

    @staticmethod
    def from_blobs(tags: bytes, probabilities: bytes) -> Scores:
        import numpy as np

        return Scores(np.frombuffer(tags, "<u2"), np.frombuffer(probabilities, "<f2"))

    def as_dict(self, table: TagTable) -> dict[str, float]:
        """Tag name -> probability."""
        return {
            table.names[i]: float(p)
            for i, p in zip(self.tags.tolist(), self.probabilities.tolist(), strict=True)
        }

    def best(self, table: TagTable, count: int) -> list[tuple[str, float]]:
        """The tags with the highest probabilities, the highest first; no ratings."""
        import numpy as np

        shown = np.where(table.codes[self.tags] == RATING, np.float16(-1), self.probabilities)
        order = [i for i in np.argsort(-shown, kind="stable")[:count].tolist() if shown[i] >= 0]
        return [(table.names[self.tags[i]], round(float(shown[i]), 4)) for i in order]


def put_row(db: sqlite3.Connection, picture: str, model: int, scores: Scores) -> None:
    """Write one picture's scores; the transaction is the caller's."""
    db.execute(
        "INSERT OR REPLACE INTO score(picture, model_id, tags, probabilities) VALUES (?, ?, ?, ?)",
        (bytes.fromhex(picture), model,
         scores.tags.astype("<u2").tobytes(), scores.probabilities.astype("<f2").tobytes()),
    )  # fmt: skip


class ScoreStore:
    """The scores of one project or folder. Safe to use from several threads."""

    def __init__(self, root: Path) -> None:
        self._db = connect(root, durable=False)
        self.lock = self._db.lock

    @property
    def connection(self) -> Connection:
        """The connection, to share (with `lock`) with caches of the same durability."""
        return self._db

    def close(self) -> None:
        """Let go of the database."""
        self._db.close()

    def model_id(self, key: str, name: str, table: TagTable) -> int:
        """The number under which a model's scores are stored."""
        with self.lock:
            self._db.execute(
                "INSERT INTO model(key, name, tags) VALUES (?, ?, ?) ON CONFLICT(key) DO NOTHING",
                (key, name, table.to_bytes()),
            )
            row = self._db.execute("SELECT id FROM model WHERE key=?", (key,)).fetchone()
        return int(row[0])

    def models(self) -> list[tuple[int, str, TagTable]]:
        """Number, name and tags of every model that scored pictures here, oldest first."""
        with self.lock:
            rows = self._db.execute("SELECT id, name, tags FROM model ORDER BY id").fetchall()
        return [(row[0], row[1], TagTable.from_bytes(row[2])) for row in rows]

    def counts(self) -> dict[str, int]:
        """Name of a model -> how many pictures it has scored (of several of one name the most)."""
        with self.lock:
            rows = self._db.execute(
                "SELECT name, MAX(n) FROM model JOIN (SELECT model_id, COUNT(*) AS n FROM score"
                " GROUP BY model_id) ON id = model_id GROUP BY name"
            ).fetchall()
        return dict(rows)

    def get(self, picture: str, model: int) -> Scores | None:
        """The scores of a picture (hex SHA-256) by a model, or None."""
        with self.lock:
            row = self._db.execute(
                "SELECT tags, probabilities FROM score WHERE picture=? AND model_id=?",
                (bytes.fromhex(picture), model),
            ).fetchone()
        return Scores.from_blobs(*row) if row else None

    def pictures(self, model: int) -> set[str]:
        """The pictures (hex SHA-256) that a model has scored."""
        with self.lock:
            rows = self._db.execute("SELECT picture FROM score WHERE model_id=?", (model,))
            return {bytes(row[0]).hex() for row in rows}

    def put(self, picture: str, model: int, scores: Scores) -> None:
        """Store the scores of one picture; they survive the end of the process at once."""
        with self.lock:
            put_row(self._db, picture, model, scores)

    def all(self, model: int) -> Iterator[tuple[str, Scores]]:
        """Every picture's scores by one model: (hex SHA-256, scores)."""
        with self.lock:
            rows = self._db.execute(
                "SELECT picture, tags, probabilities FROM score WHERE model_id=?", (model,)
            ).fetchall()
        for picture, tags, probabilities in rows:
            yield bytes(picture).hex(), Scores.from_blobs(tags, probabilities)
