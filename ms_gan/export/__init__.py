"""A trained generator for other programs: `python -m ms_gan.export --format FORMAT --out FILE`.

A format is a file with a `write`: mindir.py, onnx.py, safetensors.py and pytorch.py. formats.py
loads the generator and asks one of them. steps.py finds out what a network does, layer by layer.
The way back is `ms_gan.import_weights`.
"""

from ms_gan.export.command import main
from ms_gan.export.formats import FORMATS, write

__all__ = ["FORMATS", "main", "write"]
