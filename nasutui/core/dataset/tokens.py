"""How many CLIP tokens a caption has, and where the 75th, 150th and 225th fall.

CLIP reads text in pieces of 75 tokens; sd-scripts cuts what is over `max_token_length` (75, 150 or
225) without a word. A caption's tokens are those of its tags joined by ", ": CLIP's own rules split
text at spaces before anything else, so each tag counts for itself together with the comma behind it,
and the sum is exact.

The real count needs CLIP's vocabulary: from the hub's cache (any program that has used Stable
Diffusion left it there) through `tokenizers`, or from `instant-clip-tokenizer`. Where neither is to
be had the count is an estimate and `exact` is false.
"""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BORDERS = (75, 150, 225)

# The same vocabulary (49,408 entries) in every one; any that is there will do.
_REPOSITORIES = (
    ("openai/clip-vit-large-patch14", "tokenizer.json"),
    ("openai/clip-vit-base-patch32", "tokenizer.json"),
    ("openai/clip-vit-base-patch16", "tokenizer.json"),
    ("laion/CLIP-ViT-bigG-14-laion2B-39B-b160k", "tokenizer.json"),
)

# Tokens of a word by its number of letters: means over the tags of the WD14 taggers, weighted by
# how often each is used.
_BY_LETTERS = (0, 1, 1, 1.005, 1.01, 1.08, 1.15, 1.2, 1.4, 1.55, 1.6, 2.05, 2.05, 2.5, 2.7, 2.8)
_PIECES = re.compile(r"(?P<letters>[a-z]+)|(?P<other>[^\W\d_a-z]+)|\d|(?P<marks>(?:_|[^\w\s])+)")


@dataclass(frozen=True)
class TokenCounter:
    """Counts tokens. `cost(text)` is the number for a text between two spaces or more of them;
    `exact` is false for an estimate (then costs are fractions). `source` says where the vocabulary
    is from: "hub", "instant-clip-tokenizer" or "estimate"."""

    source: str
    cost: Callable[[str], float]

    @property
    def exact(self) -> bool:
        return self.source != "estimate"

    def count(self, tags: Iterable[str]) -> int:
        """Tokens of a caption with these tags, without the marks of start and end."""
        return round(sum(self.costs(list(tags))))

    def costs(self, tags: Sequence[str]) -> list[float]:
        """Tokens of each tag with the comma behind it (the last has none)."""
        last = len(tags) - 1
        return [self.cost(tag if i == last else f"{tag},") for i, tag in enumerate(tags)]


@dataclass(frozen=True, slots=True)
class Border:
    """Where a piece of `limit` tokens ends: in front of tag number `tag` (counted from 0), or
    inside it when `inside`."""

    limit: int
    tag: int
    inside: bool


def borders(
    tags: Sequence[str], counter: TokenCounter, limits: Sequence[int] = BORDERS
) -> list[Border]:
    """The borders that this caption reaches over, in rising order."""
    found: list[Border] = []
    waiting = sorted(limits)
    total = 0.0
    for index, cost in enumerate(counter.costs(tags)):
        while waiting and round(total + cost) > waiting[0]:
            limit = waiting.pop(0)
            found.append(Border(limit, index, inside=round(total) < limit))
        total += cost
    return found


def best_counter() -> TokenCounter:
    """The best counter that is to be had here, chosen once."""
    return _best()


@functools.cache
def _best() -> TokenCounter:
    return hub_counter(_cached_vocabulary()) or packaged_counter() or estimate()


def estimate() -> TokenCounter:
    """A counter without a vocabulary: nearly always within a tenth on captions of tags."""
    return TokenCounter("estimate", functools.cache(_estimated))


def _estimated(text: str) -> float:
    total = 0.0
    for match in _PIECES.finditer(text.lower()):
        piece = match.group()
        if match["letters"]:
            n = len(piece)
            total += _BY_LETTERS[n] if n < len(_BY_LETTERS) else n / 5
        elif match["other"]:
            total += 1.7 * len(piece)
        elif match["marks"]:
            total += 1 if len(piece) < 3 else len(piece) * 0.8
        else:
            total += 1
    return total


def _cached_vocabulary() -> Path | None:
    """CLIP's tokenizer.json in the hub's cache; nothing is downloaded."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return None
    for repository, name in _REPOSITORIES:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str) and Path(found).is_file():
            return Path(found)
    return None


def hub_counter(vocabulary: Path | None) -> TokenCounter | None:
    """A counter with a tokenizer.json as CLIP's repositories have it; None when it can't be used
    or the package `tokenizers` is not here."""
    if vocabulary is None:
        return None
    try:
        tokenizers: Any = importlib.import_module("tokenizers")
    except ImportError:
        return None
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(vocabulary))
    except Exception:  # the package raises bare Exception for a damaged file
        return None
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def cost(text: str) -> float:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    return TokenCounter("hub", functools.cache(cost))


def packaged_counter() -> TokenCounter | None:
    """A counter with the vocabulary that `instant-clip-tokenizer` carries, where it is here."""
    try:
        package: Any = importlib.import_module("instant_clip_tokenizer")
    except ImportError:
        return None
    tokenizer = package.Tokenizer()

    def cost(text: str) -> float:
        return len(tokenizer.encode(text))

    return TokenCounter("instant-clip-tokenizer", functools.cache(cost))
