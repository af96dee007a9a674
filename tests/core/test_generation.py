"""What is asked for, what is sent for it, and reading it back from a picture's text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.errors import InputError, UsageError
from nasutui.core.generation.pnginfo import Infotext, compose_infotext
from nasutui.core.generation.settings import (
    Generation,
    from_dict,
    from_infotext,
    full_prompt,
    in_tags,
    parse_lora,
    parse_size,
    requests,
)
from nasutui.core.webui.request import MAX_SEED, check_request
from tests.support.lora_files import write_lora


def test_the_defaults_are_the_recommended_ones() -> None:
    (request,) = requests(Generation("1girl", trigger="nasumiso_style", lora="nasumiso_v1", seed=7))
    assert request.prompt == "nasumiso_style, 1girl <lora:nasumiso_v1:0.8>"
    assert (request.sampler, request.steps, request.cfg_scale) == ("DPM++ 2M Karras", 25, 7.5)
    assert (request.width, request.height, request.seed, request.count) == (512, 512, 7, 1)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (Generation("1girl, nasumiso style", trigger="nasumiso_style"), "1girl, nasumiso style"),
        (Generation("", trigger="nasumiso_style"), "nasumiso_style"),
        (Generation("1girl <lora:a:0.5>", lora="a", weight=0.9), "1girl <lora:a:0.5>"),
        (Generation("1girl <lora:b:0.5>", lora="a", weight=1), "1girl <lora:b:0.5> <lora:a:1>"),
        (Generation("", lora="a"), "<lora:a:0.8>"),
    ],
)
def test_trigger_first_and_lora_last_and_nothing_twice(asked: Generation, sent: str) -> None:
    assert full_prompt(asked) == sent


def test_many_pictures_are_many_requests_with_seeds_in_a_row() -> None:
    found = requests(Generation("1girl", count=3))
    assert [r.count for r in found] == [1, 1, 1]
    assert [r.seed - found[0].seed for r in found] == [0, 1, 2]
    assert found[0].seed >= 0


@pytest.mark.parametrize("count", [0, -1, 101])
def test_a_count_that_makes_no_sense_is_refused_like_any_other_setting(count: int) -> None:
    (request,) = requests(Generation("1girl", seed=1, count=count))
    with pytest.raises(InputError):
        check_request(request)


def test_the_last_seed_of_all_is_not_passed() -> None:
    (request,) = requests(Generation("1girl", seed=MAX_SEED, count=2))
    with pytest.raises(InputError):
        check_request(request)


def test_japanese_becomes_tags_and_what_is_not_understood_is_told() -> None:
    found = in_tags(Generation("青い髪の女の子、ほげほげ <lora:x:0.5>", "帽子"))
    assert found.generation.prompt == "1girl, blue_hair <lora:x:0.5>"
    assert found.generation.negative == "hat"
    assert found.unknown == ("ほげほげ",)
    assert found.changed


@pytest.mark.parametrize("text", ["1girl, (smile:1.2)", "a. b! c; d", "[x|y]", "  spaced ,, out "])
def test_a_prompt_without_japanese_stays_letter_by_letter(text: str) -> None:
    found = in_tags(Generation(text))
    assert found.generation.prompt == text
    assert not found.changed


_WORDS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n<>,\0", exclude_categories=("C", "Z")), min_size=1, max_size=8),
    min_size=1, max_size=4,
)  # fmt: skip


@given(_WORDS, st.sampled_from(["", "nasumiso_v1", "a-000004"]), st.sampled_from([0.8, 1, -0.25]),
       st.sampled_from(["", "nasumiso_style"]))  # fmt: skip
def test_a_picture_is_read_back_to_exactly_its_parameters(
    words: list[str], lora: str, weight: float, trigger: str
) -> None:
    asked = Generation(
        ", ".join(words), "low", trigger, lora, weight, steps=7, cfg=3.5, width=640, seed=9
    )
    sent = full_prompt(asked)
    params = {
        "Steps": "7", "Sampler": "DPM++ 2M", "Schedule type": "Karras", "CFG scale": "3.5",
        "Seed": "9", "Size": "640x512",
    }  # fmt: skip
    text = compose_infotext(Infotext(sent, "low", params))
    if sent.startswith("Negative prompt:"):
        return
    found = from_infotext(text, "nasumiso_style")
    assert full_prompt(found) == sent
    assert (found.negative, found.sampler, found.steps, found.cfg) == ("low", "DPM++ 2M Karras", 7, 3.5)  # fmt: skip
    assert (found.width, found.height, found.seed) == (640, 512, 9)


@pytest.mark.parametrize(
    "prompt",
    [
        "<lora:nasumiso_v1:1.0>, nasumiso_style, 1girl",
        "1girl <lora:a:0.8> <lora:b:0.2>",
        "1girl <lora:a:0.5:0.7>",
        "1girl <lora:a:hello>",
        "1girl\n\nsecond line <lora:a:1>",
    ],
)
def test_tags_that_would_not_come_together_again_stay_in_the_prompt(prompt: str) -> None:
    text = f"{prompt}\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
    found = from_infotext(text, "nasumiso_style")
    try:
        assert full_prompt(found) == prompt
    except InputError:
        assert found.prompt == prompt
    assert found.sampler == "Euler a"


def test_a_text_without_settings_is_all_prompt() -> None:
    assert from_infotext("just words") == Generation("just words")


def test_hashes_of_the_files_here_are_asked_for(tmp_path: Path) -> None:
    write_lora(tmp_path / "a.safetensors", "ab" * 32)
    (request,) = requests(Generation("1girl", lora="a", seed=1), tmp_path)
    assert request.lora_hashes == {"a": "ab" * 6}
    (request,) = requests(Generation("1girl", lora="b", seed=1), tmp_path)
    assert request.lora_hashes == {}


def test_stored_settings_of_any_kind_are_read_without_trust() -> None:
    asked = Generation("1girl", weight=1.0, seed=3)
    assert from_dict(asked.as_dict()) == asked
    assert from_dict({"steps": "x", "cfg": 7, "seed": True, "new": 1, "prompt": None}) == Generation(cfg=7.0)  # fmt: skip


def test_flags() -> None:
    assert parse_lora("a:0.5") == ("a", 0.5)
    assert parse_lora("a", 0.7) == ("a", 0.7)
    assert parse_size("512x768") == (512, 768)
    for text in ("a:b", ":1", "a:nan"):
        with pytest.raises(UsageError):
            parse_lora(text)
    for text in ("512", "x", "512x", "[red]x1"):
        with pytest.raises(UsageError):
            parse_size(text)
