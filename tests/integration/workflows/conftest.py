"""A shop on each kind of database."""

import pytest

from core.parts import Parts
from tests.builders import Company
from tests.integration.workflows.world import Shop


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)
