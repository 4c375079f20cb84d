"""The arrows between packages hold, and the check that says so can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("api", "checklists", "core", "reports", "speech", "storepatrol", "vision", "workflows")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the packages without anything but Python."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_not_python)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _not_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not ((Path(folder) / name).is_dir() or name.endswith(".py"))} | {"client"}


def check(tree: Path) -> subprocess.CompletedProcess[str]:
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=None))"
    return subprocess.run([sys.executable, "-c", script], cwd=tree, capture_output=True, text=True)


def test_imports_point_down(tree: Path) -> None:
    done = check(tree)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("core/planted.py", "import api.app", "Imports point down"),
        ("speech/planted.py", "import vision.photo", "Imports point down"),
        ("workflows/planted.py", "import reports.heatmap", "Imports point down"),
        ("vision/planted.py", "import sqlalchemy", "know no database"),
        ("speech/planted.py", "import http.client", "know no database"),
        ("api/planted.py", "import ultralytics", "Only training imports ultralytics"),
    ],
)
def test_an_import_that_points_up_is_found(tree: Path, file: str, line: str, contract: str) -> None:
    (tree / file).write_text(f'"""Planted."""\n\n{line}\n', "utf-8")
    done = check(tree)
    assert done.returncode != 0
    broken = [text for text in done.stdout.splitlines() if "BROKEN" in text]
    assert any(contract in text for text in broken), done.stdout
