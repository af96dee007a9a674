"""Prompt templates: their variables, filling them in, and keeping them in project.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.errors import NasutuiError
from nasutui.core.generation.templates import fill, read_templates, save_template, variables
from nasutui.core.project import create_project, open_project


def test_variables_in_their_order_with_their_first_value() -> None:
    assert variables("{who}, {hair=blue hair}, {who=1girl}, {{}") == {
        "who": "1girl",
        "hair": "blue hair",
    }


@pytest.mark.parametrize(
    ("template", "values", "prompt"),
    [
        ("{who}, {hair=blue hair}", {"who": "1girl"}, "1girl, blue hair"),
        ("{who}, {hair}, smile", {"who": "1girl", "hair": ""}, "1girl, smile"),
        ("{who}, smile", {"who": ""}, "smile"),
        ("smile, {who}", {"who": " "}, "smile"),
        ("({hair}:1.2), {hair}", {"hair": "red"}, "(red:1.2), red"),
        ("no variables (at all)", {}, "no variables (at all)"),
        ("{a}", {"a": "{b}"}, "{b}"),
    ],
)
def test_filling(template: str, values: dict[str, str], prompt: str) -> None:
    assert fill(template, values) == prompt


def test_templates_are_kept_in_the_project_beside_its_other_settings(tmp_path: Path) -> None:
    create_project(tmp_path / "p")
    before = (tmp_path / "p" / "project.toml").read_text()
    save_template(tmp_path / "p", "立ち絵 [bold]", '{who=1girl}, "standing", 青い髪')
    save_template(tmp_path / "p", "second", "a,\n b")
    assert read_templates(tmp_path / "p") == {
        "立ち絵 [bold]": '{who=1girl}, "standing", 青い髪',
        "second": "a, b",
    }
    assert (tmp_path / "p" / "project.toml").read_text().startswith(before.rstrip()[:200])
    open_project(tmp_path / "p")
    save_template(tmp_path / "p", "second", None)
    save_template(tmp_path / "p", "立ち絵 [bold]", None)
    assert read_templates(tmp_path / "p") == {}
    open_project(tmp_path / "p")


@pytest.mark.parametrize("name", ["", "  ", "x\x1b[31m", "x" * 61])
def test_names_that_can_not_be_shown_are_refused(tmp_path: Path, name: str) -> None:
    create_project(tmp_path / "p")
    with pytest.raises(NasutuiError):
        save_template(tmp_path / "p", name, "1girl")


def test_no_project_has_no_templates(tmp_path: Path) -> None:
    assert read_templates(tmp_path) == {}
    with pytest.raises(NasutuiError):
        save_template(tmp_path, "a", "1girl")
