"""The user's config file, and what the terminal is told of colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.config import Config, color_system, projects_folder, read_config
from nasutui.core.errors import SettingsError


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path / "none.toml") == Config()


def test_what_is_set_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        '\ufefflang = "ja"\ntheme = "nord"\ncolors = "256"\n[keys]\n"app.quit" = "f10"\n',
        encoding="utf-8",
    )
    config = read_config(path)
    assert (config.lang, config.theme, config.colors) == ("ja", "nord", "256")
    assert config.keys == {"app.quit": "f10"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("lang = 3", "lang"),
        ('lang = "fr"', "lang"),
        ('langs = "ja"', "langs"),
        ('images = "sixel"', "images"),
        ("keys = 3", "keys"),
        ("[keys]\nquit = 3", "keys"),
        ("lang = ", "TOML"),
        ('"\\u001b]2;x\\u0007" = "1"', "c.toml"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=named) as caught:
        read_config(path)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "config", "wanted"),
    [
        ({"TERM": "xterm-256color"}, Config(), None),
        ({"TERM": "xterm-256color"}, Config(colors="truecolor"), "truecolor"),
        ({"TERM": "xterm-kitty"}, Config(), "truecolor"),
        ({"TERM": "xterm-ghostty"}, Config(), "truecolor"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, Config(), "truecolor"),
        ({"TERM": "xterm-kitty"}, Config(colors="256"), "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Config(), None),
    ],
)
def test_colours_over_ssh(environment: dict[str, str], config: Config, wanted: str | None) -> None:
    assert color_system(config, environment) == wanted


def test_where_projects_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NASUTUI_PROJECTS")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert projects_folder(Config()) == tmp_path / "home" / "nasutui-projects"
    (tmp_path / "projects").mkdir()
    assert projects_folder(Config()) == tmp_path / "projects"
    assert projects_folder(Config(projects="~/mine")) == tmp_path / "home" / "mine"
