"""The words of a query: brackets, AND OR NOT, minus signs, and terms.

Tags hold nearly every character that a query language would like for itself. These rules keep both:
text in double quotes is a tag as it stands ("" is one quotation mark); a kaomoji is a tag; brackets
that open inside a word belong to it, as in poster_(object); everything else between spaces is a term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nasutui.core.editing.captions import KAOMOJI
from nasutui.core.errors import UsageError
from nasutui.core.i18n import _

OPEN, CLOSE, AND, OR, NOT, TERM, END = "(", ")", "AND", "OR", "NOT", "term", "end"

# Tags that the rules below would read as a minus sign, a bracket or a star.
_FACES = KAOMOJI | {":)", ";)", ":(", ";(", ">:)", ">:(", "-o-", "-3-", "-w-", "-v-", "-.-"}
_LONGEST_FIRST = sorted(_FACES, key=len, reverse=True)
_FACE = re.compile(rf"(?:{'|'.join(map(re.escape, _LONGEST_FIRST))})(?=[\s)]|$)", re.I)
_OPERATOR = re.compile(r"(?:AND|OR|NOT)(?=[\s()]|$)")
_FIELD = re.compile(r"(score|added|removed|name|dup|problem):", re.I)
# Spaces may stand around the comparison, as in `tags > 40`.
_NUMBER = re.compile(r"(tags|tokens|size)(\s*)(<=|>=|==|!=|<|>|=)(\s*)([^\s()]*)", re.I)
_SCORE_END = re.compile(r"\s*(<=|>=|==|!=|<|>|=)\s*([0-9.][^\s()]*)")


class QueryError(UsageError):
    """A query that can't be understood. `position` and `length` say which characters of it."""

    default_code = "query"

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.position = position
        self.length = length


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query. A term has its text, whether that was quoted or is a face (`literal`),
    its field ("" for a plain tag, else in small letters) and what it is compared with."""

    kind: str
    position: int
    end: int
    text: str = ""
    literal: bool = False
    field: str = ""
    comparison: str = ""
    value: str = ""

    @property
    def length(self) -> int:
        return max(1, self.end - self.position)


def split(query: str) -> list[Word]:
    """The words of a query, with END as the last. Raises QueryError."""
    return list(_Splitter(query).words())


class _Splitter:
    def __init__(self, query: str) -> None:
        self.query = query
        self.at = 0
        self.open_brackets = 0

    def words(self) -> Iterator[Word]:
        while True:
            while self.at < len(self.query) and self.query[self.at].isspace():
                self.at += 1
            if self.at >= len(self.query):
                yield Word(END, len(self.query), len(self.query))
                return
            yield self._next()

    def _next(self) -> Word:
        query, start = self.query, self.at
        if match := _FACE.match(query, start):
            return self._literal(start, match.end())
        if match := _OPERATOR.match(query, start):
            self.at = match.end()
            return Word(match.group(), start, self.at)
        character = query[start]
        if character == "(":
            self.open_brackets += 1
            self.at += 1
            return Word(OPEN, start, self.at)
        if character == ")":
            return self._close(start)
        if character == "-" and start + 1 < len(query) and not self._ends_word(start + 1):
            self.at += 1
            return Word(NOT, start, self.at)
        if character == '"':
            text, end = self._quoted(start)
            self._must_end_word(end)
            self.at = end
            return Word(TERM, start, end, text, literal=True)
        if match := _NUMBER.match(query, start):
            word = self._number(match)
            if word:
                return word
        if match := _FIELD.match(query, start):
            return self._field(start, match)
        end = self._word_end(start)
        self.at = end
        return Word(TERM, start, end, query[start:end])

    def _literal(self, start: int, end: int) -> Word:
        self.at = end
        return Word(TERM, start, end, self.query[start:end], literal=True)

    def _close(self, start: int) -> Word:
        if not self.open_brackets:
            raise QueryError(
                _("this bracket closes nothing; write a tag that begins with one in quotes"), start
            )
        self.open_brackets -= 1
        self.at += 1
        return Word(CLOSE, start, self.at)

    def _number(self, match: re.Match[str]) -> Word | None:
        """`tags>40`; None when the spaces show that these are tags, as in `tags >_<`."""
        field, before, comparison, after, value = match.groups()
        if (before or after) and value and not value[0].isdecimal():
            return None
        self.at = match.end()
        return Word(TERM, match.start(), match.end(), field=field.lower(),
                    comparison=comparison.replace("==", "="), value=value)  # fmt: skip

    def _field(self, start: int, match: re.Match[str]) -> Word:
        field, begin = match.group(1).lower(), match.end()
        text, literal, end = self._field_text(begin)
        comparison = value = ""
        if field == "score":
            if not literal:
                inside = _comparison_in(text)
                if inside:
                    text, comparison, value = inside
            if not comparison and (after := _SCORE_END.match(self.query, end)):
                comparison, value, end = *after.groups(), after.end()
        if not comparison:
            self._must_end_word(end)
        self.at = end
        return Word(TERM, start, end, text, literal, field, comparison.replace("==", "="), value)

    def _field_text(self, begin: int) -> tuple[str, bool, int]:
        if self.query[begin : begin + 1] == '"':
            text, end = self._quoted(begin)
            return text, True, end
        if match := _FACE.match(self.query, begin):
            return match.group(), True, match.end()
        end = self._word_end(begin)
        return self.query[begin:end], False, end

    def _ends_word(self, at: int) -> bool:
        if at >= len(self.query) or self.query[at].isspace():
            return True
        return self.query[at] == ")" and self.open_brackets > 0

    def _word_end(self, start: int) -> int:
        """Where the word ends: at a space, or at a bracket that closes one outside the word."""
        depth, at = 0, start
        while at < len(self.query) and not self.query[at].isspace():
            if self.query[at] == "(":
                depth += 1
            elif self.query[at] == ")":
                if depth == 0 and self.open_brackets:
                    break
                depth = max(0, depth - 1)
            at += 1
        return at

    def _quoted(self, start: int) -> tuple[str, int]:
        """The text of the quotation that begins at `start`, and where it ends."""
        parts: list[str] = []
        at = start + 1
        while (mark := self.query.find('"', at)) >= 0:
            parts.append(self.query[at:mark])
            if self.query[mark + 1 : mark + 2] != '"':
                return "".join(parts), mark + 1
            parts.append('"')
            at = mark + 2
        raise QueryError(
            _('the closing quotation mark is missing (write "" for one inside the quotes)'),
            start, len(self.query) - start,
        )  # fmt: skip

    def _must_end_word(self, at: int) -> None:
        if not self._ends_word(at):
            raise QueryError(
                _('a space is missing after the quotes (write "" for a quotation mark in them)'), at
            )


def _comparison_in(text: str) -> tuple[str, str, str] | None:
    """`blue_skin<0.5` as its three parts. Faces hold comparison signs too: the sign that counts is
    the first one with nothing but a number behind it."""
    match = re.search(r"(<=|>=|==|!=|<|>|=)([0-9]*\.?[0-9]*)$", text)
    if not match:
        return None
    return text[: match.start()], match.group(1), match.group(2)


def quote(tag: str) -> str:
    """A query that means exactly this tag."""
    return '"' + tag.replace('"', '""') + '"'
