"""How well notes are understood: precision, recall and F1 of issues on labelled notes that nothing was tuned on.

    python -m benchmarks.notes [--split test] [--reader rules] [--reader model] [--kinds] [--json]

An issue is right when checkpoint and polarity are, and no other label has taken it; place, value and goods are
counted among the right ones that are labelled with them (goods that no label names are told after the +).
"""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.machine import machine, told
from benchmarks.vocabulary import demo_vocabulary
from checklists.library import load
from core.weights.manifest import shipped_dir
from speech.notes import NoteIssue, NoteReader, RuleReader
from speech.notes.goods import with_goods
from workflows.lexicon import lexicon

NOTES = Path(__file__).with_name("notes.toml")


class Label(msgspec.Struct, frozen=True):
    """What should be found; `checkpoint` may be "a|b" where either is right."""

    checkpoint: str
    polarity: str
    where: str | None = None
    what: str | None = None
    value: float | None = None
    unit: str | None = None
    severity: str | None = None

    def fits(self, issue: NoteIssue) -> bool:
        """Tell whether this is what should be found."""
        return issue.checkpoint in self.checkpoint.split("|") and issue.polarity == self.polarity


class Note(msgspec.Struct, frozen=True):
    """A labelled note."""

    id: str
    split: str
    lang: str
    text: str
    kinds: tuple[str, ...]
    issues: tuple[Label, ...] = ()


class Score(msgspec.Struct, frozen=True):
    """Counts over some notes; places and values are (right, of so many) among the issues that were found."""

    notes: int
    right: int
    missed: int
    invented: int
    places: tuple[int, int]
    values: tuple[int, int]
    goods: tuple[int, int]
    goods_unasked: int

    @property
    def precision(self) -> float:
        """Return the share of what was found that is right."""
        return self.right / max(1, self.right + self.invented)

    @property
    def recall(self) -> float:
        """Return the share of what should be found that was."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of both."""
        return 2 * self.right / max(1, 2 * self.right + self.missed + self.invented)


def notes(split: str, language: str | None = None) -> list[Note]:
    """Return the labelled notes of a split, of one language if one is named."""
    everything = msgspec.convert(tomllib.loads(NOTES.read_text("utf-8"))["note"], list[Note])
    return [note for note in everything if note.split == split and language in (None, note.lang)]


def score(heard: Callable[[Note], Sequence[NoteIssue]], over: Iterable[Note]) -> Score:
    """Count what `heard` finds in notes."""
    count = right = missed = invented = 0
    places, values, goods, unasked = [0, 0], [0, 0], [0, 0], 0
    for note in over:
        count += 1
        found = list(heard(note))
        left = list(found)
        for label in note.issues:
            fitting = [issue for issue in left if label.fits(issue)]
            hit = max(fitting, key=lambda issue: _alike(issue, label), default=None)
            if hit:
                left.remove(hit)  # two labels of one checkpoint are two matters: each needs an issue of its own
            right, missed = right + (hit is not None), missed + (hit is None)
            if hit and label.where:
                places[0], places[1] = places[0] + _same_place(hit.where, label.where), places[1] + 1
            if hit and label.value is not None:
                same = hit.value is not None and abs(hit.value.number - label.value) < 0.011
                values[0], values[1] = values[0] + same, values[1] + 1
            if hit and label.what:
                goods[0], goods[1] = goods[0] + _same_goods(hit.what, label.what), goods[1] + 1
            unasked += hit is not None and hit.what is not None and label.what is None
        said = {(issue.checkpoint, issue.polarity): issue for issue in left}.values()
        invented += sum(not any(label.fits(issue) for label in note.issues) for issue in said)
    return Score(
        count, right, missed, invented, (places[0], places[1]), (values[0], values[1]), (goods[0], goods[1]), unasked
    )


def _alike(issue: NoteIssue, label: Label) -> int:
    """Return in how many particulars an issue is what was labelled."""
    same_value = issue.value is not None and issue.value.number == label.value
    return same_value + _same_place(issue.where, label.where or "") + _same_goods(issue.what, label.what or "")


def _same_place(heard: str | None, labelled: str) -> bool:
    """Tell whether one names the other: "三号货架" and "三号货架第二层" are one place."""
    return heard is not None and labelled != "" and (heard in labelled or labelled in heard)


def _same_goods(heard: str | None, labelled: str) -> bool:
    """Tell whether one names the other: "Oatlark biscuits" and "Oatlark" are one thing."""
    return _same_place(heard and heard.lower(), labelled.lower())


def readers(names: Iterable[str], folder: Path) -> dict[str, NoteReader]:
    """Return the readers of these names ("rules", "model")."""
    words = lexicon(load())
    made: dict[str, NoteReader] = {}
    for name in names:
        if name == "rules":
            made[name] = RuleReader(words)
        else:
            from speech.note_model import NoteModel
            from speech.notes.reader import ModelReader

            model = NoteModel.load(folder, threads=1)
            made[name] = ModelReader(model.judge, model.version, words, model.checkpoints)
    return made


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.notes", description=__doc__)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--reader", action="append", choices=("rules", "model"))
    parser.add_argument("--model", type=Path, metavar="DIR", default=shipped_dir(), help="where notes.onnx lies")
    parser.add_argument("--kinds", action="store_true", help="each kind of note by itself, too")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    table = [
        row
        for reader in readers(args.reader or ("rules", "model"), args.model).values()
        for language in ("zh", "en")
        for row in _rows(reader, notes(args.split, language), language, by_kind=args.kinds)
    ]
    facts = machine("onnxruntime", "numpy", "tokenizers")
    if args.json:
        print(json.dumps({"machine": facts, "split": args.split, "rows": table}, ensure_ascii=False))
        return 0
    print(facts, f"{NOTES.name}, {args.split}", sep="\n")
    for row in table:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    return 0


def _rows(reader: NoteReader, chosen: list[Note], language: str, *, by_kind: bool) -> list[dict[str, object]]:
    began = time.perf_counter()
    own = demo_vocabulary().goods
    heard = {note.id: with_goods(reader.issues(note.text), note.text, own) for note in chosen}
    ms = 1000 * (time.perf_counter() - began) / len(chosen)
    groups = {"all": chosen}
    if by_kind:
        groups |= {kind: [note for note in chosen if kind in note.kinds] for kind in _kinds(chosen)}
    return [
        _row(reader.name, language, group, score(lambda note: heard[note.id], some), ms)
        for group, some in groups.items()
    ]


def _kinds(some: Iterable[Note]) -> list[str]:
    return sorted({kind for note in some for kind in note.kinds})


def _row(reader: str, language: str, group: str, found: Score, ms: float) -> dict[str, object]:
    return {
        "reader": reader, "language": language, "notes": f"{group} {found.notes}", "P": round(found.precision, 3),
        "R": round(found.recall, 3), "F1": round(found.f1, 3), "places": "{}/{}".format(*found.places),
        "values": "{}/{}".format(*found.values),
        "goods": "{}/{} (+{})".format(*found.goods, found.goods_unasked), "ms": round(ms, 1),
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(told(main))
