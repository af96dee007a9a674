"""Each composition rule says what people say, and stays silent where it must not apply."""

from __future__ import annotations

import pytest

from nasutui.core.japanese.compose import Grammar
from nasutui.core.japanese.compose_words import has_kanji
from nasutui.core.japanese.dictionary import shipped


@pytest.fixture(scope="module")
def grammar() -> Grammar:
    return shipped().grammar


RULES = {
    "count": (
        {"7girls": "女の子7人", "8boys": "男の子8人", "9+others": "性別不明9人以上"},
        ["girls", "2girl", "xgirls", "twogirls", "2girls_1boy"],
    ),
    "year": ({"2031": "2031年", "1999": "1999年"}, ["39", "69", "1849", "20211", "2021_nen"]),
    "colour": (
        {
            "teal_hoodie": "青緑のパーカー",
            "black_negligee": "黒いネグリジェ",
            "dark_red_sky": "暗い赤の空",
            "green_border": "緑枠",
            "brown_border": "茶色の枠",
            "purple_border": "紫枠",
            "gold_anklet": "金のアンクレット",
            "gold_sweater": "金色のセーター",
            "light_blue_eyes": "水色の目",
            "red_claws": "赤い鉤爪",
            "navy_panties": "紺色のパンツ(下着)",
        },
        [
            "green_tea", "red_wine", "orange_juice", "green_apple", "red_panda", "white_tiger",
            "black_panther", "brown_bear", "blue_archive", "black_lagoon", "golden_retriever",
            "white_day", "red_cross", "black_eye", "blue", "black_hair_ornament_box",
            "orange_(fruit)", "red_hand", "white_noise", "blue_print",
        ],
    ),
    "hand_on": (
        {
            "hand_on_own_nose": "鼻に手を当てる",
            "hands_on_own_elbows": "肘に両手を当てる",
            "hand_on_another's_nose": "相手の鼻に手を置く",
            "hands_on_another's_knees": "相手の膝に両手を置く",
            "hands_on_wall": "壁に両手をつく",
            "hand_on_goggles": "ゴーグルに手を当てる",
        },
        ["hand_on", "hands_on_deck", "hand_on_own_idea", "hand_on_another", "hand_on_hilt",
         "hand_in_pocket", "hand_on_wall_street"],
    ),
    "multiple": (
        {"multiple_guitars": "複数のギター", "multiple_ladybugs": "複数のてんとう虫",
         "multiple_boxes": "複数の箱", "multiple_fairies": "複数の妖精"},
        ["multiple_persona", "multiple_4koma", "multiple_views", "multiple_girls", "multiple_"],
    ),
    "holding": (
        {"holding_rifle": "ライフルを持つ", "holding_crown": "王冠を持つ"},
        ["holding_breath", "holding_hands", "holding_hair", "holding_head", "holding_own_arm",
         "holding_back", "holding_another's_wrist", "holding", "holding_wall"],
    ),
    "unworn": (
        {"unworn_cape": "脱いだマント", "unworn_crown": "外した王冠", "sweater_removed": "脱いだセーター",
         "necklace_removed": "外したネックレス"},
        ["unworn_tail", "skin_removed", "unworn_sword", "unworn", "tree_removed"],
    ),
    "naked": (
        {"naked_vest": "裸ベスト", "naked_robe": "裸ローブ"},
        ["naked_eye", "naked_sheet", "naked_earrings", "naked_sword", "naked"],
    ),
    "print": (
        {"koala_print": "コアラ柄", "pineapple_print": "パイナップル柄"},
        ["hand_print", "finger_print", "foot_print", "blue_print", "news_print", "book_print"],
    ),
    "ears": (
        {"hyena_ears": "ハイエナ耳", "koala_ears": "コアラ耳"},
        ["pointy_ears", "no_ears", "covered_ears", "hair_ears", "robot_ears", "extra_ears", "ears"],
    ),
    "tail": (
        {"koala_tail": "コアラの尻尾", "succubus_tail": "サキュバスの尻尾"},
        ["pony_tail", "side_tail", "striped_tail", "heart_tail", "anal_tail", "tail", "long_tail"],
    ),
    "wings": (
        {"swan_wings": "白鳥の翼", "moth_wings": "蛾の羽", "light_wings": "光の翼"},
        ["low_wings", "no_wings", "hair_wings", "buffalo_wings", "bag_wings", "large_wings"],
    ),
    "girl": (
        {"koala_girl": "コアラ娘", "zombie_girl": "ゾンビ娘"},
        ["magical_girl", "school_girl", "old_girl", "game_girl", "multiple_girl", "girl"],
    ),
    "boy": (
        {"koala_boy": "コアラ男子", "vampire_boy": "吸血鬼男子"},
        ["game_boy", "play_boy", "magical_boy", "school_boy", "boy"],
    ),
    "lift": (
        {"yukata_lift": "浴衣めくり", "blouse_lift": "ブラウスめくり"},
        ["breast_lift", "hair_lift", "fork_lift", "weight_lift", "strap_lift", "leg_lift"],
    ),
    "focus": (
        {"chest_focus": "胸強調", "cat_focus": "猫メイン", "weapon_focus": "武器メイン"},
        ["soft_focus", "solo_focus", "out_of_focus", "male_focus", "other_focus"],
    ),
    "adornment": (
        {"koala_hair_ornament": "コアラの髪飾り", "banana_earrings": "バナナのイヤリング",
         "bee_brooch": "蜂のブローチ"},
        ["x_hair_ornament", "food-themed_hair_ornament", "hoop_earrings", "tassel_earrings",
         "bead_necklace", "hair_ornament"],
    ),
    "stuffed": (
        {"stuffed_koala": "コアラのぬいぐるみ"},
        ["stuffed_toy", "stuffed_pepper", "stuffed_winged_unicorn", "stuffed"],
    ),
}  # fmt: skip
GOOD = [(rule, tag, said) for rule, (tags, _) in RULES.items() for tag, said in tags.items()]
SILENT = sorted({tag for _, tags in RULES.values() for tag in tags})


@pytest.mark.parametrize(("rule", "tag", "said"), GOOD)
def test_a_rule_says_it_as_people_do(grammar: Grammar, rule: str, tag: str, said: str) -> None:
    made = grammar.compose(tag)
    assert made is not None
    assert (made.rule, made.display) == (rule, said)
    assert said not in made.synonyms


@pytest.mark.parametrize("tag", SILENT)
def test_a_rule_stays_silent_where_it_must_not_apply(grammar: Grammar, tag: str) -> None:
    assert grammar.compose(tag) is None


@pytest.mark.parametrize(
    "tag",
    [
        "christmas_tree",
        "track_jacket",
        "pencil_skirt",
        "water_gun",
        "gift_box",
        "pussy_juice",
        "no_dickey",
        "long_dress",
        "shirt_pull",
        "sword_on_back",
        "cat_in_box",
        "bird_under_table",
    ],
)
def test_what_is_not_trusted_is_not_composed(grammar: Grammar, tag: str) -> None:
    assert grammar.compose(tag) is None


@pytest.mark.parametrize(("rule", "tag", "said"), GOOD)
def test_composed_entries_are_marked_and_readable(
    grammar: Grammar, rule: str, tag: str, said: str
) -> None:
    entry = grammar.entry(tag)
    assert entry is not None
    assert (entry.origin, entry.reviewed, entry.dimmed) == ("composed", False, True)
    assert bool(entry.reading) == has_kanji(said)
    assert not has_kanji(entry.reading)


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("black_hoodie", "くろいぱーかー"),
        ("dark_green_pants", "ふかみどりのずぼん"),
        ("white_panties", "しろいぱんつ"),
        ("hands_on_another's_back", "あいてのせなかにりょうてをおく"),
        ("aqua_background", "みずいろはいけい"),
    ],
)
def test_readings(grammar: Grammar, tag: str, said: str) -> None:
    made = grammar.compose(tag)
    assert made is not None
    assert made.reading == said


@pytest.mark.parametrize(
    ("tag", "said", "kind"),
    [
        ("hatsune_miku_(vocaloid)", "初音ミク(ボーカロイド)", "character"),
        ("hatsune_miku_(swimsuit)", "初音ミク(水着)", "character"),
        ("aru_(dress)_(blue_archive)", "陸八魔アル(ドレス)", "character"),
        ("kirisame_marisa_(cosplay)", "霧雨魔理沙のコスプレ", "general"),
        ("kongou_(kancolle)_(cosplay)", "金剛のコスプレ(艦これ)", "general"),
    ],
)
def test_known_names_in_other_dress(grammar: Grammar, tag: str, said: str, kind: str) -> None:
    entry = grammar.entry(tag)
    assert entry is not None
    assert (entry.display, entry.kind, entry.dimmed) == (said, kind, True)


@pytest.mark.parametrize(
    "tag",
    [
        "nobody_at_all_(vocaloid)",
        "hatsune_miku_(unheard_of)",
        "nobody_at_all_(cosplay)",
        "dress_(blue_archive)",
        "dog_(swimsuit)",
        "skirt_(cosplay)",
        "aru_(unheard_of)_(blue_archive)",
        "_(cosplay)",
        "((",
    ],
)
def test_names_are_never_made_up(grammar: Grammar, tag: str) -> None:
    assert grammar.entry(tag) is None
