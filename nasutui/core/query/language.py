"""The filter language: which pictures are meant.

    1girl -solo            both the first and not the second      "open mouth"   quotes: as it stands
    1girl OR 2girls        AND OR NOT in capitals, brackets        *_hair         a star: anything
    tags>40 tokens>75      how many tags, CLIP tokens              size<512       shorter side, pixels
    score:blue_skin<0.5    what the tagger thought                 added:hat      a person's own tag
    name:img0*             the file name                           untagged       no caption yet
    dup:                   a tag twice, or a copy of a picture     problem:       see problems/finding.py

NOT binds closer than AND, AND closer than OR; terms side by side are joined by AND. Case, and space
for underscore, do not matter in tags.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nasutui.core.editing.captions import tag_key
from nasutui.core.i18n import _
from nasutui.core.query.fields import term_of
from nasutui.core.query.terms import (
    And,
    ByPerson,
    Duplicate,
    Everything,
    Expression,
    Facts,
    HasProblem,
    Leaf,
    Name,
    Not,
    Number,
    Or,
    Score,
    fits,
    leaves,
)
from nasutui.core.query.words import (
    AND,
    CLOSE,
    END,
    NOT,
    OPEN,
    OR,
    QueryError,
    Word,
    quote,
    split,
)

__all__ = ["Expression", "Matcher", "QueryError", "TagQuery", "parse", "parse_query", "quote"]

Matcher = Callable[[Sequence[str]], bool]
_DEEPEST = 50


def parse(text: str) -> Expression:
    """The meaning of a query; an empty one means every picture. Raises QueryError."""
    words = split(text)
    if words[0].kind == END:
        return Everything()
    return _Parser(words).whole()


@dataclass(frozen=True)
class TagQuery:
    """A query that can be answered from a caption's tags alone. Call it with the tags."""

    expression: Expression

    def __call__(self, tags: Sequence[str]) -> bool:
        keys = tuple(tag_key(t) for t in tags)
        return fits(self.expression, Facts(keys=keys, tokens=self._tokens(tags)))

    def _tokens(self, tags: Sequence[str]) -> int:
        if not any(isinstance(leaf, Number) and leaf.field == "tokens" for leaf in self._leaves):
            return 0
        from nasutui.core.dataset.tokens import best_counter

        return best_counter().count(tags)

    @property
    def _leaves(self) -> list[Leaf]:
        return leaves(self.expression)


def parse_query(text: str) -> TagQuery:
    """A matcher for a caption's tags. `1girl -solo "open mouth" *_hair`; an empty query fits all.
    Raises QueryError (a UsageError), also for a query that asks for more than tags."""
    try:
        expression = parse(text)
    except QueryError as error:
        place = _("in the query, at character {number}: {reason}")
        raise QueryError(
            place.format(number=error.position + 1, reason=error), error.position, error.length
        ) from error
    for leaf in leaves(expression):
        asks_more = isinstance(leaf, Score | ByPerson | Name | HasProblem) or (
            (isinstance(leaf, Number) and leaf.field == "size")
            or (isinstance(leaf, Duplicate) and leaf.kind != "tags")
        )
        if asks_more:
            raise QueryError(
                _("here a query can ask for tags, tags>N, tokens>N, dup:tags and untagged only"),
                0, len(text),
            )  # fmt: skip
    return TagQuery(expression)


class _Parser:
    """Recursive descent over the words; one method a level of precedence."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    def _take(self) -> Word:
        word = self._word
        self._at += 1
        return word

    def whole(self) -> Expression:
        expression = self._or()
        if self._word.kind != END:
            raise _misplaced(self._word)
        return expression

    def _or(self) -> Expression:
        parts = [self._and()]
        while self._word.kind == OR:
            self._take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Expression:
        parts = [self._not()]
        while self._word.kind not in (OR, CLOSE, END):
            if self._word.kind == AND:
                self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Expression:
        negative = False
        while self._word.kind == NOT:
            negative = not negative
            self._take()
        part = self._one()
        return Not(part) if negative else part

    def _one(self) -> Expression:
        if self._word.kind in (AND, OR, CLOSE, END):
            raise self._missing()
        word = self._take()
        return self._bracket(word) if word.kind == OPEN else term_of(word)

    def _bracket(self, opening: Word) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise QueryError(_("too many brackets inside each other"), opening.position)
        inside = self._or()
        self._depth -= 1
        if self._word.kind != CLOSE:
            raise QueryError(_("this bracket is never closed"), opening.position)
        self._take()
        return inside

    def _missing(self) -> QueryError:
        before = self._words[self._at - 1] if self._at else None
        if before is None:
            return _misplaced(self._word)
        if before.kind == OPEN and self._word.kind == CLOSE:
            return QueryError(_("there is nothing between the brackets"), before.position, 2)
        if before.kind == OPEN and self._word.kind == END:
            return QueryError(_("this bracket is never closed"), before.position)
        if before.kind == OPEN:
            return _misplaced(self._word)
        shown = "-" if before.length == 1 else before.kind
        return QueryError(
            _("a term is missing after {word}").format(word=shown), before.position, before.length
        )


def _misplaced(word: Word) -> QueryError:
    if word.kind == CLOSE:
        return QueryError(_("this bracket closes nothing"), word.position)
    return QueryError(
        _('a term is missing before {word} (write "{word}" for a tag of that name)').format(
            word=word.kind
        ),
        word.position, word.length,
    )  # fmt: skip
