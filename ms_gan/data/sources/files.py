"""A folder of image files, flat or with sub-folders of any names, as an unpacked zip is, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ms_gan.data.decode import Prepare
from ms_gan.data.listing import ENDING, require_images
from ms_gan.data.pipeline import read_once
from ms_gan.data.sources.base import Block, Facts, Source, facts_of


class Files(Source):
    """The image files in a folder, at any depth, decoded by threads of MindSpore's pipeline.

    Raises:
        GanError: there is none, or the folder's path isn't text.
    """

    noun = f"files {ENDING}"

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._found = {self._name(file): file for file in require_images(folder)}
        home = folder.resolve()
        self.files = {name: home / name for name in self._found}

    @property
    def count(self) -> int:
        return len(self._found)

    def facts(self) -> Facts:
        return {name: facts_of(file) for name, file in self._found.items()}

    def read(self, prepare: Prepare, workers: int, first: int = 0) -> Iterator[Block]:
        return self._read(list(self._found.values())[first:], prepare, workers)

    def again(self, broken: dict[str, str], prepare: Prepare, workers: int) -> dict[str, str]:
        """What is wrong with them now: a disk may have failed for a moment."""
        faults: dict[str, str] = {}
        for _, found in self._read([self.path / name for name in broken], prepare, workers):
            faults.update(found)
        return faults

    def _read(self, files: Sequence[Path], prepare: Prepare, workers: int) -> Iterator[Block]:
        for examples, faults in read_once(files, prepare, workers):
            yield examples, {self._name(file): fault for file, fault in faults.items()}

    def _name(self, file: Path) -> str:
        return file.relative_to(self.path).as_posix()
