"""What tests of accelerators found, kept in the cache: one small file a test.

    CACHE/accelerators/KEY.json

KEY names all that the result depends on (Accelerator.key). A file that is damaged, or that another
version wrote, counts as no result.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, fields
from pathlib import Path

from nasutui.core.config import cache_folder
from nasutui.core.files import remove_leftovers, write_atomic
from nasutui.core.tagging.accelerator_trial import Trial

_LASTING = ("use", "slow", "wrong", "refused", "crashed", "hung")


def _path(key: str) -> Path:
    return cache_folder() / "accelerators" / f"{key}.json"


def remembered(key: str) -> Trial | None:
    """The result that is kept under this key, or None."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        data = json.loads(_path(key).read_text(encoding="utf-8"))
        kinds = {"verdict": str, "reason": str, "pictures": int, "tags": int, "changed": int}
        if set(data) == {f.name for f in fields(Trial)} and all(
            isinstance(value, kinds.get(name, int | float)) for name, value in data.items()
        ):
            trial = Trial(**data)
            return trial if trial.verdict in _LASTING else None
    return None


def remember(key: str, trial: Trial) -> None:
    """Keep a result. A cache that can't be written costs another test the next time, no more."""
    if trial.verdict not in _LASTING:
        return
    path = _path(key)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        write_atomic(path, json.dumps(asdict(trial)).encode())
