"""The last word of a query that is being typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasutui.core.query.language import QueryError, parse
from nasutui.core.query.unfinished import last_word, with_last_word


@pytest.mark.parametrize(
    ("query", "word", "completed"),
    [
        ("青い", "青い", '"x_y"'),
        ("1girl -blu", "blu", '1girl -"x_y"'),
        ("(a OR ね", "ね", '(a OR "x_y"'),
        ('a "open mo', "open mo", 'a "x_y"'),
        ("NOT me", "me", 'NOT "x_y"'),
        ("-", "-", '"x_y"'),
    ],
)
def test_it_is_completed_in_its_place(query: str, word: str, completed: str) -> None:
    assert last_word(query)[1] == word
    assert with_last_word(query, "x_y") == completed


@pytest.mark.parametrize("query", ["", "a ", "a OR", 'x "y"', "tags>4", "name:a", "*_ha", "(a)"])
def test_what_is_no_tag_is_not_completed(query: str) -> None:
    assert last_word(query) == (len(query), "")


@given(st.text(alphabet='ab "()-:*青', max_size=12))
def test_what_stands_before_it_stays(query: str) -> None:
    start, word = last_word(query)
    assert query[start:].removeprefix('"') == word
    completed = with_last_word(query, 'a"b')
    assert completed[:start] == query[:start]
    assert completed.endswith('"a""b"')
    try:
        parse(query[:start] + "x")
    except QueryError:
        return
    parse(completed)  # a tag in the place of a word is right wherever the word was
