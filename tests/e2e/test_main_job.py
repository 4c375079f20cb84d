"""The main job, end to end: the steps of the product's design, by name, in both ways to run.

A supervisor's shelf photo and voice note become findings, an issue, a task with a clock, an escalation, a verified fix
and a cell on headquarters' heatmap. Real servers, real detector, real speech model; the shelves are rendered.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from core.ids import new_id
from tests.conftest import ROOT
from tests.e2e.actions import TRACE, begin, complete, issues_of, one, submit, told, upload, verdict
from tests.e2e.installation import Installation, wait_for
from vision.render import render_pair

SHELF = 1
NOTE = ROOT / "speech" / "demo" / "zh-shelf-chiller-floor.webm"
GAPS = "availability.on_shelf"


@contextmanager
def step(name: str) -> Iterator[None]:
    """Name a step of the design, so that a failure says which part of the way broke."""
    try:
        yield
    except AssertionError as error:
        error.add_note(f"in the step “{name}”")
        raise


def test_a_photo_and_a_voice_note_become_a_verified_fix_and_a_cell_on_the_heatmap(installation: Installation) -> None:
    supervisor, store = installation.sign_in("supervisor"), installation.sign_in("store")
    region, hq = installation.sign_in("region"), installation.sign_in("hq")
    before, after = render_pair(SHELF, rows=3, gaps=5, filled=True)
    _, unfilled = render_pair(SHELF, rows=3, gaps=5, filled=False)
    shop = one(supervisor, "/org/nodes?kind=store&limit=100", lambda node: node["code"] == "SH01")
    visit_id, photo_id, note_id = str(new_id()), str(new_id()), str(new_id())
    version = begin(supervisor, visit_id, shop["id"])

    with step("photo or voice in"):
        photo_item = next(item["id"] for item in version["items"] if item["checkpoint"] == GAPS)
        where = {"visit_id": visit_id, "item_id": photo_item, "source": "camera"}
        upload(supervisor, before.jpeg, kind="photo", id=photo_id, filename="shelf.jpg", **where)
        note = NOTE
        upload(supervisor, note.read_bytes(), kind="voice", id=note_id, visit_id=visit_id, filename=note.name)
        sent = submit(supervisor, visit_id, version, [photo_id], [note_id])
        assert sent["state"] == "submitted"
        assert sent["score"] == 100

    with step("stored once, by SHA-256"):
        photo = supervisor.get(f"/photos/{photo_id}").json()
        assert photo["sha256"] == hashlib.sha256(before.jpeg).hexdigest()
        assert httpx.get(installation.url + photo["image_url"]).content == before.jpeg
        again = upload(supervisor, before.jpeg, retries=3, kind="photo", id=photo_id, filename="shelf.jpg", **where)
        assert again == photo["sha256"]
        assert len(supervisor.get(f"/visits/{visit_id}").json()["photos"]) == 1

    with step("job"):
        finished = wait_for("the visit's analysis", lambda: complete(supervisor, visit_id))

    with step("seen / heard"):
        seen, heard = finished["photos"][0], finished["voice_notes"][0]
        assert seen["state"] == "analysed", seen["problem"]
        assert len(seen["reading"]["gaps"]) >= 2
        assert seen["reading"]["oos_rate"] > 0.08
        overlay = httpx.get(installation.url + seen["overlay_url"])
        assert overlay.headers["content-type"] == "image/jpeg"
        assert heard["state"] == "transcribed", heard["problem"]
        assert heard["issues"], heard["text"]

    with step("findings → issue"):
        issues = wait_for("the issues", lambda: issues_of(supervisor, visit_id, at_least=2))
        shelf_issues = [issue for issue in issues if issue["checkpoint"] == GAPS]
        assert len(shelf_issues) == 1
        assert len({issue["checkpoint"] for issue in issues}) == len(issues)

    with step("task, clock starts"):
        task_id = wait_for("the task", lambda: supervisor.get(f"/issues/{shelf_issues[0]['id']}").json()["task_id"])
        task = store.get(f"/tasks/{task_id}").json()
        kinds = [entry["kind"] for entry in task["trail"]]
        first_found = min(kinds.index("PhotoAnalysed"), kinds.index("NoteTranscribed"))
        assert first_found < kinds.index("IssueOpened") < kinds.index("TaskAssigned")
        assert task["due_at"] > task["created_at"]
        assert task["before"][0]["overlay_url"]

    with step("nobody moved"):
        wait_for("the escalation", lambda: region.get(f"/tasks/{task_id}").json()["escalation_level"] >= 1)
        task = region.get(f"/tasks/{task_id}").json()
        assert [entry["kind"] for entry in task["trail"]].count("TaskEscalated") == task["escalation_level"]
        assert task["owner"]["role"] == "regional_manager"
        wait_for("the message", lambda: told(region, "TaskEscalated", task_id))

    with step("after photo"):
        first_try = str(new_id())
        upload(store, unfilled.jpeg, kind="after", id=first_try, task_id=task_id, filename="after.jpg")
        rejected = wait_for("the verdict on the unfilled shelf", lambda: verdict(store, task_id, first_try))
        assert rejected["verdict"] == "not_fixed", rejected
        assert rejected["reasons"]
        assert store.get(f"/tasks/{task_id}").json()["state"] == "open"

    with step("same place? gone? genuine?"):
        second_try = str(new_id())
        upload(store, after.jpeg, kind="after", id=second_try, task_id=task_id, filename="after.jpg")
        accepted = wait_for("the verdict on the filled shelf", lambda: verdict(store, task_id, second_try))
        assert accepted["verdict"] == "fixed", accepted
        closed = store.get(f"/tasks/{task_id}").json()
        assert closed["state"] == "closed"
        assert closed["issue"]["state"] == "closed"
        assert [entry["kind"] for entry in closed["trail"]].count("FixVerified") == 1

    with step("numbers"):
        heatmap = hq.get("/reports/heatmap").json()
        assert len(heatmap["columns"]) == 12
        east = next(row for row in heatmap["rows"] if row["node"]["code"] == "EAST")
        assert next(cell for cell in east["cells"] if cell["dimension"] == "availability")["answers"] > 0

    the_log_follows_the_photo(installation)


def the_log_follows_the_photo(installation: Installation) -> None:
    kinds = {line.get("kind") for line in installation.log() if line.get("trace_id") == TRACE}
    assert {"see", "raise_issues", "assign_task", "tell"} <= kinds


@pytest.mark.needs_data
def test_the_same_on_a_real_shelf_photo(installation: Installation, shared_data: Path) -> None:
    """What the detector sees on a real photo becomes a task as well."""
    supervisor = installation.sign_in("supervisor")
    shop = one(supervisor, "/org/nodes?kind=store&limit=100", lambda node: node["code"] == "SH02")
    visit_id = str(new_id())
    version = begin(supervisor, visit_id, shop["id"])
    for photo in most_labelled(shared_data, 3):
        upload(supervisor, photo.read_bytes(), kind="photo", id=str(new_id()), visit_id=visit_id, filename=photo.name)
    submit(supervisor, visit_id, version, [], [])
    wait_for("the visit's analysis", lambda: complete(supervisor, visit_id))
    issues = wait_for("an issue", lambda: issues_of(supervisor, visit_id, at_least=1))
    assert [issue["checkpoint"] for issue in issues] == [GAPS]
    wait_for("its task", lambda: supervisor.get(f"/issues/{issues[0]['id']}").json()["task_id"])


def most_labelled(shared_data: Path, count: int) -> list[Path]:
    """The test photos with the most labelled gaps: on these a working detector finds some."""
    folder = shared_data / "shelf_gaps"
    labels = sorted((folder / "test" / "labels").glob("*.txt"), key=lambda f: -len(f.read_text().splitlines()))
    return [next((folder / "test" / "images").glob(f"{label.stem}.*")) for label in labels[:count]]
