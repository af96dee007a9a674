"""A Colab machine with a Drive on which a dataset of nasutui's lies."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nasutui.core.events import never
from nasutui.core.training.export import ExportSettings, export
from nasutui.core.transfer.send import SendSettings, send
from tests.support import colab_machine, safetensors_files
from tests.support.datasets import TRIGGER, plain

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "colab" / "train_lora_nasutomo.ipynb"
STUB = ROOT / "tests" / "support" / "colab_stub"


@dataclass
class Machine:
    """drive: the Drive's own files. content: what Colab calls /content."""

    root: Path
    more: dict[str, str] = field(default_factory=dict)

    @property
    def drive(self) -> Path:
        return self.root / "drive"

    @property
    def nasutomo(self) -> Path:
        return self.drive / "NasuTomo"

    @property
    def content(self) -> Path:
        return self.root / "content"

    def calls(self, tool: str) -> list[list[str]]:
        return [c[1:] for c in colab_machine.calls(self.root / "log") if c[0] == tool]

    def new_session(self) -> None:
        """Colab takes the machine away; Drive stays."""
        import shutil

        shutil.rmtree(self.content, ignore_errors=True)
        (self.root / "mounted").unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        path = os.pathsep.join(
            [str(self.root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        )
        return {
            **os.environ, "PATH": path, "PYTHONPATH": str(STUB), "NASUTOMO_CONTENT": str(self.content),
            "STANDIN_DRIVE": str(self.drive), "STANDIN_LOG": str(self.root / "log"),
            "STANDIN_MOUNTPOINT_FILE": str(self.root / "mounted"), "HOME": str(self.root / "home"),
            "IPYTHONDIR": str(self.root / "home"), "JUPYTER_RUNTIME_DIR": str(self.root / "home" / "rt"),
            "JUPYTER_PLATFORM_DIRS": "1", **self.more,
        }  # fmt: skip

    def run_all(self, project: str = "") -> Any:
        """The notebook, run from its first to its last cell with this name in its field."""
        import nbformat
        from nbclient import NotebookClient

        notebook = nbformat.read(NOTEBOOK, as_version=4)
        form = next(c for c in notebook.cells if "parameters" in c.metadata.get("tags", []))
        form.source = form.source.replace('PROJECT = ""', f"PROJECT = {json.dumps(project)}")
        self.content.mkdir(exist_ok=True)
        client = NotebookClient(
            notebook, timeout=120, resources={"metadata": {"path": str(self.content)}}
        )
        client.execute(env=self.environment())
        return notebook


def send_dataset(machine: Machine, tagged: Path, name: str = "nasu") -> Path:
    """Export a folder of captioned pictures and send it to this Drive."""
    output = machine.root / "exported" / name
    list(export(ExportSettings(tagged, output, name, 5, TRIGGER), never))
    list(send(SendSettings(output, str(machine.nasutomo / "datasets")), never))
    return output


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setenv("NASUTUI_STATE", str(tmp_path / "state"))
    machine = Machine(tmp_path)
    colab_machine.install(tmp_path / "bin")
    (tmp_path / "home").mkdir()
    safetensors_files.checkpoint(machine.nasutomo / "models" / "anything-v5.safetensors")
    send_dataset(machine, plain(tmp_path / "tagged"))
    return machine


@pytest.fixture(scope="session")
def functions() -> dict[str, Any]:
    """What the cells that define functions define, and nothing that was run."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    space: dict[str, Any] = {"__name__": "notebook"}
    for cell in cells:
        if "functions" in cell["metadata"].get("tags", []):
            exec(compile("".join(cell["source"]), cell["id"], "exec"), space)
    return space
