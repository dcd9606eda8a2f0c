"""Images in parquet files, as data sets on Hugging Face's hub have them.

Their column of images holds structs of "bytes" (a file's content) and "path", or plain bytes. Needs
pyarrow: `pip install '.[parquet]'`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ms_gan.data.decode import Prepare
from ms_gan.data.listing import list_images, refuse_odd_bytes
from ms_gan.data.sources.base import BLOCK, Block, Facts, Source, decoded, facts_of
from ms_gan.errors import GanError

if TYPE_CHECKING:
    from pyarrow import ChunkedArray
    from pyarrow.parquet import ParquetFile

ENDING = ".parquet"
INSTALL = "pip install '.[parquet]'"


def is_parquet(path: Path) -> bool:
    """Whether a path is a parquet file, or a folder of them that holds no image files."""
    if path.is_dir():
        return bool(_files_in(path)) and not list_images(path)
    return path.is_file() and path.name.lower().endswith(ENDING)


class Parquet(Source):
    """The images of a parquet file, or of all those in a folder or its sub-folder `data`.

    Raises:
        GanError: pyarrow isn't installed, a file is damaged or has no column of images, or the path
          isn't text.
    """

    def __init__(self, path: Path) -> None:
        refuse_odd_bytes(path)
        self.path = path
        self.files = {}
        self._parts = {}
        for file in _files_in(path) if path.is_dir() else [path]:
            name = file.relative_to(path).as_posix() if path.is_dir() else "row"
            self._parts[name] = _Part(file)

    @property
    def count(self) -> int:
        return sum(part.count for part in self._parts.values())

    def facts(self) -> Facts:
        return {name: facts_of(part.file) for name, part in self._parts.items()}

    def read(self, prepare: Prepare, workers: int, first: int = 0) -> Iterator[Block]:
        return decoded(self._images(first), prepare, workers)

    def _images(self, first: int) -> Iterator[tuple[str, bytes]]:
        for name, part in self._parts.items():
            for number, content in part.images(first):
                yield f"{name}/{number}", content
            first = max(0, first - part.count)


class _Part:
    """One parquet file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with self._opened() as opened:
            self.count = opened.metadata.num_rows
            self._column, self._leaf = _column_of(opened, file)

    def images(self, first: int) -> Iterator[tuple[int, bytes]]:
        """(number, a file's content) from a row on; nothing as b""."""
        with self._opened() as opened:
            begins = 0
            for group in range(opened.num_row_groups):
                ends = begins + opened.metadata.row_group(group).num_rows
                if first < ends:
                    rows = opened.read_row_group(group, columns=[self._leaf])
                    start = max(first, begins)
                    contents = self._contents(rows.column(self._column))[start - begins :]
                    yield from enumerate(_bytes_of(contents), start)
                begins = ends

    def _contents(self, column: ChunkedArray) -> ChunkedArray:
        import pyarrow.compute as compute

        if self._leaf == self._column:
            return column
        return compute.struct_field(column, "bytes")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[ParquetFile]:
        try:
            import pyarrow
            from pyarrow.parquet import ParquetFile
        except ImportError:
            raise GanError(
                f"{self.file}: reading parquet needs pyarrow, which isn't installed: {INSTALL}"
            ) from None
        try:
            with ParquetFile(self.file) as opened:
                yield opened
        except (pyarrow.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise GanError(f"{self.file}: not a whole parquet file ({reason})") from None


def _bytes_of(contents: ChunkedArray) -> Iterator[bytes]:
    for start in range(0, len(contents), BLOCK):
        for content in contents[start : start + BLOCK].to_pylist():
            yield content or b""


def _column_of(opened: ParquetFile, file: Path) -> tuple[str, str]:
    """The column of images, and the path of its bytes; the one called "image" among several."""
    from pyarrow import types

    def is_bytes(kind: Any) -> bool:
        return types.is_binary(kind) or types.is_large_binary(kind)

    found: dict[str, str] = {}
    for field in opened.schema_arrow:
        if is_bytes(field.type):
            found[field.name] = field.name
        elif types.is_struct(field.type):
            inner = {part.name: part.type for part in field.type}
            if "bytes" in inner and is_bytes(inner["bytes"]):
                found[field.name] = f"{field.name}.bytes"
    if "image" in found:
        return "image", found["image"]
    if len(found) == 1:
        return next(iter(found.items()))
    names = ", ".join(found or opened.schema_arrow.names)
    raise GanError(
        f"{file}: {'several columns' if found else 'no column'} of images among {names}; expected "
        'one of bytes, or of {bytes, path}, or one that is called "image"'
    )


def _files_in(folder: Path) -> list[Path]:
    return sorted([*folder.glob(f"[!.]*{ENDING}"), *folder.glob(f"data/[!.]*{ENDING}")])
