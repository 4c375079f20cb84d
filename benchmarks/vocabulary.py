"""How many misheard terms of a company come back, and how many clean texts are touched.

    python -m benchmarks.vocabulary [--sound FOLDER] [--seeds 3] [--show] [--json]
    python -m benchmarks.vocabulary --write-notes FILE.toml     # for benchmarks/synthesise_notes.py FOLDER FILE.toml

The vocabulary is the demo's (75 terms) with its stores' names. Notes: hand-written sentences of two splits, each with
terms of its own (`vocabulary_frames.toml`); what was changed after looking at `test` is told in docs/vocabulary.md.
(a) Chinese terms in them are written with characters that sound alike, at random: an acoustic stand-in.
(b) `--sound`: recordings of the notes by `synthesise_notes.py`, as Whisper base hears them.
Clean: these notes as they are, the labelled notes of tests/unit/speech/notes.toml, and, where the shared data is there,
the texts of its recordings. CER: what the recogniser hears of its Chinese recordings, before and after.
"""

import argparse
import json
import os
import platform
import re
import sys
import time
import tomllib
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import speech as recogniser
from benchmarks.machine import told
from benchmarks.vocabulary_notes import TERMS, Mishearing, Note, notes
from checklists.library import load as load_library
from speech.notes.plain import plain
from speech.vocabulary import Term, Vocabulary, correct
from storepatrol.demo.people import TREE
from workflows.lexicon import lexicon, wordings
from workflows.vocabulary import table

LABELLED = recogniser.ROOT / "tests" / "unit" / "speech" / "notes.toml"


def main() -> int:
    """Print what was measured, or one JSON object."""
    args = _arguments()
    if args.write_notes:
        args.write_notes.write_text(_spoken_toml(), "utf-8")
        return 0
    vocabulary = demo_vocabulary()
    facts: dict[str, Any] = {
        "machine": f"{recogniser.processor()}, {_cores()} cores, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version(name)}" for name in ("pypinyin", "rapidfuzz", "faster-whisper")),
        "vocabulary": f"{len(vocabulary.forms)} forms of {len(_terms())} terms",
        "notes": dict(Counter(f"{note.split} {note.language}" for note in notes())),
        "homophones": homophones(vocabulary, args.seeds, show=args.show),
        "clean": clean(vocabulary, args.shared, show=args.show),
    }
    if args.sound:
        facts["from sound"] = from_sound(vocabulary, args.sound, show=args.show)
    if args.shared:
        facts["real zh"] = real(vocabulary, args.shared, show=args.show)
    if args.json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        for name, fact in facts.items():
            print(f"{name}:" + ("" if isinstance(fact, dict) else f" {fact}"))
            if isinstance(fact, dict):
                print("\n".join(f"  {key}: {value}" for key, value in fact.items()))
    return 0


def demo_vocabulary() -> Vocabulary:
    """Return the demo company's, as a worker would load it."""
    return Vocabulary.of(_terms(), wordings(lexicon(load_library())))


def homophones(vocabulary: Vocabulary, seeds: int, *, show: bool) -> dict[str, Any]:
    """Count Chinese terms right before and after, as whole terms, where characters were replaced by sound."""
    counts: dict[str, Counter[str]] = {"dev": Counter(), "test": Counter()}
    for seed in range(seeds):
        misheard = Mishearing(seed)
        for note in notes():
            heard = misheard.of(note.term)
            if heard != note.term:
                _count(counts[note.split], note, note.text.replace(note.term, heard), vocabulary, show=show)
    return {split: dict(count) for split, count in counts.items()}


def from_sound(vocabulary: Vocabulary, folder: Path, *, show: bool) -> dict[str, Any]:
    """Count terms right before and after in what Whisper base hears of synthesised notes."""
    heard = _heard(folder)
    counts: dict[str, Counter[str]] = {}
    for name, note in _spoken():
        if name in heard:
            _count(
                counts.setdefault(f"{note.split} {note.language}", Counter()), note, heard[name], vocabulary, show=show
            )
    return {key: dict(count) for key, count in counts.items()} or {"skipped": f"no recordings in {folder}"}


def clean(vocabulary: Vocabulary, shared: Path | None, *, show: bool) -> dict[str, Any]:
    """Count texts that are right and were changed all the same."""
    labelled = tomllib.loads(LABELLED.read_text("utf-8"))
    texts = {
        "notes with terms": [note.text for note in notes()],
        "labelled notes": [text for part in labelled.values() for rows in part.values() for text, _ in rows],
    }
    if shared:
        rows = (shared / "manifest.tsv").read_text("utf-8").splitlines()[1:]
        texts["texts of real recordings"] = [row.split("\t")[2] for row in rows]
    found = {}
    for name, some in texts.items():
        began = time.perf_counter()
        touched = [result for text in some if (result := correct(text, vocabulary)).corrections]
        each = (time.perf_counter() - began) * 1000 / len(some)
        found[name] = {"texts": len(some), "touched": len(touched), "ms each": round(each, 2)}
        if show:
            print("\n".join(f"TOUCHED {one}" for one in touched))
    return found


def real(vocabulary: Vocabulary, shared: Path, *, show: bool) -> dict[str, Any]:
    """Return the share of wrong characters in real Chinese recordings before and after."""
    from rapidfuzz.distance import Levenshtein

    from speech.audio import decode

    hear = recogniser.ours_as(recogniser.model_dir(), _cores())
    rows = [row.split("\t") for row in (shared / "manifest.tsv").read_text("utf-8").splitlines()[1:]]
    wrong, total, changed = [0, 0], 0, 0
    clips = [row for row in rows if row[1] == "zh"]
    for row in clips:
        text = hear(decode((shared / row[0]).read_bytes()), "zh")
        result = correct(text, vocabulary)
        changed += bool(result.corrections)
        if show and result.corrections:
            print("REAL", row[2], result)
        wanted = recogniser.units(row[2], "zh")
        total += len(wanted)
        for place, said in enumerate((text, result.text)):
            wrong[place] += Levenshtein.distance(wanted, recogniser.units(said, "zh"))
    before, after = (f"{count / total:.2%}" for count in wrong)
    return {"clips": len(clips), "CER before": before, "CER after": after, "changed": changed}


def _count(count: Counter[str], note: Note, heard: str, vocabulary: Vocabulary, *, show: bool) -> None:
    result = correct(heard, vocabulary)
    wanted = _bare(note.term)
    before, after = wanted in _bare(heard), wanted in _bare(result.text)
    wrong = [one for one in result.corrections if wanted not in _bare(one.term) and _bare(one.term) not in wanted]
    count["terms"] += 1
    count["right before"] += before
    count["right after"] += after
    count["wrong corrections"] += len(wrong)
    if show and (not after or wrong):
        print(f"{note.split} {'WRONG' if wrong else 'missed'} {note.term} | {heard} | {result.text}")


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", plain(text))


def _heard(folder: Path) -> dict[str, str]:
    """Return what is heard in each recording; kept beside them, because listening takes long."""
    from speech.audio import decode

    kept = folder / "heard.json"
    heard: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    missing = [file for file in sorted(folder.glob("*.wav")) if file.stem not in heard]
    if missing:
        hear = recogniser.ours(recogniser.model_dir(), _cores())
        for file in missing:
            heard[file.stem] = hear(decode(file.read_bytes()))
        kept.write_text(json.dumps(heard, ensure_ascii=False, indent=1), "utf-8")
    return heard


def _spoken() -> list[tuple[str, Note]]:
    """Return the notes that are synthesised, by the names of their files: each term once, Chinese without letters."""
    once = {
        (note.split, note.language, note.term): note
        for note in reversed(list(notes()))
        if note.language == "en" or re.fullmatch(r"[\u4e00-\u9fff]+", note.term)
    }
    numbers: Counter[str] = Counter()
    named = []
    for note in reversed(once.values()):
        name = f"{note.split}_{note.language}"
        named.append((f"{name}_{numbers[name]:03d}", note))
        numbers[name] += 1
    return named


def _spoken_toml() -> str:
    return "\n".join(
        "[[note]]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in note.items())
        for note in ({"id": id_, "lang": note.language, "text": note.text} for id_, note in _spoken())
    )


def _terms() -> list[Term]:
    named = [name for _, _, kind, name in TREE if kind == "store"]
    stores = [Term("store", text) for name in named for text in (name.zh, name.en)]
    return [*table.read(TERMS.read_bytes()).terms, *stores]


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("STOREPATROL_SHARED_DATA", recogniser.ROOT.parent / "shared" / "data")) / "speech"
    parser.add_argument("--sound", type=Path, metavar="FOLDER", help="recordings made by synthesise_notes.py")
    parser.add_argument("--shared", type=Path, default=shared if shared.is_dir() else None)
    parser.add_argument("--seeds", type=int, default=3, help="how often each note is misheard at random")
    parser.add_argument("--show", action="store_true", help="print what was missed or wrong")
    parser.add_argument("--write-notes", type=Path, metavar="FILE.toml", help="write the notes to synthesise, and stop")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(told(main))
