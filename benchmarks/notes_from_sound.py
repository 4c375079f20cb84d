"""How well spoken notes are understood: the notes of `notes.toml` from recordings, in the quiet and in a shop's noise.

    python -m benchmarks.notes_from_sound [FOLDER] [--split test] [--threads 1] [--show] [--json]

FOLDER (.data/notes-from-sound where none is named) holds `<id>.wav` as `synthesise_notes.py` makes them. Voices and
noise are synthetic (`shop_noise.py`); levels are speech to noise, where somebody speaks. Each recording is heard by the
product's transcriber, which knows the language of the speaker's profile; corrected by the demo company's vocabulary, or
not; and read by the product's model of notes. Issues are counted as in `python -m benchmarks.notes`; the first line is
the same notes from text. What was heard is kept in FOLDER/heard.jsonl, for as long as nothing of the transcriber
changes. `--show` prints what was missed or invented, on `dev` only: `test` is never looked at.
"""

import argparse
import hashlib
import json
import os
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from benchmarks import notes as texts
from benchmarks import shop_noise
from benchmarks import speech as recogniser
from benchmarks.machine import machine, told
from benchmarks.notes import Note, Score
from benchmarks.vocabulary import demo_vocabulary
from checklists.library import load as load_library
from core import settings
from speech.notes import NoteIssue, NoteReader
from speech.vocabulary import Vocabulary, correct
from storepatrol import note_readers

FOLDER = recogniser.ROOT / ".data" / "notes-from-sound"
LEVELS_DB = (None, 20, 10, 5)
"""Speech to noise; None is without noise."""

SEEN_BY_THE_EAR = ("audio.py", "transcriber.py", "windows.py", "guard.py", "wording.py", "transcript.py")
"""Files of `speech` that decide what is heard."""


class Ear:
    """Hears recordings of notes, each once."""

    def __init__(self, folder: Path, clips: Path | None, threads: int) -> None:
        self._folder, self._clips, self._threads = folder, clips, threads
        self._file = folder / "heard.jsonl"
        kept = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
        self._heard: dict[str, str] = {row["key"]: row["text"] for row in map(json.loads, kept)}
        self._version = _version(clips)
        self._hear: recogniser.HearAs | None = None
        self._voices: list[shop_noise.Samples] = []

    def text(self, note: Note, level: int | None) -> str:
        """Return what is heard of a note at this level of speech to noise."""
        file = self._folder / f"{note.id}.wav"
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        key = f"{note.id} {level} {digest} {self._version}"
        if key not in self._heard:
            self._heard[key] = self._listen(file, note, level)
            with self._file.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps({"key": key, "text": self._heard[key]}, ensure_ascii=False) + "\n")
        return self._heard[key]

    def _listen(self, file: Path, note: Note, level: int | None) -> str:
        from speech.audio import decode

        if self._hear is None:
            self._hear = recogniser.ours_as(recogniser.model_dir(), self._threads)
            self._voices = [clip.samples for clip in recogniser.clips(self._clips, 1000)]
        samples = decode(file.read_bytes())
        if level is not None:
            samples = shop_noise.in_a_shop(samples, level, zlib.crc32(note.id.encode()), self._voices)
        return self._hear(samples, note.lang)


def _version(clips: Path | None) -> str:
    """Return a mark of everything that decides what is heard of a recording, but the recording."""
    speech = recogniser.ROOT / "speech"
    files = [*(speech / name for name in SEEN_BY_THE_EAR), Path(shop_noise.__file__)]
    seen = hashlib.sha256(b"".join(file.read_bytes() for file in files))
    seen.update(f"{recogniser.model_dir().name} {clips and len(recogniser.rows(clips))}".encode())
    return seen.hexdigest()[:16]


class Row(msgspec.Struct, frozen=True):
    """Notes of one language at one level, read from text or from what was heard."""

    language: str
    source: str
    vocabulary: bool
    wrong: float | None
    score: Score


def rows(ear: Ear, some: list[Note], language: str, reader: NoteReader, vocabulary: Vocabulary) -> Iterator[Row]:
    """Yield the notes read from text, then as heard at each level, without and with the company's vocabulary."""
    yield Row(language, "text", False, None, texts.score(lambda note: reader.issues(note.text), some))
    for level in LEVELS_DB:
        heard = {note.id: ear.text(note, level) for note in some}
        wrong = recogniser.errors([(note.text, heard[note.id]) for note in some], language)
        source = "quiet" if level is None else f"{level} dB"
        for corrected in (False, True):
            found = {
                id_: reader.issues(correct(text, vocabulary).text if corrected else text) for id_, text in heard.items()
            }
            score = texts.score(lambda note, found=found: found[note.id], some)  # type: ignore[misc]
            yield Row(language, source, corrected, wrong, score)


def show(ear: Ear, some: list[Note], reader: NoteReader, level: int) -> None:
    """Print the notes of which something was missed or invented, with what reading the text would have found."""
    for note in some:
        heard = ear.text(note, level)
        wanted = [f"{label.checkpoint}:{label.polarity}" for label in note.issues]
        by_text, by_sound = (_told(reader.issues(text)) for text in (note.text, heard))
        if texts.score(lambda _, heard=heard: reader.issues(heard), [note]).f1 < 1:  # type: ignore[misc]
            print(f"{note.id}\n  said   {note.text}\n  heard  {heard}\n  wanted {wanted}")
            print(f"  by text {by_text}\n  by sound {by_sound}")


def _told(found: tuple[NoteIssue, ...]) -> list[str]:
    return [f"{issue.checkpoint}:{issue.polarity}" for issue in found]


def main() -> int:
    """Print a table, or one JSON object."""
    args = _arguments()
    some = [note for note in texts.notes(args.split) if (args.folder / f"{note.id}.wav").is_file()]
    if not some:
        print(f"Nothing measured: no recordings of {args.split} notes in {args.folder}.", end=" ")
        print("They are made with benchmarks/synthesise_notes.py, which says how.")
        return 0
    reader = note_readers.model(settings.load(os.environ), load_library())
    ear, vocabulary = Ear(args.folder, args.clips, args.threads), demo_vocabulary()
    if args.show:
        show(ear, some, reader, 10)
    found = []
    facts = machine("faster_whisper", "ctranslate2", "onnxruntime") | {
        "load": f"{os.getloadavg()[0]:.1f}",
        "data": f"{len(some)} {args.split} notes of {texts.NOTES.name}, spoken by synthetic voices",
        "noise": f"synthetic; voices from {args.clips or 'the demonstration notes'}",
    }
    if not args.json:
        print("\n".join(f"{key}: {value}" for key, value in facts.items()))
        print(f"{'':<24}{'notes':>6}{'P':>7}{'R':>7}{'F1':>7}  misheard")
    for language in ("zh", "en"):
        for row in rows(ear, [note for note in some if note.lang == language], language, reader, vocabulary):
            found.append(row)
            if not args.json:
                print(_line(row), flush=True)
    if args.json:
        print(json.dumps({"facts": facts, "rows": [_plain(row) for row in found]}, ensure_ascii=False))
    return 0


def _line(row: Row) -> str:
    name = f"{row.language} {row.source}" + (", vocabulary" if row.vocabulary else "")
    score = row.score
    wrong = "" if row.wrong is None else f"{row.wrong:9.1%}"
    return f"{name:<24}{score.notes:>6}{score.precision:>7.2f}{score.recall:>7.2f}{score.f1:>7.2f}{wrong}"


def _plain(row: Row) -> dict[str, object]:
    figures = {"precision": row.score.precision, "recall": row.score.recall, "f1": row.score.f1}
    return {key: value for key, value in msgspec.to_builtins(row).items() if key != "score"} | {
        name: round(value, 3) for name, value in figures.items()
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.notes_from_sound",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--clips", type=Path, default=recogniser.shared_clips(), help="voices for the noise")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what went wrong at 10 dB; only on dev")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.show and args.split != "dev":
        parser.error("--show is for --split dev: the test notes are not looked at")
    return args


if __name__ == "__main__":
    sys.exit(told(main))
