"""Where photos and recordings lie: by their SHA-256, in a folder or behind any S3 API.

Both ways keep the same promises (see `BlobStore`) and pass the same tests.
"""

from core.settings import Settings
from core.storage.folder import FolderStore
from core.storage.protocol import BlobCorrupt, BlobMissing, BlobStore, StorageUnavailable, key_of
from core.storage.s3 import S3Store

__all__ = [
    "BlobCorrupt",
    "BlobMissing",
    "BlobStore",
    "FolderStore",
    "S3Store",
    "StorageUnavailable",
    "key_of",
    "store_for",
]


def store_for(settings: Settings) -> BlobStore:
    """Return the store these settings ask for: a folder under `data_dir`, or the S3 bucket of a stack."""
    if settings.mode == "embedded":
        return FolderStore(settings.data_dir / "blobs")
    return S3Store(
        settings.s3_endpoint,
        settings.s3_access_key,
        settings.s3_secret_key,
        settings.s3_bucket,
        secure=settings.s3_secure,
    )
