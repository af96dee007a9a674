"""Collect the messages of the interface and compile the catalogues (needs babel).

    python tools/messages.py           update nasutui.po from the sources, compile nasutui.mo
    python tools/messages.py --check   say what is missing or out of date; exit code 1 if anything

English is the source; a message without Japanese is an error of --check.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "nasutui"
FOLDER = PACKAGE / "data" / "locale" / "ja" / "LC_MESSAGES"
PO, MO = FOLDER / "nasutui.po", FOLDER / "nasutui.mo"
KEYWORDS: dict[str, Any] = {"_": None, "N_": None, "ngettext": (1, 2)}


def collect() -> Catalog:
    """Every message of the sources, with the files that it stands in."""
    catalogue = Catalog(domain="nasutui", project="nasutui", charset="utf-8")
    found = extract_from_dir(PACKAGE, method_map=[("**.py", "python")], keywords=KEYWORDS)
    for name, _line, message, _comments, _context in found:
        catalogue.add(message, locations=[(f"nasutui/{name}", 0)])
    return catalogue


def stored() -> Catalog:
    """The Japanese catalogue as it is."""
    if not PO.exists():
        return Catalog(locale="ja", domain="nasutui", charset="utf-8")
    with PO.open("rb") as file:
        return read_po(file, locale="ja", domain="nasutui")


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    catalogue.creation_date = catalogue.revision_date = datetime(2000, 1, 1, tzinfo=UTC)
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def problems() -> list[str]:
    """What is missing or out of date, one line each."""
    wanted, have = collect(), stored()
    found = []
    for message in wanted:
        if not message.id:
            continue
        known = have.get(message.id)
        texts = known.string if known else ""
        complete = all(texts) if isinstance(texts, tuple | list) else bool(texts)
        if known is None or not complete or known.fuzzy:
            found.append(f"no Japanese: {message.id!r}")
        elif known is not None and _fields(message.id) != _fields(known.string):
            found.append(f"other fields than the English: {message.id!r}")
    if not MO.exists() or MO.read_bytes() != compiled(have):
        found.append("nasutui.mo is not what nasutui.po compiles to: run `make messages`")
    return found


def _fields(text: Any) -> set[str]:
    """The replacement fields of a message (of all its plural forms together)."""
    import re

    parts = text if isinstance(text, tuple | list) else (text,)
    return {f for part in parts for f in re.findall(r"\{[a-z_]*[^{}]*\}|%\([a-z_]+\)[sr]|%s", part)}


def update() -> None:
    """Bring nasutui.po up to date, keeping its translations, and compile it."""
    wanted, have = collect(), stored()
    have.update(wanted, no_fuzzy_matching=True)
    have.obsolete.clear()
    have.fuzzy = False
    have.header_comment = (
        "# Japanese messages of nasutui. `make messages` brings this file up to date."
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    write_po(buffer, have, width=98, omit_header=False, sort_by_file=True, include_lineno=False)
    lines = buffer.getvalue().decode().split("\n")
    # Dates and versions would change the file at every run; the rest is a form left blank.
    unwanted = ("POT-", "PO-", "Generated", "Project-Id", "Report-", "Last-", "Language-Team")
    kept = [line for line in lines if not line.startswith(tuple(f'"{word}' for word in unwanted))]
    PO.write_text("\n".join(kept), encoding="utf-8")
    MO.write_bytes(compiled(stored()))


def main() -> int:
    if "--check" in sys.argv:
        found = problems()
        sys.stdout.writelines(f"{line}\n" for line in found)
        return bool(found)
    update()
    missing = [p for p in problems() if p.startswith("no Japanese")]
    sys.stdout.write(f"{PO.relative_to(ROOT)}: {len(missing)} messages without Japanese\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
