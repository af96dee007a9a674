"""What every test gets: a home of its own, so that no test sees or touches the user's files."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path

import pytest

from nasutui.core.i18n import set_language


def pytest_configure() -> None:
    """A runner in the background ignores Ctrl+C, and so would every program that a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGINT, signal.default_int_handler)


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
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    (home / "ipython").mkdir()
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    (home / "projects").mkdir()
    set_language("en")
    return home
