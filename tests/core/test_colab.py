"""The notebook's address, and whether a browser can be opened; real git repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from nasutui.core.errors import InputError, SettingsError
from nasutui.core.events import Note, Row, never
from nasutui.core.project import create_project
from nasutui.core.transfer import colab
from nasutui.core.transfer.colab import NOTEBOOK, ColabSettings, can_open_browser, notebook_url

BASE = "https://colab.research.google.com/github"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the working copy that the tests are in nor the user's git settings count."""
    monkeypatch.setattr(colab, "_SOURCE", tmp_path / "nowhere")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / NOTEBOOK).parent.mkdir(parents=True)
    (folder / NOTEBOOK).write_text("{}")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    return folder


@pytest.mark.parametrize(
    "remote",
    ["https://github.com/nasu/tomo.git", "https://github.com/nasu/tomo", "git@github.com:nasu/tomo.git",
     "ssh://git@github.com/nasu/tomo.git", "https://user:secret@github.com/nasu/tomo.git",
     "git://github.com/nasu/tomo/"],
)  # fmt: skip
def test_the_address_of_any_remote(repository: Path, remote: str) -> None:
    git(repository, "remote", "add", "origin", remote)
    url = notebook_url(repository)
    assert url == f"{BASE}/nasu/tomo/blob/main/{NOTEBOOK}"
    assert "secret" not in url


@pytest.mark.parametrize(
    "remote", ["https://gitlab.com/nasu/tomo.git", "/srv/git/tomo", "https://evilgithub.com/a/b"]
)
def test_a_remote_elsewhere_does_not_count(repository: Path, remote: str) -> None:
    git(repository, "remote", "add", "origin", remote)
    with pytest.raises(InputError, match="notebook =") as error:
        notebook_url(repository)
    assert error.value.code == "no-repository"


def test_the_branch_is_one_that_is_on_github(repository: Path, tmp_path: Path) -> None:
    git(repository, "checkout", "-q", "-b", "mine/new thing".replace(" ", "-"))
    git(repository, "remote", "add", "origin", "https://github.com/nasu/tomo")
    assert "/blob/main/" in notebook_url(repository)  # mine is not pushed
    git(repository, "update-ref", "refs/remotes/origin/mine/new-thing", "HEAD")
    assert "/blob/mine/new-thing/" in notebook_url(repository)
    git(repository, "config", "branch.mine/new-thing.remote", "origin")
    git(repository, "config", "branch.mine/new-thing.merge", "refs/heads/theirs")
    assert "/blob/theirs/" in notebook_url(repository)


def test_the_remote_that_the_branch_follows_goes_first(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://github.com/upstream/tomo")
    git(repository, "remote", "add", "fork", "https://github.com/nasu/tomo")
    git(repository, "config", "branch.main.remote", "fork")
    assert "/nasu/tomo/" in notebook_url(repository)


def test_a_folder_inside_the_repository_will_do(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://github.com/nasu/tomo")
    (repository / "projects" / "p").mkdir(parents=True)
    assert "/nasu/tomo/" in notebook_url(repository / "projects" / "p")


@pytest.mark.parametrize(
    ("value", "url"),
    [("a/b", f"{BASE}/a/b/blob/main/{NOTEBOOK}"), ("a/b@dev", f"{BASE}/a/b/blob/dev/{NOTEBOOK}"),
     ("https://github.com/a/b", f"{BASE}/a/b/blob/main/{NOTEBOOK}"),
     ("https://colab.research.google.com/drive/1x", "https://colab.research.google.com/drive/1x")],
)  # fmt: skip
def test_the_config_goes_first(own_home: Path, repository: Path, value: str, url: str) -> None:
    git(repository, "remote", "add", "origin", "https://github.com/nasu/tomo")
    (own_home / "config.toml").write_text(f'notebook = "{value}"\n')
    assert notebook_url(repository) == url


@pytest.mark.parametrize("value", ["x", "https://example.com/a/b", "a/b c", "javascript:alert(1)"])
def test_a_config_that_is_no_repository(own_home: Path, value: str) -> None:
    (own_home / "config.toml").write_text(f'notebook = "{value}"\n')
    with pytest.raises(SettingsError):
        notebook_url()


@pytest.mark.parametrize(
    ("environment", "platform", "can"),
    [({}, "darwin", True), ({"SSH_CONNECTION": "x"}, "darwin", False), ({"SSH_TTY": "x"}, "linux", False),
     ({"DISPLAY": ":0"}, "linux", True), ({"DISPLAY": ":0", "SSH_CLIENT": "x"}, "linux", False),
     ({"WAYLAND_DISPLAY": "w"}, "linux", True), ({}, "linux", False), ({}, "win32", True)],
)  # fmt: skip
def test_where_a_browser_can_be_opened(
    environment: dict[str, str], platform: str, can: bool
) -> None:
    assert can_open_browser(environment, platform) is can


def test_the_name_to_type_is_said(own_home: Path, tmp_path: Path) -> None:
    (own_home / "config.toml").write_text('notebook = "a/b"\n')
    root = create_project(tmp_path / "my pictures").root
    events = list(colab.colab(ColabSettings(root), never, lambda _url: True))
    (note,) = [e for e in events if isinstance(e, Note)]
    assert "my_pictures" in note.text
    assert [e.kind for e in events if isinstance(e, Row)] == ["notebook"]
