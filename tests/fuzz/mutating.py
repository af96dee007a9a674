"""Damage by dice: a good input becomes a bad one, the same one for the same dice.

Bytes are damaged blindly (`mutated_bytes`); JSON also in its structure (`mutated_json`), because
blind damage rarely leaves a document that a reader gets past; PNG also with checksums that fit
again, because otherwise no reader looks behind them.
"""

from __future__ import annotations

import copy
import json
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any

Document = Any
MOST = 200_000  # bytes that an input may grow to
_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
# What stands for a value of any kind where another one is awaited.
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 32768, 2**31, 2**63, 10**400, 1e308, float("inf"), float("-inf"),
    float("nan"), 0.5, "", " ", "\0", "None", "nan", "1e999", "9" * 5000, "\ud800", "\x1b]0;x\x07",
    "[red]x[/nope]", "\u202egnp.x", "x" * 5000, [], {}, [[]], {"": None}, [None], ["a", 1, {}],
)  # fmt: skip


def mutated_bytes(
    dice: random.Random, good: bytes, others: Sequence[bytes], tokens: Sequence[bytes] = ()
) -> bytes:
    """`good` after one to eight accidents; `others` are spliced in, `tokens` are what means
    something to the reader."""
    data = bytearray(good)
    for _time in range(dice.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        _accident(dice, data, others, tokens)
        del data[MOST:]
    return bytes(data)


def _accident(
    dice: random.Random, data: bytearray, others: Sequence[bytes], tokens: Sequence[bytes]
) -> None:
    kind = dice.randrange(10)
    at = _place(dice, len(data))
    length = min(len(data) - at, dice.choice((1, 1, 2, 4, 8, 40, 400)))
    if kind == 0 and data:
        data[min(at, len(data) - 1)] ^= 1 << dice.randrange(8)
    elif kind == 1:
        data[at : at + 1] = bytes([dice.randrange(256)])
    elif kind == 2:
        number = struct.pack(dice.choice("<>") + "Q", dice.choice(_NUMBERS))
        width = dice.choice((1, 2, 4, 8))
        some = number[:width] if dice.random() < 0.5 else number[8 - width :]
        data[at : at + width] = some
    elif kind == 3:
        del data[at : at + length]
    elif kind == 4:
        data[at:at] = data[at : at + length] * dice.choice((1, 2, 50))
    elif kind == 5:
        data[at:at] = dice.randbytes(length or 1)
    elif kind == 6:
        del data[at:]
    elif kind == 7:
        other = dice.choice(others)
        start = _place(dice, len(other))
        data[at : at + length] = other[start : start + dice.choice((4, 40, 4000))]
    elif tokens:
        token = dice.choice(tokens)
        data[at : at + (len(token) if kind == 8 else 0)] = token


def _place(dice: random.Random, length: int) -> int:
    """A place in the data; the head, where formats say what follows, is as likely as the rest."""
    return (
        dice.randrange(min(length, 64) + 1) if dice.random() < 0.4 else dice.randrange(length + 1)
    )


def mutated_json(dice: random.Random, good: Document) -> bytes:
    """A document with one to four of its values, keys or entries exchanged, as bytes."""
    holder = [copy.deepcopy(good)]
    for _time in range(dice.choice((1, 1, 2, 4))):
        places = list(_places(holder))
        parent, key = dice.choice(places)
        kind = dice.randrange(6)
        if kind <= 2:
            parent[key] = copy.deepcopy(dice.choice(ODD_VALUES))
        elif kind == 3:
            other, its = dice.choice(places)
            parent[key] = copy.deepcopy(other[its])
        elif kind == 4 and isinstance(parent, dict):
            parent[dice.choice(("", "name", "\ud800", "x" * 300, key.upper()))] = parent.pop(key)
        elif parent is not holder:
            del parent[key]
    return json.dumps(holder[0], ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(node: Document) -> list[tuple[Any, Any]]:
    """Every (container, key or index) of a document."""
    found: list[tuple[Any, Any]] = []
    ahead = [node]
    while ahead:
        one = ahead.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one))
        for key in keys:
            found.append((one, key))
            if isinstance(one[key], (dict, list)):
                ahead.append(one[key])
    return found


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_checksums(png: bytes) -> bytes:
    """A damaged PNG whose checksums fit again, as far as its chunks can be followed."""
    parts, at = [png[:8]], 8
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4])
        if at + 12 + length > len(png):
            break
        parts.append(png_chunk(png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join([*parts, png[at:]])
