"""What a comparison's scores say, and its page: one file that needs nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from nasutui.core.comparison.compare import result_of
from nasutui.core.comparison.page import Page, page_text, save_page
from nasutui.core.comparison.plan import Drawn, Record, base_of
from nasutui.core.comparison.scores import Point, Score, advise, prompt_tags, wanted_tags
from nasutui.core.generation.settings import Generation
from nasutui.core.i18n import set_language
from nasutui.core.tagging.scores import CHARACTER, GENERAL, RATING, TagTable

EVIL = 'x"><script>alert(1)</script><img src=http://evil.example/a.png>\x1b[31m青い髪&amp;'
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)  # fmt: skip


def record(folder: Path, name: str = "nasumiso_v1") -> Record:
    """A comparison of two files at two weights; the second at 1.0 sees everything."""
    loras = (f"{name}-000004", name)
    made = Record(
        folder, base_of(Generation(EVIL, EVIL)), loras, (0.6, 1.0), (7,),
        prompt_tags=("1girl", "smile"), style_tags=("chibi", "flat_color"),
    )  # fmt: skip
    for number, cell in enumerate(made.plan):
        file = f"{number}.png"
        colour = (255, 0, 0) if not cell.lora else (0, 40 * number, 255)
        Image.new("RGB", (64, 64), colour).save(folder / file)
        tags = {"1girl": 0.9}
        if cell.lora == name:
            tags |= {"chibi": 0.9, "smile": 0.9 if cell.weight == 1 else 0.1}
        made.cells[cell.key] = Drawn(file, "", str(number), model="m", tags=tags)
    return made


def text_of(made: Record) -> str:
    result = result_of(made)
    labels = {cell.key: result.label(cell) for cell in made.plan}
    return page_text(Page(made, labels, result.points, result.advice, EVIL))


class _Reader(HTMLParser):
    """Which tags and addresses a page has, and that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "action")]
        assert not any(key.startswith("on") for key, _value in attrs)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_one_file_without_scripts_and_addresses(tmp_path: Path) -> None:
    text = text_of(record(tmp_path))
    reader = _Reader()
    reader.feed(text)
    assert not reader.open
    assert not {"script", "link", "iframe", "object", "style src"} & set(reader.tags)
    assert all(a.startswith(("data:image/jpeg;base64,", "#")) for a in reader.addresses)
    assert "\x1b" not in text
    assert "&lt;script&gt;" in text
    assert "url(" not in text
    assert "@import" not in text
    # Each picture is in it once, also the baseline that stands in two rows.
    assert reader.tags.count("img") == 5
    assert len(re.findall("data:image", text)) == 5


def test_the_page_speaks_the_interfaces_language(tmp_path: Path) -> None:
    set_language("ja")
    assert '<html lang="ja">' in text_of(record(tmp_path))


def test_missing_and_broken_pictures_do_not_stop_the_page(tmp_path: Path) -> None:
    made = record(tmp_path)
    (tmp_path / "0.png").unlink()
    (tmp_path / "1.png").write_bytes(b"no picture")
    del made.cells[made.plan[2].key]
    assert "not drawn" in text_of(made)


def test_the_best_is_advised_and_marked(tmp_path: Path) -> None:
    made = record(tmp_path)
    result = result_of(made)
    assert result.best == ("nasumiso_v1", 1.0)
    assert "nasumiso_v1 at weight 1: 75 % (prompt 100 %, style 50 %)" in result.advice.text
    assert [point.score.total for point in result.points] == [0.25, 0.25, 0.25, 0.5, 0.75]
    assert '<td class="best">' in text_of(made)


def point(lora: str, weight: float, total: float | None, pictures: int = 3) -> Point:
    return Point(lora, weight, Score(total, total), pictures)


@pytest.mark.parametrize(
    ("points", "best"),
    [
        ([point("", 0, 0.2), point("a", 0.6, 0.7), point("a", 1, 0.71)], ("a", 0.6)),
        ([point("", 0, 0.2), point("a", 0.8, 0.7), point("b", 0.8, 0.715)], ("a", 0.8)),
        ([point("", 0, 0.2), point("a", 0.8, 0.7), point("b", 0.8, 0.8)], ("b", 0.8)),
        # A mean over fewer pictures is no rival: the others were not drawn.
        ([point("", 0, 0.2), point("a", 0.8, 0.7), point("b", 0.8, 1.0, 1)], ("a", 0.8)),
        ([point("", 0, 0.7), point("a", 0.8, 0.7)], None),
        ([point("a", 0.8, 0.7), point("a", 1, 0.5)], ("a", 0.8)),
        ([point("a", 0.8, None)], None),
        ([], None),
    ],
)  # fmt: skip
def test_advice(points: list[Point], best: tuple[str, float] | None) -> None:
    found = advise(points)
    assert found.text
    assert (found.point and (found.point.lora, found.point.weight)) == best


@pytest.mark.parametrize(
    ("prompt", "tags"),
    [
        ("1girl, (blue hair:1.2), ((smile)), [hat]", ("1girl", "blue_hair", "smile", "hat")),
        ("<lora:a:0.8>, sky BREAK sea", ("sky", "sea")),
        ("nasu \\(style\\), :d, 1girl, 1girl", ("nasu_(style)", ":d", "1girl")),
        (", ,", ()),
        ("(", ()),
        ("((((", ()),
        ("(a, b:1.3)", ("a", "b")),
    ],
)
def test_the_tags_of_a_prompt(prompt: str, tags: tuple[str, ...]) -> None:
    assert prompt_tags(prompt) == tags


def test_only_what_the_tagger_knows_is_looked_for() -> None:
    table = TagTable(("blue_hair", "safe", "miku", "chibi"), (GENERAL, RATING, CHARACTER, GENERAL))
    wanted = wanted_tags("Blue Hair, safe, trigger", ["chibi", "blue_hair", "other", "miku"], table)
    assert wanted.prompt == ("blue_hair",)
    assert wanted.style == ("chibi", "miku")


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_a_real_browser_shows_the_pictures_without_a_network(tmp_path: Path) -> None:
    made = record(tmp_path)
    result = result_of(made)
    path = save_page(Page(made, {}, result.points, result.advice, EVIL))
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(path, alone / "page.html")
    shot = alone / "shot.png"
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={alone / 'profile'}",
        "--window-size=1000,1600", f"--screenshot={shot}", (alone / "page.html").as_uri(),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, timeout=90, check=True)
    with Image.open(shot) as picture:
        colours = picture.convert("RGB").getcolors(1 << 24) or []
    red = sum(n for n, c in colours if isinstance(c, tuple) and c[0] > 240 and c[1] < 15 and c[2] < 15)  # fmt: skip
    blue = sum(n for n, c in colours if isinstance(c, tuple) and c[2] > 240 and c[0] < 15)
    assert red >= 64 * 64  # the baseline, embedded
    assert blue >= 4 * 64 * 64
