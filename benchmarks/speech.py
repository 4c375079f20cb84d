"""Seconds a note, errors and memory of the recogniser, beside faster-whisper used plainly on the same weights.

    python -m benchmarks.speech [--threads 2] [--clips FOLDER] [--count 24] [--notes FOLDER] [--json]

Clips: real speech with its text (a `manifest.tsv` as in the shared data; without it, the shipped demonstration notes);
`--count` of them, spread over the list. A "20 s note" is clips of one language joined with pauses, the median of three
runs. Both sides get decoded samples: decoding adds about 10 ms a clip. Errors: characters (Chinese, simplified, no
punctuation) and words (English, lower case, no punctuation). Peak memory is that of a process of its own for each line,
samples included. CPU seconds hardly change when other programs are busy; the others do.
`--notes` takes the recordings of `synthesise_notes.py` and prints how well issues are extracted from sound.
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
import tomllib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "speech" / "demo"
NOTES = ROOT / "tests" / "unit" / "speech" / "notes.toml"
DEMO_TEXTS = {
    "en-shelf-chiller-floor.ogg": "shelf three is out of stock the chiller is at nine degrees"
    " there is water on the floor near the entrance",
    "en-exit-tags-restroom.m4a": "the fire exit is blocked by boxes two price tags are missing the restroom is clean",
    "zh-shelf-chiller-floor.webm": "酸奶卖完了货架空了冷藏柜温度十二度门口地面有水很滑",
}
RATE = 16_000

Hear = Callable[[Any], str]
"""From samples to text."""


class Clip:
    """A recording and what is said in it."""

    def __init__(self, file: Path, language: str, text: str) -> None:
        from speech.audio import decode

        self.language, self.text = language, text
        self.samples = decode(file.read_bytes())


def main() -> int:
    """Measure each way in a process of its own and print a table, or one JSON object a line."""
    args = _arguments()
    facts = {
        "machine": f"{processor()}, {len(os.sched_getaffinity(0))} cores, {args.threads} threads,"
        f" load {os.getloadavg()[0]:.1f} at start, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("faster-whisper", "ctranslate2", "av", "numpy")),
        "data": f"{len(_clips(args.clips, args.count))} clips: {args.clips or DEMO}",
    }
    if not args.json:
        print("\n".join(f"{key}: {value}" for key, value in facts.items()))
        heads = ("s/clip", "cpu s", "x real", "20s zh", "20s en", "CER zh", "WER en", "MB", "load s")
        print(f"{'':<44}" + "".join(f"{head:>8}" for head in heads))
    for name in WAYS:
        result = _alone(name, args)
        if args.json:
            print(json.dumps({"way": name, **facts, **result}, ensure_ascii=False), flush=True)
        else:
            timed = ("s_per_clip", "cpu_s_per_clip", "real_time", "note_zh", "note_en")
            speeds = "".join(f"{result[key]:>8.2f}" for key in timed)
            rest = f"{result['cer']:>8.1%}{result['wer']:>8.1%}{result['mb']:>8.0f}{result['load']:>8.2f}"
            print(f"{name:<44}{speeds}{rest}", flush=True)
    if args.notes:
        print(json.dumps({"issues from sound": from_sound(args.notes, args.threads)}))
    return 0


def ours(model_dir: Path, threads: int, language: str | None) -> Hear:
    """The product's transcriber; `language` None lets it choose between Chinese and English."""
    from speech.transcriber import Transcriber

    transcriber = Transcriber.load(model_dir, threads)
    languages = (language,) if language else ("zh", "en")
    return lambda samples: transcriber.transcribe_samples(samples, languages).text


def plain(model_dir: Path, threads: int, compute_type: str) -> Hear:
    """`WhisperModel(...).transcribe` with its defaults; only the text is made simplified, so that errors compare."""
    import opencc
    from faster_whisper import WhisperModel

    model = WhisperModel(str(model_dir), device="cpu", cpu_threads=threads, compute_type=compute_type)
    simplify = opencc.OpenCC("t2s")

    def hear(samples: Any) -> str:
        segments, _ = model.transcribe(samples)
        return str(simplify.convert(" ".join(segment.text for segment in segments)))

    return hear


WAYS: dict[str, Callable[[Path, int], Hear]] = {
    "ours, language chosen": lambda folder, threads: ours(folder, threads, None),
    "faster-whisper plain, int8": lambda folder, threads: plain(folder, threads, "int8"),
    "faster-whisper plain, default compute type": lambda folder, threads: plain(folder, threads, "default"),
}


def _alone(name: str, args: argparse.Namespace) -> dict[str, float]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, name, args.clips, args.count, args.threads).result()


def _measure(name: str, folder: Path | None, count: int, threads: int) -> dict[str, float]:
    clips = _clips(folder, count)
    began = time.perf_counter()
    hear = WAYS[name](model_dir(), threads)
    load = time.perf_counter() - began
    hear(clips[0].samples)
    began, cpu_began = time.perf_counter(), time.process_time()
    texts = [hear(clip.samples) for clip in clips]
    took, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    result = {
        "s_per_clip": took / len(clips),
        "cpu_s_per_clip": cpu / len(clips),
        "real_time": sum(len(clip.samples) for clip in clips) / RATE / took,
        "cer": _errors(clips, texts, "zh"),
        "wer": _errors(clips, texts, "en"),
        "load": load,
    }
    for language in ("zh", "en"):
        note = _note([clip for clip in clips if clip.language == language])
        runs = []
        for _ in range(3):
            began = time.perf_counter()
            hear(note)
            runs.append(time.perf_counter() - began)
        result[f"note_{language}"] = sorted(runs)[1]
    result["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return result


def _note(clips: list[Clip]) -> Any:
    pause = np.zeros(RATE * 6 // 10, np.float32)
    pieces = [piece for clip in clips * 4 for piece in (clip.samples, pause)]
    return np.concatenate(pieces)[: 20 * RATE]


def _errors(clips: list[Clip], texts: list[str], language: str) -> float:
    from rapidfuzz.distance import Levenshtein

    wrong = total = 0
    for clip, text in zip(clips, texts, strict=True):
        if clip.language == language:
            expected, heard = units(clip.text, language), units(text, language)
            wrong += Levenshtein.distance(expected, heard)
            total += len(expected)
    return wrong / total if total else float("nan")


def units(text: str, language: str) -> list[str]:
    """Return what errors are counted in: characters of Chinese, words of English, without marks."""
    bare = re.sub(r"[^\w\s']|_", " " if language == "en" else "", text.lower())
    return bare.split() if language == "en" else list(re.sub(r"\s", "", bare))


def _clips(folder: Path | None, count: int) -> list[Clip]:
    if folder is None:
        return [Clip(DEMO / name, name[:2], text) for name, text in DEMO_TEXTS.items()]
    rows = [line.split("\t") for line in (folder / "manifest.tsv").read_text("utf-8").splitlines()[1:]]
    chosen = rows[:: max(1, len(rows) // count)][:count]
    return [Clip(folder / row[0], row[1], row[2]) for row in chosen]


def from_sound(folder: Path, threads: int) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of the issues found in synthesised notes, by split and language."""
    from checklists.library import load
    from speech.audio import decode
    from speech.notes import extract
    from workflows.lexicon import lexicon

    words, hear = lexicon(load()), ours(model_dir(), threads, None)
    scores = {}
    for split, languages in tomllib.loads(NOTES.read_text("utf-8")).items():
        for language, notes in languages.items():
            counts = np.zeros(3, int)
            for number, (_, labels) in enumerate(notes):
                file = folder / f"{split}_{language}_{number:03d}.wav"
                if file.exists():
                    issues = extract(hear(decode(file.read_bytes())), words)
                    got = {f"{issue.checkpoint}:{issue.polarity}" for issue in issues}
                    counts += _compared([set(label.split("|")) for label in labels], got)
            right, missed, invented = (int(count) for count in counts)
            scores[f"{split} {language}"] = {
                "issues": right + missed,
                "precision": round(right / max(1, right + invented), 3),
                "recall": round(right / max(1, right + missed), 3),
                "f1": round(2 * right / max(1, 2 * right + missed + invented), 3),
            }
    return scores


def _compared(expected: list[set[str]], got: set[str]) -> tuple[int, int, int]:
    """Count what was found, missed and invented."""
    right = sum(bool(choices & got) for choices in expected)
    return right, len(expected) - right, sum(not any(issue in choices for choices in expected) for issue in got)


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
    shared = Path(os.environ.get("STOREPATROL_SHARED_DATA", ROOT.parent / "shared" / "data")) / "speech"
    parser.add_argument("--clips", type=Path, default=shared if shared.is_dir() else None)
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--notes", type=Path, help="folder of recordings made by synthesise_notes.py")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
