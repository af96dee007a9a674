"""The dictionary for the front ends, and the files that it ships as."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.errors import UsageError
from nasutui.core.events import Finished, Row
from nasutui.core.japanese.answers import export_dictionary, export_lines, prompt, search_tags
from nasutui.core.japanese.dictionary import dictionary, shipped, translate
from tests.core.test_japanese import ODD_TAGS

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "build_dictionary.py"


def test_found_tags_are_rows_with_all_that_is_known() -> None:
    *rows, end = search_tags(["青い", "目"], 3)
    assert isinstance(end, Finished)
    assert end.summary == {"found": len(rows)}
    assert isinstance(rows[0], Row)
    assert rows[0].kind == "tag"
    data = dict(rows[0].data)
    assert data.pop("count") > 1_000_000
    assert "碧眼" in data.pop("synonyms")
    assert data == {
        "tag": "blue_eyes",
        "japanese": "青い目",
        "reading": "あおいめ",
        "kind": "general",
        "origin": "written",
        "dimmed": False,
        "how": "exact",
    }


@pytest.mark.parametrize(("words", "limit"), [([], 5), ([" "], 5), (["海"], 0), (["海"], -1)])
def test_a_search_for_nothing_is_a_wrong_call(words: list[str], limit: int) -> None:
    with pytest.raises(UsageError):
        list(search_tags(words, limit))


def test_the_export_has_every_tag_once_in_a_line_of_its_own() -> None:
    lines = list(export_lines())
    pairs = [line.split("\t") for line in lines]
    assert all(len(pair) == 2 for pair in pairs)
    assert not any("\n" in line or "\r" in line for line in lines)
    tags = [tag for tag, _names in pairs]
    assert len(tags) == len(set(tags)) == len(shipped().rows)
    names = dict(pairs)
    for tag, entry in ((tag, translate(tag)) for tag in tags[::50]):
        assert entry is not None
        assert names[tag].split("|") == [entry.display, *entry.synonyms]


def test_odd_tags_come_through_the_files_and_the_export_unchanged() -> None:
    exported = {line.partition("\t")[0] for line in export_lines()}
    written = {tag for tag in ODD_TAGS if translate(tag) is not None}
    assert len(written) > 30
    assert written <= exported
    assert {"|_|", "\\m/", 'don\'t_say_"lazy"', ":/", "2021", "<|>_<|>"} <= written


def test_the_export_begins_with_the_users_words(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("my_oc\tなすみそちゃん\t茄子\n", encoding="utf-8")
    assert next(export_lines([own])) == "my_oc\tなすみそちゃん|茄子"
    *rows, end = export_dictionary([own])
    assert isinstance(end, Finished)
    assert end.summary == {"entries": len(rows)}
    assert [row.data["line"] for row in rows if isinstance(row, Row)] == list(export_lines([own]))


def test_an_export_can_be_read_back_as_own_words(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    lines = list(export_lines())[:3000:10]
    own.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    again = {
        f"{e.tag}\t{'|'.join((e.display, *e.synonyms))}" for e in dictionary([own]).own_entries
    }
    assert again == set(lines)


def test_a_prompt_is_rows_and_a_summary() -> None:
    *rows, end = prompt("青い髪の女の子、ほげ")
    assert [dict(row.data) for row in rows if isinstance(row, Row)] == [
        {"source": "女の子", "tags": ["1girl"], "understood": True},
        {"source": "青い髪", "tags": ["blue_hair"], "understood": True},
        {"source": "ほげ", "tags": [], "understood": False},
    ]
    assert isinstance(end, Finished)
    assert end.summary == {
        "prompt": "1girl, blue_hair, 【ほげ】",
        "tags": ["1girl", "blue_hair"],
        "unknown": ["ほげ"],
    }
    with pytest.raises(UsageError):
        list(prompt("  "))


def test_the_shipped_files_are_in_order_and_composed_is_what_the_rules_say() -> None:
    done = subprocess.run(
        [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dictionary_is_complete_enough_to_work_with() -> None:
    kinds = [entry.kind for entry in dictionary().entries() if entry.count]
    assert kinds.count("general") > 8000
    assert kinds.count("character") > 2700
    assert kinds.count("rating") == 4
    assert not any(entry.dimmed for entry in dictionary().entries())


def test_the_most_frequent_tags_have_displays_of_their_own_and_synonyms() -> None:
    frequent = [e for e in dictionary().entries() if e.kind == "general"][:1000]
    assert len({entry.display for entry in frequent}) == 1000
    assert all(len(entry.synonyms) >= 3 for entry in frequent)
