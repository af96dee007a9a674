"""The user's own words for tags: a TSV in the project or the config folder that wins over ours.

    tag<TAB>display<TAB>synonym|synonym<TAB>reading

One line a tag, UTF-8; synonyms and reading may be missing, and the synonyms may follow the display
as in the exported dictionary (tag<TAB>display|synonym). Nothing is escaped: a tag may hold
`|`, quotes and backslashes, so only the tab separates. People edit it by hand, so a BOM, CRLF and
lines that make no sense are met kindly: such a line is passed over and kept.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.editing.captions import tag_key
from nasutui.core.errors import (
    InputError,
    SettingsError,
    UsageError,
    explain_os_error,
    os_error_code,
)
from nasutui.core.files import read_or_none, write_atomic
from nasutui.core.i18n import _
from nasutui.core.text import display_name

FILE_NAME = "tags_ja.tsv"
_BREAKS = frozenset("\t\n\r\0\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def normal_tag(tag: str) -> str:
    """The key of a tag as captions and prompts write it: spaces or underscores, any case,
    brackets escaped as the WebUI wants them."""
    return tag_key(tag.replace("\\(", "(").replace("\\)", ")"))


@dataclass(frozen=True, slots=True)
class OwnWord:
    """What the user calls a tag. `reading` is hiragana or empty."""

    tag: str
    display: str
    synonyms: tuple[str, ...] = ()
    reading: str = ""

    def line(self) -> str:
        """The word as a line of the file, without a line end."""
        fields = [self.tag, self.display, "|".join(self.synonyms), self.reading]
        while not fields[-1]:
            fields.pop()
        return "\t".join(fields)


def parse_line(line: str) -> OwnWord | None:
    """One line of the file; None when it says nothing about a tag."""
    fields = [field.strip() for field in line.split("\t")]
    if len(fields) < 2 or not fields[0] or not fields[1]:
        return None
    names = [name for part in fields[1:3] for n in part.split("|") if (name := n.strip())]
    reading = fields[3] if len(fields) > 3 else ""
    return OwnWord(normal_tag(fields[0]), names[0], tuple(names[1:]), reading) if names else None


def _text(path: Path) -> str:
    """The file's text; empty when there is none. Raises SettingsError when it can't be read."""
    try:
        data = read_or_none(path)
    except OSError as error:
        raise SettingsError(explain_os_error(error, path), code=os_error_code(error)) from error
    try:
        return (data or b"").removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        message = _("{name}: this is no UTF-8 text; save it again as UTF-8").format(
            name=display_name(path)
        )
        raise SettingsError(message, code="own-words") from error


def read_own(path: Path) -> dict[str, OwnWord]:
    """The user's words by tag; empty when there is no file. The last line for a tag counts.
    Raises SettingsError when the file can't be read."""
    words = (parse_line(line) for line in _text(path).splitlines())
    return {word.tag: word for word in words if word is not None}


def _check(word: OwnWord) -> None:
    texts = (word.tag, word.display, *word.synonyms, word.reading)
    if any(_BREAKS & set(text) for text in texts):
        message = _("a tag and its Japanese can't hold a tab or a line end")
    elif not word.tag or not word.display:
        message = _("say which tag it is and what to call it")
    elif any("|" in text for text in (word.display, *word.synonyms)):
        message = _("the Japanese for a tag can't hold “|”; it separates the synonyms")
    else:
        return
    raise UsageError(message, code="bad-word")


def _replace(path: Path, tag: str, lines: Iterable[str]) -> None:
    kept = [
        line
        for line in _text(path).splitlines()
        if (word := parse_line(line)) is None or word.tag != tag
    ]
    data = "".join(f"{line}\n" for line in (*kept, *lines)).encode("utf-8")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error


def add_own(
    path: Path, tag: str, display: str, synonyms: Iterable[str] = (), reading: str = ""
) -> OwnWord:
    """Call `tag` `display` from now on. The file is replaced as a whole; an earlier line for the
    tag goes, every other line stays as it is.

    Raises UsageError (code "bad-word") for a word that the file can't hold, SettingsError when the
    file can't be read, InputError when it can't be written.
    """
    parts = tuple(s for synonym in synonyms if (s := synonym.strip()))
    word = OwnWord(normal_tag(tag), display.strip(), parts, reading.strip())
    _check(word)
    _replace(path, word.tag, [word.line()])
    return word


def remove_own(path: Path, tag: str) -> bool:
    """Forget the user's word for `tag`; False when there was none. Raises like `add_own`."""
    key = normal_tag(tag)
    if key not in read_own(path):
        return False
    _replace(path, key, [])
    return True


def own_files(root: Path | None = None) -> tuple[Path, ...]:
    """Where the user's own words may be: the project's file first, then the one beside the config."""
    from nasutui.core.config import config_path

    project = (root / FILE_NAME,) if root is not None else ()
    return (*project, config_path().parent / FILE_NAME)
