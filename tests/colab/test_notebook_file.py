"""The notebook as a file: made from its source, valid, without outputs and secrets."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys

import nbformat

from tests.colab.conftest import NOTEBOOK, ROOT

SOURCE = NOTEBOOK.with_suffix(".py")
BUILD = ROOT / "tools" / "build_notebook.py"


def cells(kind: str) -> list[str]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == kind]


def test_source_and_notebook_have_not_drifted_apart() -> None:
    done = subprocess.run(
        [sys.executable, str(BUILD), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_a_changed_source_is_noticed() -> None:
    from tools.build_notebook import build

    source = SOURCE.read_text(encoding="utf-8")
    assert build(source) == NOTEBOOK.read_text(encoding="utf-8")
    assert build(source.replace("T4 GPU", "T5 GPU", 1)) != NOTEBOOK.read_text(encoding="utf-8")
    assert build(source + "\n# %%\nprint()\n").count('"cell_type"') == build(source).count('"cell_type"') + 1  # fmt: skip


def test_it_is_a_valid_notebook_for_a_gpu() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata.accelerator == "GPU"
    assert len({c.id for c in notebook.cells}) == len(notebook.cells)
    assert all(c.outputs == [] and c.execution_count is None for c in notebook.cells if c.cell_type == "code")  # fmt: skip


def test_every_cell_parses_by_itself() -> None:
    for source in cells("code"):
        ast.parse(source)


def test_there_is_one_form_field() -> None:
    fields = [c for c in cells("code") if re.search(r"#\s*@param", c)]
    assert len(fields) == 1 and fields[0].count("@param") == 1
    assert 'PROJECT = ""' in fields[0]


def test_texts_are_in_both_languages() -> None:
    for text in cells("markdown"):
        assert re.search("[ぁ-んァ-ン]", text), text
        assert re.search("[a-z]{3,} [a-z]{2,}", text), text


def test_there_is_no_token_and_no_package_index_in_it() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"\b[0-9a-f]{32}\b|hf_[A-Za-z0-9]{20,}|token=[A-Za-z0-9]", text)
    assert "pypi" not in text and "index-url" not in text and "download.pytorch" not in text
    assert re.search(r'SD_SCRIPTS_COMMIT = \\"[0-9a-f]{40}\\"', text)
    assert "skip_until_initial_step" not in re.sub(r"#.*", "", "\n".join(cells("code")))


def test_every_address_is_one_that_is_needed() -> None:
    hosts = set(re.findall(r"https?://([^/\s\"]+)", "\n".join(cells("code"))))
    assert hosts == {"github.com", "civitai.com", "huggingface.co"}
