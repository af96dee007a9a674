"""docs/security.md names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    file, checked = "", 0
    for name, function in re.findall(r"`((?:core|e2e|tui)/test_\w+\.py)?(?:::(\w+))?`", page):
        file = name or file
        if not (name or function):
            continue
        text = (ROOT / "tests" / file).read_text(encoding="utf-8")
        assert not function or re.search(rf"def {function}\b", text), f"{file}::{function}"
        checked += 1
    assert checked > 35
