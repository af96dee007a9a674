"""A tagger with any tag list that says the same of every picture and counts how often it looks."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from nasutui.core.errors import PictureError
from nasutui.core.tagging.scores import CHARACTER, GENERAL, RATING, Scores, TagTable

_RATINGS = ("general", "sensitive", "questionable", "explicit")


class CountingTagger:
    """says: tag -> probability; ratings are told by their names, and of the tags that `characters`
    names it is said that they are characters."""

    def __init__(
        self, name: str, says: Mapping[str, float], characters: tuple[str, ...] = ()
    ) -> None:
        self.name, self.key, self.looked = name, f"key of {name}", 0
        categories = (
            RATING if tag in _RATINGS else CHARACTER if tag in characters else GENERAL
            for tag in says
        )
        self.table = TagTable(tuple(says), tuple(categories))
        self._scores = np.array(list(says.values()), np.float32)
        self._guard = threading.Lock()

    def scores(self, source: Path | bytes) -> Scores:
        data = source.read_bytes() if isinstance(source, Path) else source
        if not data.startswith(b"\x89PNG"):
            raise PictureError("broken", code="damaged")
        with self._guard:
            self.looked += 1
        return Scores.from_dense(self._scores, self.table)
