"""MindSpore's own networks in a file: `nn.GraphCell(ms.load(FILE))` computes what `generate` does.

They are of MindSpore's own layers, so they run on any of its devices.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mindspore as ms
import numpy as np

from ms_gan import runtime
from ms_gan.errors import GanError

if TYPE_CHECKING:
    from ms_gan.export.formats import Trained


def write(trained: Trained, path: Path) -> None:
    """Write a MindIR file, of any batch size where that is possible.

    With the statistics of each image it is of one image at a time. MindSpore 2.0.0 crashes on any
    size: there it is the one that `generate` computes by.

    Raises:
        GanError: MindSpore can't.
    """
    shape = tuple(trained.facts["input_shape"])
    if trained.network.training or runtime.version("mindspore") < (2, 7):
        batch = trained.batch
        example = ms.Tensor(np.zeros((batch, *shape), np.float32))
    else:
        batch = None
        example = ms.Tensor(shape=(None, *shape), dtype=ms.float32)

    def tell(model: Any) -> None:
        texts = trained.texts(batch=batch or "any")
        if hasattr(model.user_info, "update"):
            model.user_info.update(texts)
        else:  # today's protobuf takes MindSpore 2.7's mapping for a list of pairs
            for key, value in texts.items():
                model.user_info.add(key=key, value=value)

    # Not at `path` itself: MindSpore refuses names with spaces and the like.
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "generator.mindir")
        try:
            ms.export(
                trained.network,
                example,
                file_name=str(made),
                file_format="MINDIR",
                custom_func=tell,
            )
        except (RuntimeError, ValueError, TypeError) as error:
            raise GanError(f"MindSpore can't export it: {error}") from None
        path.write_bytes(made.read_bytes())
