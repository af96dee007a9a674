"""Every message of the interface exists in Japanese, with the same fields, and is compiled."""

from __future__ import annotations

from nasutui.core.i18n import _, ngettext, set_language
from tools import messages


def test_nothing_is_missing_or_out_of_date() -> None:
    assert messages.problems() == []


def test_a_message_without_japanese_would_be_found() -> None:
    catalogue = messages.collect()
    catalogue.add("a message that nobody translated")
    assert "a message that nobody translated" in [m.id for m in catalogue]
    assert messages.stored().get("a message that nobody translated") is None


def test_the_language_in_use_speaks() -> None:
    set_language("ja")
    assert _("there is nothing to undo") != "there is nothing to undo"
    assert "{count}" in ngettext("{count} file", "{count} files", 2)
    set_language("en")
    assert _("there is nothing to undo") == "there is nothing to undo"
