"""Whatever the network does, the photo arrives once, whole, and nobody is told otherwise."""

import base64
import hashlib
import time
from collections.abc import Iterator
from typing import Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.parts import Parts
from tests.integration.fault_proxy import Cut, FaultProxy
from tests.integration.uploads.world import (
    Chain,
    CountingStore,
    Phone,
    Server,
    make_photo,
    metadata_of,
    recorded,
)

PHOTO = make_photo(700_001)
SHA256 = hashlib.sha256(PHOTO).hexdigest()
in_one_server = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with FaultProxy(server.port) as proxy:
        yield proxy


def through(proxy: FaultProxy, url: str) -> str:
    return str(httpx.URL(url).copy_with(port=proxy.port))


def send_until_cut(phone: Phone, url: str, offset: int, body: bytes, **headers: str) -> None:
    """Send over a fresh connection, however that ends."""
    phone.http.headers["Connection"] = "close"
    try:
        phone.send(url, offset, body, **headers)
    except httpx.TransportError:
        return


@in_one_server
@given(after=st.integers(0, len(PHOTO) + 600), how=st.sampled_from(["fin", "reset"]))
def test_a_connection_cut_at_any_byte_is_resumed_from_what_arrived(
    phone: Phone, proxy: FaultProxy, parts: Parts, chain: Chain, after: int, how: Literal["fin", "reset"]
) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)

    proxy.cuts.append(Cut("up", after, how))
    send_until_cut(phone, through(proxy, url), 0, PHOTO)
    proxy.cuts.clear()

    arrived = phone.offset(url)
    assert arrived <= max(0, after)
    if arrived == len(PHOTO):
        assert recorded(parts, metadata) == [SHA256]
    assert phone.resume(url, PHOTO).headers["x-storepatrol-sha256"] == SHA256
    assert recorded(parts, metadata) == [SHA256]
    assert phone.offset(url) == len(PHOTO)


@settings(in_one_server, max_examples=8)
@given(cuts=st.lists(st.integers(300, 200_000), min_size=1, max_size=12))
def test_many_cuts_in_a_row_lose_nothing(
    phone: Phone, proxy: FaultProxy, parts: Parts, chain: Chain, store: CountingStore, cuts: list[int]
) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)

    offsets = []
    for after in cuts:
        proxy.cuts.append(Cut("up", after))
        offset = phone.offset(url)
        offsets.append(offset)
        send_until_cut(phone, through(proxy, url), offset, PHOTO[offset:])
    proxy.cuts.clear()
    phone.resume(url, PHOTO)

    assert offsets == sorted(offsets)
    assert store.read(SHA256) == PHOTO
    assert recorded(parts, metadata) == [SHA256]


def test_what_arrived_before_a_cut_is_kept(phone: Phone, proxy: FaultProxy, chain: Chain) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    proxy.cuts.append(Cut("up", 500_000))

    send_until_cut(phone, through(proxy, url), 0, PHOTO)

    # The server's own buffer of one connection (64 KiB) and the request's head may be lost, no more. It may still be
    # about to read what the network had in hand when we ask for the first time.
    offsets = (phone.offset(url) for _ in range(100) if not time.sleep(0.05))
    assert any(offset > 500_000 - 65_536 - 2_000 for offset in offsets)


def test_an_answer_that_got_lost_is_heard_again_by_asking(
    phone: Phone, proxy: FaultProxy, parts: Parts, chain: Chain
) -> None:
    metadata = metadata_of(chain, PHOTO)
    url = phone.begin(len(PHOTO), metadata)
    proxy.cuts.append(Cut("down", 0))

    send_until_cut(phone, through(proxy, url), 0, PHOTO)

    # Without its answer the client cannot know; the cut may also have come before the last byte was up.
    if phone.offset(url) < len(PHOTO):
        phone.resume(url, PHOTO)
    answer = phone.http.head(url)
    assert answer.headers["upload-offset"] == answer.headers["upload-length"]
    assert answer.headers["x-storepatrol-sha256"] == SHA256
    assert recorded(parts, metadata) == [SHA256]


def test_a_piece_with_a_checksum_counts_whole_or_not_at_all(phone: Phone, proxy: FaultProxy, chain: Chain) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    checksum = "sha256 " + base64.b64encode(hashlib.sha256(PHOTO).digest()).decode()
    proxy.cuts.append(Cut("up", 600_000))

    send_until_cut(phone, through(proxy, url), 0, PHOTO, **{"Upload-Checksum": checksum})
    assert phone.offset(url) == 0

    assert phone.send(url, 0, PHOTO, **{"Upload-Checksum": checksum}).status_code == 204
    assert phone.offset(url) == len(PHOTO)


def test_a_phone_that_fell_silent_gives_way_to_its_own_return(
    phone: Phone, proxy: FaultProxy, server: Server, token: str, chain: Chain
) -> None:
    url = phone.begin(len(PHOTO), metadata_of(chain, PHOTO))
    proxy.cuts.append(Cut("up", 400_000, "silence"))

    with Phone(server.endpoint, token) as silent:
        silent.http.timeout = httpx.Timeout(0.5)
        # httpx gives up but its connection to the proxy may stay open; the server hears nothing either way.
        send_until_cut(silent, through(proxy, url), 0, PHOTO)
        response = phone.resume(url, PHOTO)

    assert response.headers["x-storepatrol-sha256"] == SHA256
