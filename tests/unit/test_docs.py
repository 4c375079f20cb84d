"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
MADE_HERE = ("node_modules", ".venv", ".venv-train", ".data")


def documents() -> list[Path]:
    return sorted(file for file in ROOT.rglob("*.md") if not set(MADE_HERE) & set(file.relative_to(ROOT).parts))


@pytest.mark.parametrize("document", documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_a_link_that_leads_nowhere_would_be_found() -> None:
    assert LINK.findall("see [this](docs/none.md) and ![that](a.png#x)") == ["docs/none.md", "a.png"]
