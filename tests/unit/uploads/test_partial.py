"""Part files: one writer, nothing behind the acknowledged offset, and an end without leftovers."""

import errno
import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from core.errors import Locked
from workflows.uploads.partial import DiskUnavailable, PartFolder

UPLOAD = uuid.UUID(int=7)


@pytest.fixture
def folder(tmp_path: Path) -> PartFolder:
    return PartFolder(tmp_path / "uploads")


def test_bytes_are_kept_between_requests(folder: PartFolder) -> None:
    with folder.take(UPLOAD) as part:
        part.append(b"abc")
    with folder.take(UPLOAD) as part:
        part.append(b"def")
        assert (part.head(10), part.size) == (b"abcdef", 6)
        assert part.sha256().startswith("bef57ec7")
    assert folder.size(UPLOAD) == 6


def test_what_lies_behind_the_acknowledged_offset_is_cut_off(folder: PartFolder) -> None:
    with folder.take(UPLOAD) as part:
        part.append(b"abc and bytes nobody vouched for")
        part.truncate(3)
        part.append(b"d")
        assert part.head(10) == b"abcd"


def test_only_one_writer_holds_a_part(folder: PartFolder) -> None:
    with folder.take(UPLOAD) as part:
        assert not part.is_wanted()
        with pytest.raises(Locked):
            folder.take(UPLOAD)
        assert part.is_wanted()
        assert not folder.is_free(UPLOAD)
        folder.take(uuid.UUID(int=8)).close()  # another upload is not concerned
    assert folder.is_free(UPLOAD)
    with folder.take(UPLOAD) as part:
        assert not part.is_wanted()


def test_another_process_is_locked_out_too(folder: PartFolder, tmp_path: Path) -> None:
    program = (
        "import sys, uuid, pathlib\n"
        "from workflows.uploads.partial import PartFolder\n"
        "print(PartFolder(pathlib.Path(sys.argv[1])).is_free(uuid.UUID(int=7)))"
    )
    with folder.take(UPLOAD):
        answer = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "uploads")], capture_output=True, text=True, check=True
        )
    assert answer.stdout.strip() == "False"


def test_a_removed_part_begins_anew(folder: PartFolder) -> None:
    with folder.take(UPLOAD) as part:
        part.append(b"old")
        part.remove()
        with folder.take(UPLOAD) as fresh:  # the name is free though the old one's holder has not let go
            assert fresh.size == 0
            fresh.append(b"new!")
    assert folder.size(UPLOAD) == 4


def test_parts_left_behind_are_found_by_their_age(folder: PartFolder, tmp_path: Path) -> None:
    folder.take(UPLOAD).close()
    (tmp_path / "uploads" / "not-an-upload.part").touch()
    hour_ago = time.time() - 3600
    os.utime(tmp_path / "uploads" / f"{UPLOAD}.part", (hour_ago, hour_ago))
    folder.take(uuid.UUID(int=8)).close()

    assert folder.left_behind(1800) == [UPLOAD]
    assert PartFolder(tmp_path / "nowhere").left_behind(0) == []


def test_a_disk_that_is_away_is_an_error_to_try_again_later(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")
    with pytest.raises(DiskUnavailable) as caught:
        PartFolder(tmp_path / "uploads").take(UPLOAD)
    assert caught.value.retryable
    assert caught.value.extra["reason"] == "EEXIST"


def test_a_full_disk_says_so() -> None:
    part = PartFolder(Path("/dev/shm")).take(UPLOAD)  # noqa: S108 - only its handle is replaced below
    full = os.open("/dev/full", os.O_RDWR)
    try:
        part.remove()
        os.dup2(full, part._handle)
        with pytest.raises(DiskUnavailable) as caught:
            part.append(b"x")
        assert caught.value.extra["reason"] == errno.errorcode[errno.ENOSPC]
    finally:
        os.close(full)
        part.close()
