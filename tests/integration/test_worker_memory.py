"""The process that opens photos from outside is the one whose memory is bounded."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import migrate
from core.db import make_engine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory is a process's own")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    engine = make_engine(f"sqlite:///{tmp_path / 'storepatrol.sqlite3'}")
    migrate.upgrade(engine)
    engine.dispose()
    command = [sys.executable, "-m", "storepatrol", "worker", "--child", "--queues", "vision"]
    environ = os.environ | {"STOREPATROL_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        yield process
        process.kill()


def test_a_vision_worker_may_not_grow_without_end(worker: "subprocess.Popen[bytes]") -> None:
    assert worker.stdout is not None
    told = b""
    while b"worker ready" not in told:
        line = worker.stdout.readline()
        assert line, told.decode()
        told += line
    limits = Path(f"/proc/{worker.pid}/limits").read_text("ascii").splitlines()
    (limit,) = (line.split()[3] for line in limits if line.startswith("Max data size"))
    assert 1000 < int(limit) // 2**20 < 3000
