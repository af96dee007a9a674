"""The Caption and Export screens in a real terminal: from pictures to a dataset and a zip."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.project import DATASET, RAW, TAGGED, create_project
from nasutui.core.sample import sample_pictures
from nasutui.core.tagging.models import EMBEDDED
from tests.support.terminal import HAS_TMUX, Terminal

pytestmark = pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")


@pytest.mark.parametrize(
    ("lang", "export", "written"), [("en", "steps", "dataset:"), ("ja", "ステップ", "データセット")]
)
def test_caption_check_mend_export_send(
    own_home: Path, lang: str, export: str, written: str
) -> None:
    root = create_project(own_home / "projects" / "walk", model=EMBEDDED).root
    for name in ("01_white.png", "03_seaside.jpg", "09_pencil.png"):
        (root / RAW / name).write_bytes(sample_pictures()[name]())
    with Terminal(["--lang", lang, str(root)], own_home, (100, 30)) as terminal:
        terminal.wait_for("01_white.png")
        terminal.press("p")
        terminal.wait_for("img003")
        terminal.press("2")
        terminal.wait_for("embedded")
        terminal.press("r")
        terminal.wait_for("embedded: 3")
        assert len(list((root / TAGGED).glob("*.txt"))) == 3
        terminal.press("4")
        terminal.wait_for(export, "✗")  # the trigger is missing: a key mends it
        terminal.press("M")
        terminal.wait_for("y:")
        terminal.press("y")
        terminal.wait_gone("✗")
        terminal.press("e")
        terminal.wait_for(written)
        terminal.press("s")
        terminal.wait_for("rclone:REMOTE")
        terminal.press("C-u")
        terminal.type(str(own_home / "drive"))
        terminal.press("Enter")
        terminal.wait_gone("rclone:REMOTE")
        terminal.wait_for("walk")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    assert (root / DATASET / "manifest.json").exists()
    caption = (root / TAGGED / "img001.txt").read_text(encoding="utf-8")
    assert caption.startswith("nasumiso_style, ")
