"""The model of a folder: it shows what the files say, now and after every change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nasutui.core.dataset.model import Changes, Dataset
from nasutui.core.errors import InputError
from nasutui.core.events import Finished, Progress, Started
from nasutui.core.files import write_atomic
from nasutui.core.query.language import quote
from tests.support.dataset_facts import load, png, shown, write

HOSTILE = [
    "ナス味噌", "か\u3099", "image [1]", "a" * 200, "-rf", "with space", "quote\"'", "tab\there",
    "new\nline", "dot.dot", "%s", "[red]x", "emoji👩‍🎨",
]  # fmt: skip


def test_pictures_are_listed_in_natural_order_with_their_captions(tmp_path: Path) -> None:
    write(tmp_path, {"img10": "b", "img2": "a, open mouth", "img1": None, "Img3": ""})
    dataset = load(tmp_path)
    assert shown(dataset) == ["img1.png", "img2.png", "Img3.png", "img10.png"]
    entries = [dataset.entry(slot) for slot in dataset.order]
    assert [entry.tags for entry in entries] == [(), ("a", "open mouth"), (), ("b",)]
    assert [entry.exists for entry in entries] == [False, True, True, True]
    assert all(entry.loaded for entry in entries)
    assert entries[1].picture == tmp_path / "img2.png"
    assert entries[1].caption == tmp_path / "img2.txt"
    assert shown(dataset, "untagged") == ["img1.png", "Img3.png"]


@pytest.mark.parametrize("stem", HOSTILE)
def test_any_file_name_and_tag_comes_back_as_it_is(tmp_path: Path, stem: str) -> None:
    tag = stem.replace("\n", " ")
    write(tmp_path, {stem: f"1girl, {tag}"})
    dataset = load(tmp_path)
    (slot,) = dataset.order
    assert dataset.path(slot) == tmp_path / f"{stem}.png"
    assert dataset.tags(slot) == ("1girl", tag)
    assert shown(dataset, quote(tag)) == [f"{stem}.png"]


def test_names_that_are_no_text_are_listed_too(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"\xff\xfe.png")).write_bytes(png(8, 8))
    except OSError:
        pytest.skip("this file system takes text as names only")
    dataset = load(tmp_path)
    assert len(dataset) == 1
    assert len(dataset.filter("untagged name:*.png size<9 dup:")) == 0
    assert len(dataset.filter("untagged name:*.png size<9")) == 1


@pytest.mark.parametrize(
    ("data", "tags", "oddities"),
    [
        (b"a, b", ("a", "b"), ()),
        (b"a, b\n", ("a", "b"), ()),
        (b" a ,, b , \n", ("a", "b"), ()),
        (b"", (), ()),
        (b"\xef\xbb\xbfa, b", ("a", "b"), ("bom",)),
        (b"a, b\r\n", ("a", "b"), ("crlf",)),
        (b"a\nb", ("a", "b"), ("lines",)),
        ("ナス, がく".encode("cp932"), ("ナス", "がく"), ("encoding",)),
        ("ナス, 青い髪".encode(), ("ナス", "青い髪"), ()),
        ("a, b".encode("utf-16"), ("a", "b"), ("encoding",)),
        ("a\u2028b, c".encode(), None, None),
        (b"^_^, :d, \\m/, poster_(object)", ("^_^", ":d", "\\m/", "poster_(object)"), ()),
    ],
)
def test_a_caption_says_what_captions_say(
    tmp_path: Path, data: bytes, tags: tuple[str, ...] | None, oddities: tuple[str, ...] | None
) -> None:
    from nasutui.core.editing.captions import decode_caption

    write(tmp_path, {"a": data})
    dataset = load(tmp_path)
    (slot,) = dataset.order
    caption = decode_caption(data)
    assert dataset.tags(slot) == caption.tags
    assert dataset.state(slot).oddities == caption.oddities
    if tags is not None:
        assert (caption.tags, caption.oddities) == (tags, oddities)


def test_what_cannot_be_read_is_shown_as_such_and_is_not_untagged(tmp_path: Path) -> None:
    write(tmp_path, {"binary": b"\x00\x01\xff\xfe\x80", "good": "a", "pipe": None, "folder": None})
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    dataset = load(tmp_path)
    states = {dataset.item(s).picture: dataset.state(s) for s in dataset.order}
    assert states["binary.png"].code == "caption-unreadable"
    assert states["pipe.png"].code == "not-a-file"
    assert states["folder.png"].unreadable
    assert states["good.png"].unreadable is None
    assert shown(dataset, "untagged") == []
    assert shown(dataset, "problem:unreadable") == ["binary.png", "folder.png", "pipe.png"]


def test_pictures_that_share_a_caption_stand_together_and_say_so(tmp_path: Path) -> None:
    write(tmp_path, {"a": "x", "b": "y", "c": "z"})
    (tmp_path / "a.jpg").write_bytes(png(8, 8))
    (tmp_path / "loose.txt").write_text("alone")
    dataset = load(tmp_path)
    assert shown(dataset) == ["a.jpg", "a.png", "b.png", "c.png", "loose.txt"]
    first, second, *_rest, loose = dataset.order
    assert dataset.shared_with(first) == "a.png"
    assert dataset.shared_with(second) == "a.jpg"
    assert dataset.slots_of(tmp_path / "a.txt") == [first, second]
    assert dataset.path(loose) is None
    assert shown(dataset, "alone") == ["loose.txt"]
    assert shown(dataset, "problem:stem") == ["a.jpg", "a.png"]


def test_loading_tells_how_far_it_is_and_can_be_watched(tmp_path: Path) -> None:
    write(tmp_path, {f"img{number}": f"tag{number}" for number in range(450)})
    dataset = Dataset(tmp_path)
    events = dataset.load()
    assert next(events) == Started("open", 450)
    assert len(dataset) == 450
    assert shown(dataset, "tag3") == []
    seen = [event for event in events if isinstance(event, Progress)]
    assert [event.done for event in seen] == sorted(event.done for event in seen)
    assert seen[-1].done == seen[-1].total == 450
    assert shown(dataset, "tag3") == ["img3.png"]


def test_loading_can_be_stopped_and_the_rest_counts_as_not_loaded(tmp_path: Path) -> None:
    write(tmp_path, {f"img{number}": "a" for number in range(3)})
    dataset = Dataset(tmp_path)
    events = list(dataset.load(lambda: True))
    assert isinstance(events[-1], Finished)
    assert events[-1].cancelled
    assert not any(dataset.entry(slot).loaded for slot in dataset.order)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        next(Dataset(tmp_path / "nowhere").load())


def test_an_empty_folder_answers_everything_with_nothing(tmp_path: Path) -> None:
    dataset = load(tmp_path)
    queries = [
        "",
        "a",
        "*",
        "tags>1",
        "tokens>1",
        "size<9",
        "dup:",
        "problem:",
        "name:a*",
        "added:",
    ]
    for query in queries:
        assert shown(dataset, query) == []
    assert not dataset.refresh()


def change(path: Path, text: str, *, keep_time: bool) -> None:
    before = path.stat()
    path.write_text(text)
    if keep_time:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("keep_time", [False, True])
@pytest.mark.parametrize("text", ["dog", "cat, dog", ""])
def test_a_caption_that_another_program_changes_is_noticed(
    tmp_path: Path, text: str, keep_time: bool
) -> None:
    write(tmp_path, {"a": "cat", "b": "cat"})
    dataset = load(tmp_path)
    assert not dataset.refresh()
    change(tmp_path / "a.txt", text, keep_time=keep_time)
    (slot, other) = dataset.order
    assert dataset.refresh() == Changes(changed=(slot,))
    assert shown(dataset, "cat") == (["a.png", "b.png"] if "cat" in text else ["b.png"])
    assert shown(dataset, "dog") == (["a.png"] if "dog" in text else [])
    assert dataset.tags(other) == ("cat",)
    assert not dataset.refresh()


def test_an_old_file_that_is_replaced_by_one_of_the_same_size_and_time_is_noticed(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"a": "cat"})
    caption = tmp_path / "a.txt"
    os.utime(caption, (1_000_000, 1_000_000))
    dataset = load(tmp_path)
    write_atomic(caption, b"dog")
    os.utime(caption, (1_000_000, 1_000_000))
    assert dataset.refresh()
    assert shown(dataset, "dog") == ["a.png"]


def test_files_that_come_and_go_are_noticed_and_slots_stay(tmp_path: Path) -> None:
    write(tmp_path, {"a": "cat", "b": "cat", "c": None})
    dataset = load(tmp_path)
    a, b, c = dataset.order
    assert shown(dataset, "dup:picture") == []
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.txt").unlink()
    (tmp_path / "c.txt").write_text("cat")
    (tmp_path / "aa.png").write_bytes((tmp_path / "b.png").read_bytes())
    changes = dataset.refresh()
    (new,) = changes.added
    assert changes == Changes(added=(new,), changed=(c,), removed=(a,))
    assert dataset.order == [new, b, c]
    assert shown(dataset, "cat") == ["b.png", "c.png"]
    assert shown(dataset, "untagged") == ["aa.png"]
    assert shown(dataset, "dup:picture") == ["aa.png", "b.png"]
    assert shown(dataset, "name:a") == ["aa.png"]
    (tmp_path / "c.txt").unlink()
    assert dataset.refresh() == Changes(changed=(c,))
    assert shown(dataset, "untagged") == ["aa.png", "c.png"]


def test_a_picture_of_another_size_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, {"a": "cat"})
    dataset = load(tmp_path)
    assert shown(dataset, "size<10") == ["a.png"]
    write_atomic(tmp_path / "a.png", png(20, 30))
    assert dataset.refresh() == Changes(changed=tuple(dataset.order))
    assert shown(dataset, "size<10") == []
    assert shown(dataset, "size=20") == ["a.png"]


def test_reread_takes_what_we_wrote_ourselves(tmp_path: Path) -> None:
    write(tmp_path, {"a": "cat", "b": None, "c": "cat"})
    dataset = load(tmp_path)
    a, b, _c = dataset.order
    assert shown(dataset, "tokens>1") == []
    for name in ("a", "b"):
        write_atomic(tmp_path / f"{name}.txt", b"dog, bird")
    changes = dataset.reread([tmp_path / "a.txt", tmp_path / "b.txt", tmp_path / "c.txt"])
    assert changes == Changes(changed=(a, b))
    assert shown(dataset, "dog") == ["a.png", "b.png"]
    assert shown(dataset, "tokens>1") == ["a.png", "b.png"]
    (tmp_path / "loose.txt").write_text("x")
    assert len(dataset.reread([tmp_path / "loose.txt"]).added) == 1
    assert not dataset.refresh()


def test_thousands_of_changes_are_all_found(tmp_path: Path) -> None:
    count = 2_500
    for number in range(count):
        (tmp_path / f"{number}.txt").write_text(f"a, n{number}")
    dataset = load(tmp_path)
    assert len(shown(dataset, "a")) == count
    for number in range(count - 1):
        (tmp_path / f"{number}.txt").write_text(f"b, n{number}")
        if number == 100:
            assert len(dataset.refresh().changed) == 101
            assert len(shown(dataset, "b")) == 101
    assert len(dataset.refresh().changed) == count - 1 - 101
    assert shown(dataset, "a") == [f"{count - 1}.txt"]
    assert shown(dataset, "n77 b") == ["77.txt"]
