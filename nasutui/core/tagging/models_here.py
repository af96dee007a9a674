"""The models to choose from: which are on this computer, how large, how many tags, what they scored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import database_path, state_root
from nasutui.core.errors import ModelError
from nasutui.core.tagging.hub import in_cache
from nasutui.core.tagging.models import (
    CATALOGUE,
    EMBEDDED,
    MODEL_FILE,
    TAGS_FILE,
    ModelFiles,
    embedded_files,
    repo_of,
    stored_name,
)
from nasutui.core.tagging.scores import ScoreStore
from nasutui.core.tagging.tagger import read_tags


@dataclass(frozen=True, slots=True)
class ModelHere:
    """name: as settings give it; here: on this computer; size: bytes of the model file (0: not
    known); tags: how many (0: not known); threshold: from the model's card (0: not known); scored:
    pictures of the project that it has scored; files: where, when it is here."""

    name: str
    here: bool
    size: int
    tags: int
    threshold: float
    scored: int
    files: ModelFiles | None = None


def models_here(folder: Path, more: Iterable[str] = (), place: Path = Path()) -> list[ModelHere]:
    """The built-in tagger, the published ones, and `more` (folders, from `place` on if relative, and
    names on the hub); folder: whose scores are counted. Raises StateError."""
    root = state_root(folder)
    counts: dict[str, int] = {}
    if database_path(root).is_file():
        with closing(ScoreStore(root)) as store:
            counts = store.counts()
    names = dict.fromkeys((EMBEDDED, *(known.name for known in CATALOGUE), *more))
    return [_looked_at(name, place, counts) for name in names]


def _looked_at(name: str, place: Path, counts: dict[str, int]) -> ModelHere:
    local = place / name
    given, files, scored = str(local) if local.is_dir() else name, None, 0
    with contextlib.suppress(ModelError):
        files = _files(given)
        scored = counts.get(stored_name(given), 0)
    known = next((k for k in CATALOGUE if k.name == name), None)
    size, tags = (known.size, known.tags) if known else (0, 0)
    if files is not None:
        size, tags = _measured(files)
    threshold = known.threshold if known else 0.0
    return ModelHere(name, files is not None, size, tags, threshold, scored, files)


def _files(name: str) -> ModelFiles | None:
    """A model's files, when both are on this computer. Raises ModelError."""
    if name == EMBEDDED:
        return embedded_files()
    folder = Path(name).expanduser()
    if folder.is_dir():
        found = ModelFiles(name, folder / MODEL_FILE, folder / TAGS_FILE)
        return found if found.model.is_file() and found.tags.is_file() else None
    repo = repo_of(name)
    model, tags = in_cache(repo, MODEL_FILE), in_cache(repo, TAGS_FILE)
    return ModelFiles(repo, model, tags) if model and tags else None


def _measured(files: ModelFiles) -> tuple[int, int]:
    """Bytes of the model and number of its tags; 0 for what can't be read."""
    size = tags = 0
    with contextlib.suppress(OSError):
        size = files.model.stat().st_size
    with contextlib.suppress(ModelError):
        tags = len(read_tags(files))
    return size, tags


def short_name(name: str) -> str:
    """A model's name without what all have in common."""
    return name.rpartition("/")[2]
