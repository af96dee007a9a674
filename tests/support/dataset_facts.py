"""What is true of every picture of a folder, found the slow way: file by file, with nothing
remembered. The dataset model has to give the same."""

from __future__ import annotations

import functools
import io
from collections import Counter
from pathlib import Path

from PIL import Image

from nasutui.core.dataset.model import Dataset
from nasutui.core.dataset.tokens import best_counter
from nasutui.core.editing.captions import decode_caption, tag_key
from nasutui.core.editing.listing import scan
from nasutui.core.editing.provenance import Memory, notice
from nasutui.core.errors import CaptionError
from nasutui.core.problems.finding import CaptionFile, Rules, find
from nasutui.core.query.language import parse
from nasutui.core.query.terms import Facts, fits


@functools.cache
def png(width: int, height: int, shade: int = 0) -> bytes:
    """A PNG file of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 0, 0)).save(buffer, format="PNG")
    return buffer.getvalue()


def write(folder: Path, captions: dict[str, str | bytes | None]) -> None:
    """Pictures of one size with these captions (None: no caption file), by stem."""
    for number, (stem, text) in enumerate(captions.items()):
        (folder / f"{stem}.png").write_bytes(png(8, 8, number % 256))
        if text is not None:
            data = text.encode() if isinstance(text, str) else text
            (folder / f"{stem}.txt").write_bytes(data)


def load(folder: Path, rules: Rules | None = None) -> Dataset:
    """The dataset of a folder, loaded."""
    dataset = Dataset(folder, rules)
    for _event in dataset.load():
        pass
    return dataset


def shown(dataset: Dataset, query: str = "") -> list[str]:
    """The names of what a query means, in the order in which they are shown."""
    items = [dataset.item(int(slot)) for slot in dataset.filter(query)]
    return [item.picture or item.caption for item in items]


def facts_of(folder: Path, rules: Rules | None = None) -> dict[str, Facts]:
    """File name -> facts, for every picture and every caption without one."""
    listing = scan(folder)
    sharing: dict[str, str] = {}
    for other, first in listing.clashes:
        sharing[other.name], sharing[first.name] = first.name, other.name
    pictures = [*listing.pictures, *(picture for picture, _first in listing.clashes)]
    files = {p.name: p.with_suffix(".txt") for p in pictures}
    others = {p.name: p.with_suffix(".caption") for p in pictures}
    beside = {n: p.name for n, p in others.items() if files[n].exists() and p.exists()}
    files.update({n: p for n, p in others.items() if not files[n].exists() and p.exists()})
    files.update({p.name: p for p in listing.loose})
    contents = Counter((folder / picture.name).read_bytes() for picture in pictures)
    return {
        name: _facts(
            folder / name, caption, contents, sharing.get(name), beside.get(name), rules or Rules()
        )
        for name, caption in files.items()
    }


def _facts(
    path: Path, file: Path, contents: Counter[bytes], shared: str | None, beside: str | None,
    rules: Rules,
) -> Facts:  # fmt: skip
    unreadable, tags, oddities = None, (), ()
    try:
        caption = decode_caption(file.read_bytes() if file.exists() else b"")
        tags, oddities = caption.tags, caption.oddities
    except CaptionError as error:
        unreadable = str(error)
    is_picture = path != file
    said = notice(Memory(), tags)
    return Facts(
        keys=tuple(map(tag_key, tags)),
        readable=unreadable is None,
        tokens=best_counter().count(tags),
        size=_shorter_side(path) if is_picture else None,
        added=tuple(map(tag_key, said.added)),
        removed=tuple(map(tag_key, said.removed)),
        name=path.name,
        is_copy=is_picture and contents[path.read_bytes()] > 1,
        problems={
            p.code for p in find(tags, rules, CaptionFile(oddities, unreadable, shared, beside))
        },
    )


def _shorter_side(path: Path) -> int:
    with Image.open(path) as image:
        return min(image.size)


def meant(facts: dict[str, Facts], query: str) -> set[str]:
    """The names that a query means, by its meaning on each picture alone."""
    expression = parse(query)
    return {name for name, one in facts.items() if fits(expression, one)}
