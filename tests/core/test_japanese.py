"""Every tag in Japanese: which entry counts, what comes through unchanged, what is marked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nasutui.core.editing.captions import KAOMOJI
from nasutui.core.errors import SettingsError
from nasutui.core.japanese.dictionary import (
    Entry,
    dictionary,
    read_table,
    shipped,
    translate,
    translate_caption,
)

ODD_TAGS = [
    ":d", ";d", ":o", ":3", ":p", ":<", ">_<", "^_^", "^^^", "^o^", "@_@", "+_+", "=_=", "0_0",
    "|_|", "\\m/", "double_\\m/", "\\o/", "\\n/", "\\||/", ":/", ":|", "<|>_<|>", "<o>_<o>", "2021",
    "39", "69", "yes", "x", "!", "?", "!?", "...", "don't_say_\"lazy\"", "miqo'te", "kiss_(rock_band)",
    "ranma_1/2", ":>=", ">:(", "._.", "c:", "3:",
]  # fmt: skip


def displays(*tags: str) -> list[str]:
    return translate_caption(tags)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("looking_at_viewer", "カメラ目線"),
        ("blonde_hair", "金髪"),
        ("otoko_no_ko", "男の娘"),
        ("bow", "リボン(蝶結び)"),
        ("bow_(weapon)", "弓"),
        ("pants", "ズボン"),
        ("panties", "パンツ(下着)"),
        ("braid", "三つ編み"),
        ("mole", "ほくろ"),
        ("hatsune_miku", "初音ミク"),
        ("serval_(kemono_friends)", "サーバル(けものフレンズ)"),
        ("ako_(dress)_(blue_archive)", "天雨アコ(ドレス)"),
        ("general", "全年齢"),
        ("sensitive", "センシティブ"),
        ("questionable", "きわどい(R-15)"),
        ("explicit", "R-18"),
        ("2021", "2021年"),
    ],
)
def test_a_tag_is_called_what_people_who_draw_call_it(tag: str, said: str) -> None:
    assert displays(tag) == [said]


@pytest.mark.parametrize(
    "written",
    ["long_hair", "long hair", "Long_Hair", " long hair ", "LONG HAIR"],
)
def test_spaces_case_and_underscores_do_not_matter(written: str) -> None:
    assert displays(written) == ["ロングヘア"]


def test_escaped_brackets_of_a_prompt_are_the_same_tag() -> None:
    assert displays("bow_\\(weapon\\)", "bow \\(weapon\\)") == ["弓", "弓"]


def test_a_caption_keeps_its_order_and_its_unknown_tags() -> None:
    tags = ["my_trigger", "smile", "1girl", "smile", "ぬりえ", "no such tag", "<lora:x:1>"]
    said = ["my_trigger", "笑顔", "女の子1人", "笑顔", "ぬりえ", "no such tag", "<lora:x:1>"]
    assert displays(*tags) == said
    assert displays() == []


@pytest.mark.parametrize("tag", sorted({*ODD_TAGS, *KAOMOJI}))
def test_odd_tags_keep_their_text(tag: str) -> None:
    entry = translate(tag)
    assert entry is None or entry.tag == tag
    assert displays(tag) == [entry.display if entry else tag]


@pytest.mark.parametrize(
    "tag", ["0_0", "2021", ":/", "\\m/", "|_|", 'don\'t_say_"lazy"', "yes", "39", ":d", "^_^"]
)
def test_odd_tags_have_a_gloss(tag: str) -> None:
    entry = translate(tag)
    assert entry is not None
    assert entry.origin == "written"


def test_former_and_present_names_of_a_tag_share_an_entry() -> None:
    for line in read_table("renamed.tsv"):
        old, _count, current = line.split("\t")
        assert translate(old) is not None
        assert translate(current) is not None
    assert displays("see-through", "see-through_clothes") == ["透け(シースルー)"] * 2
    assert displays("shoes_removed", "unworn_shoes") == ["脱いだ靴"] * 2


def test_a_tag_that_no_table_has_is_composed_and_marked() -> None:
    assert shipped().get("teal_hoodie") is None
    entry = translate("teal hoodie")
    assert entry is not None
    assert (entry.display, entry.origin, entry.dimmed) == ("青緑のパーカー", "composed", True)


def test_what_was_composed_and_read_is_not_dimmed() -> None:
    entry = translate("yellow_raincoat")
    assert entry is not None
    assert (entry.origin, entry.dimmed) == ("composed", False)


def test_an_entry_says_what_it_knows() -> None:
    assert translate("thighhighs") == Entry(
        "thighhighs",
        "サイハイソックス",
        ("ニーハイ", "ニーソ", "ニーソックス", "オーバーニー", "太ももまでの靴下"),
        "",
        translate("thighhighs").count,  # type: ignore[union-attr]
        "general",
        "written",
        True,
    )


def test_the_users_words_win(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("smile\tえへ顔\tにへら\nmy_oc\tなすみそちゃん\n", encoding="utf-8")
    entry = translate("smile", [own])
    assert entry is not None
    assert (entry.display, entry.origin, entry.kind) == ("えへ顔", "own", "general")
    assert entry.synonyms[0] == "にへら"
    assert "笑顔" in entry.synonyms
    assert entry.count > 1_000_000
    assert translate_caption(["my oc", "smile"], [own]) == ["なすみそちゃん", "えへ顔"]
    assert displays("smile", "my_oc") == ["笑顔", "my_oc"]


def test_the_projects_words_win_over_the_config_folders(tmp_path: Path) -> None:
    project, config = tmp_path / "project.tsv", tmp_path / "config.tsv"
    project.write_text("smile\tにっこり\n", encoding="utf-8")
    config.write_text("smile\tニヤリ\nhat\tぼうし\n", encoding="utf-8")
    assert translate_caption(["smile", "hat"], [project, config]) == ["にっこり", "ぼうし"]


def test_a_changed_file_is_read_again_and_a_missing_one_is_none(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    assert translate_caption(["smile"], [own]) == ["笑顔"]
    own.write_text("smile\tにこ\n", encoding="utf-8")
    assert translate_caption(["smile"], [own]) == ["にこ"]
    own.write_text("smile\tにこにこ\n", encoding="utf-8")
    assert translate_caption(["smile"], [own]) == ["にこにこ"]
    own.unlink()
    assert translate_caption(["smile"], [own]) == ["笑顔"]


def test_a_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_bytes("smile\t笑顔\n".encode("cp932"))
    with pytest.raises(SettingsError) as caught:
        dictionary([own])
    assert caught.value.code == "own-words"
    assert "own.tsv" in str(caught.value)


def test_importing_reads_nothing() -> None:
    code = (
        "import sys, nasutui.core.japanese.dictionary as j, nasutui.core.japanese.answers\n"
        "assert j.shipped.cache_info().currsize == 0\n"
        "assert not {'nasutui.core.japanese.compose', 'nasutui.core.japanese.search', 'numpy', 'textual',"
        " 'rich'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
