"""What a worker holds while it lives: the parts of its process, the standards, and the models it was started for."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from checklists.checkpoint import Library
from core.hashing import sha256_of
from core.parts import Parts
from core.scope import ScopedSession
from speech.notes import Lexicon, NoteReader
from speech.transcriber import Transcriber
from vision.compare import Comparison, compare
from vision.geometry import Box
from vision.photo import Photo
from vision.price_tags.reader import TagReader
from vision.shelf import ShelfReader
from workflows.campaigns.current import ArtworkShelf
from workflows.review.candidate import Candidate
from workflows.tasks.policy import Sla
from workflows.vocabulary.current import VocabularyShelf

Effects = Callable[[ScopedSession, dt.datetime], None]
"""What a job changes, to be applied in the transaction that marks the job done."""


Comparer = Callable[[Photo, Photo, Sequence[Box], ShelfReader], Comparison]
"""Judges whether the gaps at the boxes of the first photo are filled in the second: `vision.compare.compare`."""


class Tools(msgspec.Struct, frozen=True):
    """Handed to every handler. A worker without the vision queue has no reader, and so on.

    `reader` reads photos of shelves, `notes` understands what was said, `lexicon` holds
    the words that no vocabulary may change.
    """

    parts: Parts
    library: Library
    sla: Sla
    reader: ShelfReader | None = None
    transcriber: Transcriber | None = None
    notes: NoteReader | None = None
    lexicon: Lexicon | None = None
    compare: Comparer = compare
    candidate: Candidate | None = None
    artworks: ArtworkShelf = msgspec.field(default_factory=ArtworkShelf)
    tags: TagReader | None = None
    vocabularies: VocabularyShelf = msgspec.field(default_factory=VocabularyShelf)


def keep(parts: Parts, content: bytes, media_type: str) -> str:
    """Store bytes that a worker made; return their SHA-256."""
    digest = sha256_of(content)
    with NamedTemporaryFile(prefix="storepatrol-") as draft:
        draft.write(content)
        draft.flush()
        parts.blobs.put(Path(draft.name), digest, len(content), media_type)
    return digest
