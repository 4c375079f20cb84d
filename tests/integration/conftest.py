"""Real servers for the tests of this folder."""

import msgspec
import pytest

from tests.integration.databases import (
    client,
    clock,
    company,
    database,
    database_url,
    other_company,
    parts,
    postgres_database_url,
    postgres_template,
    server_url,
    sign_in,
    sqlite_database_url,
    sqlite_template,
)
from tests.integration.servers import (
    empty_postgres,
    postgres_admin_url,
    postgres_url,
    redis_url,
    s3_bucket,
    s3_settings,
    servers_folder,
    stack_environment,
)
from workflows.review import thresholds

__all__ = [
    "client",
    "clock",
    "company",
    "database",
    "database_url",
    "empty_postgres",
    "other_company",
    "parts",
    "postgres_admin_url",
    "postgres_database_url",
    "postgres_template",
    "postgres_url",
    "redis_url",
    "s3_bucket",
    "s3_settings",
    "server_url",
    "servers_folder",
    "sign_in",
    "sqlite_database_url",
    "sqlite_template",
    "stack_environment",
]


@pytest.fixture(autouse=True)
def _nobody_is_asked_by_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample of sure photos that is reviewed all the same is drawn by their ids, which are new each time."""
    monkeypatch.setattr(thresholds, "DEFAULT", msgspec.structs.replace(thresholds.DEFAULT, sample=0.0))
