"""Draw the pictures of the screens in docs/screens from the sample project (needs rsvg-convert).

python tools/screens.py [NAME...]     NAME: home, prepare, caption, tags, export, generate
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screens"
SIZES = {"": (110, 32), "-80x24": (80, 24)}
KEYS = {
    "home": ["0"],
    "prepare": ["1", "down", "down", "down", "down", "enter", "m"],
    "caption": ["2", "down", *["right"] * 12],
    "tags": ["3", "down", "down"],
    "export": ["4"],
    "generate": ["5"],
}


async def picture(project: Path, keys: list[str], size: tuple[int, int]) -> str:
    """The screen as SVG after these keys."""
    from nasutui.app import NasutuiApp
    from nasutui.core.config import Config

    app = NasutuiApp(Config(), str(project))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(1.0)
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.15)
        await pilot.pause(1.2)
        svg = app.export_screenshot()
    return _TEXT.sub(_without_edges, svg)


_CELL = 12.2  # units of the SVG a column
_TEXT = re.compile(r'(<text [^>]*?x=")([\d.]+)("[^>]*?textLength=")([\d.]+)("[^>]*>)([^<]*)')


def _without_edges(found: re.Match[str]) -> str:
    """A text without the spaces around it, in the same place: rsvg drops them and moves the rest."""
    head, x, middle, length, tail, text = found.groups()
    inner = text.replace("&#160;", "\xa0")
    left = len(inner) - len(inner.lstrip("\xa0"))
    right = len(inner) - len(inner.rstrip("\xa0"))
    if left == len(inner):
        return found.group()
    place = float(x) + left * _CELL
    width = float(length) - (left + right) * _CELL
    kept = inner[left : len(inner) - right].replace("\xa0", "&#160;")
    return f"{head}{place:.1f}{middle}{width:.1f}{tail}{kept}"


def main() -> None:
    names = sys.argv[1:] or list(KEYS)
    OUT.mkdir(parents=True, exist_ok=True)
    language = os.environ.get("SCREEN_LANGUAGE")
    if language is None:  # one process a language: key descriptions are made at import
        for language in ("en", "ja"):
            subprocess.run(
                [sys.executable, __file__, *names], check=True,
                env={**os.environ, "SCREEN_LANGUAGE": language, "TEXTUAL_COLOR_SYSTEM": "truecolor",
                     "TEXTUAL_ANIMATIONS": "none"},
            )  # fmt: skip
        return
    from nasutui.core.i18n import set_language

    set_language(language)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NASUTUI_CONFIG"] = f"{folder}/none.toml"
        os.environ["NASUTUI_PROJECTS"] = folder
        project = Path(folder) / "sample"
        for step in (["new", str(project), "--sample"], ["run", str(project)]):
            subprocess.run(
                [sys.executable, "-m", "nasutui", "--batch", *step, "--quiet"], check=True
            )
        for name in names:
            for ending, size in SIZES.items():
                svg = Path(folder) / "screen.svg"
                svg.write_text(asyncio.run(picture(project, KEYS[name], size)), encoding="utf-8")
                target = OUT / f"{name}-{language}{ending}.png"
                subprocess.run(
                    ["rsvg-convert", "-w", "1100", str(svg), "-o", str(target)], check=True
                )


if __name__ == "__main__":
    main()
