"""Promotion material on a photo: which artwork hangs there, where, whole or hidden, upright, and of which campaign.

index = ArtworkIndex({"october": make(open_photo(data), data), …})   # PhotoError where artwork is too plain
seen = look(open_photo(photo), index)                                # Look: a Sighting for each piece
"""

from vision.promo.artwork import EXTRACTOR, Artwork, make, pack, unpack
from vision.promo.finder import MODEL, Copy, Look, Sighting, look
from vision.promo.index import ArtworkIndex

__all__ = [
    "EXTRACTOR", "MODEL", "Artwork", "ArtworkIndex", "Copy", "Look", "Sighting", "look", "make", "pack", "unpack",
]  # fmt: skip
