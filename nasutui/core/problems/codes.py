"""The kinds of problem that a caption can have, by their stable codes (see finding.py)."""

from __future__ import annotations

CONTRADICTION = "contradiction"  # two eye colours, 1girl with 2girls
REDUNDANT = "redundant"  # shirt where white_shirt stands
RATING = "rating"
TRIGGER_MISSING = "trigger-missing"
TRIGGER_NOT_FIRST = "trigger-not-first"
EMPTY = "empty"
DUPLICATE = "duplicate"
TOKENS = "tokens"  # longer than the trainer reads
ENCODING = "encoding"  # not UTF-8, or with a byte order mark
LINES = "lines"
UNREADABLE = "unreadable"
STEM_SHARED = "stem-shared"  # two pictures, one caption
TWO_CAPTIONS = "two-captions"  # one picture, two caption files

CODES = (
    CONTRADICTION, REDUNDANT, RATING, TRIGGER_MISSING, TRIGGER_NOT_FIRST, EMPTY, DUPLICATE, TOKENS,
    ENCODING, LINES, UNREADABLE, STEM_SHARED, TWO_CAPTIONS,
)  # fmt: skip


def codes_of(text: str) -> frozenset[str]:
    """The codes that begin with `text` (all for ""): "trigger" is both that are about it."""
    start = text.strip().casefold().replace("_", "-")
    return frozenset(code for code in CODES if code.startswith(start))
