"""A process that forks children on request. Each does one thing that the tag editor does, and is
killed (SIGKILL) at a point of it that is given, counted as crash.py counts them.

Run as a module; it reads requests from stdin and writes one line for each: "killed" or "lived".
`Killer` is the other end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from nasutui.core.editing.bulk_edit import adding, apply, plan
from nasutui.core.events import never
from nasutui.core.tagging.caption import CaptionSettings, caption
from nasutui.core.tagging.selection import SelectionRules
from nasutui.tag_desk import TagDesk
from nasutui.workspace import Workspace
from tests.support import crash
from tests.support.said_tagger import SaidTagger


def open_desk(folder: Path) -> TagDesk:
    """The tag editor's engine on a folder, as the screen opens it."""
    desk = TagDesk(Workspace(folder, None))
    list(desk.load(never))
    desk.take(desk.count())
    desk.recover()
    return desk


def caption_again(folder: Path, said: list[str], threshold: float) -> list[Any]:
    """The caption step with a tagger that says this."""
    rules = SelectionRules(threshold=threshold)
    step = CaptionSettings(folder, folder, rules=rules, workers=1)
    return list(caption(step, never, SaidTagger(said)))


def do(desk: TagDesk, request: dict[str, Any]) -> None:
    """What a request asks for."""
    slots = {desk.dataset.caption_path(slot).name: slot for slot in desk.dataset.order}
    match request["what"]:
        case "edit":
            desk.edit(slots[request["caption"]], request["tags"], "an edit")
        case "bulk":
            chosen = [
                (slot, desk.dataset.caption_path(slot), desk.dataset.tags(slot))
                for name, slot in slots.items()
                if name in request["captions"]
            ]
            planned = plan(chosen, adding(request["tags"]), never)
            list(apply(desk.folder, planned, "many", never))
        case "turn":
            desk.turn(back=request["back"])
        case "caption":
            caption_again(desk.folder, request["said"], request["threshold"])


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            desk = open_desk(Path(os.fsdecode(bytes.fromhex(request["folder"]))))
            crash.arm(request["point"])
            do(desk, request)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print("killed" if os.WIFSIGNALED(status) else f"lived {status}", flush=True)


class Killer:
    """A forking process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def kill(self, folder: Path, point: int, **request: object) -> bool:
        """Do something and die at that point; False when it was done before."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.support.crash_desk"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
                cwd=Path(__file__).parents[2], env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        where = os.fsencode(folder).hex()
        process.stdin.write(json.dumps({"folder": where, "point": point, **request}) + "\n")
        process.stdin.flush()
        said = process.stdout.readline().strip()
        assert said in ("killed", "lived 0"), said
        return said == "killed"

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


if __name__ == "__main__":
    main()
