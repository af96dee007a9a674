"""Captions come in every encoding and hold every kind of tag; none is lost or bent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.editing.captions import (
    decode_caption,
    encode_caption,
    parse_tags,
    tag_key,
    unique_tags,
    with_spaces,
    without_tags,
)
from nasutui.core.errors import CaptionError

ODD_TAGS = [
    "^_^", ":d", ":3", ">_<", "@_@", "|_|", "||_||", "0_0", "=_=", ";)", "...", "\\m/", "\\||/",
    'don\'t_say_"lazy"', "poster_(object)", "nasu_(miso)", "1girl", "2024", "100%", "k-on!",
    "fate/stay_night", "c++", "ok_sign", "a\\b", "<o>_<o>", "-_-", "tag:with:colons", "{braces}",
    "[brackets]", "(o)_(o)", "なす味噌", "髪", "ｱｲｳ", "🎨", "naïve", "key=value", "#hash", "'", '"',
    "(masterpiece:1.2)", "ß", "İ", "two words", "か\u3099",
]  # fmt: skip


class TestTags:
    @pytest.mark.parametrize("tag", ODD_TAGS)
    def test_each_tag_comes_back_as_it_is(self, tag: str) -> None:
        assert decode_caption(encode_caption(["1girl", tag, "solo"])).tags == ("1girl", tag, "solo")
        assert decode_caption(encode_caption([tag])).tags == (tag,)

    def test_all_at_once_in_order(self) -> None:
        assert decode_caption(encode_caption(ODD_TAGS)).tags == tuple(ODD_TAGS)

    @given(st.lists(st.text()))
    def test_what_can_be_written_comes_back(self, tags: list[str]) -> None:
        try:
            data = encode_caption(tags)
        except CaptionError as error:
            assert error.code == "bad-tag"
        else:
            assert decode_caption(data).tags == tuple(tags)

    @pytest.mark.parametrize(
        "tag", ["", " ", " a", "a ", "a,b", "a\nb", "a\r", "\0", "\ufeffa", "\ud83d"]
    )
    def test_a_tag_that_would_not_come_back_is_refused(self, tag: str) -> None:
        with pytest.raises(CaptionError) as caught:
            encode_caption(["1girl", tag])
        assert caught.value.code == "bad-tag"
        assert str(caught.value).isprintable()

    @pytest.mark.parametrize(
        ("text", "tags"),
        [
            ("", ()),
            (" ,, , ", ()),
            ("1girl", ("1girl",)),
            (" 1girl ,solo,  blue hair ,", ("1girl", "solo", "blue hair")),
            ("a, b, a", ("a", "b", "a")),
            ("a\nb\r\nc\rd", ("a", "b", "c", "d")),
        ],
    )
    def test_loose_text(self, text: str, tags: tuple[str, ...]) -> None:
        assert parse_tags(text) == tags


class TestSpelling:
    @pytest.mark.parametrize(
        ("one", "other"), [("blue_hair", "Blue hair"), ("Solo", "solo"), ("STRASSE", "straße")]
    )
    def test_the_same_tag(self, one: str, other: str) -> None:
        assert tag_key(one) == tag_key(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [(":d", ";d"), ("^_^", "^^^"), ("poster_(object)", "poster"), ("0_0", "o_o")],
    )
    def test_different_tags(self, one: str, other: str) -> None:
        assert tag_key(one) != tag_key(other)

    @pytest.mark.parametrize(
        "kaomoji",
        ["^_^", ">_<", "@_@", "|_|", "||_||", "0_0", "o_o", "O_O", "=_=", "<o>_<o>", "<|>_<|>", "+_+",
         ">_o", "u_u", "x_x", "X_X", "._.", "3_3", "6_9"],
    )  # fmt: skip
    def test_spaces_never_get_into_kaomoji(self, kaomoji: str) -> None:
        assert with_spaces(kaomoji) == kaomoji

    def test_spaces_get_into_words(self) -> None:
        assert with_spaces("poster_(object)") == "poster (object)"
        assert with_spaces('don\'t_say_"lazy"') == 'don\'t say "lazy"'

    def test_repeats_and_unwanted_ones(self) -> None:
        assert unique_tags(["a_b", "c", "A b", "^_^", "^_^"]) == ["a_b", "c", "^_^"]
        assert without_tags(["a b", "^_^", "c", "A_B"], ["a_b", "^_^"]) == ["c"]


TEXT = "なす味噌, 1girl, ^_^"
TAGS = ("なす味噌", "1girl", "^_^")


class TestEncodings:
    @pytest.mark.parametrize(
        ("data", "oddities"),
        [
            (TEXT.encode(), ()),
            (TEXT.encode() + b"\n", ()),
            (TEXT.encode("utf-8-sig"), ("bom",)),
            (b"\xef\xbb\xbf" + TEXT.encode("utf-8-sig"), ("bom",)),
            (TEXT.encode("cp932"), ("encoding",)),
            (TEXT.encode("utf-16"), ("encoding",)),
            (b"\xfe\xff" + TEXT.encode("utf-16-be"), ("encoding",)),
            (TEXT.replace(", ", "\n").encode(), ("lines",)),
            (TEXT.replace(", ", "\r\n").encode(), ("crlf", "lines")),
            (TEXT.replace(", ", "\r\n").encode("utf-16"), ("encoding", "crlf", "lines")),
            (TEXT.encode() + b"\r\n", ("crlf",)),
        ],
    )
    def test_what_other_programs_write_is_read_and_said(
        self, data: bytes, oddities: tuple[str, ...]
    ) -> None:
        caption = decode_caption(data)
        assert caption.tags == TAGS
        assert caption.oddities == oddities

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xfe\x00",
            b"\x80\x81, 1girl",
            b"caf\xe9, solo",
            b"1girl\0solo",
            TEXT.encode("utf-16-le"),
            TEXT.encode("utf-32"),
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        ],
    )
    def test_what_is_no_text_is_refused(self, data: bytes) -> None:
        with pytest.raises(CaptionError) as caught:
            decode_caption(data)
        assert caught.value.code == "caption-unreadable"

    @given(st.binary())
    def test_any_bytes_are_read_or_refused(self, data: bytes) -> None:
        try:
            caption = decode_caption(data)
        except CaptionError:
            return
        assert decode_caption(encode_caption(caption.tags)).tags == caption.tags

    def test_an_empty_file_has_no_tags(self) -> None:
        assert decode_caption(b"").tags == ()
        assert encode_caption([]) == b""
