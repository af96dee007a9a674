"""CLIP tokens: counted really where a vocabulary is here, else by an estimate that says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.dataset.tokens import (
    BORDERS,
    Border,
    TokenCounter,
    best_counter,
    borders,
    estimate,
    hub_counter,
    packaged_counter,
)

WORDS = TokenCounter("test", lambda text: len(text.replace(",", " ,").split()))
CAPTION = [
    "1girl", "solo", "long_hair", "looking at viewer", "blush", "smile", "open_mouth", "^_^",
    "blue_eyes", "black hair", "poster_(object)", "white_shirt", "hair_ornament", "holding", ":d",
]  # fmt: skip


def test_tokens_are_those_of_the_tags_with_their_commas() -> None:
    assert WORDS.count([]) == 0
    assert WORDS.count(["a"]) == 1
    assert WORDS.count(["a", "b c"]) == 4
    assert WORDS.costs(["a", "b c", "d"]) == [2, 3, 1]


@given(st.lists(st.sampled_from(CAPTION), max_size=120), st.sampled_from([3, 10, 75, 150]))
def test_a_border_stands_where_the_token_after_the_limit_is(tags: list[str], limit: int) -> None:
    found = borders(tags, WORDS, [limit])
    total = WORDS.count(tags)
    assert bool(found) == (total > limit)
    if found:
        (border,) = found
        costs = [round(cost) for cost in WORDS.costs(tags)]
        before = sum(costs[: border.tag])
        assert before <= limit < before + costs[border.tag]
        assert border.inside == (before < limit)
        assert border.limit == limit


def test_every_border_that_is_reached_is_shown() -> None:
    found = borders(["x"] * 200, WORDS)
    assert found == [Border(75, 37, True), Border(150, 75, False), Border(225, 112, True)]
    assert [border.limit for border in found] == list(BORDERS)
    assert borders(["one tag of more words than the limit"], WORDS, [2, 4]) == [
        Border(2, 0, True),
        Border(4, 0, True),
    ]


def test_an_estimate_says_that_it_is_one_and_is_near() -> None:
    counter = estimate()
    assert not counter.exact
    assert counter.source == "estimate"
    # Counted with CLIP's own vocabulary.
    assert counter.count(CAPTION) == pytest.approx(47, rel=0.1)
    assert counter.count(["1girl"]) == 2
    assert counter.count(["ナス味噌"]) > 3


@given(st.text(max_size=80))
def test_the_estimate_takes_any_text(text: str) -> None:
    assert estimate().cost(text) >= 0


def test_there_is_always_a_counter() -> None:
    counter = best_counter()
    assert counter is best_counter()
    assert counter.exact == (counter.source in ("hub", "instant-clip-tokenizer"))
    assert counter.count(CAPTION) == pytest.approx(47, rel=0.1)


def test_a_vocabulary_that_cannot_be_used_is_no_counter(tmp_path: Path) -> None:
    assert hub_counter(None) is None
    assert hub_counter(tmp_path / "nowhere.json") is None
    broken = tmp_path / "tokenizer.json"
    broken.write_text('{"model": 1')
    assert hub_counter(broken) is None


def small_vocabulary(path: Path) -> Path:
    """A tokenizer.json of CLIP's shape with four merges, that cuts and pads like some on the hub."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789,_^:()"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "ca", "cat</w>", "ha", "hat</w>"]
    special = ["<|startoftext|>", "<|endoftext|>"]
    model = {
        "type": "BPE", "unk_token": "<|endoftext|>", "end_of_word_suffix": "</w>",
        "continuing_subword_prefix": "", "fuse_unk": False, "byte_fallback": False, "dropout": None,
        "vocab": {token: number for number, token in enumerate([*tokens, *special])},
        "merges": ["c a", "ca t</w>", "h a", "ha t</w>"],
    }  # fmt: skip
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    start, end = ([s, len(tokens) + n] for n, s in enumerate(special))
    content = {
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": None,
        "added_tokens": [
            {"id": len(tokens) + n, "content": s, "single_word": False, "lstrip": False,
             "rstrip": False, "normalized": False, "special": True} for n, s in enumerate(special)
        ],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed",
                          "invert": True},
        "post_processor": {"type": "RobertaProcessing", "sep": end, "cls": start,
                           "trim_offsets": False, "add_prefix_space": False},
        "decoder": None,
        "model": model,
    }  # fmt: skip
    path.write_text(json.dumps(content))
    return path


def test_the_vocabulary_of_the_hub_counts_without_marks_and_without_cutting(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    counter = hub_counter(small_vocabulary(tmp_path / "tokenizer.json"))
    assert counter is not None
    assert (counter.source, counter.exact) == ("hub", True)
    assert counter.count(["cat"]) == 1
    assert counter.count(["cat", "hat"]) == 3
    assert counter.count(["CAT", "dog", "hat hat"]) == 8
    assert counter.count(["cat"] * 300) == 599


def test_the_packaged_vocabulary_counts_as_clip_does() -> None:
    counter = packaged_counter()
    if counter is None:
        pytest.skip("instant-clip-tokenizer is not here")
    assert counter.exact
    assert counter.count(CAPTION) == 47
    assert counter.count(["blue_hair", "^_^", ":d"]) == 9
