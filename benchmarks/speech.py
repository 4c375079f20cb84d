"""Seconds a note, errors and memory of the recogniser, beside faster-whisper used plainly on the same weights.

    python -m benchmarks.speech [--threads 2] [--clips FOLDER] [--count 24] [--rounds 3] [--json]

Clips: real speech with its text (a `manifest.tsv` as in the shared data; without it, the shipped demonstration notes);
`--count` of them, spread over the list. A "20 s note" is clips of one language joined with pauses. Each way has a
process of its own; they take turns, round by round, so that a busy machine is busy for all, and the median round
counts. All get decoded samples: decoding adds about 10 ms a clip. "A worker" also corrects by the demo company's
vocabulary and reads the note with the model of notes. Errors: characters (Chinese, simplified, no punctuation) and
words (English, lower case, no punctuation). Memory is the peak of the process, samples included. CPU seconds hardly
change when other programs are busy; the others do.
"""

import argparse
import json
import multiprocessing
import os
import platform
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import told

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "speech" / "demo"
DEMO_TEXTS = {
    "en-shelf-chiller-floor.ogg": "shelf three is out of stock the chiller is at nine degrees"
    " there is water on the floor near the entrance",
    "en-exit-tags-restroom.m4a": "the fire exit is blocked by boxes two price tags are missing the restroom is clean",
    "zh-shelf-chiller-floor.webm": "酸奶卖完了货架空了冷藏柜温度十二度门口地面有水很滑",
}
RATE = 16_000

Hear = Callable[[Any], str]
"""From samples to text."""

HearAs = Callable[[Any, str | None], str]
"""From samples and the language of the speaker's profile to text."""


class Clip:
    """A recording and what is said in it."""

    def __init__(self, file: Path, language: str, text: str) -> None:
        from speech.audio import decode

        self.language, self.text = language, text
        self.samples = decode(file.read_bytes())


def main() -> int:
    """Measure each way in a process of its own and print a table, or one JSON object a line."""
    args = _arguments()
    some, folder = clips(args.clips, args.count), model_dir()
    facts = {
        "machine": f"{processor()}, {len(os.sched_getaffinity(0))} cores, {args.threads} threads,"
        f" load {os.getloadavg()[0]:.1f} at start, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("faster-whisper", "ctranslate2", "av", "numpy")),
        "data": f"{len(some)} clips, {sum(len(clip.samples) for clip in some) / RATE:.0f} s: {args.clips or DEMO};"
        f" {args.rounds} rounds",
    }
    if not args.json:
        print("\n".join(f"{key}: {value}" for key, value in facts.items()))
        heads = ("s/clip", "cpu s", "x real", "20s zh", "20s en", "CER zh", "WER en", "MB", "load s")
        print(f"{'':<44}" + "".join(f"{head:>8}" for head in heads), flush=True)
    for name, result in _measured(folder, args).items():
        if args.json:
            print(json.dumps({"way": name, **facts, **result}, ensure_ascii=False), flush=True)
        else:
            timed = ("s_per_clip", "cpu_s_per_clip", "real_time", "note_zh", "note_en")
            speeds = "".join(f"{result[key]:>8.2f}" for key in timed)
            rest = f"{result['cer']:>8.1%}{result['wer']:>8.1%}{result['mb']:>8.0f}{result['load']:>8.2f}"
            print(f"{name:<44}{speeds}{rest}", flush=True)
    return 0


def ours_as(model_dir: Path, threads: int) -> HearAs:
    """Return the product's transcriber as workers use it: knowing the language of the speaker's profile, or not."""
    from speech.transcriber import Transcriber
    from speech.transcript import LANGUAGES

    transcriber = Transcriber.load(model_dir, threads)
    return lambda samples, profile: transcriber.transcribe_samples(samples, LANGUAGES, profile).text


def ours(model_dir: Path, threads: int) -> Hear:
    """Return the product's transcriber, which tells Chinese from English by itself."""
    hear = ours_as(model_dir, threads)
    return lambda samples: hear(samples, None)


def worker(model_dir: Path, threads: int) -> Hear:
    """Return all that a worker does with a note but read and write its database."""
    from benchmarks.vocabulary import demo_vocabulary
    from checklists.library import load as load_library
    from core import settings
    from speech.vocabulary import correct
    from storepatrol import note_readers

    hear, vocabulary = ours(model_dir, threads), demo_vocabulary()
    reader = note_readers.model(settings.load(os.environ), load_library())

    def work(samples: Any) -> str:
        text = hear(samples)
        reader.issues(correct(text, vocabulary).text)
        return text

    return work


def plain(model_dir: Path, threads: int, compute_type: str) -> Hear:
    """Return `WhisperModel(...).transcribe` with its defaults; texts are made simplified, so that errors compare."""
    import opencc
    from faster_whisper import WhisperModel

    model = WhisperModel(str(model_dir), device="cpu", cpu_threads=threads, compute_type=compute_type)
    simplify = opencc.OpenCC("t2s")

    def hear(samples: Any) -> str:
        segments, _ = model.transcribe(samples)
        return str(simplify.convert(" ".join(segment.text for segment in segments)))

    return hear


WAYS: dict[str, Callable[[Path, int], Hear]] = {
    "ours, language chosen": ours,
    "ours, a worker": worker,
    "faster-whisper plain, int8": lambda folder, threads: plain(folder, threads, "int8"),
    "faster-whisper plain, its defaults": lambda folder, threads: plain(folder, threads, "default"),
}


class Round(NamedTuple):
    """One pass of one way over all clips and both long notes: seconds, and what was heard."""

    took: float
    cpu: float
    note_zh: float
    note_en: float
    texts: list[str]
    mb: float


def _measured(folder: Path, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the figures of each way; all processes live at once and take turns."""
    with ExitStack() as stack:
        spawn = multiprocessing.get_context("spawn")
        pools = {name: stack.enter_context(ProcessPoolExecutor(1, spawn)) for name in WAYS}
        loads = {
            name: pool.submit(_load, name, folder, args.clips, args.count, args.threads).result()
            for name, pool in pools.items()
        }
        rounds: dict[str, list[Round]] = {name: [] for name in WAYS}
        for _ in range(args.rounds):
            for name, pool in pools.items():
                rounds[name].append(pool.submit(_round).result())
    some = clips(args.clips, args.count)
    return {name: _figures(some, loads[name], rounds[name]) for name in WAYS}


def _figures(some: list[Clip], load: float, rounds: list[Round]) -> dict[str, float]:
    took = median(one.took for one in rounds)
    heard = list(zip(some, rounds[-1].texts, strict=True))
    return {
        "s_per_clip": took / len(some),
        "cpu_s_per_clip": median(one.cpu for one in rounds) / len(some),
        "real_time": sum(len(clip.samples) for clip in some) / RATE / took,
        "note_zh": median(one.note_zh for one in rounds),
        "note_en": median(one.note_en for one in rounds),
        "cer": errors([(clip.text, text) for clip, text in heard if clip.language == "zh"], "zh"),
        "wer": errors([(clip.text, text) for clip, text in heard if clip.language == "en"], "en"),
        "mb": rounds[-1].mb,
        "load": load,
    }


_here: dict[str, Any] = {}
"""What the process of a way keeps between rounds."""


def _load(name: str, folder: Path, source: Path | None, count: int, threads: int) -> float:
    _here["clips"] = clips(source, count)
    began = time.perf_counter()
    _here["hear"] = WAYS[name](folder, threads)
    load = time.perf_counter() - began
    _here["hear"](_here["clips"][0].samples)
    return load


def _round() -> Round:
    some, hear = _here["clips"], _here["hear"]
    began, cpu_began = time.perf_counter(), time.process_time()
    texts = [hear(clip.samples) for clip in some]
    took, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    notes = []
    for language in ("zh", "en"):
        note = _note([clip for clip in some if clip.language == language])
        began = time.perf_counter()
        hear(note)
        notes.append(time.perf_counter() - began)
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Round(took, cpu, notes[0], notes[1], texts, mb)


def _note(clips: list[Clip]) -> Any:
    pause = np.zeros(RATE * 6 // 10, np.float32)
    pieces = [piece for clip in clips * 4 for piece in (clip.samples, pause)]
    return np.concatenate(pieces)[: 20 * RATE]


def errors(pairs: Iterable[tuple[str, str]], language: str) -> float:
    """Return the share of wrong characters (zh) or words (en) of pairs (said, heard)."""
    from rapidfuzz.distance import Levenshtein

    wrong = total = 0
    for said, heard in pairs:
        expected = units(said, language)
        wrong += Levenshtein.distance(expected, units(heard, language))
        total += len(expected)
    return wrong / total if total else float("nan")


def units(text: str, language: str) -> list[str]:
    """Return what errors are counted in: characters of Chinese, words of English, without marks."""
    bare = re.sub(r"[^\w\s']|_", " " if language == "en" else "", text.lower())
    return bare.split() if language == "en" else list(re.sub(r"\s", "", bare))


def clips(folder: Path | None, count: int) -> list[Clip]:
    """Return `count` clips spread over the list in the folder, or the demonstration notes where there is no folder."""
    if folder is None:
        return [Clip(DEMO / name, name[:2], text) for name, text in DEMO_TEXTS.items()]
    listed = rows(folder)
    return [Clip(folder / row[0], row[1], row[2]) for row in listed[:: max(1, len(listed) // count)][:count]]


def rows(folder: Path) -> list[list[str]]:
    """Return what `manifest.tsv` tells of each clip: file, language, text, …"""
    return [line.split("\t") for line in (folder / "manifest.tsv").read_text("utf-8").splitlines()[1:]]


def shared_clips() -> Path | None:
    """Return the folder of real speech beside the project, or None where there is none."""
    shared = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data")) / "speech"
    return shared if shared.is_dir() else None


def model_dir() -> Path:
    """Return the folder of Whisper base, fetched where it is missing."""
    from core import weights
    from core.settings import load

    return weights.fetch("whisper-base", load(os.environ).models)


def processor() -> str:
    """Return the name of this machine's processor."""
    names = re.findall(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    return names[0] if names else platform.processor()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=shared_clips())
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(told(main))
