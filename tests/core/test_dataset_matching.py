"""All pictures at once gives the same answer as each picture by itself, whatever happened before."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nasutui.core.problems.finding import Rules
from nasutui.core.query.language import quote
from tests.support.dataset_facts import facts_of, load, meant, png, shown

TAGS = [
    "1girl", "2girls", "solo", "open mouth", "open_mouth", "Open_Mouth", "shirt", "white_shirt",
    "blue_eyes", "red_eyes", "general", "nasu", ":d", "^_^", ">_<", "-_-", "\\m/", "|_|", "3",
    "poster_(object)", 'say_"lazy"', "long_hair", "very_long_hair", "ナス味噌", "*", "a b c d e f",
]  # fmt: skip
STEMS = ["img1", "img2", "img10", "ナス", "b", "[x]"]
SIZES = [(4, 9), (8, 8), (16, 2)]
ATOMS = st.one_of(
    st.sampled_from(TAGS).map(quote),
    st.sampled_from(
        ["*_hair", "*", "o*m*h", "*1*", "missing", "untagged", "dup:", "dup:tags", "dup:picture",
         "name:img*", "name:1", "name:*.PNG", "name:ナス", "problem:", "problem:redundant",
         "problem:trigger", "problem:contra", "problem:stem", "problem:unreadable", "problem:enc",
         "problem:tokens", "added:", "added:*_hair", "removed:", "score:x<0.5"]
    ),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["tags", "tokens", "size"]),
        st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
        st.integers(0, 12),
    ),
)  # fmt: skip
QUERIES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        inner.map("-({})".format),
        st.tuples(inner, inner).map(" AND ".join).map("({})".format),
        st.tuples(inner, inner).map(" OR ".join).map("({})".format),
    ),
    max_leaves=6,
)
CAPTION = st.one_of(
    st.none(),
    st.lists(st.sampled_from(TAGS), max_size=7).map(lambda tags: ", ".join(tags).encode()),
    st.sampled_from(
        ["ナス, がく".encode("cp932"), b"\xef\xbb\xbfsolo", b"solo\nshirt", b"\xff\x00\x80"]
    ),
)
FILES = st.tuples(st.sampled_from(STEMS), st.sampled_from([".png", ".jpg", ""]), CAPTION)
STEPS = st.lists(st.tuples(st.lists(FILES, max_size=5), QUERIES), min_size=1, max_size=4)
RULES = Rules(trigger=("nasu",), token_limit=9)


def put(folder: Path, stem: str, suffix: str, caption: bytes | None, choice: random.Random) -> None:
    """Make one file, change it or take it away."""
    if suffix:
        picture = folder / f"{stem}{suffix}"
        if picture.exists() and choice.random() < 0.3:
            picture.unlink()
        else:
            picture.write_bytes(png(*choice.choice(SIZES)))
    text = folder / (stem + choice.choice([".txt", ".txt", ".txt", ".caption"]))
    if caption is None:
        text.unlink(missing_ok=True)
    else:
        text.write_bytes(caption)


@settings(max_examples=120, deadline=None)
@given(STEPS, st.randoms(use_true_random=False))
def test_the_index_gives_what_each_picture_gives(
    steps: list[tuple[list[tuple[str, str, bytes | None]], str]], choice: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = load(folder, RULES)
        for files, query in steps:
            for stem, suffix, caption in files:
                put(folder, stem, suffix, caption, choice)
            dataset.refresh()
            facts = facts_of(folder, RULES)
            assert set(shown(dataset)) == set(facts)
            found = shown(dataset, query)
            assert set(found) == meant(facts, query), query
            assert len(found) == len(set(found))
        assert shown(dataset) == shown(load(folder, RULES))


@settings(max_examples=60, deadline=None)
@given(QUERIES, QUERIES)
def test_a_query_and_its_negation_share_the_pictures_between_them(one: str, two: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        choice = random.Random(3)
        for stem in STEMS:
            caption = ", ".join(choice.sample(TAGS, 5)).encode()
            put(folder, stem, ".png", caption, choice)
        dataset = load(folder, RULES)
        assert sorted(shown(dataset, one) + shown(dataset, f"-({one})")) == sorted(shown(dataset))
        assert shown(dataset, f"NOT ({one} AND {two})") == shown(
            dataset, f"NOT ({one}) OR NOT ({two})"
        )
        assert shown(dataset, f"{one} AND {two}") == shown(dataset, f"{two} {one}")
