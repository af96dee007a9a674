"""Who may import whom, seen in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.batch import environment

CORE = Path(__file__).parents[2] / "nasutui" / "core"
MODULES = sorted(
    ".".join(("nasutui.core", *p.relative_to(CORE).with_suffix("").parts))
    for p in CORE.rglob("*.py")
    if p.stem != "__init__"
)
HEAVY = {"onnxruntime", "numpy", "huggingface_hub", "httpx", "PIL", "textual", "rich", "tomlkit"}


def loaded(code: str) -> set[str]:
    """The top-level modules that are loaded after `code`."""
    script = (
        f"import sys\n{code}\nprint('\\n' + '|'.join({{n.partition('.')[0] for n in sys.modules}}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, encoding="utf-8",
        timeout=60, check=True,
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split("|"))


def test_core_brings_in_no_interface_and_nothing_heavy() -> None:
    names = loaded(f"import importlib\nfor n in {json.dumps(MODULES)}: importlib.import_module(n)")
    assert not names & {"textual", "rich", "rich_pixels"}
    assert not names & {"onnxruntime", "numpy", "huggingface_hub", "httpx", "PIL"}


@pytest.mark.parametrize(
    "arguments",
    [["--batch", "--help"], ["--help"], ["--version"], ["--batch", "run", "--help"],
     ["--lang", "ja", "--batch", "--help"]],
)  # fmt: skip
def test_help_brings_in_nothing_heavy(arguments: list[str]) -> None:
    names = loaded(f"from nasutui.cli import main\nmain({arguments!r})")
    assert "nasutui" in names
    assert not names & HEAVY


@pytest.mark.parametrize("module", ["batch", "report", "steps", "summaries", "arguments", "cli"])
def test_the_batch_front_end_knows_no_screens(module: str) -> None:
    names = loaded(f"import nasutui.{module}")
    assert not names & HEAVY
