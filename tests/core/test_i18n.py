"""The language of the interface follows the environment, unless somebody chooses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nasutui.core import i18n


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(variable, raising=False)
    chosen = i18n._language
    yield
    monkeypatch.undo()
    i18n.set_language(chosen)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "ja_JP.eucJP@x"}, "ja"),
        ({"LANG": "jam_JM.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
    ],
)
def test_the_environments_language(
    environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    i18n.set_language(None)
    assert i18n.language() == language


def test_a_choice_wins_and_an_unknown_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    i18n.set_language("ja")
    assert i18n.language() == "ja"
    i18n.set_language("tlh")
    assert i18n.language() == "en"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_any_message_has_a_text(language: str) -> None:
    i18n.set_language(language)
    assert i18n._("no such message {name}") == "no such message {name}"
    assert i18n._("") == ""
    assert i18n.ngettext("{count} egg", "{count} eggs", 1) == "{count} egg"
