"""Tags that can't both be true of one picture: two eye colours, 1girl with 2girls, day and night.

Each group gives its tags a value; a caption that has two values of one group contradicts itself.
Where several people can be meant (two girls have two hair colours), or a tag says that both are
there (heterochromia), it does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nasutui.core.japanese.word_lists import words

_COLOURS = words("aqua black blue brown green grey orange pink purple red white yellow")
_MANY = ("2", "3", "4", "5", "6+")
_SEVERAL_TAGS = frozenset(
    ["multiple_girls", "multiple_boys", "multiple_others", "everyone", "crowd", "group", "couple"]
    + [f"{n}{who}" for n in _MANY for who in ("girls", "boys", "others")]
)
_ONE_TAGS = frozenset(["1girl", "1boy", "1other"])
_SEVERAL_VIEWS = frozenset(
    ["multiple_views", "comic", "reference_sheet", "character_sheet", "multiple_persona",
     "collage", "split_screen", "chibi_inset", "solo_focus", "before_and_after", "variations"]
    + [f"{n}koma" for n in (1, 2, 3, 4, 5)]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """Tags of which only one value can be true. values: tag key -> value. unless: tags with which
    two values go together. scope: what has one value of its own: each "person", each "view" of a
    picture that shows several, or the whole "picture"."""

    name: str
    values: Mapping[str, str]
    unless: frozenset[str] = frozenset()
    scope: str = "person"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """places: of all tags concerned, in order. values: the value of each (see Group)."""

    group: str
    places: tuple[int, ...]
    values: tuple[str, ...]


def _same(*keys: str) -> dict[str, str]:
    return {key: key for key in keys}


def _coloured(thing: str, *colours: str) -> dict[str, str]:
    return {f"{colour}_{thing}": colour for colour in (*_COLOURS, *colours)}


def _counted(one: str, many: str) -> list[Group]:
    numbers = {one: "1", **{f"{n}{many}": n for n in _MANY}}
    return [
        Group(many, numbers, scope="picture"),
        Group(many, {one: "1", f"multiple_{many}": "many"}, scope="picture"),
    ]


GROUPS: tuple[Group, ...] = (
    *_counted("1girl", "girls"), *_counted("1boy", "boys"), *_counted("1other", "others"),
    Group("people", {"no_humans": "none", **dict.fromkeys(_ONE_TAGS | _SEVERAL_TAGS, "some")},
          scope="picture"),
    Group("eye colour", _coloured("eyes", "amber", "gold", "silver", "violet"), frozenset(
        words("heterochromia multicolored_eyes two-tone_eyes gradient_eyes rainbow_eyes"))),
    Group("hair colour", _coloured("hair", "blonde", "silver"), frozenset(
        words("multicolored_hair two-tone_hair gradient_hair streaked_hair split-color_hair rainbow_hair"
        " colored_inner_hair colored_tips roots_(hair) highlights"))),
    Group("skin colour", {**_coloured("skin"), "dark_skin": "dark", "pale_skin": "pale",
                          "very_dark_skin": "dark"}, frozenset(
        words("multicolored_skin two-tone_skin gradient_skin body_markings"))),
    Group("hair length", {
        "bald": "none", "short_hair": "short", "very_short_hair": "short", "medium_hair": "medium",
        "long_hair": "long", "very_long_hair": "long", "absurdly_long_hair": "long",
    }, frozenset(["asymmetrical_hair", "hair_length_difference"])),
    Group("breast size", _same(
        "flat_chest", "small_breasts", "medium_breasts", "large_breasts", "huge_breasts",
        "gigantic_breasts")),
    Group("mouth", {"open_mouth": "open", "closed_mouth": "closed", ":d": "open", ":o": "open"}),
    Group("eyes", {"closed_eyes": "both", "one_eye_closed": "one", ";d": "one", ";)": "one"}),
    Group("posture", _same("standing", "sitting", "lying", "squatting")),
    Group("framing", _same("portrait", "upper_body", "lower_body", "cowboy_shot", "full_body"),
          scope="view"),
    Group("view", _same("from_above", "from_below"), scope="view"),
    Group("time of day", _same("day", "night"), scope="view"),
    Group("place", _same("indoors", "outdoors"), frozenset(["window", "open_door"]),
          scope="view"),
    Group("background", {f"{c}_background": c for c in _COLOURS}, frozenset(
        words("two-tone_background multicolored_background gradient_background striped_background"
        " split_theme checkered_background")), scope="view"),
)  # fmt: skip


def _index() -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, group in enumerate(GROUPS):
        for key in group.values:
            found[key] = (*found.get(key, ()), number)
    return found


_GROUPS_OF = _index()


def several_people(keys: Collection[str]) -> list[str]:
    """The tags that say that there is more than one person; [] when none do."""
    many = [key for key in keys if key in _SEVERAL_TAGS]
    ones = sorted({key for key in keys if key in _ONE_TAGS})
    return many or (ones if len(ones) > 1 else [])


def contradictions(keys: Sequence[str]) -> Iterator[Contradiction]:
    """What a caption says against itself. keys: its tag keys in order."""
    places: dict[int, list[int]] = {}
    for place, key in enumerate(keys):
        for number in _GROUPS_OF.get(key, ()):
            places.setdefault(number, []).append(place)
    present = frozenset(keys)
    several = several_people(keys)
    yield from _alone_in_company(keys, several)
    free = set()
    if several:
        free.add("person")
    if not _SEVERAL_VIEWS.isdisjoint(present):
        free.update(("person", "view"))
    for number, where in sorted(places.items()):
        group = GROUPS[number]
        values = [group.values[keys[place]] for place in where]
        excused = group.scope in free or not group.unless.isdisjoint(present)
        if len(set(values)) > 1 and not excused:
            yield Contradiction(group.name, tuple(where), tuple(values))


def _alone_in_company(keys: Sequence[str], several: Sequence[str]) -> Iterator[Contradiction]:
    if several and "solo" in keys:
        where = [place for place, key in enumerate(keys) if key == "solo" or key in several]
        values = ["alone" if keys[place] == "solo" else "several" for place in where]
        yield Contradiction("solo", tuple(where), tuple(values))


def rivals_of(key: str) -> frozenset[str]:
    """The tags that say another thing of the same feature: for red_hair every other hair colour."""
    return frozenset(
        other
        for number in _GROUPS_OF.get(key, ())
        for other, value in GROUPS[number].values.items()
        if value != GROUPS[number].values[key]
    )
