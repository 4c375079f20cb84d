"""What people do in the product, over its API, as the tests write it."""

import datetime as dt
import hashlib
import io
from typing import Any

import httpx
from tusclient.client import TusClient

TRACE = "photo-to-task-0001"


def one(client: httpx.Client, path: str, wanted: Any) -> Any:
    return next(item for item in client.get(path).json()["items"] if wanted(item))


def begin(client: httpx.Client, visit_id: str, store_id: str) -> Any:
    checklist = client.get("/checklists").json()["items"][0]
    version = client.get(f"/checklist-versions/{checklist['latest_version_id']}").json()
    now = dt.datetime.now(dt.UTC).isoformat()
    body = {"store_id": store_id, "checklist_version_id": version["id"], "started_at": now}
    assert client.put(f"/visits/{visit_id}", json=body).status_code == 201
    assert client.put(f"/visits/{visit_id}", json=body).status_code == 200
    return version


def upload(client: httpx.Client, content: bytes, *, retries: int = 0, **metadata: str) -> str:
    """Send a file with a tus client not written here; return what the server read back."""
    tus = TusClient(
        f"{client.base_url}uploads", headers={"Authorization": client.headers["Authorization"], "X-Trace-Id": TRACE}
    )
    digest = hashlib.sha256(content).hexdigest()
    uploader = tus.uploader(
        file_stream=io.BytesIO(content),
        chunk_size=100_000,
        retries=retries,
        retry_delay=1,
        metadata=metadata | {"sha256": digest},
    )
    uploader.upload()
    return digest


def submit(client: httpx.Client, visit_id: str, version: Any, photo_ids: list[str], note_ids: list[str]) -> Any:
    answers = [{"item_id": item["id"], "value": good(item["answer"])} for item in version["items"]]
    body = {"answers": answers, "photo_ids": photo_ids, "note_ids": note_ids}
    answer = client.post(f"/visits/{visit_id}/submit", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def good(kind: Any) -> Any:
    match kind["kind"]:
        case "pass_fail":
            return True
        case "scale":
            return kind["max"]
        case "choice":
            return next(choice["value"] for choice in kind["choices"] if choice["ok"])
        case _:
            value = kind["max"] if kind["max"] is not None else kind["min"]
            return int(value) if kind["whole"] else value


def complete(client: httpx.Client, visit_id: str) -> Any:
    visit = client.get(f"/visits/{visit_id}").json()
    return visit if visit["progress"]["complete"] else None


def issues_of(client: httpx.Client, visit_id: str, at_least: int) -> Any:
    issues = client.get(f"/visits/{visit_id}").json()["issues"]
    return issues if len(issues) >= at_least else None


def verdict(client: httpx.Client, task_id: str, photo_id: str) -> Any:
    attempts = client.get(f"/tasks/{task_id}").json()["attempts"]
    return next((a for a in attempts if a["photo"]["id"] == photo_id and a["verdict"]), None)


def told(client: httpx.Client, kind: str, task_id: str) -> bool:
    messages = client.get("/notifications").json()["items"]
    return any(message["kind"] == kind and message["task_id"] == task_id for message in messages)
