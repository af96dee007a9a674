"""Kaomoji and other odd tags go through everything that is done to captions, byte for byte."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from nasutui.core.editing.bulk_edit import (
    Operation,
    alphabet_order,
    apply,
    fixed_order,
    plan,
    replacing,
    replacing_pattern,
    sorting,
)
from nasutui.core.editing.edit import EditSettings, edit
from nasutui.core.editing.listing import scan
from nasutui.core.events import never
from nasutui.core.japanese.dictionary import translate as translate_tag
from nasutui.core.japanese.translate import TranslateSettings, translate
from nasutui.core.query.language import quote
from nasutui.core.training.export import ExportSettings, export
from nasutui.tag_desk import TagDesk
from nasutui.workspace import Workspace
from tests.support.caption_folder import collect
from tests.support.datasets import noise, png

ODD = [
    "^_^", ":d", ">_<", 'don\'t_say_"lazy"', "poster_(object)", "\\m/", "2024", "(o)_(o)",
    "a\\1b", "[x]", "{0}", "*", "-solo", "tags>4", "OR", "か\u3099",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "a.png").write_bytes(png(noise(1, (512, 512))))
    (folder / "a.txt").write_bytes(b"nasu, 1girl, zz")
    (folder / "b.png").write_bytes(png(noise(2, (512, 512))))
    (folder / "b.txt").write_bytes(b"nasu, other")
    return folder


def desk_of(folder: Path) -> TagDesk:
    """The editor's desk, as after a restart."""
    desk = TagDesk(Workspace(folder, None))
    for _event in desk.load(never):
        pass
    return desk


def change(folder: Path, operation: Operation) -> None:
    desk = desk_of(folder)
    rows = [(s, desk.dataset.caption_path(s), desk.dataset.tags(s)) for s in desk.dataset.order]
    collect(apply(folder, plan(rows, operation, never), "bulk", never))


@pytest.mark.parametrize("tag", ODD)
def test_a_tag_survives_everything(folder: Path, tmp_path: Path, tag: str) -> None:
    def holds(*tags: str) -> None:
        """The file, and what a restarted editor makes of it."""
        assert (folder / "a.txt").read_bytes() == ", ".join(tags).encode()
        desk = desk_of(folder)
        slot = desk.dataset.order[0]
        assert desk.dataset.tags(slot) == tags
        found = desk.dataset.filter(quote(tag)).tolist()
        assert found == ([slot] if tag in tags else [])
        assert desk.dataset.filter(f"-{quote(tag)}").tolist() == [
            s for s in desk.dataset.order if s not in found
        ]

    # added, edited to something else and back, moved
    desk = desk_of(folder)
    slot = desk.dataset.order[0]
    for tags in (["nasu", "1girl", "zz", tag], ["nasu", tag, "1girl", "zz"]):
        assert desk.edit(slot, tags, "x") is None
        holds(*tags)
    assert desk.edit(slot, ["nasu", "plain", "1girl", "zz"], "x") is None
    assert desk.turn(back=True) is not None
    holds("nasu", tag, "1girl", "zz")
    desk.close()
    # replaced by another in many, and put in the place of another; as a pattern's replacement
    change(folder, replacing(tag, ("plain",)))
    holds("nasu", "plain", "1girl", "zz")
    change(folder, replacing("plain", (tag,)))
    holds("nasu", tag, "1girl", "zz")
    change(folder, replacing_pattern("^zz$", "yy"))
    holds("nasu", tag, "1girl", "yy")
    # sorted
    change(folder, sorting(fixed_order(["nasu", "1girl", "yy"])))
    holds("nasu", "1girl", "yy", tag)
    change(folder, sorting(alphabet_order))
    assert set(desk_of(folder).dataset.tags(slot)) == {"nasu", "1girl", "yy", tag}
    change(folder, sorting(fixed_order(["nasu", "1girl", "yy"])))
    # by a step of the command line
    collect(edit(EditSettings(folder, add=("hat",), replace=(("yy", "xx"),)), never))
    holds("nasu", "1girl", "xx", tag, "hat")
    # translated: its place in the side file is its own
    collect(translate(TranslateSettings(folder), never))
    side = (folder / "a_jp.txt").read_bytes().decode().rstrip("\n").split(", ")
    entry = translate_tag(tag)
    assert side[3] == (entry.display if entry else tag)
    assert len(side) == 5
    # exported, packed, and opened elsewhere
    collect(export(ExportSettings(folder, tmp_path / "out", "nasu", repeats=1), never))
    made = tmp_path / "out" / "1_nasu"
    assert (made / "a.txt").read_bytes() == f"nasu, 1girl, xx, {tag}, hat\n".encode()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in scan(made).caption_files():
            archive.write(path, path.name)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "elsewhere")
    elsewhere = desk_of(tmp_path / "elsewhere").dataset
    assert elsewhere.tags(elsewhere.order[0]) == ("nasu", "1girl", "xx", tag, "hat")
    # all of it undone and made again
    desk, states = desk_of(folder), [(folder / "a.txt").read_bytes()]
    while desk.turn(back=True):
        states.append((folder / "a.txt").read_bytes())
    assert states[-1] == b"nasu, 1girl, zz"
    desk.close()
    desk = desk_of(folder)
    for state in reversed(states[:-1]):
        assert desk.turn(back=False)
        assert (folder / "a.txt").read_bytes() == state
    desk.close()
    holds("nasu", "1girl", "xx", tag, "hat")
