"""Parts with known holes are here in a version that has them closed; a closed network cannot ask an audit service."""

from importlib.metadata import version

import pytest
from pysqlite3 import dbapi2

from core.db import wal_is_safe

FLOORS = {
    "pillow": (13, 0),  # JPEG decoder overflow, CVE-2026-112403
    "pillow-heif": (1, 8),  # libheif, CVE-2026-84383
    "litestar": (2, 25),  # several before 2.20; proxies' headers, CVE-2025-59152
}


@pytest.mark.parametrize("name", FLOORS)
def test_a_part_with_a_known_hole_is_new_enough(name: str) -> None:
    found = tuple(int(part) for part in version(name).split(".")[:2])
    assert found >= FLOORS[name]


def test_sqlite_is_free_of_the_wal_reset_race() -> None:
    assert wal_is_safe(dbapi2.sqlite_version_info)


@pytest.mark.parametrize(
    ("version_info", "safe"),
    [((3, 40, 1), False), ((3, 44, 6), True), ((3, 50, 6), False), ((3, 50, 7), True), ((3, 51, 2), False),
     ((3, 51, 3), True), ((3, 53, 4), True)],
)  # fmt: skip
def test_which_sqlite_is_safe_with_a_write_ahead_log(version_info: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version_info) is safe
