"""The language of every message: gettext, with catalogues that ship in nasutui/data/locale.

English is the source language and needs no catalogue. The catalogue is opened with the first
message, not at import, so that `nasutui --batch --help` stays quick.
"""

from __future__ import annotations

import gettext as _gettext
import os
import re
from pathlib import Path

DOMAIN = "nasutui"
LOCALE_DIR = Path(__file__).resolve().parent.parent / "data" / "locale"
LANGUAGES = ("en", "ja")

_language: str | None = None
_catalogue: _gettext.NullTranslations | None = None


def language_of_locale() -> str:
    """The language that the environment asks for: "ja" or "en" (the fallback)."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ja" if re.split("[_.@-]", value)[0] == "ja" else "en"
    return "en"


def set_language(language: str | None) -> None:
    """Use this language from now on ("ja" or "en"; None: the environment's)."""
    global _language, _catalogue
    _language = language if language in LANGUAGES else language_of_locale()
    _catalogue = None
    # argparse asks the global text domain for its own words ("usage:", "options:").
    os.environ["LANGUAGE"] = _language
    _gettext.bindtextdomain(DOMAIN, str(LOCALE_DIR))
    _gettext.textdomain(DOMAIN)


def language() -> str:
    """The language in use: "ja" or "en"."""
    return _language or language_of_locale()


def _current() -> _gettext.NullTranslations:
    global _catalogue
    if _catalogue is None:
        _catalogue = _gettext.translation(
            DOMAIN, str(LOCALE_DIR), languages=[language()], fallback=True
        )
    return _catalogue


def _(message: str) -> str:
    """The message in the language in use."""
    # The empty text is the name of the catalogue's own header.
    return _current().gettext(message) if message else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The message for `count` things in the language in use."""
    return _current().ngettext(one, many, count)


def N_(message: str) -> str:  # noqa: N802 - the name that gettext tools know
    """Mark a message for the catalogue where it can't be translated yet (module constants)."""
    return message
