"""The tables of a state database."""

from __future__ import annotations

VERSION = 1

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row a change (a bulk change is one), see history/journal.py.
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,                 -- ISO 8601, UTC
    step TEXT NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL,              -- applying, applied, undoing, undone, redoing
    files INTEGER NOT NULL DEFAULT 0, -- how many it changed, once it is complete
    dropped INTEGER NOT NULL DEFAULT 0, -- undone, and not to be redone since this change was begun
    owner TEXT,                       -- lock file of the process that is at work on it
    boot TEXT NOT NULL                -- the machine's boot in which that process runs
);
CREATE TABLE IF NOT EXISTS edit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id INTEGER NOT NULL REFERENCES change(id),
    path BLOB NOT NULL,               -- file-system bytes, relative
    before BLOB,                      -- NULL: no file; the same as after: only memory changed
    after BLOB,
    memory_before TEXT,               -- provenance of the caption, see editing/provenance.py
    memory_after TEXT,
    undone INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL,         -- 1: the file may not have reached the disk yet
    turn INTEGER NOT NULL             -- counts what is done: made, undone, redone
);
CREATE INDEX IF NOT EXISTS edit_by_change ON edit(change_id);
CREATE INDEX IF NOT EXISTS edit_by_path ON edit(path, turn);

CREATE TABLE IF NOT EXISTS memory (path BLOB PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- SHA-256 of files, so that unchanged files are not read again.
CREATE TABLE IF NOT EXISTS file_hash (
    path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, ctime_ns INTEGER, inode INTEGER,
    sha256 BLOB NOT NULL
) WITHOUT ROWID;

-- Pictures that we made: what from, and what they were when we wrote them.
CREATE TABLE IF NOT EXISTS made (
    path BLOB PRIMARY KEY, sha256 BLOB NOT NULL, source TEXT NOT NULL, source_sha256 BLOB NOT NULL,
    slot INTEGER NOT NULL DEFAULT 0,  -- which crop of the source
    settings TEXT NOT NULL
) WITHOUT ROWID;

-- Taggers and their sparse scores, see tagging/scores.py.
CREATE TABLE IF NOT EXISTS model (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, tags BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS score (
    picture BLOB NOT NULL, model_id INTEGER NOT NULL REFERENCES model(id),
    tags BLOB NOT NULL, probabilities BLOB NOT NULL,
    PRIMARY KEY (picture, model_id)
) WITHOUT ROWID;
"""
