"""One line for each picture of a dataset: mark, name, number of tags, problems."""

from __future__ import annotations

from nasutui.core.problems import codes
from nasutui.tag_desk import TagDesk, name_of
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells

_SERIOUS = frozenset([codes.UNREADABLE, codes.ENCODING, codes.STEM_SHARED, codes.TWO_CAPTIONS])


def picture_cells(desk: TagDesk, slot: int, width: int) -> Cells:
    """The line of one slot. `?` can't be read, `-` no caption, `!` and a number: problems."""
    dataset = desk.dataset
    tags, state = dataset.row(slot), dataset.state(slot)
    problems = desk.problems(slot)
    sign, style = "", "warn"
    if state.unreadable is not None:
        sign, style = "?", "bad"
    elif any(p.code in _SERIOUS for p in problems):
        sign, style = f"!{len(problems)}", "bad"
    elif problems:
        sign = f"!{len(problems)}"
    count = str(len(tags) // 4) if tags else "-"
    name_width = max(6, width - 9)
    return [
        ("✓" if slot in desk.marked else " ", "mark"),
        (fit(name_of(dataset, slot), name_width), "" if dataset.item(slot).picture else "dim"),
        (right(count, 4), "" if tags else "warn"),
        (" " + fit(sign, 3), style),
    ]
