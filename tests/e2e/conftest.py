"""Fixtures: whole installations, started as their users start them, in both ways to run."""

from tests.e2e.installation import embedded, installation, models_dir, stack
from tests.integration.servers import (
    postgres_admin_url,
    postgres_url,
    redis_url,
    s3_settings,
    servers_folder,
    stack_environment,
)

__all__ = [
    "embedded",
    "installation",
    "models_dir",
    "postgres_admin_url",
    "postgres_url",
    "redis_url",
    "s3_settings",
    "servers_folder",
    "stack",
    "stack_environment",
]
