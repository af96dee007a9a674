"""What the Caption screen says of scores and of what rules would change."""

from __future__ import annotations

from pathlib import Path

from nasutui.core.i18n import _, ngettext
from nasutui.core.tagging.live import Effect, LiveScores
from nasutui.core.tagging.scores import RATING
from nasutui.core.tagging.selection import SelectionRules
from nasutui.core.text import display_name
from nasutui.widgets.cells import fit, right
from nasutui.widgets.histogram import columns, spread
from nasutui.widgets.row_list import Cells

_PLOT_HEIGHT = 4


def effect_text(live: LiveScores | None, effect: Effect | None) -> str:
    """What the rules would change, in words."""
    if live is None or effect is None:
        return _(
            "No scores yet. r runs the tagger;\nthen every threshold shows here what it changes."
        )
    pictures = len(live.pictures)
    first = ngettext(
        "{model}: {count} picture scored", "{model}: {count} pictures scored", pictures
    ).format(model=display_name(live.model_name.rpartition("/")[2]), count=pictures)
    if not effect.changed:
        return first + "\n" + _("these rules change nothing")
    changed = ngettext(
        "+{come} -{go} tags in {count} picture; r writes it",
        "+{come} -{go} tags in {count} pictures; r writes it",
        effect.changed,
    ).format(come=effect.come, go=effect.go, count=effect.changed)
    return f"{first}\n{changed}"


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
    live: LiveScores | None, effect: Effect | None, rules: SelectionRules, width: int
) -> str:
    """Histograms: how the probabilities are spread, and how many tags a picture would have."""
    if live is None or effect is None or width < 10:
        return ""
    import numpy as np

    categories = np.asarray(live.table.categories)[live.tag]
    bins = min(width, 40)
    values = live.probability[(categories != RATING) & (live.probability >= 0.05)]
    lines = [_("probabilities (^: the threshold)")]
    lines += columns(spread(values.tolist(), 0.0, 1.0, bins), _PLOT_HEIGHT)
    place = min(bins - 1, int(rules.threshold * bins))
    lines.append("0" + " " * (place - 1) + "^" + right("1", bins - place - 1) if place else "^")
    high = max(effect.per_picture, default=0) + 1
    lines += ["", _("tags a picture")]
    lines += columns(spread(list(effect.per_picture), 0, high, bins), _PLOT_HEIGHT)
    lines.append("0" + right(str(high - 1), bins - 1))
    return "\n".join(lines)
