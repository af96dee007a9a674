"""Every generated picture with its settings, rating and notes, in `log.db` beside the pictures.

The picture is on disk before its entry; should a crash come between, `adopt` finds it again and
reads its settings from its own `parameters` text. Ratings and notes are flushed to the disk before
the call returns.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nasutui.core.database import database_error, transaction
from nasutui.core.errors import NasutuiError, StateError, explain_os_error, os_error_code
from nasutui.core.generation.pnginfo import parse_infotext, read_parameters
from nasutui.core.generation.settings import Generation, from_dict, from_infotext
from nasutui.core.i18n import _
from nasutui.core.text import display_name
from nasutui.core.webui.lora import applied_loras

LOG_FILE = "log.db"
RATINGS = range(1, 6)
_VERSION = 1
_SUFFIXES = (".png", ".jpg", ".webp")
_SCHEMA = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL UNIQUE,  -- file-system bytes, relative, "/" between the parts
    at TEXT NOT NULL,           -- ISO 8601, UTC
    source TEXT NOT NULL,       -- generate, compare, found
    settings TEXT NOT NULL,     -- settings.py's JSON, as asked for
    infotext TEXT NOT NULL,     -- the WebUI's text, "" when it gave none
    seed INTEGER,
    loras TEXT NOT NULL,        -- JSON, name -> hash
    model TEXT NOT NULL,
    warnings TEXT NOT NULL,     -- JSON list of codes
    rating INTEGER,             -- 1 to 5
    notes TEXT NOT NULL DEFAULT '',
    words TEXT NOT NULL         -- all of it folded, for the search
)
"""
_COLUMNS = "id, path, at, source, settings, infotext, seed, loras, model, warnings, rating, notes"
_TERM = re.compile(r"(rating|seed|lora)\s*([:=<>]=?)\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of the log. Texts are raw: never show them but through core.text."""

    id: int
    path: Path
    at: datetime
    source: str
    generation: Generation
    infotext: str = ""
    seed: int | None = None
    loras: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    warnings: tuple[str, ...] = ()
    rating: int | None = None
    notes: str = ""

    @property
    def sent_prompt(self) -> str:
        """The prompt as the WebUI had it."""
        return parse_infotext(self.infotext).prompt if self.infotext else self.generation.prompt


def fold(text: str) -> str:
    """For comparing: case, width and composition don't count."""
    return unicodedata.normalize("NFKC", text).casefold()


class GenerationLog:
    """The log of one folder of pictures; made when it isn't there. May be used by several threads
    and, at the same time, by several programs. Every method raises StateError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / LOG_FILE
        self._lock = threading.Lock()
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, timeout=30.0, isolation_level=None, check_same_thread=False
            )
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> GenerationLog:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _open(self) -> None:
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA fullfsync=ON")
        if self._version() == 0:
            with transaction(self._db):
                if self._version() == 0:  # nobody else has made it meanwhile
                    self._db.execute(_SCHEMA)
                    self._db.execute(f"PRAGMA user_version={_VERSION}")
        if self._version() > _VERSION:
            raise StateError(
                _("{name} was written by a newer nasutui; update nasutui to open it").format(
                    name=display_name(self.path)
                ),
                code="state-newer",
            )

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = explain_os_error(error, self.folder)
            raise StateError(reason, code=os_error_code(error)) from error
        except sqlite3.Error as error:
            found = database_error(error, self.path)
            if found.code == "state-damaged":
                text = _("{name} is damaged. The pictures are untouched and hold their settings"
                         " themselves. Rename the file; a new log begins.")  # fmt: skip
                found = StateError(text.format(name=display_name(self.path)), code=found.code)
            raise found from error

    # -- writing ------------------------------------------------------------------------------

    def add(
        self,
        picture: Path,
        generation: Generation,
        detail: Mapping[str, Any],
        *,
        source: str = "generate",
        at: datetime | None = None,
    ) -> int:
        """Log a picture that is on disk; returns its entry's number. generation: as asked for;
        detail: of the ItemDone of webui_generate. A picture that is logged already keeps its
        rating and notes."""
        infotext = detail.get("parameters") or ""
        values = {
            "path": self._stored(picture),
            "at": (at or datetime.now(UTC)).isoformat(timespec="seconds"),
            "source": source,
            "settings": _json(generation.as_dict()),
            "infotext": _clean(infotext),
            "seed": detail.get("seed"),
            "loras": _json(detail.get("loras") or {}),
            "model": _clean(detail.get("model") or ""),
            "warnings": _json(detail.get("warnings") or []),
            "words": _clean(_words(picture.name, generation, infotext)),
        }
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        sets = ", ".join(f"{name}=excluded.{name}" for name in values if name != "path")
        with self._lock, self._explained():
            row = self._db.execute(
                f"INSERT INTO entry({names}) VALUES ({marks})"
                f" ON CONFLICT(path) DO UPDATE SET {sets} RETURNING id",
                values,
            ).fetchone()
        return int(row[0])

    def rate(self, number: int, rating: int | None) -> None:
        """Give an entry 1 to 5 points (None: take them back)."""
        if rating is not None and rating not in RATINGS:
            raise ValueError("a rating is 1 to 5")
        with self._lock, self._explained():
            self._db.execute("UPDATE entry SET rating=? WHERE id=?", (rating, number))

    def note(self, number: int, text: str) -> None:
        """Set an entry's notes."""
        with self._lock, self._explained():
            self._db.execute("UPDATE entry SET notes=? WHERE id=?", (_clean(text), number))

    def adopt(self) -> int:
        """Log the folder's own pictures that have a `parameters` text and no entry; returns how
        many."""
        with self._explained(), os.scandir(self.folder) as found:
            names = sorted(
                (e.stat().st_mtime, e.name) for e in found
                if e.name.lower().endswith(".png") and not e.name.startswith(".") and e.is_file()
            )  # fmt: skip
        with self._lock, self._explained():
            known = {row[0] for row in self._db.execute("SELECT path FROM entry")}
        count = 0
        for modified, name in names:
            path = self.folder / name
            if self._stored(path) not in known:
                count += self._adopt(path, datetime.fromtimestamp(modified, UTC))
        return count

    def _adopt(self, path: Path, at: datetime) -> bool:
        text = None
        with contextlib.suppress(NasutuiError):
            text = read_parameters(path)
        if not text:
            return False
        generation = from_infotext(text)
        params = parse_infotext(text).params
        detail = {
            "parameters": text,
            "seed": generation.seed if generation.seed >= 0 else None,
            "loras": applied_loras(params),
            "model": params.get("Model"),
        }
        self.add(path, generation, detail, source="found", at=at)
        return True

    # -- reading ------------------------------------------------------------------------------

    def get(self, number: int) -> Entry | None:
        """The entry of this number."""
        return next(iter(self._rows("WHERE id=?", (number,))), None)

    def find(self, picture: Path) -> Entry | None:
        """The entry of a picture."""
        return next(iter(self._rows("WHERE path=?", (self._stored(picture),))), None)

    def search(self, query: str = "", limit: int = 500) -> list[Entry]:
        """The newest entries that hold every word of the query, in prompt, negative prompt, notes,
        names and settings. `rating:4` (4 and better; also =, <=), `seed:123` and `lora:NAME`
        (part of its name) look at one thing only."""
        conditions, values = [], []
        for term in _TERM.finditer(query):
            condition, value = _condition(term[1].lower(), term[2], term[3])
            conditions.append(condition)
            values.append(value)
        for word in fold(_TERM.sub(" ", query)).split():
            conditions.append("(instr(words, ?) > 0 OR instr(fold(notes), ?) > 0)")
            values += [_clean(word)] * 2
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return self._rows(f"{where} ORDER BY at DESC, id DESC LIMIT ?", (*values, limit))

    def _rows(self, rest: str, values: tuple[Any, ...]) -> list[Entry]:
        with self._lock, self._explained():
            self._db.create_function("fold", 1, fold, deterministic=True)
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM entry {rest}", values).fetchall()
        return [self._entry(row) for row in rows]

    def _entry(self, row: tuple[Any, ...]) -> Entry:
        number, path, at, source, settings, infotext, seed, loras, model, warnings, *mine = row
        return Entry(
            number, self.folder / os.fsdecode(path), datetime.fromisoformat(at), source,
            from_dict(json.loads(settings)), infotext, seed, json.loads(loras), model,
            tuple(json.loads(warnings)), *mine,
        )  # fmt: skip

    def _stored(self, picture: Path) -> bytes:
        relative = os.path.relpath(picture.absolute(), self.folder.absolute())
        return os.fsencode(relative.replace(os.sep, "/"))


def load_back(entry: Entry, trigger: str = "") -> Generation:
    """What to put into the form to draw this picture again: as it was asked for, one picture, with
    the seed that it got."""
    if entry.source == "found" and entry.infotext:
        return from_infotext(entry.infotext, trigger)
    seed = entry.generation.seed if entry.seed is None else entry.seed
    return replace(entry.generation, seed=seed, count=1)


def _condition(name: str, sign: str, value: str) -> tuple[str, Any]:
    if name == "lora":
        return "instr(fold(loras), ?) > 0", _clean(fold(value))
    number = int(value) if value.isdecimal() and len(value) < 19 else -2
    if name == "seed":
        return "seed = ?", number
    compare = {":": ">=", "=": "=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}.get(sign, ">=")
    return f"rating {compare} ?", number


def _words(name: str, generation: Generation, infotext: str) -> str:
    parts = (name, generation.prompt, generation.negative, generation.lora, infotext)
    return fold("\n".join(parts))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def _clean(text: str) -> str:
    """Text that SQLite can hold: broken characters replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
