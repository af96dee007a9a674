"""A real process that is killed at every point of sending a dataset or fetching a LoRA: before each
file is opened, renamed or removed, before each folder is made or removed, after each event.

Run as a script: crash_moves.py WHAT TEMPLATE OUTPUT. Copies of the folder TEMPLATE are made as
OUTPUT/1, OUTPUT/2 ..., and WHAT is done in each until the process kills itself at point 1, 2 ... The
last copy is the one in which it lived to the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from nasutui.core.events import Events, never
from nasutui.core.transfer import resumable
from nasutui.core.transfer.fetch_lora import FetchSettings, fetch_lora
from nasutui.core.transfer.send import SendSettings, send

POINTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


def work(what: str, root: Path) -> Events:
    """What is done in a copy of the template. dataset/ goes to there/, or output/ comes back."""
    os.environ["NASUTUI_CACHE"] = str(root / "cache")
    os.environ["NASUTUI_STATE"] = str(root / "state")
    if what == "send":
        return send(SendSettings(root / "dataset", str(root / "there")), never)
    return fetch_lora(FetchSettings(root / "project", str(root / "output"), root / "webui"), never)


def _until_killed(what: str, root: Path, point: int) -> None:
    left = [point]

    def reach() -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in POINTS and str(root) in str(arguments[0]):
            reach()

    resumable._CHUNK = 512  # a copy of many steps
    sys.addaudithook(hook)
    for _event in work(what, root):
        reach()


def kill_everywhere(what: str, template: Path, output: Path) -> Iterator[Path]:
    """The folders that killed processes left behind."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.crash_moves", what, str(template), str(output)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    copies = sorted(output.iterdir(), key=lambda p: int(p.name))
    yield from copies[:-1]


def main(what: str, template: Path, output: Path) -> int:
    for _event in work(what, _copy(template, output / "warm")):
        pass  # everything that is imported on the way is imported now
    shutil.rmtree(output / "warm")
    for point in range(1, 1000):
        root = _copy(template, output / str(point))
        child = os.fork()
        if child == 0:
            _until_killed(what, root, point)
            os._exit(0)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status)
    return 1


def _copy(template: Path, root: Path) -> Path:
    shutil.copytree(template, root)
    return root


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
