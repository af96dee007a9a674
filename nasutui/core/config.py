"""The user's config file: language, theme, colours, keys, where projects are.

`config.toml` in the system's place for it (`~/.config/nasutui` on Linux, `~/Library/Application
Support/nasutui` on a Mac), or the file that NASUTUI_CONFIG names:

    lang = "ja"                 # or "en"; without it the locale decides
    theme = "nasutui-light"     # any theme of the command palette
    colors = "truecolor"        # "256": what the terminal can show, when nasutui guesses wrong
    images = "kitty"            # "iterm2", "none": how `v` shows real pictures
    projects = "~/pictures/lora"
    drive = "~/My Drive"        # Google Drive's folder, where it is not found by itself
    rclone = "gdrive:"          # the remote that `--to rclone` means
    webui = "~/stable-diffusion-webui"  # where fetched LoRAs are put
    notebook = "owner/repo@main"        # the repository whose notebook Colab opens

    [keys]
    "tags.delete" = "d,delete"  # binding ids as the help panel shows them
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasutui.core.errors import SettingsError, explain_os_error
from nasutui.core.files import expanded, read_or_none
from nasutui.core.i18n import LANGUAGES, _
from nasutui.core.settings import read_toml
from nasutui.core.text import display_name

COLORS = ("truecolor", "256", "auto")
IMAGES = ("auto", "kitty", "iterm2", "none")


@dataclass(frozen=True, slots=True)
class Config:
    """The user's choices; every one has a default."""

    lang: str | None = None
    theme: str = "nasutui-dark"
    colors: str = "auto"
    images: str = "auto"
    projects: str | None = None
    drive: str | None = None
    rclone: str | None = None
    webui: str | None = None
    notebook: str | None = None
    keys: dict[str, str] = field(default_factory=dict)


def config_path() -> Path:
    """Where the config file is."""
    given = os.environ.get("NASUTUI_CONFIG")
    if given:
        return Path(given)
    import platformdirs

    return platformdirs.user_config_path("nasutui", appauthor=False) / "config.toml"


def read_config(path: Path | None = None) -> Config:
    """The user's config; the defaults when there is no file. Raises SettingsError."""
    path = path or config_path()
    try:
        # The null device stands for no file, as everywhere.
        data = None if path == Path(os.devnull) else read_or_none(path)
        document = read_toml((data or b"").decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(explain_os_error(error, path)) from error
    except ValueError as error:
        raise SettingsError(
            _("{name} is not valid TOML: {reason}").format(
                name=display_name(path), reason=display_name(str(error))
            )
        ) from error
    return _checked(document, path)


def _checked(document: dict[str, Any], path: Path) -> Config:
    choices = {"lang": LANGUAGES, "colors": COLORS, "images": IMAGES}
    for key, value in document.items():
        if key not in Config.__dataclass_fields__:
            raise _wrong(path, _("there is no setting {key}").format(key=display_name(key)))
        if key == "keys":
            if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
                raise _wrong(path, _('[keys] must hold texts, such as quit = "ctrl+q"'))
        elif not isinstance(value, str):
            raise _wrong(path, _("{key} must be a text in quotation marks").format(key=key))
        elif not value.isprintable():
            raise _wrong(path, _("{key} must be one line of plain text").format(key=key))
        elif key in choices and value not in choices[key]:
            allowed = ", ".join(choices[key])
            raise _wrong(
                path, _("{key} must be one of: {choices}").format(key=key, choices=allowed)
            )
    return Config(**document)


def _wrong(path: Path, reason: str) -> SettingsError:
    return SettingsError(f"{display_name(path)}: {reason}")


def projects_folder(config: Config) -> Path:
    """Where projects are: the config's place, else `projects` here, else one in the home folder."""
    given = os.environ.get("NASUTUI_PROJECTS") or config.projects
    if given:
        return expanded(given)
    here = Path("projects")
    return here.absolute() if here.is_dir() else Path.home() / "nasutui-projects"


def cache_folder() -> Path:
    """Where thumbnails and other things that can be made again are kept."""
    given = os.environ.get("NASUTUI_CACHE")
    if given:
        return Path(given)
    import platformdirs

    return platformdirs.user_cache_path("nasutui", appauthor=False)


def log_path() -> Path:
    """Where what nobody foresaw is written down."""
    return cache_folder() / "nasutui.log"


def color_system(config: Config, environment: dict[str, str]) -> str | None:
    """What to tell Textual of the terminal's colours (None: let it find out).

    SSH carries neither COLORTERM nor TERM_PROGRAM; what it does carry (TERM, LC_*) names the
    terminals that are known to show true colour.
    """
    if config.colors in ("truecolor", "256"):
        return config.colors
    if environment.get("COLORTERM") in ("truecolor", "24bit"):
        return None
    term = environment.get("TERM", "")
    known = ("kitty", "ghostty", "alacritty", "wezterm", "foot", "contour", "-direct")
    if any(name in term for name in known) or environment.get("LC_TERMINAL") == "iTerm2":
        return "truecolor"
    return None
