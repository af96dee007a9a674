"""A stand-in for the machine that Colab gives: nvidia-smi, git, uv, and the Python that uv makes.

Run as a script: colab_machine.py TOOL ARGUMENTS. Every call is written to STANDIN_LOG. What no real
tool would take ends with an exit code other than 0.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

REPOSITORY = "https://github.com/kohya-ss/sd-scripts"
ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("nvidia-smi", "git", "uv")


def wrapper(path: Path, tool: str) -> None:
    """A program at `path` that is this script as `tool`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f'exec "{sys.executable}" "{Path(__file__).resolve()}" {tool} "$@"\n'
    path.write_text("#!/bin/sh\n" + line)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def install(folder: Path) -> Path:
    """The tools as programs in a folder for the PATH."""
    for tool in TOOLS:
        wrapper(folder / tool, tool)
    return folder


def calls(log: Path) -> list[list[str]]:
    """What was called, in order."""
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def _git(arguments: list[str]) -> int:
    folder = Path(arguments[1])
    assert arguments[0] == "-C" and folder.is_dir()
    match arguments[2]:
        case "init":
            (folder / ".git").mkdir(exist_ok=True)
        case "fetch":
            assert (folder / ".git").is_dir() and REPOSITORY in arguments
            assert len(arguments[-1]) == 40, "a commit, not a branch"
            (folder / ".git" / "FETCH_HEAD").write_text(arguments[-1])
        case "checkout":
            assert (folder / ".git" / "FETCH_HEAD").read_text() == arguments[-1]
            (folder / "requirements.txt").write_text("-e .\n")
            for script in ("train_network.py", "sdxl_train_network.py"):
                (folder / script).write_text("")
        case _:
            return 1
    return 0


def _uv(arguments: list[str]) -> int:
    if arguments[0] == "venv":
        assert arguments[arguments.index("--python") + 1] == "3.11"
        wrapper(Path(arguments[-1]) / "bin" / "python", "python")
        return 0
    assert arguments[:2] == ["pip", "install"]
    assert Path(arguments[arguments.index("--python") + 1]).is_file()
    assert Path(arguments[arguments.index("--constraint") + 1]).read_text().count("==") >= 4
    if "-r" in arguments:
        assert "-e ." in Path("requirements.txt").read_text()
    return int(os.environ.get("STANDIN_UV_CODE", "0"))


def _python(arguments: list[str]) -> int:
    assert "PYTHONPATH" not in os.environ, "Colab's packages would be seen"
    if arguments[0] == "-c":
        compile(arguments[1], "check", "exec")
        return 0
    assert arguments[:2] == ["-m", "accelerate.commands.launch"]
    sys.path.insert(0, str(ROOT))
    from tests.support.colab_trainer import launch

    return launch(arguments[2:])


def main(tool: str, arguments: list[str]) -> int:
    with open(os.environ["STANDIN_LOG"], "a") as log:  # noqa: PTH123
        log.write(json.dumps([tool, *arguments]) + "\n")
    match tool:
        case "nvidia-smi":
            return int(os.environ.get("STANDIN_GPU_CODE", "0"))
        case "git":
            return _git(arguments)
        case "uv":
            return _uv(arguments)
    return _python(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
