"""The first company of an installation is made from the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.access.sign_in import normal_login
from core.caller import installation
from core.db import Database, make_engine
from core.org import Company, Membership, OrgNode, Person


def company(data_dir: Path, password: str, *more: str) -> subprocess.CompletedProcess[str]:
    words = [
        "company",
        "--name-zh",
        "好店",
        "--name-en",
        "Good Shops",
        "--login",
        "Boss@Example.com",
        "--password-stdin",
    ]
    return subprocess.run(
        [sys.executable, "-m", "storepatrol", *words, "--password-stdin", *more],
        input=f"{password}\n",
        env=os.environ | {"STOREPATROL_DATA_DIR": str(data_dir)},
        capture_output=True,
        text=True,
    )


def rows(data_dir: Path, model: type) -> list[object]:
    database = Database(make_engine(f"sqlite:///{data_dir / 'storepatrol.sqlite3'}"))
    try:
        with database.snapshot(installation()) as session:
            return list(session.scalars(sa.select(model)))
    finally:
        database.close()


def test_it_has_a_root_an_administrator_and_checklists(tmp_path: Path) -> None:
    done = company(tmp_path, "a long enough password")
    assert done.returncode == 0, done.stderr
    (root,), (person,), (role,) = (rows(tmp_path, model) for model in (OrgNode, Person, Membership))
    assert (root.kind, root.time_zone) == ("company", "Asia/Shanghai")  # type: ignore[attr-defined]
    assert person.login == normal_login("Boss@Example.com")  # type: ignore[attr-defined]
    assert (role.role, role.node_id) == ("admin", root.id)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("password", "more", "said"),
    [("short", (), "password"), ("a long enough password", ("--time-zone", "Mars/Base"), "Mars")],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(
    tmp_path: Path, password: str, more: tuple[str, ...], said: str
) -> None:
    done = company(tmp_path, password, *more)
    assert done.returncode == 1
    assert said in done.stderr
    assert rows(tmp_path, Company) == []


def test_a_login_that_is_taken_is_refused(tmp_path: Path) -> None:
    assert company(tmp_path, "a long enough password").returncode == 0
    again = company(tmp_path, "a long enough password")
    assert again.returncode == 1
    assert len(rows(tmp_path, Company)) == 1
