"""The word of a query that is still being typed, so that it can be completed."""

from __future__ import annotations

import re

from nasutui.core.query.words import quote

_OPERATORS = frozenset(["AND", "OR", "NOT"])
_LAST_WORD = re.compile(r'[^\s()"]+(?:\([^\s()"]*)?$')
_OF_A_FIELD = frozenset(":<>=*")


def last_word(query: str) -> tuple[int, str]:
    """Where the tag at the end of a query begins, its quote among it, and what is typed of it; ""
    when there is nothing that could be a tag."""
    if query.count('"') % 2:
        start = query.rindex('"')
        return start, query[start + 1 :]
    found = _LAST_WORD.search(query)
    if found is None or found[0] in _OPERATORS:
        return len(query), ""
    sign = 1 if found[0].startswith("-") and len(found[0]) > 1 else 0
    word = found[0][sign:]
    if not _OF_A_FIELD.isdisjoint(word):
        return len(query), ""
    return found.start() + sign, word


def with_last_word(query: str, tag: str) -> str:
    """The query with a whole tag in the place of the last word."""
    start, _word = last_word(query)
    return query[:start] + quote(tag)
