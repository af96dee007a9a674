"""The shell and the Prepare screen in a real terminal, with hostile names, in both languages."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from nasutui.core.project import PROCESSED, RAW, create_project
from nasutui.core.tagging.models import EMBEDDED
from tests.support.terminal import HAS_TMUX, Terminal
from tests.tui.conftest import HOSTILE, picture_bytes

pytestmark = pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")


@pytest.fixture
def root(own_home: Path) -> Path:
    """A project with pictures of hostile names."""
    root = create_project(own_home / "projects" / "絵", model=EMBEDDED).root
    for number, name in enumerate(HOSTILE):
        path = root / RAW / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture_bytes((40 * number, 90, 200 - 30 * number)))
    return root


@pytest.mark.parametrize(
    ("size", "lang"), [((80, 24), "C.UTF-8"), ((120, 40), "C.UTF-8"), ((80, 24), "C")]
)
def test_from_the_projects_to_prepared_pictures(
    root: Path, own_home: Path, size: tuple[int, int], lang: str
) -> None:
    with Terminal([], own_home, size, lang) as terminal:
        terminal.wait_for("絵", "prepare the pictures")
        terminal.press("Enter")
        terminal.wait_for("[bold]x[/nope]", "[@click=app.qui", "-rf.png", "ガール.png")
        assert terminal.title() != "owned"
        terminal.press("G")
        terminal.press("p")
        terminal.wait_for("6 made")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    assert len(list((root / PROCESSED).glob("*.png"))) == 6
    assert sorted(p.name for p in (root / RAW).iterdir()) == sorted(
        {name.split("/")[0] for name in HOSTILE}
    )


def test_a_crop_by_keys_is_kept_when_the_app_is_left(root: Path, own_home: Path) -> None:
    with Terminal([str(root)], own_home) as terminal:
        terminal.wait_for("-rf.png", "middle")
        terminal.press("Enter")
        terminal.wait_for("Larger")
        terminal.press("m")
        terminal.wait_for("smart")
        terminal.press("m")
        terminal.wait_for("whole, padded")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    (entry,) = json.loads((root / "crops.json").read_text(encoding="utf-8")).values()
    assert entry["crops"] == [{"mode": "pad"}]
    with Terminal([str(root)], own_home) as terminal:
        terminal.wait_for("whole, padded")
        terminal.press("u")
        terminal.wait_for("middle")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    assert not (root / "crops.json").exists() or "pad" not in (root / "crops.json").read_text()


def test_an_import_is_shown_first_and_then_made(root: Path, own_home: Path) -> None:
    archive = own_home / "届いた絵.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("新しい.png", picture_bytes((9, 9, 200), (300, 300)))
        zipped.writestr("__MACOSX/._新しい.png", b"x")
        zipped.writestr("../out.png", picture_bytes((1, 2, 3)))
    with Terminal([str(root)], own_home, (100, 30)) as terminal:
        terminal.wait_for("-rf.png")
        terminal.press("i")
        terminal.wait_for("Import from")
        terminal.type(str(archive))
        terminal.press("Enter")
        terminal.wait_for("1 picture will be imported", "1 refused", "新しい.png")
        assert not (root / RAW / "新しい.png").exists()
        terminal.press("Enter")
        terminal.wait_gone("will be imported")
        terminal.wait_for("新しい.png")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    assert (root / RAW / "新しい.png").exists()
    assert not (root / "out.png").exists()


def test_japanese(root: Path, own_home: Path) -> None:
    with Terminal(["--lang", "ja", str(root)], own_home) as terminal:
        terminal.wait_for("準備", "ガール.png")
        terminal.press("?")
        terminal.wait_for("取り込")


def test_resized_while_it_runs(root: Path, own_home: Path) -> None:
    with Terminal([str(root)], own_home, (120, 40)) as terminal:
        terminal.wait_for("-rf.png")
        terminal.resize(40, 10)
        terminal.wait_for("too small")
        terminal.resize(80, 24)
        terminal.wait_for("-rf.png", "Import")


def test_no_terminal_is_one_sentence(own_home: Path) -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "nasutui"], capture_output=True, text=True, check=False, timeout=30,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
