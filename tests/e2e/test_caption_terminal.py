"""The Caption screen in a real terminal: two models, live rules, questions; in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.editing.captions import parse_tags
from nasutui.core.events import never
from nasutui.core.pictures.prepare import prepare
from nasutui.core.project import RAW, TAGGED, create_project, open_project, update_project
from nasutui.core.run import prepare_settings
from nasutui.core.tagging.models import EMBEDDED
from tests.support.terminal import HAS_TMUX, Terminal
from tests.support.wd14 import Shape, write_model
from tests.tui.conftest import HOSTILE, picture_bytes

pytestmark = pytest.mark.skipif(not HAS_TMUX, reason="tmux is not installed")

WORDS = {
    "en": {
        "scored": "6 pictures scored", "all": "all of them", "agree": "Disagreements",
        "list": "fetch 326 MB", "write": "r writes it", "same": "change nothing",
    },
    "ja": {
        "scored": "6枚にスコアあり", "all": "全部が言う", "agree": "意見が分かれた",
        "list": "取得 326 MB", "write": "rで書き込み", "same": "何も変わりません",
    },
}  # fmt: skip


@pytest.fixture
def root(own_home: Path) -> Path:
    """Prepared pictures of hostile names, and two taggers that disagree about two tags. The models
    declare less than they do, so ONNX Runtime warns past Python on the terminal itself."""
    root = create_project(own_home / "projects" / "絵", model=EMBEDDED).root
    for number, name in enumerate(HOSTILE):
        path = root / RAW / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture_bytes((40 * number, 90, 200 - 30 * number)))
    assert list(prepare(prepare_settings(open_project(root)), never))
    for name in ("one", "two"):
        write_model(root / name, Shape(outputs="n", batch=1))
    path = root / "two" / "selected_tags.csv"
    text = path.read_text("utf-8").replace("1girl", "?").replace("blue_hair", "1girl")
    path.write_text(text.replace("?", "blue_hair"), encoding="utf-8")
    update_project(root, {"caption": {"models": ("one", "two")}})
    return root


def captions(root: Path) -> list[set[str]]:
    files = sorted((root / TAGGED).glob("*.txt"))
    return [set(parse_tags(path.read_text(encoding="utf-8"))) for path in files]


@pytest.mark.parametrize(("size", "lang"), [((80, 24), "ja"), ((120, 40), "en")])
def test_two_models_from_the_first_run_to_a_question(
    root: Path, own_home: Path, size: tuple[int, int], lang: str
) -> None:
    (own_home / "config.toml").write_text(f'lang = "{lang}"\n', encoding="utf-8")
    words = WORDS[lang]
    with Terminal([str(root)], own_home, size) as terminal:
        terminal.wait_for("one + two")
        terminal.press("r")
        shown = terminal.wait_for(words["scored"], words["agree"], words["same"])
        assert "onnxruntime" not in shown.casefold() and "warning" not in shown.casefold()
        assert all({"1girl", "blue_hair"} <= tags for tags in captions(root))
        terminal.press("Down", "Right")
        terminal.wait_for(words["all"], words["write"])  # nothing is written yet
        assert all({"1girl", "blue_hair"} <= tags for tags in captions(root))
        terminal.press("r")
        terminal.wait_for(words["same"])
        assert not any({"1girl", "blue_hair"} & tags for tags in captions(root))
        terminal.press("Up", "Enter")
        terminal.wait_for("wd-v1-4-moat-tagger-v2", words["list"])
        terminal.press("Escape")
        terminal.wait_gone(words["list"])
        terminal.press("D")
        terminal.wait_for("one 0.", "two 0.", "1/12")
        terminal.press("y")
        terminal.wait_for("2/12")
        assert sum(bool({"1girl", "blue_hair"} & tags) for tags in captions(root)) == 1
        terminal.press("u")
        terminal.wait_for("1/12")
        assert not any({"1girl", "blue_hair"} & tags for tags in captions(root))
        terminal.press("Escape")
        terminal.wait_gone("1/12")
        terminal.press("C-q")
        terminal.wait_for("ENDED 0")
    section = open_project(root).settings.caption
    assert (section.models, section.combine) == (("one", "two"), "intersection")
