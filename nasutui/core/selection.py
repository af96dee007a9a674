"""Scores -> tags: thresholds and the rules that follow them. All pure functions of the store."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nasutui.core.captions import tag_key, unique_tags, with_spaces
from nasutui.core.scores import CHARACTER, RATING, Scores, TagTable

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
    Largeron et al. 2012). 1.0 when there are fewer than two."""
    import numpy as np

    if probabilities.size < 2:
        return 1.0
    falling = np.sort(probabilities)[::-1]
    gaps = falling[:-1] - falling[1:]
    widest = int(gaps.argmax())
    return float((falling[widest] + falling[widest + 1]) / 2)


def select(scores: Scores, table: TagTable, rules: SelectionRules) -> list[str]:
    """The tags of one picture: characters first, then general tags, each by falling score
    (ties in the model's order), a rating last if asked for."""
    import numpy as np

    probabilities = scores.probabilities.astype(np.float32)
    categories = np.asarray(table.categories)[scores.tags]
    characters = _above(scores, probabilities, categories == CHARACTER, rules.character_threshold,
                        rules.mcut, MCUT_CHARACTER_FLOOR)  # fmt: skip
    others = (categories != CHARACTER) & (categories != RATING)
    general = _above(scores, probabilities, others, rules.threshold, rules.mcut, 0.0)
    chosen = [table.names[i] for i in [*characters, *general]]
    if rules.ratings:
        chosen.extend(_rating(scores, probabilities, categories == RATING, table))
    return apply_rules(chosen, rules)


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
    scores: Scores,
    probabilities: NDArray[np.float32],
    mask: NDArray[np.bool_],
    table: TagTable,
) -> list[str]:
    if not mask.any() or probabilities[mask].max() <= 0:
        return []  # a tagger that can't tell ratings says 0 for all
    return [table.names[int(scores.tags[mask][probabilities[mask].argmax()])]]


def apply_rules(tags: Sequence[str], rules: SelectionRules) -> list[str]:
    """Exclude, replace and respell tags; no repeats."""
    replacements = {tag_key(old): new for old, new in rules.replace}
    result = []
    for tag in tags:
        if excluded(tag, rules.exclude):
            continue
        tag = replacements.get(tag_key(tag), tag)
        result.append(with_spaces(tag) if rules.spaces else tag)
    return unique_tags(result)


def excluded(tag: str, patterns: Sequence[str]) -> bool:
    """True when a tag is one of these, or fits one of them that holds a `*`."""
    key = tag_key(tag)
    return any(
        fnmatch.fnmatchcase(key, tag_key(p)) if "*" in p else key == tag_key(p) for p in patterns
    )
