"""The promise to a person about the tags of one caption, as a model of a few sets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nasutui.core.editing.captions import tag_key


def keys(tags: Iterable[str]) -> set[str]:
    """What makes tags the same tag."""
    return {tag_key(t) for t in tags}


@dataclass(frozen=True)
class Known:
    """What the promise binds us to, and the caption as nasutui last saw it."""

    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()

    def look(self, now: set[str]) -> Known:
        """What another program put in or took out since is a person's doing."""
        new, gone = now - self.seen, self.seen - now
        return Known(
            frozenset((self.added | new) - gone),
            frozenset((self.removed | gone) - new),
            frozenset(now),
        )

    def want(self, added: set[str], removed: set[str], now: set[str]) -> Known:
        """What a person asked for by name."""
        added, removed = added & now, removed - now
        return Known(
            (self.added | added) - removed, (self.removed | removed) - added, frozenset(now)
        )
