"""The home screen: the projects, what each holds, and what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from nasutui.core.errors import NasutuiError, explain_os_error
from nasutui.core.i18n import N_, _
from nasutui.core.overview import Overview, find_projects, overview
from nasutui.core.project import create_project
from nasutui.screens.base import Workplace
from nasutui.widgets.ask import AskText, typed_path
from nasutui.widgets.cells import fit, right
from nasutui.widgets.row_list import Cells, RowList
from nasutui.workspace import Workspace


class ProjectFound(Message):
    """One project of the list was counted."""

    def __init__(self, found: Overview) -> None:
        super().__init__()
        self.found = found


class HomeScreen(Workplace):
    """The projects under the projects folder."""

    MODE = "home"
    HELP = N_("""\
# Projects

Each line is a project: how many pictures came in, are prepared, captioned, exported, and how many
LoRA files came back. **enter** opens it where its next step is. **o** opens any other project or
folder of pictures and captions.
""")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", N_("New"), id="home.new", tooltip=N_("Make a project")),
        Binding("o", "open", N_("Open..."), id="home.open", tooltip=N_("Open a folder")),
        Binding("r", "rename", N_("Rename"), id="home.rename"),
        Binding("f5", "reload", N_("Read again"), id="home.reload", show=False),
    ]
    DEFAULT_CSS = """
    HomeScreen #title { padding: 1 2; height: auto; }
    HomeScreen #heads { height: 1; color: $text-muted; padding: 0 1; }
    HomeScreen RowList { margin: 0 1; }
    HomeScreen #empty { padding: 1 2; height: auto; display: none; }
    HomeScreen #next { height: 2; padding: 0 2; color: $text-accent; }
    """

    def compose_body(self) -> ComposeResult:
        yield Static(id="title")
        yield Static(id="heads", markup=False)
        yield Static(id="empty", markup=False)
        yield RowList(self._row, id="projects")
        yield Static(id="next", markup=False)

    def on_mount(self) -> None:
        self._found: dict[Path, Overview] = {}
        self.query_one(RowList).focus()

    def load(self, _workspace: Workspace | None) -> None:
        self.action_reload()

    def action_reload(self) -> None:
        """Read the projects folder again."""
        projects = list(find_projects(self.app.projects))
        title = Content.assemble(
            ("nasutui", "bold $primary"), "  ", _("from pictures to a LoRA and back"), "\n",
            (str(Content(fit(str(self.app.projects), 70)).plain.rstrip()), "$text-muted"),
        )  # fmt: skip
        self.query_one("#title", Static).update(title)
        self.query_one("#heads", Static).update(self._heads())
        empty = self.query_one("#empty", Static)
        empty.update(_("There are no projects yet. n makes one, o opens a folder of pictures."))
        empty.display = not projects
        self.query_one(RowList).set_items(projects)
        self._count(projects)

    @work(
        thread=True, exclusive=True, group="overview", exit_on_error=False, description="overview"
    )
    def _count(self, projects: list[Path]) -> None:
        for root in projects:
            self.post_message(ProjectFound(overview(root)))

    def on_project_found(self, message: ProjectFound) -> None:
        self._found[message.found.root] = message.found
        rows = self.query_one(RowList)
        if message.found.root in rows.items:
            rows.refresh_row(list(rows.items).index(message.found.root))
        if rows.current == message.found.root:
            self._say_next(message.found)

    @staticmethod
    def _columns() -> list[str]:
        return [_("raw"), _("prepared"), _("captioned"), _("exported"), _("LoRA")]

    def _heads(self) -> str:
        return " " * 26 + "".join(right(name, 10) for name in self._columns())

    def _row(self, root: Path, width: int) -> Cells:
        found = self._found.get(root)
        cells: list[tuple[str, str]] = [(" " + fit(root.name, 25), "strong")]
        if found is not None:
            counts = (found.raw, found.prepared, found.tagged, found.exported, found.loras)
            cells += [(right(str(n), 10), "" if n else "dim") for n in counts]
        return cells

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        root = message.rows.current
        self._say_next(self._found.get(root) if root else None)

    def _say_next(self, found: Overview | None) -> None:
        text = _("next: {step}").format(step=found.next_step) if found else ""
        self.query_one("#next", Static).update(text)

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        root: Path = message.rows.items[message.index]
        self.app.open_path(root)

    @work
    async def action_new(self) -> None:
        name = await self.app.push_screen_wait(
            AskText(_("Name of the new project (ASCII letters, digits, - and _):"))
        )
        if not name:
            return
        if "/" in name or name.startswith("."):
            self.notify(
                _("a name can't hold / or begin with a dot"), severity="error", markup=False
            )
            return
        try:
            project = create_project(self.app.projects / name)
        except NasutuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.app.open_path(project.root)

    @work
    async def action_open(self) -> None:
        text = await self.app.push_screen_wait(
            AskText(_("Folder to open (a project, or pictures with captions):"), path=True)
        )
        if text:
            self.app.open_path(typed_path(text))

    @work
    async def action_rename(self) -> None:
        root: Path | None = self.query_one(RowList).current
        if root is None:
            return
        name = await self.app.push_screen_wait(AskText(_("New name:"), root.name))
        if not name or name == root.name:
            return
        target = root.with_name(name)
        if "/" in name or name.startswith(".") or target.exists():
            self.notify(_("this name can't be used or is taken"), severity="error", markup=False)
            return
        try:
            root.rename(target)
        except OSError as error:
            self.notify(explain_os_error(error, root), severity="error", markup=False)
            return
        if self.app.workspace is not None and self.app.workspace.root == root:
            self.app.workspace = None
        self.action_reload()
