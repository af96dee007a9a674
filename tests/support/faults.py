"""A step whose n-th access to the disk fails, for n = 1, 2 ... until none does.

Run as a module: faults.py STEP TEMPLATE OUTPUT HOW [FIRST STRIDE]. Copies of the folder TEMPLATE are
made as OUTPUT/1 ..., and the step is run as a command in each, in a process of its own. HOW is the
name of an errno: the n-th opening for writing, renaming, removing or making of a folder fails so. Or
it is "size": no file may grow beyond n times 2 KB, so that writes themselves fail, those of SQLite
too. For each a line of JSON is printed: number, exit code. What the command said is in OUTPUT/n.log.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nasutui import cli
from tests.support.step_table import STEPS

POINTS = ("os.rename", "os.remove", "os.mkdir")
GRAIN = 2048
MOST = 5000


def _arm(root: Path, number: int, code: int) -> list[int]:
    """Fail at the given point; the list holds how many are still to come."""
    left = [number]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if not (writes or event in POINTS) or str(root) not in str(arguments[0]):
            return
        left[0] -= 1
        if left[0] == 0:
            raise OSError(code, os.strerror(code), str(arguments[0]))

    sys.addaudithook(hook)
    return left


def _run(step: str, root: Path, how: str, number: int, log: Path) -> int:
    """In the child: the step as a command; 128 and up: it ended before the point was reached."""
    os.chdir(root)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    arguments = [str(root / a) if (root / a).exists() or a in ("pictures", "tagged", "dataset")
                 else a for a in STEPS[step].arguments]  # fmt: skip
    left = [0]
    if how == "size":
        resource.setrlimit(resource.RLIMIT_FSIZE, (number * GRAIN, resource.RLIM_INFINITY))
    else:
        left = _arm(root, number, getattr(errno, how))
    code = cli.main(["--batch", step, *arguments])
    return code + 128 * (left[0] > 0)


def main(step: str, template: Path, output: Path, how: str, first: int, stride: int) -> int:
    warm = output / "warm"
    shutil.copytree(template, warm)
    for _event in STEPS[step].again(warm):
        pass  # everything that is imported on the way is imported now
    shutil.rmtree(warm)
    for number in range(first, MOST, stride):
        root = output / str(number)
        shutil.copytree(template, root)
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                os._exit(_run(step, root, how, number, output / f"{number}.log"))
            os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps([number, code % 128 if code >= 0 else code]), flush=True)
        if code >= 128 or (how == "size" and code == 0):
            return 0
    return 1


@dataclass(frozen=True)
class Failed:
    """One run with a fault: in which folder, its exit code, what it said."""

    place: Path
    code: int
    said: str


def fail_everywhere(
    step: str, template: Path, output: Path, how: str, first: int = 1, stride: int = 1
) -> Iterator[Failed]:
    """Every run; the last one met no fault."""
    output.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.support.faults", step, str(template),
         str(output), how, str(first), str(stride)],
        capture_output=True, text=True, timeout=300, check=False, cwd=Path(__file__).parents[2],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for line in done.stdout.splitlines():
        number, code = json.loads(line)
        said = (output / f"{number}.log").read_text(encoding="utf-8", errors="replace")
        yield Failed(output / str(number), code, said)


if __name__ == "__main__":
    sys.exit(
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4],
             int(sys.argv[5]), int(sys.argv[6]))
    )  # fmt: skip
