"""A prompt as an illustrator would say it becomes a prompt in tags; nothing is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.japanese.dictionary import read_table, shipped
from nasutui.core.japanese.prompt import to_tags

# What picture models understand but no tagger says.
QUALITY = {
    "best_quality",
    "masterpiece",
    "detailed",
    "highres",
    "absurdres",
    "beautiful_detailed_eyes",
}


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        ("青い髪の女の子、海、笑顔", "1girl, blue_hair, ocean, smile"),
        ("白いワンピースを着た金髪の少女が砂浜に立っている", "1girl, white_dress, blonde_hair, beach, standing"),
        ("猫耳の女の子、メイド服、赤い目、ツインテール", "1girl, cat_ears, maid, red_eyes, twintails"),
        ("二人の女の子が手をつないで笑っている", "2girls, holding_hands, smile"),
        ("女の子が3人、教室", "3girls, classroom"),
        ("男の子と女の子、夜空、花火、浴衣", "1boy, 1girl, night_sky, fireworks, yukata"),
        ("長い青い髪、短いスカート", "long_hair, blue_hair, miniskirt"),
        ("銀髪で赤い目の吸血鬼の少女", "1girl, grey_hair, red_eyes, vampire"),
        ("眼鏡をかけた先生、本を読んでいる", "glasses, teacher, reading, book"),
        ("剣を持った騎士、鎧、マント", "holding_sword, knight, armor, cape"),
        ("初音ミク、ステージ、マイクを持つ", "hatsune_miku, stage, holding_microphone"),
        ("雨の中で傘をさしている女の子", "1girl, rain, holding_umbrella"),
        ("くまのぬいぐるみを抱いている女の子", "1girl, teddy_bear, hugging_object"),
        ("俯瞰、寝転んでいる、頬を赤らめて目を閉じている", "from_above, lying, blush, closed_eyes"),
        ("椅子に座って足を組んでいる女性、黒タイツ", "1girl, sitting, chair, crossed_legs, black_pantyhose"),
        ("赤いリボンのついた麦わら帽子", "red_bow, straw_hat"),
        ("雪の中、コートを着てマフラーを巻いた女の子", "1girl, snow, coat, scarf"),
        ("髪は金色、目は青", "blonde_hair, blue_eyes"),
        ("紺色のカーディガンを羽織った黒髪の少女、図書館", "1girl, blue_cardigan, black_hair, library"),
        ("狐耳と狐の尻尾の巫女さん、神社、鳥居", "fox_ears, fox_tail, miko, shrine, torii"),
        ("一人の少女がベンチに座って空を見上げている", "1girl, sitting_on_bench, sky, looking_up"),
        ("黒い翼と角の生えた悪魔の女の子", "1girl, black_wings, horns, demon"),
        ("無表情でこっちを見ている銀髪の女の子", "1girl, expressionless, looking_at_viewer, grey_hair"),
        ("全身、立ち絵、透過背景", "full_body, tachi-e, transparent_background"),
        ("ﾂｲﾝﾃｰﾙの女の子", "1girl, twintails"),
        ("高画質、傑作、1人の女の子", "1girl, best_quality, masterpiece"),
        ("セーラー服　教室\n窓際", "serafuku, classroom, window"),
    ],
)  # fmt: skip
def test_natural_prompts(said: str, prompt: str) -> None:
    assert to_tags(said).text == prompt
    assert to_tags(said).unknown == []


@pytest.mark.parametrize(
    ("said", "prompt", "unknown"),
    [
        ("謎の言葉、女の子", "1girl, 【謎の言葉】", ["謎の言葉"]),
        ("なすみそちゃんが走っている", "【なすみそちゃん】, running", ["なすみそちゃん"]),
        ("ほげほげ", "【ほげほげ】", ["ほげほげ"]),
        ("海、ほげ、空", "ocean, 【ほげ】, sky", ["ほげ"]),
    ],
)
def test_what_is_not_understood_is_kept_and_marked(
    said: str, prompt: str, unknown: list[str]
) -> None:
    made = to_tags(said)
    assert (made.text, made.unknown) == (prompt, unknown)


@pytest.mark.parametrize(
    ("said", "wanted", "never"),
    [
        ("帽子なし", "no_headwear", "hat"),
        ("眼鏡をかけていない女の子", "no_eyewear", "glasses"),
        ("靴を履いていない", "no_shoes", "shoes"),
    ],
)
def test_a_negation_is_never_turned_round(said: str, wanted: str, never: str) -> None:
    tags = to_tags(said).tags
    assert wanted in tags
    assert never not in tags


def test_a_negation_that_no_tag_says_is_not_understood() -> None:
    made = to_tags("虹がない")
    assert made.tags == []
    assert made.unknown == ["虹なし"]


@pytest.mark.parametrize(
    "kept",
    ["1girl", "<lora:nasumiso_v1:0.8>", "masterpiece", "my_trigger", "(blue_hair:1.2)", "BREAK"],
)
def test_what_is_a_prompt_already_stays(kept: str) -> None:
    assert to_tags(f"海, {kept}, 空").tags == (
        [kept, "ocean", "sky"] if kept == "1girl" else ["ocean", kept, "sky"]
    )


def test_weights_stay_around_what_they_weigh() -> None:
    assert to_tags("(青い髪:1.3), (笑顔)").tags == ["(blue_hair:1.3)", "(smile)"]
    assert to_tags("(ほげ:1.3)").unknown == ["(ほげ:1.3)"]


def test_repeats_are_said_once() -> None:
    assert to_tags("笑顔、笑顔、smile").tags == ["smile"]


@pytest.mark.parametrize("said", ["", " ", "、、、", "\n", "「」", "の"])
def test_nothing_said_is_nothing_made(said: str) -> None:
    assert to_tags(said).tags == []


def test_own_words_are_understood(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_text("nasumiso\tなすみそちゃん\tなす\n", encoding="utf-8")
    assert to_tags("なすみそちゃんが海で泳いでいる", [own]).tags == [
        "nasumiso",
        "ocean",
        "swimming",
    ]


@given(st.text(alphabet="青い髪の女子を着た海、笑(:1.)<>なしがないアー「」【】 a,\\|", max_size=30))
def test_nothing_disappears(said: str) -> None:
    made = to_tags(said)
    assert all(part.tags or not part.understood for part in made.parts)
    assert all(unknown for unknown in made.unknown)


def test_every_phrase_leads_to_a_tag_that_exists() -> None:
    table = shipped()
    for line in read_table("prompt.tsv"):
        phrase, tags = line.split("\t")
        assert all(tag in QUALITY or table.get(tag) for tag in tags.split(" ")), phrase
