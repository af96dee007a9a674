"""LoRA tags, and the hash by which a WebUI names a file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasutui.core.errors import InputError
from nasutui.core.webui.errors import UnknownLoraError
from nasutui.core.webui.lists import Lora, find_lora
from nasutui.core.webui.lora import (
    LoraTag,
    applied_loras,
    find_tags,
    lora_hash,
    lora_tag,
    same_hash,
)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("<lora:nasumiso_v1:0.8>", LoraTag("nasumiso_v1", 0.8, 0.8)),
        ("<lora:n>", LoraTag("n", 1.0, 1.0)),
        ("<lora:n:0.5:0.7>", LoraTag("n", 0.5, 0.7)),
        ("<lora:n:0.5:0.7:4>", LoraTag("n", 0.5, 0.7)),
        ("<lora:n:te=0.8:unet=1:dyn=3>", LoraTag("n", 0.8, 1.0)),
        ("<lora:n:-1>", LoraTag("n", -1.0, -1.0)),
        ("a, <lora:my lora (v2).1:0>, b", LoraTag("my lora (v2).1", 0.0, 0.0)),
    ],
)
def test_tags(text: str, tag: LoraTag) -> None:
    assert find_tags(text) == (tag,)


def test_no_tags() -> None:
    assert find_tags("1girl, lora, <3, (a:1.2), <hypernet:x:1>, <lora") == ()


@settings(deadline=None)
@given(
    st.from_regex(r"[A-Za-z0-9_.\-]{1,40}", fullmatch=True),
    st.floats(-4, 4).map(lambda x: round(x, 3)),
)
def test_what_is_written_is_found(name: str, weight: float) -> None:
    assert find_tags(f"a, {lora_tag(name, weight)}, b") == (LoraTag(name, weight, weight),)


@pytest.mark.parametrize("name", ["", "なす", "が", "a:b", "a>b", "a=b", " a", "a\n", "a\x1b"])
def test_names_that_no_webui_finds(name: str) -> None:
    with pytest.raises(InputError):
        lora_tag(name)


@pytest.mark.parametrize(
    ("parameters", "applied"),
    [
        ({}, None),
        ({"Lora hashes": ""}, None),
        ({"Lora hashes": "a: 0123456789AB, b: ba98"}, {"a": "0123456789ab", "b": "ba98"}),
        ({"LoRA networks": "a"}, {"a": ""}),
        ({"LoRA networks": "a, b", "LoRA hashes": "aa, bb"}, {"a": "aa", "b": "bb"}),
        ({"LoRA networks": "a:1.0, b:0.5", "LoRA hashes": "b: bb"}, {"a": "", "b": "bb"}),
        ({"Lora hashes": ",,: ,"}, {"": ""}),
        ({"LoRA networks": 5}, None),
    ],
)
def test_what_was_applied(parameters: dict[str, object], applied: dict[str, str] | None) -> None:
    assert applied_loras(parameters) == applied


def test_hashes_of_different_length() -> None:
    assert same_hash("0123456789abcdef", "0123456789AB")
    assert same_hash("0123456789", "0123456789ab")
    assert not same_hash("0123456789ac", "0123456789ab")
    assert not same_hash("", "0123456789ab")


def _safetensors(metadata: dict[str, str] | None, tensors: bytes) -> bytes:
    tensor = {"dtype": "U8", "shape": [len(tensors)], "data_offsets": [0, len(tensors)]}
    told = {"__metadata__": metadata} if metadata else {}
    header = json.dumps(told | {"lora.lora_down.weight": tensor}).encode()
    return len(header).to_bytes(8, "little") + header + tensors


def test_hash_of_a_file(tmp_path: Path) -> None:
    """The trainer's own, else that of the bytes after the header."""
    path = tmp_path / "なす.safetensors"
    path.write_bytes(_safetensors({"sshs_model_hash": "AB" * 32}, b"tensors"))
    assert lora_hash(path) == "abababababab"
    path.write_bytes(_safetensors({"ss_output_name": "x"}, b"tensors"))
    expected = hashlib.sha256(b"tensors").hexdigest()[:12]
    assert lora_hash(path) == expected
    path.write_bytes(_safetensors(None, b"tensors"))
    assert lora_hash(path) == expected
    path.write_bytes(_safetensors({"sshs_model_hash": "\x1b[31m"}, b"tensors"))
    assert lora_hash(path) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"\xff" * 100,
        (2).to_bytes(8, "little") + b"{",
        _safetensors({"sshs_model_hash": "ab" * 32}, b"tensors")[:-1],
        (5).to_bytes(8, "little") + b"\xff\xfe\x00{}rest",
        (4).to_bytes(8, "little") + b"[[[[",
        (200_000).to_bytes(8, "little") + b"[" * 200_000,
    ],
)
def test_files_that_are_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        lora_hash(path)
    assert caught.value.code in ("not-safetensors", "truncated")
    with pytest.raises(InputError):
        lora_hash(tmp_path / "missing.safetensors")


def test_which_lora_a_name_means() -> None:
    """The rules of the WebUI: a file's own name first, then an alias that is nobody else's."""
    loras = [Lora("a-000004", "a"), Lora("a-000008", "a"), Lora("b_v2", "b"), Lora("c", "x")]
    assert find_lora("a-000004", loras).name == "a-000004"
    assert find_lora("b", loras).name == "b_v2"
    with pytest.raises(UnknownLoraError, match=r"a-000004, a-000008"):
        find_lora("a", loras)
    with pytest.raises(UnknownLoraError, match=r"Did you mean: b_v2"):
        find_lora("B_V2", loras)
    with pytest.raises(UnknownLoraError, match="models/Lora"):
        find_lora("zzzzz", [])
