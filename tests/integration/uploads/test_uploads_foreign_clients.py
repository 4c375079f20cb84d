"""Tus clients that were not written here."""

import io

from tusclient.client import TusClient

from core.parts import Parts
from tests.integration.uploads.world import Chain, CountingStore, Server, make_photo, metadata_of, recorded, token_of


def test_tuspy_uploads_a_photo_in_chunks_with_checksums(
    server: Server, parts: Parts, chain: Chain, store: CountingStore
) -> None:
    photo = make_photo(1_000_003)
    metadata = metadata_of(chain, photo)
    token = token_of(parts, chain.company_id, chain.supervisor_id)
    client = TusClient(server.endpoint, headers={"Authorization": f"Bearer {token}"})

    uploader = client.uploader(
        file_stream=io.BytesIO(photo), metadata=metadata, chunk_size=100_000, upload_checksum=True
    )
    uploader.upload()

    assert uploader.request.response_headers["x-storepatrol-sha256"] == metadata["sha256"]
    assert store.read(metadata["sha256"]) == photo
    assert recorded(parts, metadata) == [metadata["sha256"]]
