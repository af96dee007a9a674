"""The chosen crops as the Prepare screen changes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nasutui.core.history.journal import Journal, Outcome
from nasutui.core.history.steps import describe
from nasutui.core.i18n import _, ngettext
from nasutui.core.pictures.crops import STEP, Crops, Entry, read_crops, set_crops
from nasutui.core.text import display_name


class CropBook:
    """Reads and changes crops.json of one project through its journal. The methods that change
    something answer with one sentence for the person ("" when there is nothing to say) and raise
    SettingsError or StateError."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self) -> dict[str, Crops]:
        """SHA-256 of a raw picture -> its chosen crops."""
        return {key: entry.crops for key, entry in read_crops(self._root).items()}

    def choose(self, chosen: Mapping[str, tuple[str, Crops]]) -> str:
        """Choose crops: SHA-256 -> (name, crops)."""
        entries = {key: Entry(display_name(name), crops) for key, (name, crops) in chosen.items()}
        label = ngettext("crop of {name}", "crop of {count} pictures", len(entries)).format(
            name=next(iter(entries.values())).name, count=len(entries)
        )
        with Journal(self._root) as journal:
            refused = set_crops(journal, entries, label)
        return refused[0].reason if refused else ""

    def undo(self) -> str:
        """Take the newest crop back; other changes are not touched from here."""
        with Journal(self._root) as journal:
            change = journal.next_undo()
            if change is None:
                return _("there is nothing to undo")
            if change.step != STEP:
                return _("the newest change is no crop: {change}").format(change=describe(change))
            return self._said(_("undone: {change}"), journal.undo())

    def redo(self) -> str:
        """Make the crop again that was taken back last."""
        with Journal(self._root) as journal:
            change = journal.next_redo()
            if change is None or change.step != STEP:
                return _("there is no crop to redo")
            return self._said(_("redone: {change}"), journal.redo())

    @staticmethod
    def _said(text: str, outcome: Outcome | None) -> str:
        assert outcome is not None
        if outcome.refused:
            return outcome.refused[0].reason
        return text.format(change=describe(outcome.change))
