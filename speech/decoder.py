"""Decoding in a child process that may crash, hang or be killed without taking the speech model with it.

The child lives as long as its `Decoder` and takes one recording after the other; after a crash or a time-out the next
recording gets a new one. Over its pipes go a length of 8 bytes and then that many bytes: recording in; out, one byte
"ok" or "error" first, then samples (float32) or the error's code.
"""

import os
import resource
import selectors
import struct
import subprocess
import sys
import threading
import time
import weakref
from typing import IO

import numpy as np

from speech.audio import MAX_BYTES, Samples, decode
from speech.errors import AudioError, DecoderDied

_OK, _ERROR = b"+", b"-"
_MEMORY_LIMIT = 2 * 1024**3


class Decoder:
    """Decodes recordings in a child; usable from several threads, one recording at a time."""

    def __init__(self, seconds: float = 60, max_bytes: int = MAX_BYTES) -> None:
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def decode(self, data: bytes) -> Samples:
        """Return the recording's samples (see `speech.audio.decode`).

        Raises:
            AudioError: as `decode`.
            DecoderDied: the child crashed or took too long; the next try gets a new one.

        """
        with self._lock:
            child = self._running()
            try:
                status, payload = _ask(child, data, time.monotonic() + self._seconds)
            except (OSError, EOFError, TimeoutError) as error:
                self._stop()
                raise DecoderDied from error
        if status == _OK:
            return np.frombuffer(payload, np.float32)
        raise AudioError(payload.decode("ascii"))

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._stop()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "speech.decoder", str(self._max_bytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
            weakref.finalize(self, _end, self._child)
        return self._child

    def _stop(self) -> None:
        if self._child is not None:
            _end(self._child)
            self._child = None


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe:
            pipe.close()


def _ask(child: subprocess.Popen[bytes], data: bytes, deadline: float) -> tuple[bytes, bytes]:
    assert child.stdin  # noqa: S101  # we opened it
    assert child.stdout  # noqa: S101
    # The child reads all of it before it writes, so a plain write cannot block for long while it lives.
    _write(child.stdin, struct.pack("<Q", len(data)) + data)
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)

        def read(size: int) -> bytes:
            pieces: list[bytes] = []
            while size:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                piece = os.read(child.stdout.fileno(), min(size, 1 << 20)) if child.stdout else b""
                if not piece:
                    raise EOFError
                pieces.append(piece)
                size -= len(piece)
            return b"".join(pieces)

        status = read(1)
        (size,) = struct.unpack("<Q", read(8))
        return status, read(size)


def _write(pipe: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) :]


def serve(requests: IO[bytes], answers: IO[bytes], max_bytes: int) -> None:
    """Be the child: decode what comes until the other side closes."""
    while len(head := requests.read(8)) == 8:
        data = requests.read(struct.unpack("<Q", head)[0])
        try:
            status, payload = _OK, decode(data, max_bytes=max_bytes).tobytes()
        except AudioError as error:
            status, payload = _ERROR, error.code.encode("ascii")
        except MemoryError:
            status, payload = _ERROR, b"audio.damaged"
        answers.write(status + struct.pack("<Q", len(payload)) + payload)
        answers.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, _MEMORY_LIMIT))
    serve(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]))
