"""What is wrong with a caption, where, and how it can be mended.

Every mend is a pure function, tags -> tags, that works from tags and not from places: it can be
used on the caption as it is now, and on many captions at once. No mend ever takes the trigger out
or changes the order of what it keeps (but for the trigger, which comes first).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nasutui.core.dataset.tokens import TokenCounter, best_counter, borders
from nasutui.core.editing.captions import tag_key, unique_tags
from nasutui.core.problems import codes
from nasutui.core.problems.codes import CODES
from nasutui.core.problems.contradictions import contradictions
from nasutui.core.problems.implications import redundant

RATINGS = frozenset(["general", "sensitive", "questionable", "explicit"])
_ENCODING_ODDITIES = frozenset(["encoding", "bom"])
_WITHOUT_MEND = frozenset([codes.UNREADABLE, codes.STEM_SHARED, codes.TWO_CAPTIONS])


@dataclass(frozen=True)
class Rules:
    """What counts as a problem in this dataset.

    trigger: the tags that come first in every caption. token_limit: what the trainer reads (75, 150
    or 225), 0 for no limit. ratings: they are wanted in captions. counter: None means the best that
    is here.
    """

    trigger: tuple[str, ...] = ()
    token_limit: int = 225
    ratings: bool = False
    counter: TokenCounter | None = None
    trigger_keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        trigger = tuple(unique_tags(tag for tag in self.trigger if tag.strip()))
        object.__setattr__(self, "trigger", trigger)
        object.__setattr__(self, "trigger_keys", tuple(tag_key(t) for t in trigger))

    def tokens(self, tags: Sequence[str]) -> int:
        """CLIP tokens of a caption."""
        return (self.counter or best_counter()).count(tags)


@dataclass(frozen=True, slots=True)
class CaptionFile:
    """What is known of the file beside its tags. oddities: see editing/captions.py. unreadable: why it
    can't be read. shared_with: another picture that has the same caption file. beside: a second
    caption file, which is not used."""

    oddities: tuple[str, ...] = ()
    unreadable: str | None = None
    shared_with: str | None = None
    beside: str | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """What helps to choose between tags that contradict each other: the tagger's scores by key, and
    the keys that a person added."""

    scores: Mapping[str, float] = field(default_factory=dict)
    by_person: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Problem:
    """One problem. `code` is one of problem_codes.CODES; places: numbers of the tags it is about,
    counted from 0 (none: the whole caption); tags: those tags; drops: keys that the mend takes out.
    """

    code: str
    rules: Rules
    places: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    drops: frozenset[str] = frozenset()
    detail: str = ""

    @property
    def mendable(self) -> bool:
        """False when only a person can mend it, or there is nothing that `mend` may take out."""
        if self.code == codes.EMPTY:
            return bool(self.rules.trigger)
        if self.code == codes.CONTRADICTION:
            return bool(self.drops)
        return self.code not in _WITHOUT_MEND

    def mend(self, tags: Sequence[str]) -> list[str]:
        """The caption without this problem. What the encoding or several lines are about is mended
        by writing the same tags again."""
        match self.code:
            case codes.CONTRADICTION | codes.REDUNDANT | codes.RATING:
                return [tag for tag in tags if tag_key(tag) not in self.drops]
            case codes.TRIGGER_MISSING | codes.TRIGGER_NOT_FIRST | codes.EMPTY:
                return trigger_first(tags, self.rules)
            case codes.DUPLICATE:
                return unique_tags(tags)
            case codes.TOKENS:
                return shortened(tags, self.rules)
        return list(tags)

    @property
    def text(self) -> str:
        """One sentence for a person, safe to show."""
        from nasutui.core.problems.texts import describe

        return describe(self)


def find(
    tags: Sequence[str],
    rules: Rules,
    file: CaptionFile | None = None,
    hints: Hints | None = None,
    keys: Sequence[str] | None = None,
) -> list[Problem]:
    """Every problem of a caption, in the order of problem_codes.CODES. keys: `tag_key` of each tag,
    when the caller has them."""
    keys = [tag_key(tag) for tag in tags] if keys is None else keys
    file = file or CaptionFile()
    found: list[Problem] = []
    if tags:
        found.extend(_contradicting(tags, keys, rules, hints or Hints()))
        found.extend(_redundant(tags, keys, rules))
        found.extend(_about_tags(tags, keys, rules))
    elif file.unreadable is None:
        found.append(Problem(codes.EMPTY, rules))
    if tags and rules.token_limit and rules.tokens(tags) > rules.token_limit:
        place = _first_beyond(tags, rules)
        found.append(Problem(codes.TOKENS, rules, (place,), (tags[place],)))
    found.extend(_about_file(file, rules))
    return found


def find_codes(tags: Sequence[str], keys: Sequence[str], rules: Rules) -> set[str]:
    """The codes alone of what is wrong with the tags, tokens aside; much quicker than `find`."""
    if not tags:
        return {codes.EMPTY}
    found = {problem.code for problem in _about_tags(tags, keys, rules)}
    if redundant(keys, rules.trigger_keys):
        found.add(codes.REDUNDANT)
    if any(True for _found in contradictions(keys)):
        found.add(codes.CONTRADICTION)
    return found


def mend_all(tags: Sequence[str], rules: Rules, only: Iterable[str] = CODES) -> list[str]:
    """The caption with every problem mended that can be, of these codes."""
    wanted = frozenset(only)
    now = list(tags)
    while True:  # one mend can show the next: without 2girls two hair colours are one too many
        mended = (p.mend(now) for p in find(now, rules) if p.code in wanted and p.mendable)
        better = next((new for new in mended if new != now), None)
        if better is None:
            return now
        now = better


def trigger_first(tags: Sequence[str], rules: Rules) -> list[str]:
    """The trigger in front, once; the rest in its order."""
    return [*rules.trigger, *(t for t in tags if tag_key(t) not in rules.trigger_keys)]


def shortened(tags: Sequence[str], rules: Rules) -> list[str]:
    """As many of the tags as fit into the limit, from the front; the trigger always stays."""
    kept = list(tags)
    spared = {
        next((i for i, t in enumerate(tags) if tag_key(t) == k), -1) for k in rules.trigger_keys
    }
    for place in reversed(range(len(tags))):
        if rules.tokens(kept) <= rules.token_limit:
            break
        if place not in spared:
            del kept[place]
    return kept


def _contradicting(
    tags: Sequence[str], keys: Sequence[str], rules: Rules, hints: Hints
) -> Iterator[Problem]:
    for found in contradictions(keys):
        places = list(zip(found.places, found.values, strict=True))

        def weight(item: tuple[int, str]) -> tuple[bool, bool, float, int]:
            key = keys[item[0]]
            return (
                key in rules.trigger_keys, key in hints.by_person, hints.scores.get(key, 0.0),
                -item[0],
            )  # fmt: skip

        kept = "several" if found.group == "solo" else max(places, key=weight)[1]
        drops = frozenset(
            keys[place]
            for place, value in places
            if value != kept and keys[place] not in rules.trigger_keys
        )
        concerned = tuple(tags[place] for place in found.places)
        yield Problem(codes.CONTRADICTION, rules, found.places, concerned, drops)


def _redundant(tags: Sequence[str], keys: Sequence[str], rules: Rules) -> Iterator[Problem]:
    for place, by in redundant(keys, rules.trigger_keys):
        yield Problem(codes.REDUNDANT, rules, (place, by), (tags[place], tags[by]),
                      frozenset([keys[place]]))  # fmt: skip


def _about_tags(tags: Sequence[str], keys: Sequence[str], rules: Rules) -> Iterator[Problem]:
    if not rules.ratings:
        for place, key in enumerate(keys):
            if _is_rating(key) and key not in rules.trigger_keys:
                yield Problem(codes.RATING, rules, (place,), (tags[place],), frozenset([key]))
    yield from _about_trigger(tags, keys, rules)
    if len(set(keys)) < len(keys):
        seen: set[str] = set()
        for place, key in enumerate(keys):
            if key in seen:
                yield Problem(codes.DUPLICATE, rules, (place,), (tags[place],))
            seen.add(key)


def _is_rating(key: str) -> bool:
    return key.removeprefix("rating:") in RATINGS


def _about_trigger(tags: Sequence[str], keys: Sequence[str], rules: Rules) -> Iterator[Problem]:
    wanted = rules.trigger_keys
    if not wanted or tuple(keys[: len(wanted)]) == wanted:
        return
    if all(key in keys for key in wanted):
        places = tuple(keys.index(key) for key in wanted)
        yield Problem(codes.TRIGGER_NOT_FIRST, rules, places, tuple(tags[p] for p in places))
    else:
        yield Problem(codes.TRIGGER_MISSING, rules)


def _about_file(file: CaptionFile, rules: Rules) -> Iterator[Problem]:
    if not _ENCODING_ODDITIES.isdisjoint(file.oddities):
        yield Problem(codes.ENCODING, rules)
    if "lines" in file.oddities:
        yield Problem(codes.LINES, rules)
    if file.unreadable is not None:
        yield Problem(codes.UNREADABLE, rules, detail=file.unreadable)
    if file.shared_with is not None:
        yield Problem(codes.STEM_SHARED, rules, detail=file.shared_with)
    if file.beside is not None:
        yield Problem(codes.TWO_CAPTIONS, rules, detail=file.beside)


def _first_beyond(tags: Sequence[str], rules: Rules) -> int:
    return borders(tags, rules.counter or best_counter(), [rules.token_limit])[0].tag
