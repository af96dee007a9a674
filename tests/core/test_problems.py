"""What is wrong with a caption, where it stands, and that its mend mends it and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasutui.core.dataset.tokens import estimate
from nasutui.core.editing.captions import tag_key
from nasutui.core.problems import codes
from nasutui.core.problems.codes import CODES, codes_of
from nasutui.core.problems.finding import (
    CaptionFile,
    Hints,
    Problem,
    Rules,
    find,
    find_codes,
    mend_all,
)
from nasutui.core.problems.implications import implied_by

PLAIN = Rules(counter=estimate())


def problems(*tags: str, rules: Rules = PLAIN, hints: Hints | None = None) -> list[Problem]:
    return find(tags, rules, hints=hints)


def kinds(*tags: str, rules: Rules = PLAIN) -> list[str]:
    return [problem.code for problem in problems(*tags, rules=rules)]


@pytest.mark.parametrize(
    "tags",
    [
        ("blue_eyes", "red_eyes"),
        ("blue eyes", "Red Eyes"),
        ("1girl", "2girls"),
        ("1girl", "multiple_girls"),
        ("2girls", "3girls"),
        ("solo", "2girls"),
        ("solo", "1girl", "1boy"),
        ("no_humans", "1girl"),
        ("blonde_hair", "black_hair"),
        ("blue_skin", "red_skin"),
        ("short_hair", "very_long_hair"),
        ("small_breasts", "large_breasts"),
        ("open_mouth", "closed_mouth"),
        (":d", "closed_mouth"),
        ("closed_eyes", "one_eye_closed"),
        ("standing", "sitting"),
        ("full_body", "upper_body"),
        ("day", "night"),
        ("indoors", "outdoors"),
        ("white_background", "black_background"),
    ],
)
def test_a_contradiction_is_found_with_its_places(tags: tuple[str, ...]) -> None:
    caption = ("smile", *tags, "hat")
    (found,) = [p for p in problems(*caption) if p.code == codes.CONTRADICTION]
    assert found.places == tuple(range(1, len(tags) + 1))
    assert found.tags == tags
    assert codes.CONTRADICTION not in kinds(*found.mend(caption))
    assert {"smile", "hat"} <= set(found.mend(caption))


@pytest.mark.parametrize(
    "tags",
    [
        ("blue_eyes", "red_eyes", "heterochromia"),
        ("blue_eyes", "red_eyes", "2girls"),
        ("blue_eyes", "red_eyes", "1girl", "1boy"),
        ("blonde_hair", "black_hair", "two-tone_hair"),
        ("long_hair", "very_long_hair"),
        ("2girls", "multiple_girls"),
        ("2girls", "2boys"),
        ("1girl", "1boy"),
        ("1girl", "solo"),
        ("solo_focus", "2girls"),
        ("solo", "no_humans"),
        ("full_body", "upper_body", "multiple_views"),
        ("indoors", "outdoors", "window"),
        ("open_mouth", ":d"),
        ("red_eyes", "red_hair"),
    ],
)
def test_what_can_be_true_together_is_no_contradiction(tags: tuple[str, ...]) -> None:
    assert codes.CONTRADICTION not in kinds(*tags)


def test_the_mend_of_a_contradiction_keeps_what_is_likelier() -> None:
    caption = ("blue_eyes", "red_eyes")
    (first,) = problems(*caption)
    assert first.mend(caption) == ["blue_eyes"]
    (scored,) = problems(*caption, hints=Hints(scores={"blue_eyes": 0.4, "red_eyes": 0.9}))
    assert scored.mend(caption) == ["red_eyes"]
    (person,) = problems(
        *caption,
        hints=Hints(scores={"blue_eyes": 0.9}, by_person=frozenset({"red_eyes"})),
    )
    assert person.mend(caption) == ["red_eyes"]
    assert "red_eyes" in first.text and "blue_eyes" in first.text


@pytest.mark.parametrize(
    ("tag", "beside"),
    [
        ("shirt", "white_shirt"), ("shirt", "collared shirt"), ("long_hair", "very_long_hair"),
        ("long_hair", "absurdly_long_hair"), ("animal_ears", "cat_ears"), ("tail", "cat_tail"),
        ("multiple_girls", "2girls"), ("simple_background", "white_background"),
        ("breasts", "large_breasts"), ("skirt", "pleated_skirt"), ("hair_ornament", "hairclip"),
        ("hair_ornament", "x_hair_ornament"), ("bow", "hair_bow"), ("holding", "holding_sword"),
        ("sword", "holding_sword"), ("open_mouth", ":d"), ("school_uniform", "serafuku"),
        ("colored_skin", "blue_skin"), ("shirt", "t-shirt"), ("lying", "on_back"),
        ("one-piece_swimsuit", "old_school_swimsuit"), ("sky", "night_sky"),
    ],
)  # fmt: skip
def test_a_tag_that_another_one_says_too_is_redundant(tag: str, beside: str) -> None:
    for caption in ((tag, "ナス", beside), (beside, "ナス", tag)):
        (found,) = [p for p in problems(*caption) if p.code == codes.REDUNDANT]
        assert found.tags == (tag, beside)
        assert [caption[place] for place in found.places] == [tag, beside]
        assert tag in found.text and beside in found.text
        assert found.mend(caption) == [t for t in caption if t != tag]


@pytest.mark.parametrize(
    ("tag", "beside"),
    [
        ("shirt", "no_shirt"), ("bra", "no_bra"), ("clothes", "bikini_under_clothes"),
        ("bear", "teddy_bear"), ("dog", "hot_dog"), ("cat", "stuffed_cat"), ("hair", "blue_hair"),
        ("kiss", "imminent_kiss"), ("nipples", "covered_nipples"), ("hat", "unworn_hat"),
        ("bow", "bow_(weapon)"), ("miku", "hatsune_miku"), ("wings", "hair_wings"),
        ("white_shirt", "shirt_lift"), ("white_shirt", "black_shirt"), ("eyes", "blue_eyes"),
        ("background", "white_background"), ("hands", "holding_hands"), ("animal_ears", "fake_animal_ears"),
    ],
)  # fmt: skip
def test_what_only_looks_redundant_is_left(tag: str, beside: str) -> None:
    assert codes.REDUNDANT not in kinds(tag, beside)


@pytest.mark.parametrize(
    "tag", ["general", "Sensitive", "questionable", "explicit", "rating:general"]
)
def test_ratings_left_in_are_found_unless_they_are_wanted(tag: str) -> None:
    (found,) = problems("1girl", tag)
    assert (found.code, found.places) == (codes.RATING, (1,))
    assert found.mend(["1girl", tag]) == ["1girl"]
    assert kinds("1girl", tag, rules=Rules(ratings=True, counter=estimate())) == []


def test_the_trigger_belongs_in_front() -> None:
    rules = Rules(trigger=("nasu style", "hero"), counter=estimate())
    assert kinds("nasu_style", "Hero", "1girl", rules=rules) == []
    assert kinds("1girl", "nasu_style", rules=rules) == [codes.TRIGGER_MISSING]
    (found,) = problems("1girl", "hero", "nasu_style", rules=rules)
    assert (found.code, found.places) == (codes.TRIGGER_NOT_FIRST, (2, 1))
    assert found.mend(["1girl", "hero", "nasu_style"]) == ["nasu style", "hero", "1girl"]
    assert kinds("nasu_style", rules=PLAIN) == []


def test_an_empty_caption_can_only_be_given_its_trigger() -> None:
    (found,) = problems()
    assert (found.code, found.mendable) == (codes.EMPTY, False)
    (found,) = problems(rules=Rules(trigger=("nasu",)))
    assert (found.mendable, found.mend([])) == (True, ["nasu"])


def test_a_tag_that_stands_twice_is_found_at_its_second_place() -> None:
    (found,) = problems("open mouth", "hat", "Open_Mouth")
    assert (found.code, found.places, found.tags) == (codes.DUPLICATE, (2,), ("Open_Mouth",))
    assert found.mend(["open mouth", "hat", "Open_Mouth"]) == ["open mouth", "hat"]


@pytest.mark.parametrize("limit", [75, 150, 225])
def test_a_caption_that_is_too_long_says_where_it_is_cut(limit: int) -> None:
    rules = Rules(trigger=("nasu",), token_limit=limit, counter=estimate())
    caption = ["nasu", *(f"{chr(97 + n % 26)}" * 3 for n in range(200))]
    (found,) = [p for p in find(caption, rules) if p.code == codes.TOKENS]
    (place,) = found.places
    assert rules.tokens(caption[:place]) <= limit < rules.tokens(caption[: place + 2])
    assert str(limit) in found.text
    mended = found.mend(caption)
    assert mended == caption[: len(mended)]
    assert rules.tokens(mended) <= limit < rules.tokens(caption[: len(mended) + 1])
    assert codes.TOKENS not in [p.code for p in find(caption, Rules(token_limit=0))]


def test_what_is_wrong_with_the_file_is_told_too() -> None:
    odd = find(["a"], PLAIN, CaptionFile(("encoding", "lines", "crlf")))
    assert [p.code for p in odd] == [codes.ENCODING, codes.LINES]
    assert all(p.mendable and p.mend(["a"]) == ["a"] for p in odd)
    assert [p.code for p in find(["a"], PLAIN, CaptionFile(("bom",)))] == [codes.ENCODING]
    (unreadable,) = find([], PLAIN, CaptionFile(unreadable="not readable"))
    assert (unreadable.code, unreadable.mendable) == (codes.UNREADABLE, False)
    assert unreadable.text == "not readable"
    (shared,) = find(["a"], PLAIN, CaptionFile(shared_with="a\x1b[2J.png"))
    assert (shared.code, shared.mendable) == (codes.STEM_SHARED, False)
    assert "\x1b" not in shared.text


def test_text_from_tags_is_safe_to_show() -> None:
    for problem in problems("\x1b[31mhat", "\x1b[31mHAT"):
        assert "\x1b" not in problem.text


def test_codes_are_found_by_their_beginning() -> None:
    assert codes_of("") == frozenset(CODES)
    assert codes_of("trigger") == {codes.TRIGGER_MISSING, codes.TRIGGER_NOT_FIRST}
    assert codes_of("Stem_Shared") == {codes.STEM_SHARED}
    assert codes_of("x") == frozenset()


TAGS = st.sampled_from(
    ["1girl", "2girls", "multiple_girls", "1boy", "solo", "no_humans", "blue_eyes", "red eyes",
     "green_eyes", "heterochromia", "shirt", "white_shirt", "long_hair", "very_long_hair",
     "short_hair", "general", "explicit", "nasu", "Nasu", "hero", "standing", "sitting", ":d", "smile",
     "open_mouth", "closed_mouth", "hat", "ナス", "a long tag of many words", "^_^", "full_body",
     "upper_body", "multiple_views", "simple_background", "white_background", "black_background"]
)  # fmt: skip
CAPTIONS = st.lists(TAGS, max_size=12)
RULES = st.builds(
    Rules,
    trigger=st.sampled_from([(), ("nasu",), ("hero", "nasu"), ("1girl",), ("red_eyes", "blue_eyes"),
                             ("nasu", "NASU"), ("shirt",), ("general",)]),
    token_limit=st.sampled_from([0, 3, 12, 75]),
    ratings=st.booleans(),
    counter=st.just(estimate()),
)  # fmt: skip


@settings(max_examples=300)
@given(CAPTIONS, RULES)
def test_every_mend_takes_its_problem_away_and_touches_nothing_else(
    tags: list[str], rules: Rules
) -> None:
    for problem in find(tags, rules):
        assert all(0 <= place < len(tags) for place in problem.places)
        assert problem.tags == tuple(tags[place] for place in problem.places)
        assert problem.text
        if not problem.mendable:
            continue
        before = list(tags)
        mended = problem.mend(tags)
        assert tags == before
        kept = [t for t in mended if tag_key(t) not in rules.trigger_keys]
        order = iter([t for t in tags if tag_key(t) not in rules.trigger_keys])
        assert all(tag in order for tag in kept), "the order of what is kept has changed"
        present = {tag_key(t) for t in tags} & set(rules.trigger_keys)
        assert present <= {tag_key(t) for t in mended}, "the trigger was taken out"
        fits = problem.code != codes.TOKENS or rules.tokens(rules.trigger) <= rules.token_limit
        again = find(mended, rules)
        if fits:
            same = [(p.code, p.drops, p.tags) for p in again]
            assert (problem.code, problem.drops, problem.tags) not in same or not problem.drops
            if not problem.drops:
                assert problem.code not in [p.code for p in again]
        assert problem.mend(mended) == mended


@settings(max_examples=300)
@given(CAPTIONS, RULES)
def test_mending_everything_leaves_nothing_that_can_be_mended(
    tags: list[str], rules: Rules
) -> None:
    mended = mend_all(tags, rules)
    assert all(p.mend(mended) == mended for p in find(mended, rules) if p.mendable)
    assert mend_all(mended, rules) == mended
    assert set(map(tag_key, mended)) <= set(map(tag_key, tags)) | set(rules.trigger_keys)
    assert mend_all(tags, rules, only=()) == tags


@given(CAPTIONS, RULES)
def test_the_quick_look_sees_the_same_kinds(tags: list[str], rules: Rules) -> None:
    slow = {p.code for p in find(tags, rules)} - {codes.TOKENS}
    assert find_codes(tags, [tag_key(t) for t in tags], rules) == slow


@given(TAGS)
def test_nothing_implies_itself_and_implications_are_complete(tag: str) -> None:
    wider = implied_by(tag_key(tag))
    assert tag_key(tag) not in wider
    for other in wider:
        assert implied_by(other) <= wider | {tag_key(tag)}
