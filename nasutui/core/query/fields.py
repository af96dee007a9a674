"""What one term of a query means: a tag, or a field such as tags>40 or name:img0*."""

from __future__ import annotations

import difflib
import struct
from collections.abc import Sequence

from nasutui.core.i18n import _
from nasutui.core.problems.codes import CODES, codes_of
from nasutui.core.query.terms import (
    ByPerson,
    Duplicate,
    HasProblem,
    Leaf,
    Name,
    Number,
    Pattern,
    Score,
    Tag,
    Untagged,
    name_key,
    tag_pattern,
)
from nasutui.core.query.words import QueryError, Word
from nasutui.core.text import display_name

_HIGHEST = 2**31 - 1
_FIELDS = ("tags", "tokens", "size", "score", "added", "removed", "name", "dup", "problem")


def term_of(word: Word) -> Leaf:
    """The meaning of a term. Raises QueryError."""
    match word.field:
        case "tags" | "tokens" | "size":
            return Number(word.field, word.comparison, _whole_number(word))
        case "score":
            return _score(word)
        case "added" | "removed":
            every = not word.text.strip() and not word.literal
            return ByPerson(word.field, Pattern("*") if every else _pattern(word))
        case "name":
            return Name(_name_pattern(word))
        case "dup":
            return Duplicate(_choice(word, ("tags", "picture")))
        case "problem":
            return HasProblem(_problem_codes(word))
    if not word.literal:
        if word.text.casefold() == "untagged":
            return Untagged()
        _check_field_name(word)
    return Tag(_pattern(word))


def _pattern(word: Word) -> Pattern:
    if not word.text.strip():
        raise QueryError(_("a tag is missing here"), word.position, word.length)
    return tag_pattern(word.text, literal=word.literal)


def _name_pattern(word: Word) -> Pattern:
    if not word.text:
        raise QueryError(_("a file name is missing, as in name:img0*"), word.position, word.length)
    return Pattern(name_key(word.text), word.literal)


def _whole_number(word: Word) -> int:
    if not word.value.isdecimal() or len(word.value) > 20:
        raise QueryError(
            _("a whole number belongs behind {start}, as in {example}").format(
                start=f"{word.field}{word.comparison}", example=f"{word.field}>40"
            ),
            word.position, word.length,
        )  # fmt: skip
    return min(int(word.value), _HIGHEST)


def _score(word: Word) -> Score:
    example = _("write it as in score:blue_skin<0.5")
    if not word.comparison:
        raise QueryError(
            _("a comparison is missing; {example}").format(example=example),
            word.position, word.length,
        )  # fmt: skip
    try:
        value = float(word.value) if word.value.isascii() else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise QueryError(
            _("a score is a number from 0 to 1; {example}").format(example=example),
            word.position, word.length,
        )  # fmt: skip
    return Score(_pattern(word), word.comparison, _as_stored(value))


def _as_stored(score: float) -> float:
    """The nearest half float, as scores are kept: a score of 0.35 is no less than 0.35."""
    (value,) = struct.unpack("<e", struct.pack("<e", score))
    return float(value)


def _choice(word: Word, choices: Sequence[str]) -> str:
    if word.text and word.text.casefold() not in choices:
        raise QueryError(
            _("{field}: can be followed by {choices}, or by nothing").format(
                field=word.field, choices=_("{a} or {b}").format(a=choices[0], b=choices[1])
            ),
            word.position, word.length,
        )  # fmt: skip
    return word.text.casefold()


def _problem_codes(word: Word) -> frozenset[str]:
    codes = codes_of(word.text)
    if not codes:
        raise QueryError(
            _("there is no problem called {name}; there are {names}").format(
                name=display_name(word.text), names=", ".join(CODES)
            ),
            word.position, word.length,
        )  # fmt: skip
    return codes


def _check_field_name(word: Word) -> None:
    """A mistyped field would silently be a tag that nobody has."""
    name, colon, rest = word.text.partition(":")
    if not (colon and name.isalpha() and rest):
        return
    close = difflib.get_close_matches(name.casefold(), _FIELDS, n=1, cutoff=0.7)
    if close:
        meant = f"{close[0]}<" if close[0] in ("tags", "tokens", "size") else f"{close[0]}:"
        raise QueryError(
            _('{name}: is not known; did you mean {close}? (write "{term}" if it is a tag)').format(
                name=display_name(name), close=meant, term=display_name(word.text)
            ),
            word.position, word.length,
        )  # fmt: skip
