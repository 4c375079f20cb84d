"""Jobs over HTTP: those who look after the installation see what failed, and administrators run it again."""

import httpx
import pytest

from core.parts import Parts
from tests.builders import Company
from tests.integration.databases import SignIn
from tests.integration.workflows.world import Shop
from workflows.visits.model import Photo

JOBS = "/api/v1/jobs"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def shop(parts: Parts, company: Company) -> Shop:
    return Shop(parts, company)


@pytest.fixture
def dead_job(shop: Shop) -> Shop:
    """A photo whose file the storage has lost: its job is dead."""
    photo_id = shop.photo(shop.visit())
    shop.parts.blobs.delete(shop.one(Photo, Photo.id == photo_id).sha256)
    shop.work()
    return shop


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_failed_for_good_is_listed_with_its_reason(dead_job: Shop, sign_in: SignIn, company: Company) -> None:
    hq = sign_in(company, "hq")
    (job,) = hq.get(JOBS, params={"state": "dead"}).json()["items"]
    photo = dead_job.one(Photo)
    assert (job["kind"], job["queue"], job["attempts"]) == ("see", "vision", 1)
    assert "storage.missing" in job["last_error"]
    assert job["subject"] == f"photo {photo.id}"
    assert hq.get(f"{JOBS}/summary").json() == [
        {"queue": "vision", "ready": 0, "running": 0, "dead": 1, "oldest_s": None}
    ]
    assert hq.get(f"/api/v1/photos/{photo.id}").json()["state"] == "failed"


def test_the_summary_tells_how_long_the_oldest_has_waited(shop: Shop, sign_in: SignIn, company: Company) -> None:
    shop.photo(shop.visit())
    admin = sign_in(company, "admin")
    (line,) = admin.get(f"{JOBS}/summary").json()
    assert (line["ready"], line["oldest_s"]) == (1, 0.0)


def test_only_an_administrator_runs_a_job_again(dead_job: Shop, sign_in: SignIn, company: Company) -> None:
    admin = sign_in(company, "admin")
    (job,) = admin.get(JOBS, params={"state": "dead"}).json()["items"]
    url, body = f"{JOBS}/{job['id']}/rerun", {"version": job["version"]}
    for person in ("hq", "north_manager", "supervisor", "manager_a"):
        assert problem(sign_in(company, person).post(url, json=body)) == (403, "access.forbidden"), person
    again = admin.post(url, json=body)
    assert (again.status_code, again.json()["state"]) == (200, "ready")
    assert dead_job.one(Photo).state == "stored"
    assert problem(admin.post(url, json=body)) == (409, "job.stale")
    assert problem(admin.post(url, json={"version": again.json()["version"]})) == (409, "job.not_dead")


def test_jobs_are_not_for_everyone(dead_job: Shop, sign_in: SignIn, company: Company) -> None:
    for person in ("north_manager", "supervisor", "manager_a"):
        assert sign_in(company, person).get(JOBS).status_code == 403
        assert sign_in(company, person).get(f"{JOBS}/summary").status_code == 403


def test_jobs_of_another_company_are_not_there(
    dead_job: Shop, sign_in: SignIn, company: Company, other_company: Company
) -> None:
    (job,) = sign_in(company, "admin").get(JOBS, params={"state": "dead"}).json()["items"]
    stranger = sign_in(other_company, "admin")
    assert stranger.get(JOBS).json()["items"] == []
    assert stranger.get(f"{JOBS}/summary").json() == []
    rerun = stranger.post(f"{JOBS}/{job['id']}/rerun", json={"version": job["version"]})
    assert problem(rerun) == (404, "job.not_found")


def test_jobs_come_in_pages(shop: Shop, sign_in: SignIn, company: Company) -> None:
    for _ in range(3):
        shop.photo(shop.visit())
    admin = sign_in(company, "admin")
    first = admin.get(JOBS, params={"limit": 2}).json()
    second = admin.get(JOBS, params={"limit": 2, "cursor": first["next"]}).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert len({job["id"] for job in first["items"] + second["items"]}) == 3
