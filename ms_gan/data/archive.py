"""Image archives: unpacked once into the datasets folder, whole or not at all, and never outside of it."""

import hashlib
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from tqdm import tqdm

from ms_gan.data.folder import EXTENSIONS
from ms_gan.errors import GanError
from ms_gan.files import whole_folder


def unpack(archive, datasets):
    """Unpack the images of a zip into a folder of their own under `datasets` and return that folder.

    The folder's name holds the archive's path, size and time, so that the same archive is unpacked once and a changed
    one again. Raises GanError for a file that isn't a whole zip, holds no images or would write elsewhere.
    """
    archive = Path(archive)
    facts = archive.stat()
    key = hashlib.sha256(f"{archive.resolve()} {facts.st_size} {facts.st_mtime_ns}".encode()).hexdigest()[:8]
    folder = Path(datasets) / f"{archive.stem}-{key}"
    if not folder.is_dir():
        try:
            with zipfile.ZipFile(archive) as opened, whole_folder(folder) as temporary:
                for member in tqdm(_images(opened, archive), f"unpacking {archive.name}", leave=False, disable=None):
                    target = temporary / member.filename
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with opened.open(member) as source, open(target, "wb") as copy:
                        shutil.copyfileobj(source, copy)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            reason = str(error) or "it ends too early"
            raise GanError(f"{archive}: not a whole zip file ({reason}); fetch or pack it again") from None
    return folder


def _images(opened, archive):
    members = [m for m in opened.infolist()
               if m.filename.lower().endswith(EXTENSIONS) and not m.filename.startswith("__MACOSX/")]
    if not members:
        raise GanError(f"{archive}: no images in this zip; expected files ending in {', '.join(EXTENSIONS)}")
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or stat.S_ISLNK(member.external_attr >> 16):
            raise GanError(f"{archive}: refused: its member {member.filename!r} points outside the archive")
    return members
