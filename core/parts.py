"""What every process is made of; built once, in its composition root, and handed down."""

import msgspec

from core.clock import Clock
from core.db import Database
from core.settings import Settings
from core.storage import BlobStore


class Parts(msgspec.Struct, frozen=True):
    """The parts a service may need. Tests put fakes in their places."""

    settings: Settings
    clock: Clock
    database: Database
    blobs: BlobStore
