"""Real servers for the tests of this folder."""

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

__all__ = [
    "empty_postgres",
    "postgres_admin_url",
    "postgres_url",
    "redis_url",
    "s3_bucket",
    "s3_settings",
    "servers_folder",
    "stack_environment",
]
