"""What a filter can ask for: the leaves and branches of a parsed query, and what each one means.

`fits` gives the meaning on the facts of one picture. The dataset answers the same question for all
pictures at once (see dataset/matching.py); a test holds the two against each other.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from nasutui.core.editing.captions import tag_key

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def name_key(name: str) -> str:
    """What makes two spellings of a file name the same: composed or not, and case."""
    return unicodedata.normalize("NFC", name).casefold()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A tag or name to look for. `text` is a key (see `tag_key`, `name_key`); a "*" in it fits
    any run of characters unless `literal`."""

    text: str
    literal: bool = False

    @property
    def is_glob(self) -> bool:
        return not self.literal and "*" in self.text

    def fits(self, key: str) -> bool:
        """True when the whole key fits."""
        return glob_fits(self.text, key) if self.is_glob else self.text == key


def glob_fits(pattern: str, text: str) -> bool:
    """True when `text` fits `pattern`, in which "*" is any run of characters.

    The parts between the stars are found from left to right, so that no pattern, however many
    stars it has, takes longer than pattern times text.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if len(text) < len(first) + len(last):
        return False
    if not (text.startswith(first) and text.endswith(last)):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


@dataclass(frozen=True, slots=True)
class Tag:
    """Has a tag that fits."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Number:
    """Compares "tags" (how many), "tokens" (of CLIP) or "size" (shorter side in pixels)."""

    field: str
    comparison: str
    value: int


@dataclass(frozen=True, slots=True)
class Score:
    """Compares the tagger's score (0 to 1) of a tag that fits; false where none is known."""

    pattern: Pattern
    comparison: str
    value: float


@dataclass(frozen=True, slots=True)
class ByPerson:
    """A tag that fits was "added" or "removed" by a person (see editing/provenance.py)."""

    deed: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Name:
    """The file name fits (with or without its ending), or holds the text when it has no star."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Duplicate:
    """kind "tags": a tag stands twice; "picture": another picture has the same bytes; "": either."""

    kind: str


@dataclass(frozen=True, slots=True)
class HasProblem:
    """Has a problem (see problems/finding.py) with one of these codes."""

    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Untagged:
    """Has no caption, or an empty one. A caption that can't be read is not empty."""


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty query."""


@dataclass(frozen=True, slots=True)
class Not:
    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]


Leaf: TypeAlias = (
    Tag | Number | Score | ByPerson | Name | Duplicate | HasProblem | Untagged | Everything
)
Expression: TypeAlias = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a query can ask of one picture.

    keys: tag keys in order, with repeats. size: shorter side in pixels. scores: key -> score of
    every tag that the tagger knows; None where the picture was never scored. name: the file name.
    None as `size` is "not known": no comparison is true then.
    """

    keys: tuple[str, ...] = ()
    readable: bool = True
    tokens: int = 0
    size: int | None = None
    scores: Mapping[str, float] | None = None
    added: Collection[str] = ()
    removed: Collection[str] = ()
    name: str = ""
    is_copy: bool = False
    problems: Collection[str] = ()


def fits(expression: Expression, facts: Facts) -> bool:
    """True when the picture with these facts is meant by the query."""
    match expression:
        case Not(part):
            return not fits(part, facts)
        case And(parts):
            return all(fits(part, facts) for part in parts)
        case Or(parts):
            return any(fits(part, facts) for part in parts)
        case _:
            return _leaf_fits(expression, facts)


def _leaf_fits(leaf: Leaf, facts: Facts) -> bool:
    match leaf:
        case Tag(pattern):
            return any(pattern.fits(key) for key in facts.keys)
        case Number(field, comparison, value):
            known = {"tags": len(facts.keys), "tokens": facts.tokens, "size": facts.size}[field]
            return known is not None and COMPARISONS[comparison](known, value)
        case Score(pattern, comparison, value):
            compare = COMPARISONS[comparison]
            scores = (facts.scores or {}).items()
            return any(compare(score, value) for key, score in scores if pattern.fits(key))
        case ByPerson(deed, pattern):
            return any(pattern.fits(key) for key in getattr(facts, deed))
        case Name(pattern):
            return name_fits(pattern, name_key(facts.name))
        case Duplicate(kind):
            repeated = len(set(facts.keys)) < len(facts.keys)
            return (kind != "picture" and repeated) or (kind != "tags" and facts.is_copy)
        case HasProblem(codes):
            return not codes.isdisjoint(facts.problems)
        case Untagged():
            return facts.readable and not facts.keys
        case Everything():
            return True


def name_fits(pattern: Pattern, key: str) -> bool:
    """True when a file name (its key) fits."""
    if not pattern.is_glob:
        return pattern.text in key
    return glob_fits(pattern.text, key) or glob_fits(pattern.text, key.rpartition(".")[0])


def leaves(expression: Expression) -> list[Leaf]:
    """Every leaf, from left to right."""
    match expression:
        case Not(part):
            return leaves(part)
        case And(parts) | Or(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case _:
            return [expression]


def tag_pattern(text: str, *, literal: bool) -> Pattern:
    """The pattern for a tag as a person wrote it."""
    return Pattern(tag_key(text), literal)
