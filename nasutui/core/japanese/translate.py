"""The translate step: a Japanese side file NAME_jp.txt beside every caption, in caption order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import state_root
from nasutui.core.editing.captions import SEPARATOR
from nasutui.core.editing.changing import Batch, change_each, read_caption
from nasutui.core.editing.listing import Listing, scan, side_path
from nasutui.core.errors import CaptionError, InputError, explain_os_error, os_error_code
from nasutui.core.events import Cancelled, Events, Finished, ItemDone, Started
from nasutui.core.files import read_or_none, remove_leftovers
from nasutui.core.history.journal import Edit, Journal
from nasutui.core.i18n import _
from nasutui.core.state import open_journal, recovery_notes
from nasutui.core.text import display_name

STEP = "translate"


@dataclass(frozen=True, slots=True)
class TranslateSettings:
    """input: the folder of captions."""

    input: Path


def translate(settings: TranslateSettings, cancelled: Cancelled) -> Events:
    """Write the side file of every captioned picture. Raises InputError, StateError."""
    from nasutui.core.japanese.dictionary import translate_caption
    from nasutui.core.japanese.own_words import own_files

    listing = scan(settings.input)
    pictures = [p for p in listing.pictures if p.stem in listing.captions]
    if not pictures:
        text = _("there are no captioned pictures in {name}")
        raise InputError(text.format(name=display_name(settings.input)), code="no-captions")
    own = own_files(state_root(settings.input))
    counts: Counter[str] = Counter()
    with open_journal(settings.input) as journal:
        yield from recovery_notes(journal)
        remove_leftovers(settings.input)
        yield Started(STEP, len(pictures))
        with journal.change(STEP, _("Japanese side files")) as change:
            batch = Batch(change, seconds=60, captions=False)
            seen = yield from change_each(
                batch, pictures,
                lambda picture: _plan(
                    picture, listing, journal, lambda tags: translate_caption(tags, own)
                ),
                side_path, counts, cancelled,
            )  # fmt: skip
    summary = {name: counts[name] for name in ("made", "changed", "unchanged", "failed")}
    yield Finished(STEP, summary, cancelled=seen < len(pictures))


def _plan(
    picture: Path,
    listing: Listing,
    journal: Journal,
    translate_tags: Callable[[Sequence[str]], list[str]],
) -> tuple[Edit | None, ItemDone]:
    target = side_path(picture)
    if not listing.side_is_free(picture):
        raise CaptionError(
            _(
                "{name} is the caption of another picture, so no Japanese side file is written"
            ).format(name=display_name(target.name)),
            code="side-is-caption",
        )
    tags = translate_tags(read_caption(listing.captions[picture.stem]).caption.tags)
    new = (SEPARATOR.join(tags) + "\n").encode()
    try:
        old = read_or_none(target)
    except OSError as error:
        raise CaptionError(
            explain_os_error(error, target.name), code=os_error_code(error)
        ) from error
    if old == new:
        return None, ItemDone(target, "unchanged", {"tags": len(tags)})
    ours, last = journal.last_written(target)
    if old is not None and (not ours or last != old):
        raise CaptionError(
            _("{name} was written by somebody else; move it away to have it made again").format(
                name=display_name(target.name)
            ),
            code="changed-meanwhile",
        )
    return Edit(target, old, new), ItemDone(
        target, "made" if old is None else "changed", {"tags": len(tags)}
    )
