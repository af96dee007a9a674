"""Opening the training notebook in Google Colab.

Colab opens a notebook of a public repository by an address of its own and takes no parameters with
it; the project's name is typed there. Which repository: `notebook` in the config, else the git
remote and branch of the working copy that nasutui, the project or the current folder is in.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nasutui.core.config import read_config
from nasutui.core.errors import InputError, SettingsError
from nasutui.core.events import Cancelled, Events, Finished, Note, Row, Started
from nasutui.core.i18n import _
from nasutui.core.text import display_name

STEP = "colab"
NOTEBOOK = "colab/train_lora_nasutomo.ipynb"
_COLAB = "https://colab.research.google.com/github"
_GITHUB = re.compile(
    r"(?:(?:https?|ssh|git)://)?(?:[^@/\s]+@)?(?:www\.)?github\.com[:/]+"
    r"(?P<owner>[A-Za-z0-9-]+)/(?P<repo>[A-Za-z0-9._-]+?)(?:\.git)?/*"
)
_SHORT = re.compile(r"(?P<owner>[A-Za-z0-9-]+)/(?P<repo>[A-Za-z0-9._-]+?)(?:@(?P<branch>\S+))?")
_GIT_SECONDS = 10.0
_SOURCE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class ColabSettings:
    """project: a project's folder, or None."""

    project: Path | None = None


def address(owner: str, repo: str, branch: str) -> str:
    """The address at which Colab opens the notebook."""
    return f"{_COLAB}/{owner}/{repo}/blob/{quote(branch)}/{NOTEBOOK}"


def notebook_url(project: Path | None = None) -> str:
    """The address of the notebook. Raises InputError ("no-repository"), SettingsError."""
    given = read_config().notebook
    if given:
        return _configured(given)
    for folder in (_SOURCE, project, Path.cwd()):
        found = _of_working_copy(folder) if folder is not None else None
        if found:
            return found
    text = _(
        "where the notebook is on GitHub is not known; say so in config.toml:"
        ' notebook = "owner/repo@main"'
    )
    raise InputError(text, code="no-repository")


def _configured(given: str) -> str:
    if given.startswith("https://colab.research.google.com/"):
        return given
    match = _SHORT.fullmatch(given) or _GITHUB.fullmatch(given)
    if not match:
        text = _(
            'notebook = "{value}" in config.toml must look like owner/repo or owner/repo@branch'
        )
        raise SettingsError(text.format(value=display_name(given)))
    return address(match["owner"], match["repo"], match.groupdict().get("branch") or "main")


def _git(folder: Path, *arguments: str) -> str:
    """What git answers, "" when there is no git or no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_GIT_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def _of_working_copy(folder: Path) -> str | None:
    top = _git(folder, "rev-parse", "--show-toplevel")
    if not top or not (Path(top) / NOTEBOOK).is_file():
        return None
    root = Path(top)
    branch = _git(root, "symbolic-ref", "--short", "HEAD")
    remote = _git(root, "config", f"branch.{branch}.remote") if branch else ""
    for name in filter(None, dict.fromkeys([remote, "origin", *_git(root, "remote").split()])):
        match = _GITHUB.fullmatch(_git(root, "remote", "get-url", name))
        if match:
            return address(match["owner"], match["repo"], _pushed(root, name, branch))
    return None


def _pushed(root: Path, remote: str, branch: str) -> str:
    """The branch on GitHub: the one that is tracked, the one of the same name, else the main one."""
    tracked = _git(root, "config", f"branch.{branch}.merge").removeprefix("refs/heads/")
    if tracked and _git(root, "config", f"branch.{branch}.remote") == remote:
        return tracked
    if branch and _git(root, "rev-parse", "--verify", "--quiet", f"refs/remotes/{remote}/{branch}"):
        return branch
    head = _git(root, "symbolic-ref", "--short", f"refs/remotes/{remote}/HEAD")
    return head.removeprefix(f"{remote}/") or "main"


def can_open_browser(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """True when a browser that we start would appear before the person."""
    if any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
        return False
    if platform in ("darwin", "win32"):
        return True
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _open(url: str) -> bool:
    try:
        return webbrowser.open(url)
    except (OSError, webbrowser.Error):
        return False


def colab(
    settings: ColabSettings, _cancelled: Cancelled, opener: Callable[[str], bool] = _open
) -> Events:
    """Open the notebook, or answer with its address where no browser can be opened. Raises
    InputError, SettingsError."""
    url = notebook_url(settings.project)
    yield Started(STEP, None)
    opened = can_open_browser(os.environ) and opener(url)
    yield Row("notebook", {"url": url, "opened": opened})
    yield from _name_to_type(settings.project)
    yield Finished(STEP, {"url": url, "opened": opened})


def _name_to_type(project: Path | None) -> Iterator[Note]:
    if project is not None:
        from nasutui.core.project import open_project

        text = _("type this name into the notebook's field: {name}")
        yield Note("project-name", text.format(name=display_name(open_project(project).name)))
