"""The taggers that caption together: each picture's scores by each of them, kept apart, and what they
say as one.

Scores are stored as each tagger gave them, so another way of combining them, another threshold or a
tagger more costs no inference of what is known. With one tagger this is that tagger and its scores.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from nasutui.core.tagging.combine import Combination, combined_name
from nasutui.core.tagging.score_writer import ScoreWriter
from nasutui.core.tagging.scores import Scores, ScoreStore, TagTable
from nasutui.core.tagging.tagger import Tagger


class Claims:
    """Lets one worker at a time look at pictures with the same bytes: the next finds the scores."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def of(self, sha256: str) -> threading.Lock:
        """The lock of these bytes."""
        with self._guard:
            return self._locks.setdefault(sha256, threading.Lock())


class Voice:
    """One tagger, which pictures it has scored, and where its scores go."""

    def __init__(self, tagger: Tagger, store: ScoreStore, writer: ScoreWriter, model: int) -> None:
        self.tagger, self._store, self._writer, self._model = tagger, store, writer, model
        self.scored: set[str | None] = {*store.pictures(model)}

    def stored(self, sha256: str) -> Scores | None:
        """The scores of a picture that was scored before this run."""
        return self._store.get(sha256, self._model) if sha256 in self.scored else None

    def ask(self, sha256: str, source: Path | bytes) -> tuple[Scores, bool]:
        """A picture's scores, and whether they had to be inferred (they are stored then).
        Raises PictureError, ModelError."""
        known = self._writer.pending(sha256) or self._store.get(sha256, self._model)
        if known is not None:
            return known, False
        scores = self.tagger.scores(source)
        self._writer.put(sha256, scores)
        return scores, True


class Panel:
    """One or several taggers as one. Safe to use from several threads; `close` it at the end."""

    def __init__(self, root: Path, store: ScoreStore, taggers: Sequence[Tagger], how: str) -> None:
        """how: one of combine.COMBINE. Raises StateError."""
        self.name = combined_name([tagger.name for tagger in taggers], how)
        self._how = how
        self._claims = Claims()
        self._combination = Combination.of([tagger.table for tagger in taggers])
        with ExitStack() as opening:
            self.voices = [_voice(root, store, tagger, opening) for tagger in taggers]
            self._opened = opening.pop_all()

    def close(self) -> None:
        """Wait until all scores are stored. Raises sqlite3.Error when they could not be."""
        self._opened.close()

    @property
    def table(self) -> TagTable:
        """The tags that the combined scores speak of."""
        return self.voices[0].tagger.table if len(self.voices) == 1 else self._combination.table

    def lacking(self, pictures: Iterable[str | None]) -> Iterator[Tagger]:
        """The taggers that have not scored all of these pictures (hex SHA-256, None: not known)."""
        known = list(pictures)
        for voice in self.voices:
            if not all(sha256 in voice.scored for sha256 in known):
                yield voice.tagger

    def stored(self, sha256: str | None) -> Scores | None:
        """What is said of a picture, when every tagger had scored it before this run."""
        found = []
        for voice in self.voices:
            scores = voice.stored(sha256) if sha256 is not None else None
            if scores is None:
                return None
            found.append(scores)
        return self._together(found)

    def ask(self, sha256: str, source: Path | bytes) -> tuple[Scores, bool]:
        """What is said of a picture, and whether a tagger had to look at it. Raises PictureError,
        ModelError."""
        with self._claims.of(sha256):
            answers = [voice.ask(sha256, source) for voice in self.voices]
        return self._together([s for s, _new in answers]), any(new for _s, new in answers)

    def _together(self, scores: Sequence[Scores]) -> Scores:
        return scores[0] if len(scores) == 1 else self._combination.combine(scores, self._how)


def _voice(root: Path, store: ScoreStore, tagger: Tagger, opening: ExitStack) -> Voice:
    model = store.model_id(tagger.key, tagger.name, tagger.table)
    writer = opening.enter_context(closing(ScoreWriter(root, model)))
    return Voice(tagger, store, writer, model)
