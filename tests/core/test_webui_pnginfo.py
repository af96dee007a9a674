"""The `parameters` text of pictures: every vector of the contract, and text that survives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasutui.core.generation.pnginfo import (
    Infotext,
    compose_infotext,
    parse_infotext,
    read_parameters,
    with_parameters,
)
from tests.support.webui_pictures import pixels, png

_A1111 = "Model hash: 6ce0161689, Model: v1-5-pruned-emaonly"
_MODEL = {"Model hash": "6ce0161689", "Model": "v1-5-pruned-emaonly"}
_SHORT = "Sampler: Euler, CFG scale: 7"
# Texts as AUTOMATIC1111 1.8 and 1.10, Forge and SD.Next write them.
VECTORS = {
    "a1111_1_10_lora": (
        "<lora:nasumiso_v1:1.0>, nasumiso_style, 1girl\nNegative prompt: lowres, bad hands\n"
        "Steps: 25, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7.5, Seed: 12345, "
        f'Size: 512x512, {_A1111}, Lora hashes: "nasumiso_v1: 0123456789ab", Version: v1.10.1',
        "<lora:nasumiso_v1:1.0>, nasumiso_style, 1girl",
        "lowres, bad hands",
        {
            "Steps": "25",
            "Sampler": "DPM++ 2M",
            "Schedule type": "Karras",
            "CFG scale": "7.5",
            "Seed": "12345",
            "Size": "512x512",
            **_MODEL,
            "Lora hashes": "nasumiso_v1: 0123456789ab",
            "Version": "v1.10.1",
        },
    ),
    "a1111_1_8_composite_sampler": (
        "1girl\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 1, Size: 512x768, "
        f"{_A1111}, Version: v1.8.0",
        "1girl",
        "",
        {
            "Steps": "20",
            "Sampler": "DPM++ 2M Karras",
            "CFG scale": "7",
            "Seed": "1",
            "Size": "512x768",
            **_MODEL,
            "Version": "v1.8.0",
        },
    ),
    "two_loras": (
        "a\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 2, Size: 512x512, "
        'Lora hashes: "nasumiso_v1: 0123456789ab, detail: ba9876543210"',
        "a",
        "",
        {
            "Steps": "20",
            "Sampler": "Euler a",
            "CFG scale": "7",
            "Seed": "2",
            "Size": "512x512",
            "Lora hashes": "nasumiso_v1: 0123456789ab, detail: ba9876543210",
        },
    ),
    "multiline_prompt_blank_line": (
        "first line \n\n  third line\nNegative prompt: n1\nn2\n"
        f"Steps: 20, {_SHORT}, Seed: 3, Size: 512x512",
        "first line\n\nthird line",
        "n1\nn2",
        {"Steps": "20", "Sampler": "Euler", "CFG scale": "7", "Seed": "3", "Size": "512x512"},
    ),
    "no_prompt": (
        f"Steps: 20, {_SHORT}, Seed: 4, Size: 512x512",
        "",
        "",
        {"Steps": "20", "Sampler": "Euler", "CFG scale": "7", "Seed": "4", "Size": "512x512"},
    ),
    "empty_prompt_with_negative": (
        f"Negative prompt: bad\nSteps: 20, {_SHORT}, Seed: 5, Size: 512x512",
        "",
        "bad",
        {"Steps": "20", "Sampler": "Euler", "CFG scale": "7", "Seed": "5", "Size": "512x512"},
    ),
    "fewer_than_three_pairs": (
        "portrait\nlens: 50mm, light: soft",
        "portrait\nlens: 50mm, light: soft",
        "",
        {},
    ),
    "japanese_prompt": (
        "なすみそ, 1girl\nNegative prompt: 低品質\nSteps: 20, Sampler: DPM++ 2M, "
        "Schedule type: Karras, CFG scale: 7, Seed: 6, Size: 512x512",
        "なすみそ, 1girl",
        "低品質",
        {
            "Steps": "20",
            "Sampler": "DPM++ 2M",
            "Schedule type": "Karras",
            "CFG scale": "7",
            "Seed": "6",
            "Size": "512x512",
        },
    ),
    "quoted_newline_and_quotes": (
        f"a\nSteps: 20, {_SHORT}, Seed: 7, Size: 512x512, "
        'Hires prompt: "line one\\nsays \\"hi\\", ok"',
        "a",
        "",
        {
            "Steps": "20",
            "Sampler": "Euler",
            "CFG scale": "7",
            "Seed": "7",
            "Size": "512x512",
            "Hires prompt": 'line one\nsays "hi", ok',
        },
    ),
    "forge_version_value": (
        "a\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 8, "
        "Size: 512x512, Version: f2.0.1v1.10.1-previous-669-gdfdcbab6",
        "a",
        "",
        {
            "Steps": "20",
            "Sampler": "DPM++ 2M",
            "Schedule type": "Karras",
            "CFG scale": "7",
            "Seed": "8",
            "Size": "512x512",
            "Version": "f2.0.1v1.10.1-previous-669-gdfdcbab6",
        },
    ),
    "sdnext_order": (
        "a\nNegative prompt: b\nSteps: 20, Size: 512x512, Sampler: DPM++ 2M, "
        "Scheduler: DPMSolverMultistepScheduler, Seed: 9, CFG scale: 6.0, App: SD.Next, "
        "Version: 0d7c025, Pipeline: StableDiffusionPipeline, Operations: txt2img, "
        "Model: v1-5-pruned-emaonly, LoRA networks: nasumiso_v1",
        "a",
        "b",
        {
            "Steps": "20",
            "Size": "512x512",
            "Sampler": "DPM++ 2M",
            "Scheduler": "DPMSolverMultistepScheduler",
            "Seed": "9",
            "CFG scale": "6.0",
            "App": "SD.Next",
            "Version": "0d7c025",
            "Pipeline": "StableDiffusionPipeline",
            "Operations": "txt2img",
            "Model": "v1-5-pruned-emaonly",
            "LoRA networks": "nasumiso_v1",
        },
    ),
}


@pytest.mark.parametrize("name", list(VECTORS))
def test_vectors(name: str) -> None:
    text, prompt, negative, params = VECTORS[name]
    assert parse_infotext(text) == Infotext(prompt, negative, params)


@pytest.mark.parametrize("name", list(VECTORS))
def test_vectors_survive_writing(name: str, tmp_path: Path) -> None:
    """Taken apart, put together, written into a PNG and read again, each says the same."""
    info = parse_infotext(VECTORS[name][0])
    assert parse_infotext(compose_infotext(info)) == info
    path = tmp_path / "なす.png"
    path.write_bytes(with_parameters(png(pixels("x", 8, 8), None), VECTORS[name][0]))
    assert read_parameters(path) == VECTORS[name][0]


KEYS = st.from_regex(
    r"[A-Za-zあ-ん0-9_][A-Za-zあ-ん0-9_ \-/]{0,15}[A-Za-zあ-ん0-9_]", fullmatch=True
)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40).map(
    lambda line: " ".join(line.split())
)


@settings(deadline=None)
@given(
    st.lists(LINES, max_size=4),
    st.lists(LINES, max_size=4),
    st.dictionaries(
        KEYS, st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=6
    ),
)
def test_what_is_composed_is_parsed(
    prompt: list[str], negative: list[str], params: dict[str, str]
) -> None:
    texts = ["\n".join(lines).strip() for lines in (prompt, negative)]
    if any(line.startswith("Negative prompt:") for line in texts[0].split("\n")):
        return
    info = Infotext(texts[0], texts[1], params)
    assert parse_infotext(compose_infotext(info)) == info


@pytest.mark.parametrize("key", ["", "a", "a:b", "a,b", " a", "a ", "-a", "a\nb"])
def test_keys_that_no_reader_knows(key: str) -> None:
    with pytest.raises(ValueError, match="parameter"):
        compose_infotext(Infotext("", "", {key: "1"}))


# The grammar as the reference searches for it (AUTOMATIC1111 v1.10.1), which takes quadratic time.
_GRAMMAR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


@settings(deadline=None)
@given(st.text(st.sampled_from('ab1_ -/:,"\\\t.あ('), max_size=30))
def test_pairs_are_found_where_the_reference_finds_them(line: str) -> None:
    text = f"x\n{line}, aa: 1, bb: 2, cc: 3"
    found = {k.strip() for k, _value in _GRAMMAR.findall(text.split("\n")[1].strip())}
    assert set(parse_infotext(text).params) == found


@pytest.mark.parametrize(
    "line",
    [
        "a" * 3_000_000,
        "a b: " * 600_000,
        'ab: "' * 600_000,
        'ab: "x\\' * 500_000,
        " -" * 1_000_000,
        "ab:" + " " * 3_000_000,
        'aa: "' + '\\"' * 1_000_000,
        "ab: 1," * 300_000,
    ],
)
def test_hostile_texts_take_no_time(line: str) -> None:
    """Megabytes in well under a second; a quadratic search would take hours."""
    assert parse_infotext(f"x\n{line}").prompt.startswith("x")


def test_values_that_are_no_json() -> None:
    info = parse_infotext('Steps: 1, Bad: "\\x", Open: "abc, Empty: "", Next: "[[[["')
    assert info.params == {
        "Steps": "1",
        "Bad": '"\\x"',
        "Open": '"abc',
        "Empty": "",
        "Next": "[[[[",
    }
