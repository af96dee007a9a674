"""What a person has been asked once: which Drive, which rclone remote, which WebUI folder."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from nasutui.core.files import private_folder, read_or_none, write_atomic
from nasutui.core.training.manifest import json_bytes

DRIVE, RCLONE, WEBUI, PLACE = "drive", "rclone", "webui", "place"


def state_file() -> Path:
    """Where it is kept: the system's place for such things, or the folder NASUTUI_STATE."""
    given = os.environ.get("NASUTUI_STATE")
    if given:
        return Path(given) / "remembered.json"
    import platformdirs

    return platformdirs.user_state_path("nasutui", appauthor=False) / "remembered.json"


def _all() -> dict[str, Any]:
    try:
        value = json.loads(read_or_none(state_file()) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {}  # asked again
    return value if isinstance(value, dict) else {}


def recall(key: str) -> str | None:
    """What was chosen for `key`, None when nothing was."""
    value = _all().get(key)
    return value if isinstance(value, str) and value else None


def remember(key: str, value: str) -> None:
    """Keep a choice. Where it can't be kept, the person is asked again next time."""
    values = _all()
    if values.get(key) == value:
        return
    with contextlib.suppress(OSError):
        private_folder(state_file().parent)
        write_atomic(state_file(), json_bytes({**values, key: value}), private=True)
