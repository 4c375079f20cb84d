"""How long people wait, and how much memory it takes: a whole embedded installation, seen from outside.

    python -m benchmarks.server [--times 10] [--json]

Measured on an idle queue, over HTTP on this machine: from the last byte of a photo or note to its findings on the live
stream; submitting a visit of 30 answers; start with everything in place; memory of the server with all its workers.
"""

import argparse
import hashlib
import io
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from tusclient.client import TusClient

from core import weights
from core.ids import new_id
from core.settings import load
from tests.e2e.installation import Installation, started
from vision.render import render_shelf

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data"))
NOTE_S = 20
ANSWERS = 30
GOALS = {
    "photo: last byte to findings, s": 2.0,
    f"note of {NOTE_S} s: last byte to findings, s": 6.0,
    f"visit of {ANSWERS} answers submitted, ms": 50.0,
    "start to ready, s": 5.0,
    "server with all workers, MB (PSS)": 1500.0,
}


def main() -> int:
    """Measure and print; the exit code says nothing about the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    models = load(dict(os.environ) | {"STOREPATROL_DATA_DIR": str(ROOT / ".data")}).models
    weights.fetch("whisper-base", models)
    facts = _machine()
    with tempfile.TemporaryDirectory(prefix="storepatrol-bench-") as folder:
        data_dir = Path(folder) / "data"
        with started(data_dir, models, {}, ()) as first:
            results, origin = _measure(first, args.times)
        began = time.perf_counter()
        with started(data_dir, models, {}, (), make_demo=False):
            results["start to ready, s"] = [time.perf_counter() - began]
    _print(facts, origin, results, as_json=args.json)
    return 0


def _measure(running: Installation, times: int) -> tuple[dict[str, list[float]], str]:
    supervisor = running.sign_in("supervisor")
    bench = Bench(running, supervisor)
    note, origin = twenty_seconds()
    bench.settle()
    photos = [bench.photo(number) for number in range(times + 1)][1:]
    notes = [bench.note(note) for _ in range(times // 2 + 1)][1:]
    visits = [bench.submit() * 1000 for _ in range(times + 1)][1:]
    keys = list(GOALS)
    return {keys[0]: photos, keys[1]: notes, keys[2]: visits, keys[4]: [memory_mb()]}, origin


class Bench:
    """The measured requests, as a phone makes them."""

    def __init__(self, running: Installation, client: httpx.Client) -> None:
        self._running, self._client = running, client
        nodes = client.get("/org/nodes?kind=store&limit=100").json()["items"]
        self._store = nodes[0]["id"]
        self._version = self._publish(running.sign_in("hq"))

    def _publish(self, hq: httpx.Client) -> Any:
        """Publish a checklist of exactly 30 items."""
        title = {"zh": "三十项", "en": "Thirty items"}
        checklist, codes = str(new_id()), [c["code"] for c in hq.get("/checkpoints").json()[:ANSWERS]]
        hq.post("/checklists", json={"id": checklist, "title": title}).raise_for_status()
        draft = {"id": str(new_id()), "title": title, "items": [{"checkpoint": c} for c in codes], "based_on": 0}
        return hq.post(f"/checklists/{checklist}/versions", json=draft).raise_for_status().json()

    def settle(self) -> None:
        """Wait until the demo's own photos are done, so that the queue is idle."""
        admin = self._running.sign_in("admin")
        while any(queue["ready"] or queue["running"] for queue in admin.get("/jobs/summary").json()):
            time.sleep(0.2)

    def photo(self, number: int) -> float:
        """Send one photo; return seconds from its last byte to its findings."""
        picture = render_shelf(number, rows=4, gaps=4).jpeg
        return self._sent_to_found(picture, "photo", "shelf.jpg", lambda live: live["photos"])

    def note(self, note: bytes) -> float:
        """Send one voice note; return seconds from its last byte to its findings."""
        return self._sent_to_found(note, "voice", "note.wav", lambda live: live["notes"])

    def submit(self) -> float:
        """Send a visit of 30 answers; return seconds."""
        visit = self._begin()
        answers = [{"item_id": item["id"], "value": _good(item["answer"])} for item in self._version["items"]]
        began = time.perf_counter()
        self._client.post(f"/visits/{visit}/submit", json={"answers": answers}).raise_for_status()
        return time.perf_counter() - began

    def _begin(self) -> str:
        visit = str(new_id())
        body = {"store_id": self._store, "checklist_version_id": self._version["id"]}
        self._client.put(f"/visits/{visit}", json=body).raise_for_status()
        return visit

    def _sent_to_found(self, content: bytes, kind: str, name: str, media: Callable[[Any], Any]) -> float:
        visit, found, listening = self._begin(), threading.Event(), threading.Event()
        listener = threading.Thread(target=self._listen, args=(visit, media, found, listening))
        listener.start()
        listening.wait()
        headers = {"Authorization": self._client.headers["Authorization"]}
        metadata = {"kind": kind, "id": str(new_id()), "visit_id": visit, "filename": name,
                    "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
        tus = TusClient(f"{self._client.base_url}uploads", headers=headers)
        uploader = tus.uploader(file_stream=io.BytesIO(content), chunk_size=len(content), metadata=metadata)
        uploader.upload()
        sent = time.perf_counter()
        found.wait()
        waited = time.perf_counter() - sent
        listener.join()
        return waited

    def _listen(
        self, visit: str, media: Callable[[Any], Any], found: threading.Event, listening: threading.Event
    ) -> None:
        with self._client.stream("GET", f"/visits/{visit}/live", timeout=60) as stream:
            listening.set()
            for line in stream.iter_lines():
                if not line.startswith("data: "):
                    continue
                entries = media(json.loads(line.removeprefix("data: ")))
                if entries and all(entry["state"] != "stored" for entry in entries):
                    found.set()
                    return


def twenty_seconds() -> tuple[bytes, str]:
    """Return a WAV of 20 s and where its speech is from: real read speech if it is there, else the demo's notes."""
    from speech.decoder import Decoder

    real = sorted((SHARED / "speech" / "real" / "zh").glob("*.wav"))
    own = sorted((ROOT / "speech" / "demo").glob("zh-*"))
    files, origin = (real, "real read Mandarin (shared data)") if real else (own, "the demo's synthesised note")
    decoder = Decoder()
    samples = np.concatenate([decoder.decode(file.read_bytes()) for file in (files * 20)[:20]])[: NOTE_S * 16_000]
    decoder.close()
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
    return buffer.getvalue(), origin


def memory_mb() -> float:
    """Return the memory of the server and its workers; shared pages are counted once (PSS)."""
    server = next(p for p in psutil.Process().children() if "serve" in p.cmdline())
    return float(sum(p.memory_full_info().pss for p in [server, *server.children(recursive=True)])) / 1e6


def _good(kind: Any) -> Any:
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


def _machine() -> str:
    names = ("storepatrol", "litestar", "onnxruntime", "faster-whisper", "ctranslate2")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    load = os.getloadavg()[0]
    return f"{platform.machine()}, {len(os.sched_getaffinity(0))} cores, load {load:.1f} at start; {versions}"


def _print(facts: str, origin: str, results: dict[str, list[float]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"machine": facts, "note": origin, "results": results}))
        return
    print(facts, f"python {platform.python_version()}", f"note: {origin}; photos: rendered, 1600 x 1200", sep="\n")
    print(f"{'':<46}{'median':>9}{'worst':>9}{'n':>4}{'goal':>8}")
    for name, goal in GOALS.items():
        values = results[name]
        print(f"{name:<46}{statistics.median(values):>9.2f}{max(values):>9.2f}{len(values):>4}{goal:>8.0f}")


if __name__ == "__main__":
    sys.exit(main())
