"""Lists of words kept as text, which reads better than a quoted word a line."""

from __future__ import annotations


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


def table(columns: dict[str, str]) -> dict[str, str]:
    """Word -> heading, from heading -> words."""
    return {word: heading for heading, text in columns.items() for word in text.split()}
