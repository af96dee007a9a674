"""The Tags workplace: a thousand captions reviewed by keyboard.

The screen is put together from parts, each on the one before it: what is shown (tags_base), finding
(tags_find), editing (tags_edit), undo (tags_history), many at once (tags_many), and here the keys.
"""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType

from nasutui.core.errors import NasutuiError
from nasutui.core.i18n import N_, _
from nasutui.screens.tags_keys import KEYS
from nasutui.screens.tags_many import TagsMany
from nasutui.widgets.look_closer import LookCloser
from nasutui.widgets.real_image import protocol, show_and_wait
from nasutui.widgets.row_list import RowList


class TagsScreen(TagsMany):
    """Browse, filter, change, take back."""

    MODE = "tags"
    HELP = N_("""\
# Tags

Pictures on the left (`✓` marked, number of tags, `!` problems, `-` no tags, `?` unreadable), the
picture, and its tags on the right. Every change is on the disk when you see it, and can be undone
for ever.

**a** types a tag to add, **/** filters (**esc** shows all again), **→** goes to the tags, **u** undoes, **ctrl+r** redoes, **H** is the history.
**x** marks, **X** marks all shown, **b** changes many at once, **c p** copy and paste tags,
**w** walks through all pictures with a tag, **s** statistics, **P** problems, **C** a character.
**n** the next untagged, **N** the next with a problem, **m** mends it. **z** folds the preview,
**space** shows the picture large.
""")
    BINDINGS: ClassVar[list[BindingType]] = KEYS

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        if message.rows.id == "pictures":
            self.set_focus(self.tag_list)

    def action_to_tags(self) -> None:
        self.set_focus(self.tag_list)

    def action_to_pictures(self) -> None:
        self.set_focus(self.pictures)

    def action_back(self) -> None:
        if self.focused is not self.pictures:
            self.action_to_pictures()
        elif self.query_text.strip():
            self.set_filter("")

    def action_fold(self) -> None:
        self.toggle_class("-folded")

    def action_look(self) -> None:
        path = self.desk.dataset.path(self.slot) if self.desk and self.slot is not None else None
        if path is None or self.slot is None:
            return
        from nasutui.core.pictures.thumbnails import thumbnail

        def develop(columns: int, rows: int) -> Any:
            return thumbnail(path, columns, rows)

        self.app.push_screen(LookCloser(self.name_of(self.slot), develop))

    def action_real_image(self) -> None:
        name = protocol(self.app.config, self.app.environment)
        path = self.desk.dataset.path(self.slot) if self.desk and self.slot is not None else None
        if name is None or path is None:
            self.notify(_("this terminal shows no real pictures (config: images)"), markup=False)
            return
        from nasutui.core.pictures.images import opened

        try:
            with opened(path, near=1200) as found, self.app.suspend():
                show_and_wait(found.image, name, _("any key returns"))
        except NasutuiError as error:
            self.refuse(error)
