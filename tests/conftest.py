"""What every test gets: a home of its own, so that no test sees or touches the user's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.i18n import set_language


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Config, cache and projects in a temporary folder; English; no true-colour terminal."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("NASUTUI_CONFIG", str(home / "config.toml"))
    monkeypatch.setenv("NASUTUI_CACHE", str(home / "cache"))
    monkeypatch.setenv("NASUTUI_PROJECTS", str(home / "projects"))
    monkeypatch.setenv("NASUTUI_STATE", str(home / "state"))
    monkeypatch.setenv("HF_HOME", str(home / "hub"))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    (home / "projects").mkdir()
    set_language("en")
    return home
