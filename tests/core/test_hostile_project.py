"""A project that came from somebody else: its database and lists write nowhere but where they belong."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from nasutui.core.database import database_path
from nasutui.core.history.journal import Journal
from nasutui.core.training.manifest import MANIFEST, DatasetFolder
from tests.support.caption_folder import NEW, OLD, change, fill


@pytest.mark.parametrize(
    "way", ["../outside.txt", "{absolute}", ".git/config", "x/../../outside.txt"]
)
def test_a_journal_that_names_files_elsewhere_writes_none_of_them(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "set"
    fill(folder, OLD)
    change(folder, NEW)
    outside = tmp_path / "outside.txt"
    (folder / ".git").mkdir()
    (folder / "x").mkdir()
    before = dict.fromkeys((outside, folder / ".git" / "config"), NEW["a.txt"])
    for path, data in before.items():
        path.write_bytes(data)
    stored = os.fsencode(way.format(absolute=outside))
    with closing(sqlite3.connect(database_path(folder))) as db, db:
        tables = [
            r[0]
            for r in db.execute(
                "SELECT name FROM sqlite_master WHERE sql LIKE '%path BLOB NOT NULL%'"
            )
        ]
        changed = sum(
            db.execute(f"UPDATE {table} SET path=? WHERE path=?", (stored, b"a.txt")).rowcount
            for table in tables
        )
    assert changed
    with Journal(folder) as journal:
        outcome = journal.undo()
        assert outcome is not None and len(outcome.refused) == 1
        journal.redo()
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.parametrize("name", ["../victim.txt", "{absolute}", "a/../../victim.txt"])
def test_a_manifest_that_names_files_elsewhere_removes_none_of_them(
    tmp_path: Path, name: str
) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_bytes(b"mine")
    folder = tmp_path / "4_dataset"
    folder.mkdir()
    digest = hashlib.sha256(b"mine").hexdigest()
    files = {name.format(absolute=victim): digest}
    (folder / MANIFEST).write_text(json.dumps({"files": files}), encoding="utf-8")
    assert DatasetFolder(folder, ()).clear_out() == []
    assert victim.read_bytes() == b"mine"
