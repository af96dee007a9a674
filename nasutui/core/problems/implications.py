"""Which tags say nothing new because another one says it too: shirt where white_shirt stands.

Two sources. Morphology: Danbooru names narrower things by putting words in front (white_shirt,
cat_tail, very_long_hair), so a tag implies what is left when its first words are taken away. That
holds for things worn and parts of a body, not for everything (a teddy_bear is no bear), so it is
used for the heads in `_HEADS` only, and never through a word that denies or moves it (no_shirt,
bikini_under_clothes). The table: what no spelling shows, as in Danbooru's tag implications.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from nasutui.core.japanese.word_lists import words

_HEADS = frozenset(
    words(
        "uniform dress tail shirt skirt jacket panties bikini hat swimsuit wings gloves bra bow shorts"
        " ribbon belt pants horns leotard coat kimono vest bag choker earrings earring sweater"
        " pantyhose hairband scarf cape thighhighs necktie mask socks bowtie bodysuit boots hoodie"
        " armor ears ornament hairclip headdress headband robe bracelet necklace brooch camisole shoes"
        " sandals buruma armband glasses sunglasses eyewear eyepatch goggles mittens gauntlets"
        " headphones helmet crown veil jumpsuit overalls corset gown pajamas yukata hakama cardigan"
        " blazer serafuku apron sleeves footwear legwear underwear loincloth kneehighs sneakers loafers"
        " slippers heels thong sarong bandeau bloomers sarashi poncho capelet obi sash wristband"
        " bandana cap beret collar lingerie hair eyes skin breasts bangs braid ponytail twintails"
        " sidelocks bun ahoge fang fangs teeth nails fingernails eyebrows eyelashes pupils lips tears"
        " blush smile background sky flower sword gun weapon rifle knife umbrella chair"
    )
)
# Heads that are too wide to be a tag of their own: pubic_hair says nothing about "hair".
_ONLY_WITH_MORE = frozenset({"hair", "eyes", "skin", "background", "ornament", "ears", "pupils"})
_DENYING = frozenset(
    words(
        "no non without un unworn missing removed fake toy stuffed mini print theme themed holding"
        " hugging carrying playing lifting pulling adjusting removing biting licking covering covered"
        " covers undressing untied changing giving wiping under over through in on between behind at to"
        " of with and or above below against around from into upon former implied imagining invisible"
        " lifted alternate half almost nearly hair's"
    )
)
_EXCEPTIONS = frozenset(
    words(
        "hair_wings hair_horns hot_dog swim_ring hair_ears air_gun water_gun nail_gun belt_bra"
        " flat_cap mushroom_cap bottle_cap body_armor beach_umbrella wheel_chair spider_lily"
        " skin-covered_horns shirt_dress jacket_dress anal_tail ghost_tail tattooed_breasts"
        " between_breasts holding_hands holding_breath"
    )
)
_COLOURS = words("aqua beige black blue brown green grey orange pink purple red tan white yellow")

# Tag -> what it implies. The relations are those of Danbooru's public implication list.
_TABLE: dict[str, str] = {
    **{f"{n}girls": "multiple_girls" for n in ("2", "3", "4", "5", "6+")},
    **{f"{n}boys": "multiple_boys" for n in ("2", "3", "4", "5", "6+")},
    **{f"{n}others": "multiple_others" for n in ("2", "3", "4", "5", "6+")},
    **{f"{c}_background": "simple_background" for c in _COLOURS},
    "gradient_background": "simple_background", "two-tone_background": "simple_background",
    **{f"{c}_skin": "colored_skin" for c in _COLOURS if c not in ("tan", "brown", "beige")},
    **{f"{a}_ears": "animal_ears" for a in words(
        "bear cat cow deer dog fox goat horse kemonomimi lion mouse panda pig rabbit raccoon sheep"
        " squirrel tiger wolf")},
    **{f"{s}_breasts": "breasts" for s in ("small", "medium", "large", "huge", "gigantic")},
    **dict.fromkeys(("on_back", "on_stomach", "on_side", "fetal_position"), "lying"),
    **dict.fromkeys(words(
        "wariza seiza indian_style yokozuwari lotus_position sitting_on_lap sitting_on_person"
        " sitting_on_bed butterfly_sitting"), "sitting"),
    "standing_on_one_leg": "standing", "on_one_knee": "kneeling",
    "absurdly_long_hair": "very_long_hair", "very_long_hair": "long_hair",
    "very_short_hair": "short_hair", "very_dark_skin": "dark_skin",
    "dark-skinned_female": "dark_skin", "dark-skinned_male": "dark_skin",
    "gradient_hair": "multicolored_hair", "streaked_hair": "multicolored_hair",
    "two-tone_hair": "multicolored_hair", "split-color_hair": "multicolored_hair",
    "rainbow_hair": "multicolored_hair", "colored_inner_hair": "multicolored_hair",
    "twin_braids": "braid", "single_braid": "braid", "french_braid": "braid", "side_braid": "braid",
    "braided_ponytail": "braid ponytail", "high_ponytail": "ponytail", "low_ponytail": "ponytail",
    "double_bun": "hair_bun", "single_hair_bun": "hair_bun", "hairclip": "hair_ornament",
    "hairpin": "hair_ornament", "hair_flower": "hair_ornament flower",
    "serafuku": "school_uniform", "gakuran": "school_uniform", "t-shirt": "shirt",
    "tank_top": "shirt", "miniskirt": "skirt", "microskirt": "skirt", "sundress": "dress",
    "yukata": "japanese_clothes kimono", "kimono": "japanese_clothes", "hakama": "japanese_clothes",
    "miko": "japanese_clothes", "china_dress": "chinese_clothes dress",
    "beret": "hat", "baseball_cap": "hat", "beanie": "hat", "nurse_cap": "hat", "fedora": "hat",
    "peaked_cap": "hat", "garrison_cap": "hat", "mob_cap": "hat", "bowler_hat": "hat",
    "kneehighs": "socks", "loafers": "shoes", "sneakers": "shoes", "high_heels": "shoes",
    "mary_janes": "shoes", "trench_coat": "coat", "lab_coat": "coat", "blazer": "jacket",
    "sunglasses": "eyewear", "necklace": "jewelry", "earrings": "jewelry", "bracelet": "jewelry",
    "ring": "jewelry", "pendant": "jewelry", "brooch": "jewelry", "stud_earrings": "jewelry",
    "greyscale": "monochrome", "one-piece_swimsuit": "swimsuit", "bikini": "swimsuit",
    "school_swimsuit": "one-piece_swimsuit", "katana": "sword", "blue_sky": "sky",
    "night_sky": "sky night", "starry_sky": "sky", "cloudy_sky": "sky",
    "cherry_blossoms": "flower", "rose": "flower", ":d": "open_mouth smile", ";d": "open_mouth smile one_eye_closed", ":o": "open_mouth",
    ";)": "one_eye_closed smile",
}  # fmt: skip


@functools.cache
def implied_by(key: str) -> frozenset[str]:
    """Every tag (as a key) that a tag with this key implies, near and far, without itself."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        for wider in _directly(waiting.pop()):
            if wider != key and wider not in found:
                found.add(wider)
                waiting.append(wider)
    return frozenset(found)


def _directly(key: str) -> list[str]:
    found = _TABLE.get(key, "").split()
    if key in _EXCEPTIONS:
        return found
    parts = key.split("_")
    if parts[0] == "holding" and len(parts) > 1 and key not in _EXCEPTIONS:
        rest = "_".join(parts[1:])
        return [*found, "holding", *([rest] if _is_head(parts[-1]) else [])]
    if _is_head(parts[-1]):
        for start in range(1, len(parts)):
            if _DENYING.intersection(parts[:start]):
                break
            wider = parts[start:]
            if len(wider) > 1 or wider[0] not in _ONLY_WITH_MORE:
                found.append("_".join(wider))
    return found


def _is_head(word: str) -> bool:
    return word in _HEADS


def redundant(keys: Sequence[str], spared: Collection[str] = ()) -> list[tuple[int, int]]:
    """Which tags of a caption are redundant: (place of the tag, place of one that implies it).

    keys: the caption's tag keys in order. spared: keys that are never redundant (the trigger).
    """
    present = set(keys)
    found: dict[int, int] = {}
    for place, key in enumerate(keys):
        implied = implied_by(key)
        if not implied.isdisjoint(present):
            for other, wider in enumerate(keys):
                if wider in implied and wider not in spared:
                    found.setdefault(other, place)
    return sorted(found.items())
