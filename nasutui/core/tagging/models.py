"""Which taggers there are, and getting one: shipped, from a folder, or from the hub.

Files come through huggingface_hub into its own cache, where other tools find them too.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from nasutui.core.errors import ModelError
from nasutui.core.events import Cancelled, Progress, never
from nasutui.core.files import expanded
from nasutui.core.i18n import _
from nasutui.core.tagging.hub import from_hub
from nasutui.core.text import display_name

MODEL_FILE = "model.onnx"
TAGS_FILE = "selected_tags.csv"
EMBEDDED = "embedded"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A published tagger. `threshold` is where precision meets recall, from its card. size: bytes of
    the model file, 0 where nobody has told us."""

    repo: str
    threshold: float
    tags: int
    size: int = 0

    @property
    def name(self) -> str:
        return self.repo.partition("/")[2]


# Thresholds and tag counts as the model cards give them.
CATALOGUE = (
    KnownModel("SmilingWolf/wd-v1-4-moat-tagger-v2", 0.3771, 9083, 326_000_000),
    KnownModel("SmilingWolf/wd-v1-4-swinv2-tagger-v2", 0.3771, 9083),
    KnownModel("SmilingWolf/wd-v1-4-convnext-tagger-v2", 0.3685, 9083),
    KnownModel("SmilingWolf/wd-v1-4-convnextv2-tagger-v2", 0.371, 9083),
    KnownModel("SmilingWolf/wd-v1-4-vit-tagger-v2", 0.3537, 9083),
    KnownModel("SmilingWolf/wd-vit-tagger-v3", 0.2614, 10861, 378_536_310),
    KnownModel("SmilingWolf/wd-convnext-tagger-v3", 0.2682, 10861),
    KnownModel("SmilingWolf/wd-swinv2-tagger-v3", 0.2653, 10861),
    KnownModel("SmilingWolf/wd-vit-large-tagger-v3", 0.2606, 10861),
    KnownModel("SmilingWolf/wd-eva02-large-tagger-v3", 0.5296, 10861),
)
DEFAULT_MODEL = CATALOGUE[0].repo


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Where a tagger's two files are. `name` is what a person called it, safe to show."""

    name: str
    model: Path
    tags: Path

    @property
    def embedded(self) -> bool:
        return self.name == EMBEDDED


def embedded_files() -> ModelFiles:
    """The tagger that ships with nasutui; it sees colours only."""
    folder = Path(__file__).resolve().parents[2] / "data" / "embedded"
    return ModelFiles(EMBEDDED, folder / MODEL_FILE, folder / TAGS_FILE)


def repo_of(name: str) -> str:
    """The hub's name of a model given by short or full name. Raises ModelError."""
    for known in CATALOGUE:
        if name.casefold() in (known.repo.casefold(), known.name.casefold()):
            return known.repo
    if name.count("/") == 1 and all(name.split("/")) and not name.startswith((".", "~", "/")):
        return name
    names = ", ".join(known.name for known in CATALOGUE)
    raise ModelError(
        _(
            "{name} is no tagger that nasutui knows and no folder with model.onnx and"
            " selected_tags.csv; it knows: embedded, {names}"
        ).format(name=display_name(name), names=names),
        code="model-unknown",
    )


def stored_name(name: str) -> str:
    """The name under which the scores of a model given in this way are kept. Raises ModelError."""
    if name == EMBEDDED:
        return EMBEDDED
    folder = Path(name).expanduser()
    return display_name(folder) if folder.is_dir() else repo_of(name)


def _in_folder(folder: Path) -> ModelFiles:
    files = ModelFiles(display_name(folder), folder / MODEL_FILE, folder / TAGS_FILE)
    for path in (files.model, files.tags):
        if not path.is_file():
            raise ModelError(
                _("{folder} holds no {file}; a tagger is a folder with model.onnx and"
                  " selected_tags.csv").format(folder=display_name(folder), file=path.name),
                code="model-incomplete",
            )  # fmt: skip
    return files


def locate(name: str, cancelled: Cancelled = never) -> Generator[Progress, None, ModelFiles | None]:
    """Find a tagger by name ("embedded", a catalogue name, a hub name or a folder); download it
    if need be, yielding the progress. Returns None when cancelled. Raises ModelError."""
    if name == EMBEDDED:
        return embedded_files()
    folder = expanded(name)
    if folder.is_dir():
        return _in_folder(folder)
    repo = repo_of(name)
    paths = []
    for file in (TAGS_FILE, MODEL_FILE):
        path = yield from from_hub(repo, file, cancelled)
        if path is None:
            return None
        paths.append(path)
    return ModelFiles(repo, paths[1], paths[0])
