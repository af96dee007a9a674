"""The WD14 taggers: a picture in, a score for every tag out.

The models take NHWC float32, 0 to 255, channels in B, G, R order (they were trained on what
OpenCV reads; SW-CV-ModelZoo Generator/ParseTFRecord.py swaps on purpose), the picture centred on a
white square and resized BICUBIC to the size that the model declares. No normalisation; the
outputs are probabilities. Feeding R, G, B turns peach skin into blue skin and leaves the rest
plausible.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nasutui.core.errors import ModelError, explain_os_error
from nasutui.core.files import read_regular
from nasutui.core.i18n import _
from nasutui.core.pictures.images import Picture, opened
from nasutui.core.tagging.models import ModelFiles
from nasutui.core.tagging.scores import Scores, TagTable
from nasutui.core.tagging.sessions import CPU, Plan, open_planned
from nasutui.core.tagging.square import on_square
from nasutui.core.text import display_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Part of the key of stored scores: raise it whenever preprocessing changes what a model sees.
PREPROCESSING = "bgr-white-bicubic-2"


_USUAL_SIDE = 448  # of every published model


class Tagger(Protocol):
    """What the caption step needs of a tagger. `key` names model and preprocessing for the score
    store; `scores` may be called from several threads at once."""

    name: str
    key: str
    table: TagTable

    def scores(self, source: Path | bytes) -> Scores:
        """Score one picture. Raises PictureError when it can't be opened."""
        ...


def prepare_tensor(picture: Picture, side: int) -> NDArray[np.float32]:
    """Opened picture -> array of shape (1, side, side, 3), float32, 0 to 255, channels B, G, R."""
    import numpy as np

    # Pillow turns the channels round four times as fast as numpy does on its way to floats.
    data = on_square(picture, side).tobytes("raw", "BGR")
    return np.frombuffer(data, np.uint8).astype(np.float32).reshape(1, side, side, 3)


def read_tags(files: ModelFiles) -> TagTable:
    """The model's tag list. Raises ModelError."""
    name = display_name(files.tags)
    try:
        return TagTable.from_csv(read_regular(files.tags).decode("utf-8"))
    except OSError as error:
        raise ModelError(explain_os_error(error, files.tags), code="model-unreadable") from error
    except (ModelError, UnicodeDecodeError) as error:
        raise ModelError(
            _("{name} is no tag list of a WD14 tagger; remove it and get it again").format(
                name=name
            ),
            code="model-tags",
        ) from error


class OnnxTagger:
    """A WD14 model in ONNX Runtime. The session is opened with the first picture, so that
    captions from stored scores cost no loading.

    key: the model's and the tag list's SHA-256, joined by "+". variant: of the model's numbers, such
    as "int8-1" (name and version); its scores are stored apart."""

    def __init__(self, files: ModelFiles, key: str, *, variant: str = "") -> None:
        self.name = f"{files.name} ({variant.partition('-')[0]})" if variant else files.name
        self.key = ":".join(filter(None, (key, PREPROCESSING, variant)))
        self.table = read_tags(files)
        self.files = files
        self._plan = Plan()
        self._alone = threading.Lock()
        self._session: Any = None
        self._input = ""
        self._side = _USUAL_SIDE
        self._opening = threading.Lock()

    @property
    def model_sha256(self) -> str:
        """Hex SHA-256 of the model file, as the key gives it."""
        return self.key.partition("+")[0]

    def plan(self, plan: Plan) -> None:
        """Open the model in this way, instead of its own file on the processor."""
        self._plan = plan

    def scores(self, source: Path | bytes) -> Scores:
        """Score one picture. Raises PictureError, or ModelError when the model fails."""
        tensor = self.tensor(source)
        return Scores.from_dense(self.run(tensor)[0], self.table)

    def tensor(self, source: Path | bytes) -> NDArray[np.float32]:
        """What the model is fed for one picture. Raises PictureError, or ModelError."""
        self.open()
        with opened(source, near=self._side) as picture:
            return prepare_tensor(picture, self._side)

    def run(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw inference: (1, side, side, 3) -> (1, number of tags). Raises ModelError when the
        model fails or answers what is no list of probabilities."""
        try:
            with self._alone if self._plan.exclusive else contextlib.nullcontext():
                result: NDArray[np.float32] = self._session.run(None, {self._input: tensor})[0]
        except Exception as error:  # ONNX Runtime raises its own, unexported types
            raise ModelError(
                _("the model {name} failed: {reason}").format(
                    name=self.name, reason=display_name(str(error))[:200]
                ),
                code="model-failed",
            ) from error
        if result.shape != (1, len(self.table)):
            raise self._misfit(result.shape[-1] if result.ndim else 1)
        # NaN fails both comparisons.
        if not (float(result.min()) >= 0 and float(result.max()) <= 1):
            raise ModelError(
                _("{name} is no WD14 tagger: what it says are no probabilities").format(
                    name=self.name
                ),
                code="model-kind",
            )
        return result

    def _misfit(self, outputs: int) -> ModelError:
        text = _(
            "{name}: the model has {outputs} outputs but its tag list {tags} tags; they do not"
            " belong together"
        )
        return ModelError(
            text.format(name=self.name, outputs=outputs, tags=len(self.table)), code="model-tags"
        )

    def open(self) -> None:
        """Open the session once and check that model and tag list belong together."""
        with self._opening:
            if self._session is None:
                self._session = self._checked(self._create())

    def _create(self) -> Any:
        plan = replace(self._plan, model=self._plan.model or str(self.files.model))
        try:
            return open_planned(plan)
        except Exception as error:  # ONNX Runtime raises its own, unexported types
            if plan.provider != CPU:
                text = _("{provider} does not open the model {name}; run it without")
                raise ModelError(
                    text.format(provider=plan.provider, name=self.name), code="accelerator-failed"
                ) from error
            raise ModelError(
                _("{name} is no model that can be opened: it is damaged, cut short or of another"
                  " kind; remove it and get it again").format(name=display_name(self.files.model)),
                code="model-damaged",
            ) from error  # fmt: skip

    def _checked(self, session: Any) -> Any:
        """The session, when it takes one NHWC colour picture and gives one row of scores."""
        inputs, outputs = session.get_inputs(), session.get_outputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 and outputs else []
        sides = {side for side in shape[1:3] if isinstance(side, int)}
        if (
            len(shape) != 4
            or shape[3] != 3
            or len(sides) > 1
            or (isinstance(shape[0], int) and shape[0] != 1)
            or inputs[0].type != "tensor(float)"
            or outputs[0].type != "tensor(float)"
        ):
            raise ModelError(
                _("{name} is no WD14 tagger: it does not take one colour picture").format(
                    name=display_name(self.files.model)
                ),
                code="model-kind",
            )
        self._input = inputs[0].name
        self._side = sides.pop() if sides else _USUAL_SIDE
        count = (outputs[0].shape or [None])[-1]
        if isinstance(count, int) and count != len(self.table):
            raise self._misfit(count)
        return session
