"""A prompt in Japanese -> a prompt in tags: 青い髪の女の子、海、笑顔 -> 1girl, blue_hair, ocean, smile.

A prompt is split at punctuation, each clause into the fewest and longest known phrases; particles
and words such as を着た join them and say nothing themselves. Phrases are what the dictionary
calls its tags, and data/ja/prompt.tsv for what people say in a prompt but not of a tag. What is
not understood is kept where it stands and marked; what is negated is not understood either,
unless a tag says it (帽子なし).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nasutui.core.editing.captions import unique_tags
from nasutui.core.japanese.dictionary import Dictionary, dictionary
from nasutui.core.japanese.own_words import normal_tag
from nasutui.core.japanese.prompt_phrases import Phrases, pieces
from nasutui.core.japanese.prompt_words import (
    HONORIFICS,
    NOTHING,
    is_negative,
    says_held,
    says_hugged,
    says_not,
)

_OPEN, _CLOSE = "([{<「『", ")]}>」』"
_STOPS = frozenset("、。，,.．\n;；・/／|｜!！?？")
_WEIGHTED = re.compile(r"\((?P<inner>.+?)(?P<weight>:[0-9.]+)?\)")
_KEPT = re.compile(r"[\x20-\x7e]+")
_COUNTED = re.compile(r"[0-9]+\+?(?:girls?|boys?|others?)|multiple_(?:girls|boys|others)")
_DESCRIBED = re.compile("(?P<what>髪|目|瞳|肌)(?:の色)?[はが](?P<colour>.{1,6})")
_ADJECTIVE = re.compile(".+?(?:くて|い|の|な|く)")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the prompt and the tags it became. `understood` is False for what is kept as it
    was written; then `tags` is empty."""

    source: str
    tags: tuple[str, ...]
    understood: bool = True

    def text(self) -> str:
        """The part in the new prompt; what is not understood stands in 【】."""
        return ", ".join(self.tags) if self.understood else f"【{self.source}】"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's parts in their order, the people first."""

    parts: tuple[Part, ...]

    @property
    def tags(self) -> list[str]:
        """The tags without repeats."""
        return unique_tags(tag for part in self.parts for tag in part.tags)

    @property
    def unknown(self) -> list[str]:
        """What was not understood, as it was written."""
        return [part.source for part in self.parts if not part.understood]

    @property
    def text(self) -> str:
        """The new prompt in one line."""
        words = (
            word
            for part in self.parts
            for word in (part.tags if part.understood else (part.text(),))
        )
        return ", ".join(unique_tags(words))


def _clauses(text: str) -> Iterator[str]:
    """The pieces between punctuation that stands in no bracket."""
    depth, piece = 0, ""
    for letter in text:
        depth = max(0, depth + (letter in _OPEN) - (letter in _CLOSE))
        if letter in _STOPS and not depth and not (letter == "." and piece[-1:].isdecimal()):
            yield piece.strip()
            piece = ""
        else:
            piece += letter
    yield piece.strip()


class _Clause:
    """The parts of one clause, made from left to right."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self.parts: list[Part] = []
        self._run = ""  # unknown letters, with the particles between them
        self._pending = ""  # particles after the run or the last part

    def read(self, clause: str) -> list[Part]:
        """All parts of a clause."""
        for piece in pieces(clause, self._phrases):
            if piece.tags is None or (piece.source in HONORIFICS and self._run):
                self._run += (self._pending if self._run else "") + piece.source
                self._pending = ""
            elif piece.tags:
                self._phrase(piece.source, piece.tags)
            elif piece.source == NOTHING and self.parts and not self._run:
                self._negate(NOTHING)
            elif says_held(piece.source) and self.parts and not self._run:
                self._held("holding_{}", "holding")
            elif says_hugged(piece.source) and self.parts and not self._run:
                self._held("hugging_{}", "hugging_object")
            else:
                self._pending += piece.source
        self._unknown()
        return self.parts

    def _unknown(self) -> None:
        if self._run and is_negative(self._run) and self.parts:
            self._negate(self._run)
        elif self._run:
            self.parts.append(Part(self._run, (), understood=False))
        self._run = self._pending = ""

    def _phrase(self, source: str, tags: tuple[str, ...]) -> None:
        adjectives = _ADJECTIVE.findall(self._run + self._pending) if self._run else []
        if "".join(adjectives) != self._run + self._pending:
            adjectives = []
        for adjective in reversed(adjectives):
            plain = re.sub("くて?$", "い", adjective)
            if coloured := self._phrases.coloured(plain, tags):
                tags = coloured
            elif more := self._qualified(plain, source):
                tags = (*more, *tags)
            else:
                break
            self._run = (self._run + self._pending).removesuffix(adjective)
            self._pending = ""
        self._unknown()
        self.parts.append(Part(source, tags))

    def _qualified(self, adjective: str, source: str) -> tuple[str, ...] | None:
        """長い before 青い髪 is said of the hair."""
        ends = (source[at:] for at in range(len(source)))
        found = (self._phrases.get(adjective + end) for end in ends)
        return next((tags for tags in found if tags), None)

    def _negate(self, word: str) -> None:
        last = self.parts.pop()
        tags = self._phrases.get(last.source + NOTHING)
        if tags is None:
            tags = tuple(no for tag in last.tags if self._phrases.known(no := f"no_{tag}"))
        source = last.source + self._pending + word
        self.parts.append(Part(source, tags, understood=bool(tags)))
        self._pending = ""

    def _held(self, frame: str, otherwise: str) -> None:
        last = self.parts.pop()
        held = tuple(t for tag in last.tags if self._phrases.known(t := frame.format(tag)))
        self.parts.append(Part(last.source, held or (*last.tags, otherwise)))
        self._pending = ""


def _clause_parts(clause: str, phrases: Phrases) -> Iterator[Part]:
    plain = unicodedata.normalize("NFKC", clause).strip("「」『』 ")
    if not plain:
        return
    weighted = _WEIGHTED.fullmatch(plain)
    if _KEPT.fullmatch(plain):
        key = normal_tag(plain)
        yield Part(clause, (key if phrases.known(key) else plain,))
    elif weighted:
        inner = Prompt(tuple(_prompt_parts(weighted["inner"], phrases)))
        if inner.unknown:
            yield Part(clause, (), understood=False)
        else:
            yield Part(clause, (f"({inner.text}{weighted['weight'] or ''})",))
    else:
        joined = "".join(plain.split())
        described = _DESCRIBED.fullmatch(joined)
        if described and (tags := phrases.described(described["what"], described["colour"])):
            yield Part(clause, tags)
        else:
            yield from _Clause(phrases).read(says_not(joined))


def _prompt_parts(text: str, phrases: Phrases) -> Iterator[Part]:
    for clause in _clauses(text):
        yield from _clause_parts(clause, phrases)


def _is_count(part: Part) -> bool:
    return bool(part.tags) and _COUNTED.fullmatch(part.tags[0]) is not None


@lru_cache(maxsize=4)
def _phrases(words: Dictionary) -> Phrases:
    return Phrases(words)


def to_tags(text: str, own: Iterable[Path] = ()) -> Prompt:
    """The prompt in tags, the people (1girl, 2boys ...) first as taggers write them. Tags, weights
    and <lora:...> that are there already stay. Raises SettingsError when one of the user's files
    `own` can't be read."""
    parts = list(_prompt_parts(text, _phrases(dictionary(own))))
    return Prompt(tuple(sorted(parts, key=lambda part: not _is_count(part))))
