"""What can be wrong with captions before training (sd-scripts at 48d368fa, train_util.py
L1946-1970 and L2061-2097)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nasutui.core.dataset.tokens import best_counter
from nasutui.core.editing.captions import Caption, parse_tags, tag_key
from nasutui.core.editing.changing import read_caption
from nasutui.core.editing.listing import OTHER_SUFFIX, Listing
from nasutui.core.errors import CaptionError
from nasutui.core.i18n import _, ngettext
from nasutui.core.text import display_name
from nasutui.core.training.findings import (
    ERROR,
    MEND_CAPTION,
    MEND_RATINGS,
    MEND_TRIGGER,
    WARNING,
    Finding,
)
from nasutui.core.training.settings import TrainingSettings

_SWAPPED = frozenset({"blue_skin", "colored_skin"})
_ENOUGH = 4  # captions; of fewer one odd picture may be half
RATINGS = frozenset({"general", "sensitive", "questionable", "explicit"})


def is_rating(tag: str) -> bool:
    """True for the rating tags that taggers write, with or without "rating:"."""
    return tag_key(tag).removeprefix("rating:") in RATINGS


def check_captions(
    listing: Listing, trigger: str, training: TrainingSettings
) -> tuple[list[Finding], dict[Path, tuple[str, ...]]]:
    """Findings about the captions of a folder, and the tags of those that can be read."""
    findings: list[Finding] = []
    tags: dict[Path, tuple[str, ...]] = {}
    for picture in listing.pictures:
        found = list(_check_one(picture, listing.captions.get(picture.stem), tags))
        findings += found
        if picture in tags:
            findings += _check_tags(picture, tags[picture], trigger, training)
    findings += [*_about_names(listing), *_about_colours(tags)]
    for loose in listing.loose:
        text = _("{name}: a caption without a picture; it is not trained on")
        findings.append(
            Finding("loose-caption", WARNING, text.format(name=display_name(loose.name)))
        )
    return findings, tags


def _about_colours(tags: Mapping[Path, Sequence[str]]) -> Iterator[Finding]:
    """The mark that a tagger leaves when it is fed red and blue the wrong way round: what it says of
    ordinary skin in most pictures, while the rest of the caption looks right."""
    marked = sum(any(tag_key(t) in _SWAPPED for t in found) for found in tags.values())
    if len(tags) >= _ENOUGH and 2 * marked > len(tags):
        text = _(
            "{count} of {total} captions say blue_skin or colored_skin. A tagger that was given red"
            " and blue the wrong way round says so of ordinary skin: caption the pictures anew, or"
            " take these tags out"
        )
        yield Finding("colours-swapped", WARNING, text.format(count=marked, total=len(tags)))


def _about_names(listing: Listing) -> Iterator[Finding]:
    others = [p for p in listing.captions.values() if p.suffix == OTHER_SUFFIX]
    if others:
        text = ngettext(
            "{count} caption is in a .caption file ({names}); the dataset gets .txt, as its settings say",
            "{count} captions are in .caption files ({names}); the dataset gets .txt, as its settings say",
            len(others),
        )
        names = ", ".join(display_name(p.name) for p in others[:3])
        names += ", ..." if len(others) > 3 else ""
        yield Finding("caption-ending", WARNING, text.format(count=len(others), names=names))
    for picture in listing.pictures:
        if picture.stem in listing.beside:
            text = _(
                "{name}: it has two captions, {used} and {other}; {used} is trained on"
            ).format(
                name=display_name(picture.name),
                used=display_name(listing.captions[picture.stem].name),
                other=display_name(listing.beside[picture.stem].name),
            )
            yield Finding("two-captions", WARNING, text, picture)


def _check_one(
    picture: Path, file: Path | None, tags: dict[Path, tuple[str, ...]]
) -> Iterator[Finding]:
    name = display_name(picture.name)
    if file is None:
        text = _("{name}: it has no caption")
        yield Finding("no-caption", ERROR, text.format(name=name), picture)
        return
    try:
        caption = read_caption(file).caption
    except CaptionError as error:
        yield Finding("caption-unreadable", ERROR, f"{name}: {error}", picture)
        return
    if not caption.tags:
        text = _("{name}: its caption is empty, which would stop the trainer")
        yield Finding("empty-caption", ERROR, text.format(name=name), picture)
        return
    tags[picture] = caption.tags
    for code, text in _oddities(caption):
        yield Finding(code, WARNING, f"{name}: {text}", picture, MEND_CAPTION)


def _oddities(caption: Caption) -> Iterator[tuple[str, str]]:
    if "encoding" in caption.oddities:
        yield "caption-encoding", _("its caption is not UTF-8; the dataset gets it in UTF-8")
    if "bom" in caption.oddities:
        yield "caption-bom", _("its caption begins with a BOM; the dataset gets it without")
    if "lines" in caption.oddities:
        yield (
            "caption-lines",
            _(
                "its caption has several lines, of which the trainer reads the first; the dataset gets"
                " them in one"
            ),
        )


def _check_tags(
    picture: Path, tags: Sequence[str], trigger: str, training: TrainingSettings
) -> Iterator[Finding]:
    name = display_name(picture.name)
    yield from _check_trigger(picture, tags, trigger, training)
    ratings = [display_name(t) for t in tags if is_rating(t)]
    if ratings:
        text = _("{name}: its caption holds a rating: {ratings}").format(
            name=name, ratings=", ".join(ratings)
        )
        yield Finding("rating-inside", WARNING, text, picture, MEND_RATINGS)
    count, limit = best_counter().count(tags), training.max_token_length
    if count > limit:
        text = ngettext(
            "{name}: about {count} token, of which {limit} are read; the rest is cut off",
            "{name}: about {count} tokens, of which {limit} are read; the rest is cut off",
            count,
        ).format(name=name, count=count, limit=limit)
        yield Finding("too-many-tokens", WARNING, text, picture)


def _check_trigger(
    picture: Path, tags: Sequence[str], trigger: str, training: TrainingSettings
) -> Iterator[Finding]:
    keys = [tag_key(t) for t in tags]
    name = display_name(picture.name)
    for wanted in parse_tags(trigger):
        shown = display_name(wanted)
        if tag_key(wanted) not in keys:
            text = _("{name}: the trigger {trigger} is missing").format(name=name, trigger=shown)
            yield Finding("trigger-missing", ERROR, text, picture, MEND_TRIGGER)
        elif training.shuffle_caption and keys.index(tag_key(wanted)) >= training.keep_tokens:
            text = _(
                "{name}: the trigger {trigger} is not among the first {count} tags, so that it is"
                " shuffled away"
            ).format(name=name, trigger=shown, count=training.keep_tokens)
            yield Finding("trigger-late", WARNING, text, picture, MEND_TRIGGER)
