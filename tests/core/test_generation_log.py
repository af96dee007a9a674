"""The log of generated pictures: what is in it is never lost, and is found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.errors import StateError
from nasutui.core.generation.log import LOG_FILE, GenerationLog, load_back
from nasutui.core.generation.settings import Generation
from tests.support.datasets import HOSTILE_NAMES
from tests.support.webui_pictures import pixels, png

ASKED = Generation("青い髪の女の子", "low", "nasumiso_style", "nasumiso_v1", seed=-1, count=3)
DETAIL = {
    "seed": 12,
    "parameters": "nasumiso_style, 1girl, blue_hair <lora:nasumiso_v1:0.8>\nSteps: 25, "
    'Sampler: DPM++ 2M, Seed: 12, Size: 512x512, Lora hashes: "nasumiso_v1: 0123456789ab"',
    "loras": {"nasumiso_v1": "0123456789ab"},
    "model": "v1-5",
    "warnings": ["webui-black-picture"],
}


def test_what_is_logged_is_read_back(tmp_path: Path) -> None:
    with GenerationLog(tmp_path / "generated") as log:
        number = log.add(tmp_path / "generated" / "a.png", ASKED, DETAIL)
        log.rate(number, 4)
        log.note(number, "[bold]いい[/nope] \x1b[31m")
    with GenerationLog(tmp_path / "generated") as log:
        entry = log.get(number)
        assert entry is not None
        assert entry == log.find(tmp_path / "generated" / "a.png")
        assert entry.path == tmp_path / "generated" / "a.png"
        assert (entry.generation, entry.seed, entry.model) == (ASKED, 12, "v1-5")
        assert entry.loras == {"nasumiso_v1": "0123456789ab"}
        assert (entry.rating, entry.notes) == (4, "[bold]いい[/nope] \x1b[31m")
        assert entry.warnings == ("webui-black-picture",)
        assert entry.sent_prompt == "nasumiso_style, 1girl, blue_hair <lora:nasumiso_v1:0.8>"
        back = load_back(entry)
        assert (back.prompt, back.seed, back.count) == (ASKED.prompt, 12, 1)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_of_any_kind(tmp_path: Path, name: str) -> None:
    with GenerationLog(tmp_path) as log:
        number = log.add(tmp_path / name, ASKED, {})
        found = log.get(number)
        assert found is not None
        assert found.path == tmp_path / name
        assert log.find(tmp_path / name) == found


def test_logging_a_picture_again_keeps_its_rating(tmp_path: Path) -> None:
    with GenerationLog(tmp_path) as log:
        number = log.add(tmp_path / "a.png", ASKED, DETAIL)
        log.rate(number, 5)
        assert log.add(tmp_path / "a.png", ASKED, {**DETAIL, "seed": 13}) == number
        entry = log.get(number)
        assert entry is not None
        assert (entry.seed, entry.rating) == (13, 5)
        log.rate(number, None)
        assert log.search("rating:1") == []
        with pytest.raises(ValueError, match="1 to 5"):
            log.rate(number, 6)


def test_search(tmp_path: Path) -> None:
    with GenerationLog(tmp_path) as log:
        one = log.add(tmp_path / "one.png", ASKED, DETAIL)
        two = log.add(tmp_path / "two.png", Generation("Sunset, 100% (x)"), {"seed": 5})
        log.rate(one, 3)
        log.note(two, "ガール FLAT")

        def found(query: str) -> set[int]:
            return {entry.id for entry in log.search(query)}

        assert found("") == {one, two}
        assert found("sunset") == found("SUNSET 100%") == {two}
        assert found("青い髪") == found("blue_hair") == found("lora:NASU") == {one}
        assert found("ガール flat") == {two}
        assert found("rating:3") == found("rating>=3") == found("rating=3") == {one}
        assert found("rating:4") == found("rating<3") == set()
        assert found("seed:12") == {one}
        assert found("seed:12 sunset") == set()
        assert found("seed:[x]") == found("' OR 1=1 --") == found("nothing") == set()
        assert [e.id for e in log.search("", limit=1)] == [two]


def _child(code: str, folder: Path) -> subprocess.Popen[bytes]:
    prelude = (
        "import sys, os, signal\nfrom pathlib import Path\n"
        "from nasutui.core.generation.settings import Generation\n"
        "from nasutui.core.generation.log import GenerationLog\n"
        "folder = Path(sys.argv[1]); log = GenerationLog(folder)\n"
    )
    return subprocess.Popen([sys.executable, "-c", prelude + code, str(folder)])


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_rating_is_safe_the_moment_it_is_given(tmp_path: Path) -> None:
    code = (
        "n = log.add(folder / 'a.png', Generation('1girl'), {})\n"
        "log.rate(n, 5); log.note(n, 'keep')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert _child(code, tmp_path).wait(60) == -signal.SIGKILL
    with GenerationLog(tmp_path) as log:
        (entry,) = log.search()
        assert (entry.rating, entry.notes) == (5, "keep")


def test_two_programs_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "for i in range(15):\n"
        "    n = log.add(folder / f'{os.getpid()}-{i}.png', Generation('1girl'), {})\n"
        "    log.rate(n, 1 + i % 5)\n"
    )
    children = [_child(code, tmp_path) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    with GenerationLog(tmp_path) as log:
        assert len(log.search("rating:1")) == 30


def test_pictures_without_an_entry_are_taken_in_once(tmp_path: Path) -> None:
    (tmp_path / "lost.png").write_bytes(png(pixels("x", 16, 16), DETAIL["parameters"]))  # type: ignore[arg-type]
    (tmp_path / "plain.png").write_bytes(png(pixels("x", 16, 16), None))
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    with GenerationLog(tmp_path) as log:
        assert log.adopt() == 1
        assert log.adopt() == 0
        (entry,) = log.search()
        assert entry.path == tmp_path / "lost.png"
        assert (entry.source, entry.seed) == ("found", 12)
        assert entry.loras == {"nasumiso_v1": "0123456789ab"}
        back = load_back(entry, "nasumiso_style")
        assert (back.prompt, back.lora, back.trigger) == (
            "1girl, blue_hair", "nasumiso_v1", "nasumiso_style",
        )  # fmt: skip


def test_a_damaged_log_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / LOG_FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(StateError, match="Rename the file") as caught:
        GenerationLog(tmp_path)
    assert caught.value.code == "state-damaged"


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StateError):
        GenerationLog(tmp_path / "file" / "generated")


def test_a_log_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(tmp_path / LOG_FILE)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(StateError) as caught:
        GenerationLog(tmp_path)
    assert caught.value.code == "state-newer"
