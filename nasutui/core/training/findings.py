"""What a check of a dataset has to say: one type for a terminal, a screen and a program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ERROR, WARNING = "error", "warning"

# What can be done about a finding by a key (see mend.py); another value asks for a setting.
MEND_CAPTION, MEND_TRIGGER, MEND_RATINGS, MEND_CACHE = "rewrite", "trigger", "ratings", "cache"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a dataset that a person should know before training.

    code: stable. severity: ERROR stops an export, WARNING does not. message: safe to show.
    picture: the picture it is about, if it is about one. mend: what mends it (MEND_...), or None.
    """

    code: str
    severity: str
    message: str
    picture: Path | None = None
    mend: str | None = None

    def as_row(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "code": self.code,
            "severity": self.severity,
            "picture": None if self.picture is None else str(self.picture),
            "message": self.message,
            "mend": self.mend,
        }


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop an export."""
    return [f for f in findings if f.severity == ERROR]
