"""Image archives: unpacked once into the datasets folder, whole or not at all."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PureWindowsPath

from tqdm.auto import tqdm

from ms_gan.data.listing import ENDING, EXTENSIONS, list_images, refuse_odd_bytes
from ms_gan.errors import GanError, os_reason
from ms_gan.files import atomic_folder

# What reading a damaged zip raises.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
SWELL = 200  # times its own size that a zip may unpack to; real images hardly get smaller in one


def unpacked(path: Path, datasets: Path) -> Path:
    """`path` if it is a folder, or the one that it is unpacked to. Raises GanError as `unpack`."""
    if path.is_dir():
        return path
    if not path.exists():
        raise GanError(f"{path}: no such file or folder; expected a folder or a zip of images")
    if not zipfile.is_zipfile(path):
        raise GanError(
            f"{path}: neither a folder nor a whole zip file; expected a folder or a zip of images"
        )
    return unpack(path, datasets)


def folder_of(path: Path, datasets: Path) -> Path:
    """As `unpacked`, resolved and without outer folders that hold nothing but another one."""
    folder = unpacked(path, datasets)
    images = list_images(folder)
    while len(inside := {folder / image.relative_to(folder).parts[0] for image in images}) == 1:
        (sole,) = inside
        if not sole.is_dir():
            break
        folder = sole
    return folder.resolve()


def unpack(archive: Path, datasets: Path) -> Path:
    """The folder under `datasets` that holds the images of a zip, unpacked into it if need be.

    Its name holds a hash of the archive's path, size and time: a changed archive is unpacked again.
    Of members with the same name the last counts, as in a zip that was added to.

    Raises:
        GanError: the file isn't a whole zip, holds no images, would write elsewhere, or is larger
          unpacked than there is room for.
    """
    refuse_odd_bytes(archive)
    facts = archive.stat()
    identity = f"{archive.resolve()} {facts.st_size} {facts.st_mtime_ns}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:8]
    folder = datasets / f"{archive.stem}-{key}"
    if folder.is_dir():
        return folder
    try:
        with zipfile.ZipFile(archive) as opened, atomic_folder(folder) as temporary:
            members = _images(opened, archive)
            _refuse_swollen(sum(member.file_size for _, member in members), archive, datasets)
            title = f"unpacking {archive.name}"
            for path, member in tqdm(members, title, leave=False, disable=None):
                target = temporary / path
                target.parent.mkdir(parents=True, exist_ok=True)
                with opened.open(member) as source, open(target, "wb") as copy:
                    shutil.copyfileobj(source, copy)
    except DAMAGE as error:
        reason = str(error) or "it ends too early"
        raise GanError(
            f"{archive}: not a whole zip file ({reason}); fetch or pack it again"
        ) from None
    except OSError as error:
        raise GanError(
            f"{archive}: can't be unpacked into {datasets}: {os_reason(error)}"
        ) from None
    return folder


def _images(opened: zipfile.ZipFile, archive: Path) -> list[tuple[str, zipfile.ZipInfo]]:
    """[(path within the target folder, member)] of the images."""
    members = [
        member
        for member in opened.infolist()
        if member.filename.lower().endswith(EXTENSIONS)
        and not member.filename.startswith("__MACOSX/")
    ]
    if not members:
        raise GanError(f"{archive}: no images in this zip; expected files {ENDING}")
    return [(_inside(member, archive), member) for member in members]


def _inside(member: zipfile.ZipInfo, archive: Path) -> str:
    """The relative path of a member. Windows' rules know both slashes, and what a drive is."""
    path = PureWindowsPath(member.filename)
    if path.anchor or ".." in path.parts or stat.S_ISLNK(member.external_attr >> 16):
        raise GanError(
            f"{archive}: refused: its member {member.filename!r} points outside the archive"
        )
    return os.path.join(*path.parts)


def _refuse_swollen(size: int, archive: Path, datasets: Path) -> None:
    """Refuse by the size that a zip promises, which is never less than what it gives."""
    free = shutil.disk_usage(datasets).free
    if size > free:
        raise GanError(
            f"{archive}: refused: its images take {size:,} bytes, but {datasets} has only {free:,} "
            "free; make room or choose another --datasets"
        )
    own = archive.stat().st_size
    if size > SWELL * own:
        raise GanError(
            f"{archive}: refused: its {own:,} bytes unpack to {size:,}, more than {SWELL} times as "
            "much, which images don't; unpack it yourself and give --data the folder"
        )
