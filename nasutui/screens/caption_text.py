"""What the Caption screen says of scores and of what rules would change."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from nasutui.core.i18n import _, ngettext
from nasutui.core.tagging.live import Effect, LiveScores
from nasutui.core.tagging.models_here import short_name
from nasutui.core.tagging.scores import RATING
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.text import display_name
from nasutui.widgets.cells import fit, right
from nasutui.widgets.histogram import columns, spread
from nasutui.widgets.row_list import Cells

_PLOT_HEIGHT = 4
_MOST_BINS = 44
_LOWEST = 0.05  # what is nearer to 0 is far too much to plot


def effect_text(live: LiveScores | None, effect: Effect | None, wanted: Sequence[str]) -> str:
    """What the rules would change, in words. wanted: the models that are set, as the store names
    them."""
    if live is None or effect is None:
        return _(
            "No scores yet. r runs the tagger;\nthen every threshold shows here what it changes."
        )
    lines = [_scored(live)]
    if wanted and set(wanted) != set(live.models):
        names = " + ".join(display_name(short_name(name)) for name in wanted)
        lines.append(_("{models} did not look yet; r lets it look").format(models=names))
    if live.unscored:
        count = live.unscored
        text = ngettext("{count} picture has no scores", "{count} pictures have no scores", count)
        lines.append(text.format(count=count))
    return "\n".join([*lines, _changes(effect)])


def _scored(live: LiveScores) -> str:
    pictures = len(live.pictures)
    name = " + ".join(display_name(short_name(name)) for name in live.models)
    return ngettext(
        "{model}: {count} picture scored", "{model}: {count} pictures scored", pictures
    ).format(model=name, count=pictures)


def _changes(effect: Effect) -> str:
    if not effect.changed:
        return _("these rules change nothing")
    if effect.respelt == effect.changed:
        return ngettext(
            "other spellings in {count} picture; r writes it",
            "other spellings in {count} pictures; r writes it",
            effect.changed,
        ).format(count=effect.changed)
    return ngettext(
        "+{come} -{go} tags in {count} picture; r writes it",
        "+{come} -{go} tags in {count} pictures; r writes it",
        effect.changed,
    ).format(come=effect.come, go=effect.go, count=effect.changed)


def effect_row(entry: tuple[Path, tuple[str, ...], tuple[str, ...]], width: int) -> Cells:
    """One picture that would change: its name, what comes, what goes."""
    path, come, go = entry
    name = min(20, width // 3)
    rest = width - name - 2
    coming = " ".join(f"+{tag}" for tag in come)
    going = " ".join(f"-{tag}" for tag in go)
    share = rest if not go else min(rest, max(rest // 2, rest - len(going) - 1))
    return [
        (fit(path.stem, name), "strong"),
        (" ", ""),
        (fit(coming, share if come else 0), "good"),
        (fit(going, rest - (share if come else 0)), "bad"),
    ]


def scores_text(
    live: LiveScores | None, effect: Effect | None, rules: SelectionRules, size: tuple[int, int]
) -> str:
    """Histograms in `size` (columns, rows): how the probabilities are spread, and how many tags a
    picture would have."""
    width, rows = size
    if live is None or effect is None or width < 10:
        return ""
    bins = min(width, _MOST_BINS)
    # Three lines are words and a scale; a blank one and a second scale come where there is room.
    height = max(1, min(_PLOT_HEIGHT, (rows - 3) // 2))
    room = rows - 3 - 2 * height
    lines = [*_probabilities(live, rules, bins, height), *[""][: room - 1]]
    lines += _tags_a_picture(effect, bins, height)[: None if room else -1]
    return "\n".join(fit(line, width).rstrip() for line in lines)


def _probabilities(live: LiveScores, rules: SelectionRules, bins: int, height: int) -> list[str]:
    import numpy as np

    categories = live.table.codes[live.tag]
    values = live.probability[(categories != RATING) & (live.probability >= _LOWEST)]
    counts = np.histogram(values, bins, (0.0, 1.0))[0].tolist()
    title = _("probabilities; each picture has its own threshold") if rules.mcut else _(
        "probabilities (^: the threshold)"
    )  # fmt: skip
    place = min(bins - 1, int(rules.threshold * bins))
    scale = ["0", *" " * (bins - 2), "1"]
    if not rules.mcut:
        scale[place] = "^"
    return [title, *columns(counts, height), "".join(scale)]


def _tags_a_picture(effect: Effect, bins: int, height: int) -> list[str]:
    counts = effect.per_picture
    high = max(counts, default=0) + 1
    middle = round(statistics.median(counts)) if counts else 0
    title = _("tags a picture: {low} to {high}, median {middle}").format(
        low=min(counts, default=0), high=high - 1, middle=middle
    )
    plot = columns(spread(list(counts), 0, high, bins), height)
    return [title, *plot, "0" + right(str(high - 1), bins - 1)]
