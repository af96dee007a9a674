"""Completing a tag while it is typed."""

from __future__ import annotations

import pytest

from nasutui.core.dataset.completion import Completer
from nasutui.core.japanese.dictionary import dictionary


def names(completer: Completer, text: str) -> list[str]:
    return [found.tag for found in completer.complete(text)]


@pytest.fixture
def here() -> dict[str, int]:
    return {
        "nasumiso_style": 30,
        "blue_skirt": 25,
        "blue_eyes": 2,
        "gone_tag": 0,
        "^_^": 3,
        "\\m/": 1,
    }


@pytest.fixture
def completer(here: dict[str, int]) -> Completer:
    return Completer(dictionary(), here, ["only_a_model_knows", "1girl"])


@pytest.mark.parametrize(
    "text", ["青い目", "あおいめ", "aoi me", "blue_eyes", "blue eyes", "BLUE_EYES"]
)
def test_every_script_finds_it(completer: Completer, text: str) -> None:
    assert names(completer, text)[0] == "blue_eyes"


def test_inside_words_models_and_own_words(completer: Completer) -> None:
    assert "nasumiso_style" in names(completer, "miso")
    assert "nasumiso_style" in names(completer, "NASUMISO s")
    assert "only_a_model_knows" in names(completer, "a model")
    assert names(completer, "^_")[0] == "^_^"
    assert "\\m/" in names(completer, "\\m")


def test_what_is_used_here_comes_first(completer: Completer) -> None:
    found = completer.complete("blue_")
    assert [c.tag for c in found[:2]] == ["blue_skirt", "blue_eyes"]
    assert (found[0].here, found[1].here) == (25, 2)
    assert found[1].count > 1_000_000
    assert "gone_tag" not in names(completer, "gone")


def test_an_exact_tag_comes_before_longer_ones(completer: Completer) -> None:
    for text in ("hat", "solo", "1girl", "smile"):
        assert names(completer, text)[0] == text


def test_the_last_of_several(completer: Completer) -> None:
    assert names(completer, "hat, 青い目")[0] == "blue_eyes"
    assert names(completer, "hat,") == []
    assert names(completer, "  ") == []


def test_an_alias_is_named(completer: Completer) -> None:
    found = {c.tag: c for c in completer.complete("めがね")}
    assert found["glasses"].display == "眼鏡"


def test_each_tag_once(completer: Completer) -> None:
    for text in ("b", "blue", "青", "a", "_"):
        found = names(completer, text)
        assert len(set(found)) == len(found)


def test_counts_that_change_are_seen(completer: Completer, here: dict[str, int]) -> None:
    here["zq_new"] = 1
    assert names(completer, "zq_")[0] == "zq_new"
