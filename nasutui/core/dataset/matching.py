"""Answering a query for every picture of a dataset at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nasutui.core.query.terms import (
    COMPARISONS,
    And,
    ByPerson,
    Duplicate,
    Everything,
    Expression,
    HasProblem,
    Leaf,
    Name,
    Not,
    Number,
    Or,
    Pattern,
    Score,
    Tag,
    Untagged,
    leaves,
    name_key,
)  # fmt: skip

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nasutui.core.dataset.model import Dataset


def what_is_missing(expression: Expression) -> list[str]:
    """The columns (see columns.py) that a query needs."""
    found: dict[str, None] = {}
    for leaf in leaves(expression):
        match leaf:
            case Number(field="tokens" | "size" as field):
                found[field] = None
            case Score():
                found["scores"] = None
            case ByPerson():
                found["people"] = None
            case Duplicate(kind) if kind != "tags":
                found["copies"] = None
            case HasProblem():
                found["problems"] = None
            case _:
                pass
    return list(found)


def mask_of(expression: Expression, dataset: Dataset) -> NDArray[np.bool_]:
    """Which slots a query means; bool, shape (dataset.size,). The columns must be there."""
    match expression:
        case Not(part):
            return ~mask_of(part, dataset)
        case And(parts):
            mask = mask_of(parts[0], dataset)
            for part in parts[1:]:
                mask = mask & mask_of(part, dataset)
            return mask
        case Or(parts):
            mask = mask_of(parts[0], dataset)
            for part in parts[1:]:
                mask = mask | mask_of(part, dataset)
            return mask
        case _:
            return _leaf_mask(expression, dataset)


def _leaf_mask(leaf: Leaf, dataset: Dataset) -> NDArray[np.bool_]:
    import numpy as np

    size, columns = dataset.size, dataset.columns
    match leaf:
        case Tag(Pattern("*", literal=False)):
            return dataset.lengths > 0  # any tag at all, and the first key of every *_hair
        case Tag(pattern):
            return dataset.index.mask(dataset.vocabulary.fitting(pattern), size)
        case ByPerson(deed, pattern):
            index = columns.added if deed == "added" else columns.removed
            return index.mask(dataset.vocabulary.fitting(pattern), size)
        case Number(field, comparison, value):
            numbers = dataset.lengths if field == "tags" else columns.numbers(field)
            mask: NDArray[np.bool_] = COMPARISONS[comparison](numbers, value)  # type: ignore[assignment, arg-type]
            return mask & (numbers > 0) if field == "size" else mask
        case Score(pattern, comparison, value):
            if columns.scores is None:
                return np.zeros(size, np.bool_)
            return columns.scores.mask(pattern, comparison, value, size)
        case Name(pattern):
            return dataset.names.mask(pattern, size)
        case Duplicate(kind):
            return _duplicates(kind, dataset)
        case HasProblem(codes):
            return columns.with_problems(codes)
        case Untagged():
            mask = dataset.lengths == 0
            unreadable = [s for s in dataset.odd_slots() if dataset.state(s).unreadable is not None]
            mask[unreadable] = False
            return mask
        case Everything():
            return np.ones(size, np.bool_)


def _duplicates(kind: str, dataset: Dataset) -> NDArray[np.bool_]:
    import numpy as np

    mask = np.zeros(dataset.size, np.bool_)
    if kind != "picture":
        mask |= dataset.index.counts(dataset.size) < dataset.lengths
    if kind != "tags":
        mask |= dataset.columns.copies()
    return mask


class NameIndex:
    """The file names of a dataset, to look for patterns in; the last answers are kept, because
    the other terms of a query are typed while this one stays."""

    def __init__(self, names: Sequence[str]) -> None:
        self._keys = [name_key(name) for name in names]
        self._answers: dict[Pattern, NDArray[np.bool_]] = {}

    def mask(self, pattern: Pattern, size: int) -> NDArray[np.bool_]:
        """Which of the names fit; bool, shape (size,)."""
        import numpy as np

        answer = self._answers.get(pattern)
        if answer is None:
            answer = np.zeros(size, np.bool_)
            answer[self._fitting(pattern)] = True
            if len(self._answers) > 16:
                self._answers.clear()
            self._answers[pattern] = answer
        return answer

    def _fitting(self, pattern: Pattern) -> list[int]:
        text = pattern.text
        if not pattern.is_glob:
            return [number for number, key in enumerate(self._keys) if text in key]
        if text.endswith("*") and text.count("*") == 1:
            start = text[:-1]
            return [number for number, key in enumerate(self._keys) if key.startswith(start)]
        match = _name_expression(text).match
        return [number for number, key in enumerate(self._keys) if match(key)]


def _name_expression(pattern: str) -> re.Pattern[str]:
    """`query_terms.name_fits` as one expression. The groups are atomic, so that no pattern,
    however many stars it has, is slow on any name."""
    first, *middle, last = (re.escape(part) for part in pattern.split("*"))
    parts = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(
        rf"{first}{parts}.*{last}(?:\.[^.]*)?\Z" if last else first + parts, re.DOTALL
    )
