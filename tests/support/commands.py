"""The real program in a real child process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a run of `nasutui --batch ... --json` said."""

    code: int
    events: list[dict[str, Any]]
    stderr: bytes

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The events of one kind."""
        return [event for event in self.events if event["event"] == kind]

    @property
    def summary(self) -> dict[str, Any]:
        """What the last step said at its end."""
        summary: dict[str, Any] = self.of("finished")[-1]["summary"]
        return summary


def command(*arguments: object) -> list[str]:
    """The command line of `nasutui --batch ARGUMENTS`."""
    return [sys.executable, "-m", "nasutui", "--lang", "en", "--batch", *map(str, arguments)]


def environment(home: Path, **more: str) -> dict[str, str]:
    """An environment with a home folder of its own, so that no cache of the machine is used."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "XDG_", "LC_", "LANG"))}
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        kept.pop(name, None)
        kept.pop(name.upper(), None)
    return {**kept, "HOME": str(home), "HF_HOME": str(home / "hf"), "LANG": "C.UTF-8", **more}


def batch(*arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Answer:
    """Run a batch step to its end."""
    done = subprocess.run(
        [*command(*arguments), "--json"], capture_output=True, env=env, timeout=timeout, check=False
    )
    lines = done.stdout.decode("utf-8").splitlines()
    return Answer(done.returncode, [json.loads(line) for line in lines], done.stderr)
