"""Scores -> tags: thresholds and the rules that follow them. All pure functions of the store."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nasutui.core.editing.captions import tag_key, unique_tags, with_spaces
from nasutui.core.tagging.scores import CHARACTER, RATING, Scores, TagTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MCUT_CHARACTER_FLOOR = 0.15  # as the author's demo space does


@dataclass(frozen=True)
class SelectionRules:
    """How scores become tags.

    threshold, character_threshold: probabilities, 0 to 1 inclusive; a tag at the threshold is in.
    mcut: choose both thresholds for each picture at the widest gap between its scores.
    ratings: put the likeliest rating at the end. exclude: tags or patterns with `*` that never come
    in. replace: tag -> tag. spaces: "_" becomes a space, but never inside kaomoji.
    """

    threshold: float = 0.35
    character_threshold: float = 0.85
    mcut: bool = False
    ratings: bool = False
    exclude: tuple[str, ...] = ()
    replace: tuple[tuple[str, str], ...] = field(default=())
    spaces: bool = False


def mcut(probabilities: NDArray[np.float32]) -> float:
    """The middle of the widest gap between the sorted probabilities (Maximum Cut Thresholding,
    Largeron et al. 2012), those too low to be stored closing the row as 0. 1.0 without any."""
    import numpy as np

    if not probabilities.size:
        return 1.0
    falling = np.append(np.sort(probabilities)[::-1], np.float32(0))
    gaps = falling[:-1] - falling[1:]
    widest = int(gaps.argmax())
    return float((falling[widest] + falling[widest + 1]) / 2)


def select(scores: Scores, table: TagTable, rules: SelectionRules) -> list[str]:
    """The tags of one picture: characters first, then general tags, each by falling score
    (ties in the model's order), a rating last if asked for."""
    import numpy as np

    probabilities = scores.probabilities.astype(np.float32)
    categories = table.codes[scores.tags]
    characters = _above(scores, probabilities, categories == CHARACTER, rules.character_threshold,
                        rules.mcut, MCUT_CHARACTER_FLOOR)  # fmt: skip
    others = (categories != CHARACTER) & (categories != RATING)
    general = _above(scores, probabilities, others, rules.threshold, rules.mcut, 0.0)
    chosen = [*characters, *general]
    if rules.ratings:
        chosen.extend(_rating(scores, probabilities, categories == RATING))
    names, distinct = _spellings(table, rules)
    tags = [name for i in chosen if (name := names[i])]
    return tags if distinct else unique_tags(tags)


def _spellings(table: TagTable, rules: SelectionRules) -> tuple[tuple[str, ...], bool]:
    """How the rules write each tag of the table ("" where it is excluded), and whether no two tags
    come out as the same. Worked out once, because a caption takes only a few of thousands."""
    known = table.spellings.get(rules)
    if known is None:
        replacements = {tag_key(old): new for old, new in rules.replace}
        names = tuple(_spelt(tag, rules, replacements) for tag in table.names)
        kept = [name for name in names if name]
        known = names, len({tag_key(name) for name in kept}) == len(kept)
        table.spellings[rules] = known
    return known


def _spelt(tag: str, rules: SelectionRules, replacements: Mapping[str, str]) -> str:
    if excluded(tag, rules.exclude):
        return ""
    tag = replacements.get(tag_key(tag), tag)
    return with_spaces(tag) if rules.spaces else tag


def _above(
    scores: Scores,
    probabilities: NDArray[np.float32],
    mask: NDArray[np.bool_],
    threshold: float,
    use_mcut: bool,
    floor: float,
) -> list[int]:
    import numpy as np

    indices, values = scores.tags[mask], probabilities[mask]
    if use_mcut:
        threshold = max(mcut(values), floor)
    # The stored half floats are compared as such: 0.35 is in at a threshold of 0.35.
    over = values >= np.float32(np.float16(threshold))
    indices, values = indices[over], values[over]
    return [int(i) for i in indices[np.argsort(-values, kind="stable")]]


def _rating(
    scores: Scores, probabilities: NDArray[np.float32], mask: NDArray[np.bool_]
) -> list[int]:
    if not mask.any() or probabilities[mask].max() <= 0:
        return []  # a tagger that can't tell ratings says 0 for all
    return [int(scores.tags[mask][probabilities[mask].argmax()])]


def excluded(tag: str, patterns: Sequence[str]) -> bool:
    """True when a tag is one of these, or fits one of them that holds a `*`."""
    return bool(_pattern(tuple(patterns)).fullmatch(tag_key(tag)))


@functools.lru_cache(maxsize=32)
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    forms = [".*".join(map(re.escape, tag_key(p).split("*"))) for p in patterns if p.strip()]
    return re.compile("|".join(forms) or r"(?!)", re.DOTALL)
