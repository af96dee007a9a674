"""The keys of the Tags workplace that work wherever the focus is (but not while typing)."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from nasutui.core.i18n import N_

KEYS: list[BindingType] = [
    Binding("a,i", "add", N_("Add"), id="tags.add", tooltip=N_("Type tags to add")),
    Binding("slash", "filter", N_("Filter"), id="tags.filter"),
    Binding("x", "mark", N_("Mark"), id="tags.mark", show=False),
    Binding("X", "mark_all", N_("Mark all shown or none"), id="tags.mark_all", show=False),
    Binding("n", "next('untagged')", N_("Next untagged"), id="tags.next_untagged", show=False),
    Binding("N", "next('problem:')", N_("Next with a problem"), id="tags.next_problem", show=False),
    Binding("m", "mend", N_("Mend"), id="tags.mend", show=False, tooltip=N_("Mend the problem that is shown")),
    Binding("t", "call", N_("Call it..."), id="tags.call", show=False, tooltip=N_("Your own Japanese word for this tag")),
    Binding("c", "copy", N_("Copy tags"), id="tags.copy", show=False),
    Binding("p", "paste", N_("Paste tags"), id="tags.paste", show=False),
    Binding("b", "bulk", N_("Many"), id="tags.bulk", tooltip=N_("Change many pictures at once")),
    Binding("w", "walk", N_("Walk"), id="tags.walk", tooltip=N_("Walk one tag through the pictures")),
    Binding("s", "statistics", N_("Statistics"), id="tags.statistics", show=False),
    Binding("P", "problems", N_("Problems"), id="tags.problems", show=False),
    Binding("C", "character", N_("Character"), id="tags.character", show=False),
    Binding("u", "undo", N_("Undo"), id="tags.undo"),
    Binding("ctrl+r", "redo", N_("Redo"), id="tags.redo", show=False),
    Binding("H", "history", N_("History"), id="tags.history", show=False),
    Binding("z", "fold", N_("Fold the preview"), id="tags.fold", show=False),
    Binding("space", "look", N_("Look"), id="tags.look", show=False),
    Binding("v", "real_image", N_("Full resolution"), id="tags.view", show=False),
    Binding("l,right", "to_tags", N_("To the tags"), id="tags.to_tags", show=False),
    Binding("h,left", "to_pictures", N_("To the pictures"), id="tags.to_pictures", show=False),
    Binding("escape", "back", N_("Back"), id="tags.list", show=False,
            tooltip=N_("To the pictures; there: show all again")),
    Binding("f5", "reload", N_("Read again"), id="tags.reload", show=False),
]  # fmt: skip
