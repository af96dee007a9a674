"""Pictures that look the same: a perceptual hash, confirmed on small colours.

The hash (imagehash's phash: the signs of low frequencies) hardly changes with scaling, compression
and small shifts; the small colour versions must agree too, so that a recoloured drawing, or another
figure in the same pose on white, is another picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image

MAX_BITS = 8  # of 64
MAX_COLOUR = 10.0  # mean difference of channels, of 255
_SIDE = 16
_BLOCKS = MAX_BITS + 1  # with at most 8 differing bits, one of 9 blocks of bits is equal


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """bits: 64 bits of perceptual hash; colours: 16 x 16 RGB."""

    bits: int
    colours: bytes


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of an upright RGB picture."""
    import imagehash
    from PIL import Image as PILImage

    small = image.resize((_SIDE, _SIDE), PILImage.Resampling.BOX)
    return Fingerprint(int(str(imagehash.phash(image)), 16), small.tobytes())


def alike(one: Fingerprint, other: Fingerprint) -> bool:
    """True when two pictures look nearly the same."""
    return (one.bits ^ other.bits).bit_count() <= MAX_BITS and _gap(one, other) <= MAX_COLOUR


def _gap(one: Fingerprint, other: Fingerprint) -> float:
    gaps = sum(abs(a - b) for a, b in zip(one.colours, other.colours, strict=True))
    return gaps / len(one.colours)


def _alike_before(prints: Sequence[Fingerprint]) -> Iterator[tuple[int, list[int]]]:
    """For each picture the earlier ones that it looks like. Only pictures that share a block of
    bits are compared, so 100,000 pictures are no 5 billion comparisons."""
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    for later, found in enumerate(prints):
        candidates: set[int] = set()
        for block in range(_BLOCKS):
            low, high = 64 * block // _BLOCKS, 64 * (block + 1) // _BLOCKS
            bucket = buckets[(block, (found.bits >> low) & ((1 << (high - low)) - 1))]
            candidates.update(bucket)
            bucket.append(later)
        yield later, [earlier for earlier in sorted(candidates) if alike(prints[earlier], found)]


def near_duplicates(prints: Sequence[Fingerprint]) -> list[tuple[int, int]]:
    """Pairs (later, earlier) of indices: each picture that looks like one before it, with the
    nearest of those."""
    return [
        (later, min(earlier, key=lambda i: _gap(prints[i], prints[later])))
        for later, earlier in _alike_before(prints)
        if earlier
    ]


def groups(prints: Sequence[Fingerprint]) -> list[list[int]]:
    """Groups of two and more pictures, each alike to one other of its group at least; indices,
    in order."""
    leader: list[int] = []
    for later, earlier in _alike_before(prints):
        leader.append(later)
        for other in earlier:
            old, new = leader[other], leader[later]
            low = min(old, new)
            leader = [low if x in (old, new) else x for x in leader] if old != new else leader
    found: dict[int, list[int]] = defaultdict(list)
    for index, first in enumerate(leader):
        found[first].append(index)
    return [group for group in found.values() if len(group) > 1]
