"""A folder of images: which files it holds, and which of them can be trained on."""

import mmap
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from ms_gan.data.checked import check_changed
from ms_gan.errors import GanError, os_reason
from ms_gan.files import atomic_folder
from ms_gan.runtime import cores

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp")
FORMATS = ("JPEG", "PNG", "BMP")  # what both Pillow and MindSpore's C++ decoder read
DRAWN = "DRAWN-STAND-INS.txt"  # its presence marks a folder as drawn, not real
NAMED = 10  # how many broken files are named; all are counted
AT_ONCE = 64  # files that a thread checks in one go
THINNEST = (
    1000  # times as long as wide; scaled to its shorter side, a thinner image would fill the memory
)
PNG_END = b"IEND\xaeB`\x82"


@dataclass(frozen=True)
class ImageFiles:
    """Checked image files, in a fixed order, and where they come from. All paths are absolute."""

    folder: Path
    files: tuple
    drawn: bool  # whether they are the embedded stand-in, not a real data set

    @property
    def count(self):
        return len(self.files)

    def __str__(self):
        return f"{self.count} images in {self.folder}"

    def describe(self):
        """What `options.json` records of the data."""
        return {"path": str(self.folder), "images": len(self.files), "drawn_stand_in": self.drawn}


def open_folder(folder, memory=None):
    """The sound images in a folder and its sub-folders, at any depth, as `ImageFiles`.

    Broken files are named on stderr (the first ten), counted and left out. memory: the datasets
    folder, which remembers the sound ones, or None to check all. Raises GanError where no image is
    left.
    """
    folder = Path(folder)
    refuse_odd_bytes(folder)
    files = list_images(folder)
    if not files:
        raise GanError(
            f"{folder}: 0 images found; expected files ending in {', '.join(EXTENSIONS)}, "
            "in it or its sub-folders"
        )
    reasons = (
        check_images(files)
        if memory is None
        else check_changed(folder, files, check_images, memory)
    )
    for file, reason in list(reasons.items())[:NAMED]:
        print(f"warning: {shown(file)}: broken: {reason}", file=sys.stderr)
    if reasons:
        print(
            f"warning: {len(reasons)} of {len(files)} images are broken and left out",
            file=sys.stderr,
        )
    home = folder.resolve()
    sound = tuple(home / file.relative_to(folder) for file in files if file not in reasons)
    if not sound:
        raise GanError(
            f"{folder}: all {len(files)} files ending in {', '.join(EXTENSIONS)} are broken; "
            "expected images that Pillow can read"
        )
    return ImageFiles(home, sound, (folder / DRAWN).exists())


def drawn_in(folder, draw, note):
    """`folder`, filled by `draw(folder)` and marked as drawn with a `note`; whole or not at all,
    and once only.
    """
    if not folder.is_dir():
        with atomic_folder(folder) as temporary:
            draw(temporary)
            (temporary / DRAWN).write_text(note + "\n", encoding="utf-8")
    return folder.resolve()


def list_images(folder):
    """Paths of the files in `folder`, at any depth, that end like images, sorted; hidden ones are
    passed over.

    Links to folders are followed, but each folder is gone through once, however many ways lead to
    it. One that can't be read is named on stderr.
    """
    found, seen = [], set()
    for parent, folders, names in os.walk(folder, followlinks=True, onerror=_name_unreadable):
        if _seen_before(parent, seen):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        found += [
            Path(parent, name)
            for name in sorted(names)
            if name.lower().endswith(EXTENSIONS) and not name.startswith(".")
        ]
    return found


def shown(path):
    """A path on one line, whatever its name is made of: control characters and stray bytes as
    escapes, in quotes.
    """
    text = str(path)
    return text if text.isprintable() else repr(text)


def refuse_odd_bytes(path):
    """Raise GanError for a path that isn't text, which could neither be printed nor recorded with
    the run.
    """
    try:
        str(Path(path).resolve()).encode()
    except UnicodeEncodeError:
        raise GanError(
            f"{shown(path)}: its path holds bytes that aren't UTF-8; rename it"
        ) from None


def check_images(files):
    """{file: why it can't be used} for the broken ones among `files`, in their order.

    Every file is decoded once: MindSpore's own decoder can crash the process on a truncated header,
    and takes a folder with one broken file down in the middle of an epoch.
    """
    # One by one, handing the files to the threads would take longer than decoding small images.
    parts = [files[start : start + AT_ONCE] for start in range(0, len(files), AT_ONCE)]
    with (
        warnings.catch_warnings(),
        ThreadPoolExecutor(cores()) as pool,
        tqdm(desc="checking images", total=len(files), leave=False, disable=None) as progress,
    ):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        reasons = {}
        for part, found in zip(parts, pool.map(_faults, parts)):
            reasons.update((file, reason) for file, reason in zip(part, found) if reason)
            progress.update(len(part))
    return reasons


def _faults(files):
    return [_fault(file) for file in files]


def _fault(file):
    try:
        if not file.is_file():  # a dangling link, or a pipe that would be waited for
            return "not a file"
        if file.stat().st_size == 0:
            return "empty file"
        with Image.open(file, formats=FORMATS) as image:
            if max(image.size) > THINNEST * min(image.size):
                return f"{image.width}x{image.height}: more than {THINNEST} times as long as wide"
            image.load()
        if image.format == "PNG" and not _has_end(file):
            return "truncated: PNG's end mark is missing"
    except UnidentifiedImageError:
        return f"not a {', '.join(FORMATS)} image"
    except OSError as error:
        return os_reason(error)
    except Exception as error:  # Pillow's decoders raise what they like on broken input
        return str(error) or type(error).__name__
    return None


def _has_end(png):
    """Whether a PNG ends with its mark, without which MindSpore refuses it, though Pillow doesn't."""
    with open(png, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.rfind(PNG_END) >= 0


def _seen_before(folder, seen):
    facts = os.stat(folder)
    place = (facts.st_dev, facts.st_ino)
    if place in seen:
        return True
    seen.add(place)
    return False


def _name_unreadable(error):
    print(f"warning: {shown(error.filename)}: can't be read: {os_reason(error)}", file=sys.stderr)
