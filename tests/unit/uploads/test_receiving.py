"""A body on its way to the disk: few bytes in memory, and every end of it told apart."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnsupportedType
from workflows.uploads import receiving
from workflows.uploads.appending import Appending
from workflows.uploads.receiving import Pause, Threads, receive


class FakeBody:
    def __init__(self, *arrivals: bytes | Pause) -> None:
        self.arrivals = iter(arrivals)

    async def read(self, wait_s: float) -> bytes | Pause:
        await asyncio.sleep(0)
        return next(self.arrivals, Pause.SILENCE)


class FakeAppending:
    """Notes what is done to it."""

    def __init__(self, *, wanted: bool = False, refuses: Exception | None = None) -> None:
        self.pieces: list[bytes] = []
        self.completed = False
        self.closed = 0
        self.wanted = wanted
        self.refuses = refuses

    def write(self, piece: bytes) -> None:
        if self.refuses:
            raise self.refuses
        self.pieces.append(piece)

    def complete(self) -> str:
        self.completed = True
        return "complete"

    def is_wanted(self) -> bool:
        return self.wanted

    def close(self) -> str:
        self.closed += 1
        return "kept"


@pytest.fixture(scope="module")
def threads() -> Iterator[Threads]:
    with ThreadPoolExecutor(2) as executor:
        yield Threads(executor, executor)


def pour(appending: FakeAppending, body: FakeBody, threads: Threads) -> object:
    return asyncio.run(receive(cast("Appending", appending), body, threads))


@given(st.lists(st.one_of(st.binary(max_size=9000), st.just(Pause.SILENCE)), max_size=30), st.booleans())
def test_every_byte_arrives_in_order_however_it_is_cut_up(
    threads: Threads, arrivals: list[bytes | Pause], dropped: bool
) -> None:
    appending = FakeAppending()

    outcome = pour(appending, FakeBody(*arrivals, Pause.DROPPED if dropped else Pause.END), threads)

    assert b"".join(appending.pieces) == b"".join(a for a in arrivals if isinstance(a, bytes))
    assert appending.completed is not dropped
    assert outcome == ("kept" if dropped else "complete")
    assert appending.closed


def test_memory_holds_one_piece_and_what_just_came(threads: Threads) -> None:
    appending, arrival = FakeAppending(), b"x" * 65_536

    pour(appending, FakeBody(*[arrival] * 200, Pause.END), threads)

    assert max(map(len, appending.pieces)) < receiving.PIECE + len(arrival)
    assert len(appending.pieces[0]) == len(arrival)  # the first is looked at without waiting for more


def test_a_refusal_ends_it_and_gives_the_lock_back(threads: Threads) -> None:
    appending = FakeAppending(refuses=UnsupportedType("upload.not_a_photo", "no"))

    with pytest.raises(UnsupportedType):
        pour(appending, FakeBody(b"%PDF-1.7", Pause.END), threads)

    assert appending.closed
    assert not appending.completed


def test_silence_ends_only_when_somebody_else_asks_or_after_long(threads: Threads) -> None:
    asked_for, alone = FakeAppending(wanted=True), FakeAppending()
    few, many = [Pause.SILENCE] * 4, [Pause.SILENCE] * 119

    assert pour(asked_for, FakeBody(b"x", *few, b"never", Pause.END), threads) == "kept"
    assert asked_for.pieces == [b"x"]
    assert pour(alone, FakeBody(b"x", *many, b"y", *many, b"z", Pause.END), threads) == "complete"
    assert alone.pieces == [b"x", b"y", b"z"]
    assert pour(FakeAppending(), FakeBody(b"x"), threads) == "kept"


def test_a_cancelled_request_gives_the_lock_back(threads: Threads) -> None:
    class EndlessBody:
        async def read(self, wait_s: float) -> bytes | Pause:
            await asyncio.sleep(3600)
            return b""

    async def cancelled(appending: FakeAppending) -> None:
        request = asyncio.ensure_future(receive(cast("Appending", appending), EndlessBody(), threads))
        await asyncio.sleep(0.01)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    appending = FakeAppending()
    asyncio.run(cancelled(appending))
    assert appending.closed
    assert not appending.completed
