"""Running the real program: `nasutui` in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "nasutui"]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would change the language or the look."""
    unwanted = ("LANG", "LC_", "LANGUAGE", "TERM", "COLUMNS", "NO_COLOR", "NASUTUI_", "PYTHON")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    kept |= {"LANG": "C.UTF-8", "NASUTUI_CONFIG": os.devnull, "HF_HUB_OFFLINE": "1"}
    return kept | changes


def nasutui(
    *arguments: str | Path, check: int | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run `nasutui ARGUMENTS` without a terminal; the output comes as UTF-8."""
    done = subprocess.run(
        [*COMMAND, *map(os.fspath, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, env=environment(**changes), timeout=120,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert check is None or done.returncode == check, (done.returncode, done.stdout, done.stderr)
    return done


def batch(
    *arguments: str | Path, check: int | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run `nasutui --batch ARGUMENTS`."""
    return nasutui("--batch", *arguments, check=check, **changes)


def batch_json(
    *arguments: str | Path, check: int | None = 0, **changes: str
) -> list[dict[str, Any]]:
    """The events of `nasutui --batch ARGUMENTS --json`."""
    done = batch(*arguments, "--json", check=check, **changes)
    assert done.stderr == ""
    return events_of(done.stdout)


def events_of(output: str) -> list[dict[str, Any]]:
    """Lines of JSON as objects."""
    return [json.loads(line) for line in output.splitlines()]


def finished(events: Sequence[dict[str, Any]], step: str) -> dict[str, Any]:
    """The summary of a step."""
    (end,) = [e for e in events if e["event"] == "finished" and e["step"] == step]
    summary: dict[str, Any] = end["summary"]
    return summary
