"""The wheel, alone in a new environment: an editable install hides what was forgotten to be packed."""

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storepatrol.stack import free_ports
from tests.conftest import ROOT
from tests.e2e.installation import wait_for


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip(Path(sys.executable), "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (file,) = folder.glob("storepatrol-*.whl")
    return file


@pytest.fixture(scope="module")
def new_environment(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """The folder `bin` of a virtual environment with the wheel and what the wheel says that it needs."""
    folder = tmp_path_factory.mktemp("new") / "venv"
    venv.create(folder, with_pip=True)
    pip(folder / "bin/python", "install", "-c", str(ROOT / "constraints.txt"), str(wheel))
    return folder / "bin"


def pip(python: Path, *words: str) -> None:
    done = subprocess.run([python, "-m", "pip", "--quiet", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> dict[str, str]:
    """What a newcomer's shell holds: nothing of ours but where data and the fetched model shall lie."""
    ours = {name for name in os.environ if name.startswith(("STOREPATROL_", "PYTHON", "VIRTUAL_ENV"))}
    (port,) = free_ports([None])
    return {name: value for name, value in os.environ.items() if name not in ours} | {
        "STOREPATROL_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "STOREPATROL_MODELS_DIR": str(models_dir),
        "STOREPATROL_PORT": str(port),
    }


def run(new_environment: Path, surroundings: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    folder = surroundings["STOREPATROL_DATA_DIR"]  # not the checkout: nothing may come from there
    return subprocess.run(
        [new_environment / "storepatrol", *words], env=surroundings, cwd=folder, capture_output=True, text=True
    )


def test_the_wheel_holds_all_that_is_needed_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "api/client/index.html",
        "api/client/sw.js",
        "api/py.typed",
        "core/migrations/env.py",
        "model_weights/manifest.toml",
    ):
        assert needed in names
    assert [name for name in names if name.startswith("core/migrations/versions/") and name.endswith(".py")]
    assert len([name for name in names if name.startswith("checklists/library/") and name.endswith(".toml")]) >= 12
    assert [name for name in names if name.startswith("model_weights/") and name.endswith(".onnx")]
    strangers = ("tests/", "mobile_client/", "benchmarks/", "docs/", "model_weights/fetched/", ".data/")
    assert [name for name in names if name.startswith(strangers) or "__pycache__" in name] == []


def test_the_command_is_there(new_environment: Path, surroundings: dict[str, str]) -> None:
    done = run(new_environment, surroundings, "--help")
    assert done.returncode == 0, done.stderr
    assert "serve everything at one address" in done.stdout


def test_the_weights_it_ships_are_whole(new_environment: Path, surroundings: dict[str, str]) -> None:
    done = run(new_environment, surroundings, "models", "verify", "--json")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def address(new_environment: Path, surroundings: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of a server that runs from the wheel."""
    url = f"http://127.0.0.1:{surroundings['STOREPATROL_PORT']}"
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [new_environment / "storepatrol", "serve"], env=surroundings, cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        wait_for("the server is ready", lambda: ready(url) or server.poll() is not None, 90)
        assert server.poll() is None, log.read_text("utf-8")
        yield url
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2).is_success
    except httpx.TransportError:
        return False


def test_it_serves_with_its_own_migrations_and_client(address: str) -> None:
    assert httpx.get(f"{address}/health/ready").json()["parts"] == {"database": "ok", "storage": "ok"}
    page = httpx.get(address)
    assert page.headers["content-type"].startswith("text/html")
    scripts = [part.split('"')[0] for part in page.text.split('src="')[1:]]
    assert scripts, "the client was not built into the wheel"
    for script in scripts:
        assert httpx.get(f"{address}/{script.removeprefix('.').removeprefix('/')}").is_success
    assert httpx.get(f"{address}/api/openapi.json").json()["openapi"].startswith("3.")
