"""Rebuild nasutui/data/ja/composed.tsv from the rules and check every file of the dictionary.

    python tools/build_dictionary.py                    rebuild, then check
    python tools/build_dictionary.py --check            only check; ends with 1 when something is wrong
    python tools/build_dictionary.py --tags list.csv    also compose for the tags of a tagger's list
    python tools/build_dictionary.py --reviewed         mark every composed row as read

composed.tsv keeps its own keys and counts, so the list is needed only to add new ones. A row stays
marked as read for as long as its text is what was read.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from nasutui.core.files import write_atomic  # noqa: E402
from nasutui.core.japanese.compose import Grammar  # noqa: E402
from nasutui.core.japanese.compose_words import has_kanji  # noqa: E402
from nasutui.core.japanese.dictionary import DATA, Table, entry_of, read_table  # noqa: E402
from nasutui.core.japanese.romaji import fold, fold_index  # noqa: E402

HEADS = {
    "ratings.tsv": "tag\tcount\tdisplay\tsynonyms\treadings",
    "tags.tsv": "tag\tcount\tdisplay\tsynonyms\treadings",
    "characters.tsv": "tag\tcount\tdisplay\tsynonyms\treadings",
    "composed.tsv": "tag\tcount\tdisplay\tsynonyms\treadings\trule\treviewed",
    "renamed.tsv": "old\tcount\tcurrent",
    "series.tsv": "qualifier\tdisplay\tkind",
    "vocabulary.tsv": "word\tclass\tnative\treading\tkatakana\tshort\tshort_reading",
    "prompt.tsv": "phrase\ttags",
}
WORDS = ("ratings.tsv", "tags.tsv", "characters.tsv", "composed.tsv")
DISTINCT = 1000  # so many of the most frequent general tags have displays of their own
READING = re.compile("[ぁ-ゖーゝ゛・&＝=0-9a-z.~〜 ]*")


def known_keys() -> set[str]:
    """Every tag that is written by hand or is another name of one."""
    keys = {line.split("\t")[0] for name in WORDS[:3] for line in read_table(name)}
    for line in read_table("renamed.tsv"):
        old, _count, current = line.split("\t")
        if old in keys or current in keys:
            keys |= {old, current}
    return keys


def listed_tags(path: Path) -> Iterator[tuple[str, int]]:
    """(tag, count) of the general tags in a tagger's list: a CSV with the columns name or tag,
    category and count, as WD14's selected_tags.csv."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row.get("category") in (None, "0", "general"):
                yield row.get("name") or row["tag"], int(row["count"])


def composed_rows(
    wanted: dict[str, int], reviewed: set[tuple[str, str, str, str]]
) -> list[list[str]]:
    """The rows of composed.tsv for these tags and counts. `reviewed` holds (tag, display,
    synonyms, readings) of the rows that somebody has read."""
    grammar = Grammar.shipped(lambda key: None)
    rows = []
    for tag, count in sorted(wanted.items(), key=lambda item: (-item[1], item[0])):
        made = grammar.compose(tag)
        if made is None:
            print(f"no rule for {tag}: write it into tags.tsv")
            continue
        reading = made.reading if has_kanji(made.display) else ""
        readings = "|".join((reading, *made.spoken)).rstrip("|")
        text = (tag, made.display, "|".join(made.synonyms), readings)
        seen = "yes" if text in reviewed else "no"
        rows.append([tag, str(count), *text[1:], made.rule, seen])
    return rows


def composed_text(lists: Iterable[Path] = (), *, all_read: bool = False) -> str:
    """What composed.tsv has to hold."""
    old = [line.split("\t") for line in read_table("composed.tsv")]
    wanted = {row[0]: int(row[1]) for row in old}
    for path in lists:
        wanted.update(listed_tags(path))
    for key in known_keys():
        wanted.pop(key, None)
    reviewed = {(r[0], r[2], r[3], r[4]) for r in old if r[6] == "yes"}
    rows = composed_rows(wanted, reviewed)
    if all_read:
        rows = [[*row[:6], "yes"] for row in rows]
    lines = [HEADS["composed.tsv"], *("\t".join(row) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def check_composed() -> Iterator[str]:
    """The shipped rows are what the rules say today."""
    if composed_text() != (DATA / "composed.tsv").read_text(encoding="utf-8"):
        yield "composed.tsv is not what the rules say: build it again and read what changed"


def check_text(name: str) -> Iterator[str]:
    """What is wrong with a file as text."""
    data = (DATA / name).read_bytes()
    text = data.decode("utf-8")
    if not text.startswith(HEADS[name] + "\n"):
        yield f"{name}: its first line must be {HEADS[name]!r}"
    if not text.endswith("\n") or "\r" in text or text.startswith("\ufeff"):
        yield f"{name}: must be UTF-8 without BOM, each line ending with a line feed"
    if unicodedata.normalize("NFC", text) != text:
        yield f"{name}: must be composed (NFC)"
    columns = HEADS[name].count("\t")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        if line.count("\t") != columns or line != line.strip(" "):
            yield f"{name}:{number}: needs {columns + 1} columns: {line!r}"
        if not line.replace("\t", "").isprintable():
            yield f"{name}:{number}: holds a control character"


def check_row(name: str, fields: list[str]) -> Iterator[str]:
    """What is wrong with one row of a table of words."""
    tag, count, display, synonyms, readings = fields[:5]
    where, words, spoken = f"{name}: {tag}", synonyms.split("|"), readings.split("|")
    if not count.isdecimal() or not display or "|" in display or "," in display:
        yield f"{where}: a count and a display without | and comma are needed"
    if synonyms and (len(set(words)) < len(words) or display in words or "" in words):
        yield f"{where}: an empty synonym, or the same word twice"
    if len(spoken) > 1 + len(words) or any(not READING.fullmatch(r) for r in spoken):
        yield f"{where}: readings are hiragana, in the order of the words: {readings}"
    if has_kanji(display) and not spoken[0]:
        yield f"{where}: a display with kanji needs a reading"
    for text in (tag, display, *words):
        if fold(text) != fold_index(text).strip("\t"):
            yield f"{where}: {text!r} is not found as it is typed (width)"


def check_words() -> Iterator[str]:
    """What is wrong with the tables of words."""
    first: dict[str, str] = {}
    for name in WORDS:
        for line in read_table(name):
            fields = line.split("\t")
            yield from check_row(name, fields)
            if fields[0] in first:
                yield f"{name}: {fields[0]} stands in {first[fields[0]]} already"
            first[fields[0]] = name
    for line in read_table("renamed.tsv"):
        old, count, current = line.split("\t")
        if not (count.isdecimal() and (old in first or current in first)):
            yield f"renamed.tsv: {old}: neither name is in a table"


def check_frequent() -> Iterator[str]:
    """Each of the most frequent general tags has a display of its own and three synonyms."""
    rows = [row for row in Table().rows if row.source in (1, 3)][:DISTINCT]
    same = defaultdict(list)
    for row in rows:
        entry = entry_of(row)
        same[entry.display].append(row.tag)
        if len(entry.synonyms) < 3:
            yield f"{row.tag} is frequent and needs three synonyms"
    yield from (f"one display for {', '.join(t)}: {d}" for d, t in same.items() if len(t) > 1)


def main() -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--tags", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--reviewed", action="store_true", help="every composed row was read")
    arguments = parser.parse_args()
    if not arguments.check:
        text = composed_text(arguments.tags, all_read=arguments.reviewed)
        write_atomic(DATA / "composed.tsv", text.encode())
        unread = sum(line.endswith("\tno") for line in text.split("\n"))
        print(f"composed.tsv: {text.count(chr(10)) - 1} rows, {unread} not read by anybody")
    wrong = [problem for name in HEADS for problem in check_text(name)]
    wrong = wrong or [*check_words(), *check_frequent(), *check_composed()]
    print("\n".join(wrong) or "the dictionary is in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
