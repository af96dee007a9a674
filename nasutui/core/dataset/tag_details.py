"""What is known of one picture's tags beside the caption: scores, who said each, what else the
tagger proposes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from nasutui.core.database import database_path, explained_errors, state_root
from nasutui.core.editing.captions import tag_key
from nasutui.core.editing.provenance import Memory, notice
from nasutui.core.hashes import FileHashes
from nasutui.core.history.journal import Journal
from nasutui.core.tagging.scores import RATING, ScoreStore
from nasutui.core.tagging.selection import SelectionRules, excluded

LEAST_SCORE = 0.1  # what is less likely is not worth proposing
MOST_PROPOSED = 14

TAGGER, PERSON, UNKNOWN = "tagger", "person", ""


@dataclass(frozen=True)
class Details:
    """Of one picture. scores: tag key -> probability, 0 to 1 (empty: never scored). names: key ->
    the model's spelling. memory: what the journal remembers."""

    scores: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    ratings: frozenset[str] = frozenset()
    memory: Memory = field(default_factory=Memory)

    def origins(self, tags: Sequence[str]) -> list[str]:
        """Who said each of these tags: TAGGER, PERSON, or UNKNOWN where no tagger ever wrote."""
        if self.memory.tagger is None:
            return [UNKNOWN] * len(tags)
        added = {tag_key(t) for t in notice(self.memory, tags).added}
        return [PERSON if tag_key(t) in added else TAGGER for t in tags]

    def rejected(self, tags: Sequence[str]) -> set[str]:
        """Keys of the tags that a person took out, and that are not in the caption."""
        return {tag_key(t) for t in notice(self.memory, tags).removed}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tag that the tagger saw and the caption lacks."""

    tag: str
    score: float
    rejected: bool


def proposals(
    tags: Collection[str],
    details: Details,
    rules: SelectionRules,
    *,
    least: float = LEAST_SCORE,
    limit: int = MOST_PROPOSED,
) -> list[Proposal]:
    """The likeliest tags that are not in the caption; those that a person rejected last."""
    present = {tag_key(t) for t in tags}
    rejected = details.rejected(list(tags))
    found = [
        Proposal(details.names[key], score, key in rejected)
        for key, score in details.scores.items()
        if score >= least
        and key not in present
        and key not in details.ratings
        and not excluded(key, rules.exclude)
    ]
    found.sort(key=lambda p: (p.rejected, -p.score, p.tag))
    return found[:limit]


def read_details(folder: Path, picture: Path | None, caption: Path) -> Details:
    """Look up what is remembered of a picture and its caption. Nothing is made for the question.
    Raises StateError; a picture that can't be read has no scores."""
    root = state_root(folder)
    if not database_path(root).is_file():
        return Details()
    with Journal(root) as journal:
        memory = Memory.from_json(journal.memory(caption))
    scores: dict[str, float] = {}
    ratings: frozenset[str] = frozenset()
    if picture is not None:
        with closing(ScoreStore(root)) as store, explained_errors(root):
            scores, ratings = _scores(store, FileHashes(root, store.connection), picture)
    keyed = {tag_key(name): score for name, score in scores.items()}
    names = {tag_key(name): name for name in scores}
    return Details(keyed, names, ratings, memory)


def _scores(
    store: ScoreStore, hashes: FileHashes, picture: Path
) -> tuple[dict[str, float], frozenset[str]]:
    """The scores by the newest model that has seen the picture, and the rating tags' keys."""
    models = store.models()
    if not models:
        return {}, frozenset()
    try:
        digest = hashes.sha256(picture)
    except OSError:
        return {}, frozenset()
    for number, _name, table in reversed(models):
        scores = store.get(digest, number)
        if scores is not None:
            ratings = frozenset(
                tag_key(n)
                for n, c in zip(table.names, table.categories, strict=True)
                if c == RATING
            )
            return scores.as_dict(table), ratings
    return {}, frozenset()
