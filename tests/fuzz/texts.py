"""Mutated files of text: captions, settings, tag lists, own words, crops."""

from __future__ import annotations

import functools
import json
import random
import tomllib
from pathlib import Path

from nasutui.core.config import color_system, projects_folder, read_config
from nasutui.core.dataset.reading import row_of
from nasutui.core.dataset.vocabulary import Vocabulary
from nasutui.core.editing.captions import decode_caption, encode_caption, tag_key
from nasutui.core.errors import CaptionError
from nasutui.core.generation.templates import read_templates
from nasutui.core.japanese.dictionary import DATA, Dictionary, shipped
from nasutui.core.japanese.own_words import add_own, parse_line, read_own, remove_own
from nasutui.core.overview import find_projects
from nasutui.core.pictures.crops import CROPS_FILE, read_crops
from nasutui.core.project import create_project, open_project, update_project
from nasutui.core.tagging.models import ModelFiles, embedded_files
from nasutui.core.tagging.tagger import read_tags
from nasutui.core.training.files import dataset_toml, sample_prompts, training_toml
from tests.fuzz.mutating import mutated_bytes, mutated_json

_WORDS = (
    b",", b", ", b"\n", b"\r\n", b"\r", b"\t", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff",
    b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\x1c", b"\x0b", b"\x0c", b"\x1b[31m",
    b"\xed\xa0\x80", b"\xf4\x8f\xbf\xbf", b"\xe3\x80\x80", b"\xc2\xa0", b"_", b"(", b"\\(", b"\\",
    b"|", b'"', b"'", b"#", b"[", b"]", b"{", b"}", b"=", b"=1\n", b".", b"true", b"1e999", b"nan",
    b"9" * 5000, b"[" * 3000, b"{a=" * 500, b"a." * 2000, "茄".encode(), "茄".encode("cp932"),
    "ｶﾞ".encode(), "が".encode(), "\u1fbe\u0345".encode(), "İ".encode(), "ß".encode(),
    "\U0001f468\u200d\U0001f469".encode(), "\u202e".encode(), b"~nobody", b"\\u0000",
)  # fmt: skip


def make_text(dice: random.Random, good: tuple[bytes, ...]) -> bytes:
    return mutated_bytes(dice, dice.choice(good), good, _WORDS)


# --- captions ----------------------------------------------------------------------------------

_CAPTION = "nasumiso_style, 1girl, blue hair, ^_^, shirt (white), 茄子, 女の子"
CAPTIONS = tuple(
    _CAPTION.replace(", ", joint).encode(encoding)
    for joint in (", ", ",", "\n", ",\r\n")
    for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16")
)


def make_caption(dice: random.Random) -> bytes:
    return make_text(dice, CAPTIONS)


def try_caption(data: bytes, _folder: Path) -> None:
    """The quick and the thorough reader agree; what was read comes back from what is written."""
    vocabulary = Vocabulary()
    row, state = row_of(data, vocabulary)
    try:
        caption = decode_caption(data)
    except CaptionError as error:
        assert (row, state.unreadable, state.code) == (b"", str(error), error.code)
        raise
    assert state.unreadable is None
    assert vocabulary.tags_of(row) == caption.tags
    assert state.oddities == caption.oddities
    again = decode_caption(encode_caption(caption.tags))
    assert (again.tags, again.oddities) == (caption.tags, ())


# --- settings ----------------------------------------------------------------------------------

_PROJECT = """\
[project]
name = "set_1"
trigger = "nasumiso_style, 茄子"
[prepare]
size = 512
crop = "center"
[caption]
threshold = 0.35
exclude = ["a", "b*"]
replace = {grey = "gray"}
mcut = true
existing = "merge"
[export]
repeats = 0
[training]
preset = "sdxl"
network_dim = 32
network_alpha = 16.5
optimizer_args = ["weight_decay=0.1"]
lr_warmup_steps = 40
sample_prompts = ['''1girl --n "x"''', "茄子"]
[generate.templates]
front = "{name}, smile"  # how it looks
"""
_CONFIG = """\
lang = "ja"
theme = "nasutui-light"
colors = "truecolor"
images = "kitty"
projects = "~/pictures/lora"
drive = "~/My Drive"
rclone = "gdrive:"
webui = '~/stable-diffusion-webui'
notebook = "owner/repo@main"
[keys]
"tags.delete" = "d,delete"
"""
_SETTINGS = tuple(text.encode() for text in (_PROJECT, _CONFIG))


def make_project(dice: random.Random) -> bytes:
    return mutated_bytes(dice, _SETTINGS[0], _SETTINGS, _WORDS)


def try_project(data: bytes, folder: Path) -> None:
    """Settings that are taken make files that other programs can read; changing one keeps the rest."""
    root = folder / "project"
    if not root.exists():
        create_project(root)
    (root / "project.toml").write_bytes(data)
    read_templates(root)
    project = open_project(root)
    settings, trigger = project.settings.training, project.settings.project.trigger
    for text in (
        training_toml(settings, project.name, trigger, "id"),
        dataset_toml(settings, "3_x", 3, trigger),
    ):
        tomllib.loads(text)
    sample_prompts(settings, trigger, [["a"]])
    changed = update_project(root, {"prepare": {"size": 640}})
    assert changed.settings.prepare.size == 640
    assert changed.settings.project == project.settings.project
    assert changed.settings.training == project.settings.training


def make_config(dice: random.Random) -> bytes:
    return mutated_bytes(dice, _SETTINGS[1], _SETTINGS, _WORDS)


def try_config(data: bytes, folder: Path) -> None:
    path = folder / "config.toml"
    path.write_bytes(data)
    config = read_config(path)
    list(find_projects(projects_folder(config)))
    color_system(config, {})


# --- lists of tags ------------------------------------------------------------------------------


@functools.cache
def _tag_lists() -> tuple[bytes, ...]:
    embedded = embedded_files().tags.read_bytes()
    published = (
        b"tag_id,name,category,count\n9999999,general,9,807858\n470575,1girl,0,4225150\n"
        b'1,"a ""quoted"", tag",4,1\n2,^_^,0,1\n'
    )
    return embedded, published, published.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + published


def make_tag_list(dice: random.Random) -> bytes:
    return make_text(dice, _tag_lists())


def try_tag_list(data: bytes, folder: Path) -> None:
    path = folder / "selected_tags.csv"
    path.write_bytes(data)
    table = read_tags(ModelFiles("model", folder / "model.onnx", path))
    assert len(table.names) == len(table.categories) == len(table.codes)
    assert all(0 <= index < len(table) for index in table.ratings)
    assert type(table).from_bytes(table.to_bytes()) == table


# --- own words ----------------------------------------------------------------------------------


@functools.cache
def _own_words() -> tuple[bytes, ...]:
    """As people write them, as the dictionary is exported, and as the shipped tables are."""
    tables = [(DATA / name).read_bytes().split(b"\n")[:12] for name in ("tags.tsv", "composed.tsv")]
    return (
        "blue_hair\t青髪\t青い髪|ブルー\tあおがみ\n茄子\tなす\n\\||/\tおでこ\n".encode(),
        "\ufeff# mine\r\nsmile\t笑顔|えがお\r\n\r\n^_^\tにこにこ\r\n".encode(),
        *(b"\n".join(lines) for lines in tables),
    )


def make_own_words(dice: random.Random) -> bytes:
    return make_text(dice, _own_words())


def try_own_words(data: bytes, folder: Path) -> None:
    """Each word comes back from the line it makes; adding one and taking it out keeps the others."""
    path = folder / "tags_ja.tsv"
    path.write_bytes(data)
    words = read_own(path)
    for tag, word in words.items():
        assert word.tag == tag == tag_key(tag)
        assert parse_line(word.line()) == word
    dictionary = Dictionary(words, shipped())
    for word in list(words.values())[:3]:
        entry = dictionary.translate(word.tag)
        assert entry is not None
    dictionary.search("あお", 5)
    add_own(path, "made here", "ここで", ["よみ"])
    assert read_own(path) == {**words, "made_here": parse_line("made_here\tここで\tよみ")}
    remove_own(path, "made_here")
    words.pop("made_here", None)
    assert read_own(path) == words


# --- crops --------------------------------------------------------------------------------------

_CROPS = {
    "ab" * 32: {"name": "a.png", "crops": [{"mode": "box", "box": [0, 0, 64, 64]}]},
    "cd" * 32: {"name": "絵.png", "crops": [{"mode": "smart"}, {"mode": "center"}]},
}


def make_crops(dice: random.Random) -> bytes:
    if dice.random() < 0.7:
        return mutated_json(dice, _CROPS)
    good = json.dumps(_CROPS).encode()
    return mutated_bytes(dice, good, (good,), _WORDS)


def try_crops(data: bytes, folder: Path) -> None:
    (folder / CROPS_FILE).write_bytes(data)
    for entry in read_crops(folder).values():
        for crop in entry.crops:
            if crop.box:
                left, top, right, bottom = crop.box
                assert 0 <= left < right
                assert 0 <= top < bottom
