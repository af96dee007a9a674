"""What is open: a project, or any folder of pictures and captions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nasutui.core.database import PROJECT_FILE
from nasutui.core.errors import InputError, explain_os_error, os_error_code
from nasutui.core.files import expanded
from nasutui.core.i18n import _
from nasutui.core.project import DATASET, PROCESSED, RAW, TAGGED, Project, open_project
from nasutui.core.text import display_name


@dataclass(frozen=True)
class Workspace:
    """The folders that the screens work on. A plain folder is all of them at once."""

    root: Path
    project: Project | None

    @property
    def name(self) -> str:
        """The name to show."""
        return display_name(self.root.absolute().name or str(self.root))

    def _folder(self, name: str) -> Path:
        return self.root / name if self.project else self.root

    @property
    def raw(self) -> Path:
        """Pictures as they came."""
        return self._folder(RAW)

    @property
    def processed(self) -> Path:
        """Prepared pictures."""
        return self._folder(PROCESSED)

    @property
    def tagged(self) -> Path:
        """Pictures with their captions."""
        return self._folder(TAGGED)

    @property
    def dataset(self) -> Path:
        """What goes to training."""
        return self._folder(DATASET)


def open_workspace(path: Path) -> Workspace:
    """Open a project or a plain folder. Raises InputError, SettingsError."""
    path = expanded(path)
    try:
        is_project, is_folder = (path / PROJECT_FILE).is_file(), path.is_dir()
    except OSError as error:
        raise InputError(explain_os_error(error, path), code=os_error_code(error)) from error
    if is_project:
        return Workspace(path, open_project(path))
    if not is_folder:
        text = _("{name} is neither a project nor a folder of pictures")
        raise InputError(text.format(name=display_name(path)), code="not-a-folder")
    return Workspace(path, None)
