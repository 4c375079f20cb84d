"""A running Storepatrol: real processes, real models, a demo company, and the people who sign in."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from core import weights
from core.queues import QUEUES
from core.settings import load
from storepatrol.stack import free_ports
from tests.conftest import ROOT

SHORT_SLA = {"STOREPATROL_SLA_MAJOR": "PT4S", "STOREPATROL_SLA_CRITICAL": "PT4S", "STOREPATROL_SWEEP_EVERY": "PT1S"}
START_TIMEOUT_S = 90


class Installation:
    """One installation, seen from outside: its address, its demo logins and its log."""

    def __init__(self, url: str, data_dir: Path, log: Path) -> None:
        self.url, self.data_dir, self.log_file = url, data_dir, log
        self._clients: list[httpx.Client] = []
        self._password = json.loads((data_dir / "demo.json").read_text("utf-8"))["password"]

    def sign_in(self, login: str, **headers: str) -> httpx.Client:
        """A client that is signed in as `login` of the demo company."""
        client = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30, headers={"Accept-Language": "en", **headers})
        self._clients.append(client)
        answer = client.post("/session", json={"login": f"{login}@demo", "password": self._password, "keep": "body"})
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    def close(self) -> None:
        """Hang up every client that was handed out."""
        for client in self._clients:
            client.close()

    @property
    def password(self) -> str:
        return self._password

    def log(self) -> list[dict[str, Any]]:
        """Every structured line that any process of the installation has written."""
        lines = self.log_file.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def wait_for(what: str, look: Callable[[], Any], timeout_s: float = 40) -> Any:
    """Return the first true answer of `look`; fail, saying for what was waited, when there is none in time."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        if answer := look():
            return answer
        time.sleep(0.1)
    pytest.fail(f"waited {timeout_s:.0f} s in vain: {what}")


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of fetched models, which `make test` has filled."""
    folder = load(dict(os.environ) | {"STOREPATROL_DATA_DIR": str(ROOT / ".data")}).models
    weights.fetch("whisper-base", folder)
    return folder


@contextmanager
def _process(environment: dict[str, str], log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "storepatrol", *arguments], env=environment, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "storepatrol", *arguments], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def _environment(data_dir: Path, models_dir: Path, more: dict[str, str]) -> tuple[dict[str, str], str]:
    (port,) = free_ports([None])
    outside = {name: value for name, value in os.environ.items() if not name.startswith("STOREPATROL_")}
    ours = {
        "STOREPATROL_DATA_DIR": str(data_dir),
        "STOREPATROL_MODELS_DIR": str(models_dir),
        "STOREPATROL_PORT": str(port),
        "STOREPATROL_LOG_FORM": "json",
        "PYTHONUNBUFFERED": "1",
    }
    return outside | ours | SHORT_SLA | more, f"http://127.0.0.1:{port}"


@contextmanager
def started(
    data_dir: Path, models_dir: Path, more: dict[str, str], beside: tuple[str, ...], *, make_demo: bool = True
) -> Iterator[Installation]:
    """Start an installation with a demo company; `beside` are the other processes of a stack."""
    environment, url = _environment(data_dir, models_dir, more)
    log = data_dir.parent / "log"
    log.touch()
    if make_demo:
        _run(environment, "demo")
    with ExitStack() as processes:
        for command in ("serve", *beside):
            processes.enter_context(_process(environment, log, *command.split()))
        wait_for("the server is ready", lambda: _ready(url), START_TIMEOUT_S)
        running = Installation(url, data_dir, log)
        processes.callback(running.close)
        yield running


def _ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[Installation]:
    """Everything in one process tree, SQLite and a folder."""
    with started(tmp_path_factory.mktemp("embedded") / "data", models_dir, {}, ()) as running:
        yield running


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, models_dir: Path, stack_environment: dict[str, str]
) -> Iterator[Installation]:
    """PostgreSQL, Redis and S3, with API, workers and timer as processes of their own."""
    data_dir = tmp_path_factory.mktemp("stack") / "data"
    workers = (*(f"worker --queues {queue}" for queue in QUEUES), "timer")
    with started(data_dir, models_dir, stack_environment, workers) as running:
        yield running


@pytest.fixture(scope="module", params=["embedded", pytest.param("stack", marks=pytest.mark.stack)])
def installation(request: pytest.FixtureRequest) -> Installation:
    """The test runs once for each way to run."""
    running: Installation = request.getfixturevalue(request.param)
    return running
