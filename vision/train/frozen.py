"""The test set of an installation: drawn once, frozen, and never trained on, nor anything that looks like it.

`freeze` copies photos and labels into a folder with their checksums; `load` refuses one in which a byte has changed;
`exclude` takes out of a training set what is in the frozen one: the same file, the same picture saved anew, scaled,
cropped a little, or mirrored. Needs no torch.
"""

import datetime as dt
import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from core.text import counted
from vision.photo import Pixels, open_photo

SIDE = 16
MOST_BITS = 64
"""Of 256: how far two photos' hashes may lie apart and still be taken for one scene; measured in docs/review.md."""
LEAST = 20
"""A test set of fewer photos decides nothing."""
FILE = "frozen.json"

Pair = tuple[Path, Path]


class FrozenError(ValueError):
    """The frozen set is too small, is there already, or is not what was frozen."""


class FrozenPhoto(msgspec.Struct, frozen=True):
    """One photo with the checksums of its bytes and labels, and what it looks like, seen straight and mirrored."""

    name: str
    image_sha256: str
    label_sha256: str
    looks: str
    mirrored: str


class FrozenSet(msgspec.Struct, frozen=True):
    """The whole set; `sha256` stands for every byte of it."""

    made_at: dt.datetime
    source: str
    photos: tuple[FrozenPhoto, ...]
    sha256: str


class Excluded(msgspec.Struct, frozen=True):
    """A photo that may not be trained on: which frozen one it is like, and by how many bits it differs."""

    image: Path
    like: str
    bits: int


def freeze(pairs: Sequence[Pair], folder: Path, source: str, now: dt.datetime) -> FrozenSet:
    """Copy the photos and labels to `folder` and write their checksums; the folder is there whole or not at all."""
    if folder.exists():
        raise FrozenError(f"{folder} is there already; a frozen set is never changed")
    if len(pairs) < LEAST:
        raise FrozenError(f"{counted(len(pairs), 'photo', ('is', 'are'))} too few for a test set, it takes {LEAST}")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    for part in ("images", "labels"):
        (draft / part).mkdir(parents=True)
    photos = tuple(_frozen(number, pair, draft) for number, pair in enumerate(pairs))
    frozen = FrozenSet(now, source, photos, _digest(now, source, photos))
    (draft / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(frozen)))
    draft.rename(folder)
    return frozen


def load(folder: Path) -> FrozenSet | None:
    """Return the frozen set of a folder after reading every byte of it, None where none was frozen yet."""
    if not (folder / FILE).exists():
        return None
    try:
        frozen = msgspec.json.decode((folder / FILE).read_bytes(), type=FrozenSet)
    except msgspec.DecodeError as error:
        raise FrozenError(f"{folder / FILE}: {error}") from error
    if _digest(frozen.made_at, frozen.source, frozen.photos) != frozen.sha256:
        raise FrozenError(f"{folder / FILE} was changed")
    for photo in frozen.photos:
        image, label = pair_of(folder, photo)
        for file, wanted in ((image, photo.image_sha256), (label, photo.label_sha256)):
            if not file.exists() or _sha256(file.read_bytes()) != wanted:
                raise FrozenError(f"{file} is not what was frozen")
    return frozen


def pair_of(folder: Path, photo: FrozenPhoto) -> Pair:
    """Return the image and the label file of a frozen photo."""
    return folder / "images" / photo.name, folder / "labels" / f"{Path(photo.name).stem}.txt"


def draw(pairs: Sequence[Pair], share: float) -> list[Pair]:
    """Draw about `share` of the photos, and at least `LEAST`, by their bytes, so that every draw is the same."""
    ordered = sorted(pairs, key=lambda pair: _sha256(b"frozen" + pair[0].read_bytes()))
    return ordered[: max(LEAST, round(share * len(ordered)))]


def exclude(frozen: FrozenSet, pairs: Sequence[Pair]) -> tuple[list[Pair], list[Excluded]]:
    """Divide photos into those that may be trained on and those that are in the frozen set or look like one of it."""
    known = {photo.image_sha256: photo.name for photo in frozen.photos}
    names = [photo.name for photo in frozen.photos] * 2
    hashes = np.array(
        [_bits(photo.looks) for photo in frozen.photos] + [_bits(photo.mirrored) for photo in frozen.photos]
    )
    kept, excluded = [], []
    for image, label in pairs:
        data = image.read_bytes()
        if same := known.get(_sha256(data)):
            excluded.append(Excluded(image, same, 0))
            continue
        away = np.count_nonzero(hashes != _bits(looks(open_photo(data).pixels)), axis=1)
        nearest = int(away.argmin())
        if away[nearest] <= MOST_BITS:
            excluded.append(Excluded(image, names[nearest], int(away[nearest])))
        else:
            kept.append((image, label))
    return kept, excluded


def looks(pixels: Pixels) -> str:
    """Return 256 bits in hex that say where a picture gets brighter to the right; scaling and JPEG change few."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def _bits(looks: str) -> NDArray[np.uint8]:
    return np.unpackbits(np.frombuffer(bytes.fromhex(looks), dtype=np.uint8))


def _frozen(number: int, pair: Pair, draft: Path) -> FrozenPhoto:
    image, label = pair
    data, labels = image.read_bytes(), label.read_bytes() if label.exists() else b""
    name = f"{number:05d}{image.suffix.lower()}"
    (draft / "images" / name).write_bytes(data)
    (draft / "labels" / f"{number:05d}.txt").write_bytes(labels)
    pixels = open_photo(data).pixels
    return FrozenPhoto(
        name, _sha256(data), _sha256(labels), looks(pixels), looks(np.ascontiguousarray(pixels[:, ::-1]))
    )


def _digest(made_at: dt.datetime, source: str, photos: Sequence[FrozenPhoto]) -> str:
    return _sha256(msgspec.json.encode((made_at, source, photos)))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
