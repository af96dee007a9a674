"""The filter language: what a query means, and what it says when it means nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasutui.core.editing.captions import KAOMOJI, tag_key
from nasutui.core.errors import UsageError
from nasutui.core.query.language import QueryError, parse, parse_query, quote
from nasutui.core.query.terms import Facts, Pattern, fits, glob_fits

ODD = [
    ":d", ":3", "^_^", ";d", ">_<", "?", "^^^", "...", ":<", ":p", "!", "@_@", "+_+", "=_=", "o_o",
    ";)", "!?", "|_|", "+++", ":>", ">:)", ":/", "!!", "0_0", "^o^", "d:", ":|", "3:", "\\m/", "=3",
    ">:(", ":>=", "??", ">_o", "\\||/", "x3", "x", "v", "69", "2024", "\\o/", "c:", ">o<", "-_-",
    "<o>_<o>", 'don\'t_say_"lazy"', "double_\\m/", "...?", "<|>_<|>", ";(", "(o)_(o)", "||_||",
    "poster_(object)", "2b_(nier:automata)_(cosplay)", "cute_&_girly_(idolmaster)", "la+_darknesss",
    "trailblazer_(honkai:_star_rail)", "+_-", "._.", "3_3", "6_9", "$_$", "~_~", "-", "1990s_(style)",
]  # fmt: skip

TAGS = st.sampled_from(
    ["1girl", "solo", "open mouth", "blue_hair", "long_hair", "shirt", "NOT", "AND", "or", "-x",
     "tags>40", "untagged", "name:x", "*", "*_hair", '"', '""', "(", ")", "a)", "(a", "(a)", " b",
     "problem:", "ナス味噌", "がく", "size<1", "score:a<0.5", "\\", *ODD]
)  # fmt: skip
CAPTIONS = st.lists(TAGS, max_size=6)


def matches(query: str, *tags: str) -> bool:
    return parse_query(query)(tags)


@pytest.mark.parametrize(
    ("query", "meant", "not_meant"),
    [
        ("", [[], ["a"]], []),
        ("   ", [[], ["a"]], []),
        ("1girl", [["1girl"], ["x", "1GIRL"]], [[], ["2girls"], ["1girl_"]]),
        ("1girl -solo", [["1girl"]], [["1girl", "solo"], ["solo"], []]),
        ("open_mouth", [["open mouth"], ["Open_Mouth"]], [["open"], ["mouth"]]),
        ('"open mouth"', [["open_mouth"]], [["open", "mouth"]]),
        ('-"open mouth"', [["open"]], [["open_mouth"]]),
        ("*_hair", [["blue hair"], ["x_hair"]], [["hair"], ["hair_x"]]),
        ("*hair*", [["hair"], ["hair_x"], ["a_hair_b"]], [["air"]]),
        ("a*b*c", [["abc"], ["aXbXc"]], [["ac"], ["abcd"]]),
        ("a b", [["a", "b"]], [["a"], ["b"]]),
        ("a AND b", [["a", "b"]], [["a"]]),
        ("a OR b", [["a"], ["b"]], [["c"]]),
        ("a OR b c", [["a"], ["b", "c"]], [["b"], ["c"]]),
        ("(a OR b) c", [["a", "c"], ["b", "c"]], [["a"], ["c"]]),
        ("NOT a b", [["b"]], [["a", "b"], ["a"]]),
        ("NOT (a b)", [["b"], ["a"], []], [["a", "b"]]),
        ("-(a OR b)", [["c"], []], [["a"], ["b"]]),
        ("NOT NOT a", [["a"]], [["b"]]),
        ("--a", [["a"]], [["b"]]),
        ("a OR(b)", [["a"], ["b"]], [["c"]]),
        ("not or and", [["not", "or", "and"]], [["x"]]),
        ("tags>2", [["a", "b", "c"]], [["a", "b"], []]),
        ("tags>=2", [["a", "b"]], [["a"]]),
        ("tags < 2", [["a"], []], [["a", "b"]]),
        ("tags=1", [["a"]], [["a", "b"], []]),
        ("tags!=1", [[]], [["a"]]),
        ("tags == 1", [["a"]], [[]]),
        ("TAGS>1", [["a", "b"]], [["a"]]),
        ("tags > 1 a", [["a", "b"]], [["b", "c"], ["a"]]),
        ("tags >_<", [["tags", ">_<"]], [["tags"]]),
        ("untagged", [[]], [["a"], ["untagged"]]),
        ('"untagged"', [["untagged"]], [[]]),
        ("dup:tags", [["a", "A"], ["open mouth", "open_mouth"]], [["a", "b"], []]),
        ("tokens>3", [["one", "two", "three"]], [["one"]]),
        ("(poster_(object))", [["poster (object)"]], [["poster"], ["object"]]),
        ("(:) OR x)", [[":)"], ["x"]], [[":"], []]),
        ("(a OR >:()", [["a"], [">:("]], [[]]),
        ("--_-", [["a"]], [["-_-"]]),
        ("-:d", [["a"]], [[":d"]]),
        ("a　b", [["a", "b"]], [["a"]]),
        ('"*_hair"', [["*_hair"]], [["blue_hair"]]),
        ("nier:automata", [["nier:automata"]], [["nier"]]),
    ],
)  # fmt: skip
def test_what_a_query_means(query: str, meant: list[list[str]], not_meant: list[list[str]]) -> None:
    for tags in meant:
        assert matches(query, *tags), tags
    for tags in not_meant:
        assert not matches(query, *tags), tags


@pytest.mark.parametrize("tag", [*ODD, *sorted(KAOMOJI)])
def test_a_face_or_odd_tag_is_a_term_as_it_stands(tag: str) -> None:
    for query in (tag, f"a OR {tag}", f"({tag} OR zz)", f"(zz OR {tag})"):
        assert matches(query, tag), query
        assert not matches(query, "zzz"), query
    assert matches(f"-{tag}", "other")
    assert not matches(f"-{tag}", tag)


@pytest.mark.parametrize(
    ("query", "position", "word"),
    [
        ('1girl "open mouth', 6, "closing quotation mark"),
        ('"a"b', 3, "space"),
        ('""', 0, "tag is missing"),
        ("(a", 0, "never closed"),
        ("(", 0, "never closed"),
        ("a (b OR (c)", 2, "never closed"),
        ("()", 0, "nothing between"),
        (") a", 0, "closes nothing"),
        ("a AND", 2, "missing after AND"),
        ("a OR", 2, "missing after OR"),
        ("OR a", 0, "missing before OR"),
        ("a OR OR b", 2, "missing after OR"),
        ("(AND a)", 1, "missing before AND"),
        ("NOT", 0, "missing after NOT"),
        ("a NOT OR b", 2, "missing after NOT"),
        ("tags>", 0, "whole number"),
        ("a tags>x", 2, "whole number"),
        ("tags>-1", 0, "whole number"),
        ("tags>1.5", 0, "whole number"),
        ("size<", 0, "whole number"),
        ("tags>" + "9" * 5000, 0, "whole number"),
        ("score:blue_skin", 0, "comparison is missing"),
        ("score:blue_skin<", 0, "0 to 1"),
        ("score:blue_skin<1.5", 0, "0 to 1"),
        ("score:<0.5", 0, "tag is missing"),
        ("score:a<0.5.5", 0, "comparison is missing"),
        ("name:", 0, "file name is missing"),
        ("dup:nonsense", 0, "dup: can be followed by"),
        ("problem:nonsense", 0, "no problem called nonsense"),
        ("nmae:img0*", 0, "did you mean name:"),
        ("sise:x", 0, "did you mean size"),
    ],
)
def test_a_wrong_query_says_where_and_why(query: str, position: int, word: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert caught.value.position == position
    assert caught.value.length >= 1
    assert caught.value.position + caught.value.length <= max(len(query), position + 1)
    assert word in str(caught.value)


def test_brackets_deeper_than_anyone_types_are_refused_without_a_crash() -> None:
    assert matches("(" * 40 + "a" + ")" * 40, "a")
    with pytest.raises(QueryError, match="too many brackets"):
        parse("(" * 20_000 + "a" + ")" * 20_000)
    assert matches("-" * 20_000 + "a", "a")


def test_where_only_tags_are_known_a_query_for_more_is_refused_at_once() -> None:
    queries = [
        "size<512",
        "score:a<0.5",
        "added:hat",
        "name:x",
        "dup:",
        "problem:",
        "a (b OR size>1)",
    ]
    for query in queries:
        with pytest.raises(UsageError, match="here a query can ask"):
            parse_query(query)


def test_the_reason_without_a_screen_names_the_character() -> None:
    with pytest.raises(UsageError, match=r"at character 3: .*closes nothing"):
        parse_query("a ) b")


@pytest.mark.parametrize(
    ("query", "facts", "expected"),
    [
        ("size<512", Facts(size=511), True),
        ("size<512", Facts(size=512), False),
        ("size<512", Facts(size=None), False),
        ("score:blue_skin<0.5", Facts(scores={"blue_skin": 0.4}), True),
        ("score:blue_skin<0.5", Facts(scores={"blue_skin": 0.5}), False),
        ("score:blue_skin < .5", Facts(scores={"blue_skin": 0.4}), True),
        ('score:"blue skin">=0.5', Facts(scores={"blue_skin": 0.5}), True),
        ('score:"blue skin" >= 0.5', Facts(scores={"blue_skin": 0.4}), False),
        ("score:blue_skin<0.5", Facts(scores=None), False),
        ("score:blue_skin<0.5", Facts(scores={"other": 0.1}), False),
        ("score:*_skin>0.3", Facts(scores={"red_skin": 0.4, "blue_skin": 0.1}), True),
        ("score:>_<<0.5", Facts(scores={">_<": 0.4}), True),
        ("score::<<0.5", Facts(scores={":<": 0.4}), True),
        ("score:3:>0.5", Facts(scores={"3:": 0.6}), True),
        ('score:don\'t_say_"lazy"<0.5', Facts(scores={'don\'t_say_"lazy"': 0.4}), True),
        ("(score:a<0.5 OR x)", Facts(scores={"a": 0.4}), True),
        ("added:hat", Facts(added=("hat",)), True),
        ("added:hat", Facts(keys=("hat",)), False),
        ("added:*_hat", Facts(added=("red_hat",)), True),
        ('added:"red hat"', Facts(added=("red_hat",)), True),
        ("added:", Facts(added=("x",)), True),
        ("added:", Facts(), False),
        ("added::)", Facts(added=(":)",)), True),
        ("removed:hat", Facts(removed=("hat",)), True),
        ("name:img0*", Facts(name="img001.png"), True),
        ("name:img0*", Facts(name="ximg001.png"), False),
        ("name:IMG001", Facts(name="img001.png"), True),
        ("name:*1", Facts(name="img001.png"), True),
        ("name:*.png", Facts(name="img001.PNG"), True),
        ("name:01", Facts(name="img001.png"), True),
        ('name:"my pic"', Facts(name="my picture.png"), True),
        ("name:が", Facts(name="か\u3099.png"), True),
        ("dup:", Facts(keys=("a", "a")), True),
        ("dup:", Facts(is_copy=True), True),
        ("dup:", Facts(keys=("a",)), False),
        ("dup:picture", Facts(keys=("a", "a")), False),
        ("problem:", Facts(problems=("redundant",)), True),
        ("problem:redundant", Facts(problems=("redundant",)), True),
        ("problem:trigger", Facts(problems=("trigger-missing",)), True),
        ("problem:trigger_missing", Facts(problems=("trigger-missing",)), True),
        ("problem:empty", Facts(problems=("redundant",)), False),
        ("untagged", Facts(readable=False), False),
    ],
)  # fmt: skip
def test_what_a_field_means(query: str, facts: Facts, expected: bool) -> None:
    assert fits(parse(query), facts) is expected


@given(TAGS, st.lists(CAPTIONS, max_size=8))
def test_a_quoted_tag_finds_exactly_the_captions_that_have_it(
    tag: str, captions: list[list[str]]
) -> None:
    query = parse_query(quote(tag))
    assert query([tag])
    for tags in captions:
        assert query(tags) == (tag_key(tag) in map(tag_key, tags))
        assert parse_query("-" + quote(tag))(tags) != query(tags)


@given(st.text(min_size=1).filter(lambda t: t.strip()), CAPTIONS)
def test_quotes_make_anything_literal(tag: str, tags: list[str]) -> None:
    assert parse_query(quote(tag))([*tags, tag])
    assert parse_query(f"(x OR {quote(tag)})")([*tags, tag])


@given(TAGS, TAGS, TAGS, CAPTIONS)
def test_the_laws_of_logic_hold(one: str, two: str, three: str, tags: list[str]) -> None:
    a, b, c = quote(one), quote(two), quote(three)
    same = [
        (f"NOT ({a} AND {b})", f"NOT {a} OR NOT {b}"),
        (f"NOT ({a} OR {b})", f"NOT {a} AND NOT {b}"),
        (f"-({a} {b})", f"-{a} OR -{b}"),
        (f"{a} AND ({b} OR {c})", f"{a} {b} OR {a} {c}"),
        (f"{a} OR {b} AND {c}", f"{a} OR ({b} AND {c})"),
        (f"NOT {a} {b}", f"(NOT {a}) AND {b}"),
        (f"{a} {b}", f"{b} AND {a}"),
    ]
    for left, right in same:
        assert parse_query(left)(tags) == parse_query(right)(tags), (left, right)


WORDS = st.sampled_from(
    ["AND", "OR", "NOT", "(", ")", "-", '"', '""', "*", ":", "<", ">", "=", " ", "  ", "tags", ">40",
     "size<512", "score:a<0.5", "score:", "added:", "name:", "dup:", "problem:", "untagged", "1girl",
     "open mouth", *ODD]
)  # fmt: skip


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=12).map("".join)), CAPTIONS)
def test_no_text_at_all_makes_it_crash(query: str, tags: list[str]) -> None:
    try:
        expression = parse(query)
    except QueryError as error:
        assert str(error)
        assert 0 <= error.position <= len(query)
        assert error.length >= 1
        return
    keys = tuple(map(tag_key, tags))
    assert isinstance(fits(expression, Facts(keys=keys)), bool)


@given(st.text("ab*", max_size=8), st.text("ab\n", max_size=8))
def test_a_star_is_any_run_of_characters(pattern: str, text: str) -> None:
    def slowly(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(slowly(pattern[1:], text[i:]) for i in range(len(text) + 1))
        return text[:1] == pattern[0] and slowly(pattern[1:], text[1:])

    assert glob_fits(pattern, text) == slowly(pattern, text)
    assert Pattern(pattern).fits(text) == slowly(pattern, text)


def test_many_stars_are_not_slow() -> None:
    assert not glob_fits("*a" * 50 + "*b", "a" * 20_000)
