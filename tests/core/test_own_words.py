"""The user's additions: read as people write them, added to without loss, never half written."""

from __future__ import annotations

from pathlib import Path

import pytest

from nasutui.core.errors import InputError, SettingsError, UsageError
from nasutui.core.japanese.own_words import OwnWord, add_own, read_own, remove_own


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("smile\tえがお", OwnWord("smile", "えがお")),
        ("Long Hair\t長髪\tロン毛|ロング\tちょうはつ", OwnWord("long_hair", "長髪", ("ロン毛", "ロング"), "ちょうはつ")),
        ("smile\tえがお|にこ", OwnWord("smile", "えがお", ("にこ",))),
        ("|_|\t線目", OwnWord("|_|", "線目")),
        ('don\'t_say_"lazy"\t怠けない', OwnWord('don\'t_say_"lazy"', "怠けない")),
        ("\\m/\tメロイック", OwnWord("\\m/", "メロイック")),
        (" smile \t えがお \t にこ | \t", OwnWord("smile", "えがお", ("にこ",))),
        ("2021\t二〇二一年", OwnWord("2021", "二〇二一年")),
    ],
)  # fmt: skip
def test_a_line_is_read(tmp_path: Path, line: str, word: OwnWord) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(line + "\n", encoding="utf-8")
    assert read_own(path) == {word.tag: word}


@pytest.mark.parametrize("line", ["", "smile", "smile\t", "\t笑顔", "\t\t", "# smile", "smile\t|"])
def test_lines_that_say_nothing_are_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(f"hat\t帽子\n{line}\ncat\t猫\n", encoding="utf-8")
    assert set(read_own(path)) == {"hat", "cat"}


def test_a_windows_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_bytes("\ufeffsmile\tえがお\r\nhat\tぼうし\r\n".encode())
    assert {w.display for w in read_own(path).values()} == {"えがお", "ぼうし"}


def test_no_file_is_no_words(tmp_path: Path) -> None:
    assert read_own(tmp_path / "none.tsv") == {}
    assert remove_own(tmp_path / "none.tsv", "smile") is False


@pytest.mark.parametrize(
    ("tag", "display", "synonyms", "reading"),
    [
        ("my_oc", "なすみそちゃん", ("茄子味噌",), "なすみそちゃん"),
        ("|_|", "線目", (), ""),
        ('don\'t_say_"lazy"', "怠けない", (), ""),
        ("\\m/", "角", ("メロイック", "ロック"), "つの"),
        (":/", "むむ", (), ""),
        ("2021", "去年", (), "きょねん"),
    ],
)
def test_what_is_added_is_read_back(
    tmp_path: Path, tag: str, display: str, synonyms: tuple[str, ...], reading: str
) -> None:
    path = tmp_path / "new folder" / "own.tsv"
    added = add_own(path, tag, display, synonyms, reading)
    assert added == OwnWord(tag, display, synonyms, reading)
    assert read_own(path) == {tag: added}


def test_adding_replaces_the_tags_line_and_keeps_every_other(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    kept = "# my words\nhat\tぼうし\n\nnonsense\n"
    path.write_text(f"{kept}smile\tえがお\n", encoding="utf-8")
    add_own(path, "Smile", "にこ")
    assert path.read_text(encoding="utf-8") == f"{kept}smile\tにこ\n"
    assert remove_own(path, "smile") is True
    assert path.read_text(encoding="utf-8") == kept
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("tag", "display", "synonyms"),
    [
        ("", "笑顔", ()),
        ("smile", "", ()),
        ("smile", "  ", ()),
        ("smile", "a|b", ()),
        ("smile", "笑顔", ("a|b",)),
        ("smile", "笑\t顔", ()),
        ("smile", "笑\n顔", ()),
        ("smi\tle", "笑顔", ()),
        ("smile", "笑顔", ("え\u2028がお",)),
    ],
)
def test_what_the_file_cannot_hold_is_refused(
    tmp_path: Path, tag: str, display: str, synonyms: tuple[str, ...]
) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("hat\tぼうし\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        add_own(path, tag, display, synonyms)
    assert caught.value.code == "bad-word"
    assert path.read_text(encoding="utf-8") == "hat\tぼうし\n"


def test_a_file_that_is_no_text_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    data = "hat\t帽子\n".encode("cp932")
    path.write_bytes(data)
    with pytest.raises(SettingsError):
        add_own(path, "smile", "笑顔")
    assert path.read_bytes() == data


def test_a_folder_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.tsv").mkdir()
    with pytest.raises(SettingsError):
        read_own(tmp_path / "own.tsv")
    (tmp_path / "file").write_text("")
    with pytest.raises((InputError, SettingsError)):
        add_own(tmp_path / "file" / "own.tsv", "smile", "笑顔")
