"""The dictionary for a front end: found tags, the whole table and prompts, as events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nasutui.core.errors import UsageError
from nasutui.core.events import Events, Finished, Note, Row
from nasutui.core.i18n import _
from nasutui.core.japanese.dictionary import Entry, Match, dictionary
from nasutui.core.japanese.prompt import to_tags
from nasutui.core.text import display_name

TAGS, EXPORT, PROMPT = "tags", "dictionary", "prompt"


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON values."""
    return {
        "tag": entry.tag,
        "japanese": entry.display,
        "synonyms": list(entry.synonyms),
        "reading": entry.reading,
        "count": entry.count,
        "kind": entry.kind,
        "origin": entry.origin,
        "dimmed": entry.dimmed,
    }


def _match_row(match: Match) -> Row:
    return Row("tag", {**entry_data(match.entry), "how": match.how})


def search_tags(words: Sequence[str], limit: int = 20, own: Iterable[Path] = ()) -> Events:
    """A Row "tag" for every tag that the words may mean, best first, at most `limit` (1 or more).
    Raises UsageError when there is nothing to look for, SettingsError as `dictionary`."""
    text = " ".join(words).strip()
    if not text:
        raise UsageError(_("say what to look for, in Japanese or English"), code="no-words")
    if limit < 1:
        raise UsageError(_("the number of matches must be 1 or more"), code="bad-limit")
    matches = dictionary(own).search(text, limit)
    yield from map(_match_row, matches)
    yield Finished(TAGS, {"found": len(matches)})


def export_line(entry: Entry) -> str:
    """`tag<TAB>display|synonym|...`; a tag may hold `|`, its Japanese never does."""
    return f"{entry.tag}\t{'|'.join((entry.display, *entry.synonyms))}"


def export_lines(own: Iterable[Path] = ()) -> Iterator[str]:
    """The whole dictionary, one line a tag, the user's own words first. Raises SettingsError."""
    return map(export_line, dictionary(own).entries())


def export_dictionary(own: Iterable[Path] = ()) -> Events:
    """A Row "entry" for every tag; `line` is its line of the flat table. Raises SettingsError."""
    count = 0
    for entry in dictionary(own).entries():
        count += 1
        yield Row("entry", {"line": export_line(entry), **entry_data(entry)})
    yield Finished(EXPORT, {"entries": count})


def prompt(text: str, own: Iterable[Path] = ()) -> Events:
    """A Row "part" for every piece of a Japanese prompt (source, tags, understood), then the
    prompt in tags in the summary. Raises UsageError for an empty prompt, SettingsError as
    `dictionary`."""
    if not text.strip():
        raise UsageError(_("say what the picture should show"), code="no-words")
    made = to_tags(text, own)
    for part in made.parts:
        data = {"source": part.source, "tags": list(part.tags), "understood": part.understood}
        yield Row("part", data)
    if made.unknown:
        words = ", ".join(display_name(word) for word in made.unknown)
        yield Note(
            "not-understood", _("not understood, left as it is: {words}").format(words=words)
        )
    yield Finished(PROMPT, {"prompt": made.text, "tags": made.tags, "unknown": made.unknown})
