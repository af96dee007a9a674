"""Build the Colab notebook from its source script.

    python tools/build_notebook.py            write colab/train_lora_nasutomo.ipynb
    python tools/build_notebook.py --check    exit 1 when it is not what the source makes

The source is a script in which `# %%` begins a cell and `# %% [markdown]` a text; what stands behind
`# %%` as JSON is the cell's metadata. It can be read, formatted and compared like any other source.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLAB = Path(__file__).resolve().parent.parent / "colab"
SOURCE, NOTEBOOK = COLAB / "train_lora_nasutomo.py", COLAB / "train_lora_nasutomo.ipynb"
_MARK, _TEXT = "# %%", "[markdown]"
_METADATA = {
    "accelerator": "GPU",
    "colab": {"gpuType": "T4", "provenance": []},
    "kernelspec": {"display_name": "Python 3", "name": "python3"},
    "language_info": {"name": "python"},
}


def _cells(script: str) -> Iterator[tuple[str, list[str]]]:
    """What stands behind each `# %%`, and the lines of its cell without empty ones around them. What
    comes before the first is about the source."""
    head, lines = "", list[str]()
    begin = script.index("\n" + _MARK) + 1
    for line in [*script[begin:].splitlines(), _MARK]:
        if line != _MARK and not line.startswith(_MARK + " "):
            lines.append(line)
            continue
        text = "\n".join(lines).strip("\n")
        if text:
            yield head, text.split("\n")
        head, lines = line.removeprefix(_MARK).strip(), []


def _cell(number: int, head: str, lines: list[str]) -> dict[str, Any]:
    is_text = head == _TEXT
    if is_text:
        lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
    source = [line + "\n" for line in lines[:-1]] + [lines[-1]]
    cell: dict[str, Any] = {"cell_type": "markdown" if is_text else "code"}
    if not is_text:
        cell["execution_count"] = None
    cell["id"] = f"cell-{number:02d}"
    cell["metadata"] = json.loads(head) if head and not is_text else {}
    if not is_text:
        cell["outputs"] = []
    return {**cell, "source": source}


def build(script: str) -> str:
    """The notebook of a source script, as the text of its file."""
    cells = [_cell(i, head, lines) for i, (head, lines) in enumerate(_cells(script), 1)]
    notebook = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """Write the notebook, or check it."""
    built = build(SOURCE.read_text(encoding="utf-8"))
    if "--check" in arguments:
        same = NOTEBOOK.is_file() and NOTEBOOK.read_text(encoding="utf-8") == built
        print("the notebook is up to date" if same else "run: python tools/build_notebook.py")
        return 0 if same else 1
    NOTEBOOK.write_text(built, encoding="utf-8", newline="\n")
    print(f"{NOTEBOOK.name}: {len(json.loads(built)['cells'])} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
