"""Which captions are meant: tags that must be there, `-tag` for those that must not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from nasutui.core.captions import tag_key
from nasutui.core.errors import UsageError
from nasutui.core.i18n import _

Matcher = Callable[[Sequence[str]], bool]


def _terms(text: str) -> list[str]:
    """Words, and phrases in double quotes, each with its leading minus."""
    terms: list[str] = []
    word, quoted, was_quoted = "", False, False
    for character in text:
        if character == '"' and (quoted or word in ("", "-")):
            quoted, was_quoted = not quoted, True
        elif character.isspace() and not quoted:
            if word or was_quoted:
                terms.append(word)
            word, was_quoted = "", False
        else:
            word += character
    if quoted:
        raise UsageError(_("the query has an opening quotation mark without a closing one"))
    if word or was_quoted:
        terms.append(word)
    return terms


def parse_query(text: str) -> Matcher:
    """A matcher for caption tags. `1girl -solo "open mouth" *_hair`; an empty query fits all.
    Raises UsageError."""
    wanted: list[str] = []
    unwanted: list[str] = []
    for term in _terms(text):
        # A lone "-" or a kaomoji such as "-_-" is a tag, not a negation.
        negative = term.startswith("-") and len(term) > 1 and tag_key(term) != "-_-"
        (unwanted if negative else wanted).append(tag_key(term[1:] if negative else term))
    if any(not term for term in (*wanted, *unwanted)):
        raise UsageError(_("the query has an empty term"))

    def matches(tags: Sequence[str]) -> bool:
        keys = [tag_key(t) for t in tags]
        return all(_any(keys, t) for t in wanted) and not any(_any(keys, t) for t in unwanted)

    return matches


def _any(keys: Sequence[str], term: str) -> bool:
    if "*" in term:
        pattern = term.replace("[", "[[]").replace("?", "[?]")
        return any(fnmatchcase(key, pattern) for key in keys)
    return term in keys
