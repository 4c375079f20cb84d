"""The note model: what each clause of a note is about, heard in the whole of the note.

A sentence encoder (multilingual-e5-small, pruned to the Chinese and English vocabulary and trained further on
statements written for this project) reads the note; the means over each clause go to two heads. One ONNX file, made by
`speech.train`; its card says how well it does. It only answers with checkpoints it was trained on.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.errors import ModelFileError
from core.onnx import open_session
from speech.notes.clauses import Clause
from speech.notes.understanding import Likely

MODEL_FILE = "notes.onnx"
FIRST, PAD, LAST = 0, 1, 2
"""Token ids that begin, fill and end a note."""
MOST_TOKENS = 400
"""A longer note is read in parts, divided between clauses."""
SHOWN = 4
"""So many of the likeliest checkpoints are returned."""

_Floats = NDArray[np.float32]


class Facts(msgspec.Struct, frozen=True):
    """What the file says of itself; dividing scores by the temperatures makes their probabilities honest."""

    version: str
    checkpoints: tuple[str, ...]
    temperature: float
    problem_temperature: float


class NoteModel:
    """Judges the clauses of notes; resident, safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, facts: Facts) -> None:
        self._session, self._tokenizer, self._facts = session, tokenizer, facts

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> "NoteModel":
        """Load `notes.onnx`, which carries its tokens and facts, from a folder.

        Raises:
            ModelFileError: the file is missing or is no note model; the message names it.

        """
        session = open_session(folder / MODEL_FILE, threads)
        told = session.get_modelmeta().custom_metadata_map
        try:
            facts = msgspec.json.decode(told["storepatrol"], type=Facts)
            return cls(session, Tokenizer.from_str(told["tokens"]), facts)
        except (KeyError, msgspec.MsgspecError) as error:
            raise ModelFileError.unusable(folder / MODEL_FILE, error) from error

    @property
    def version(self) -> str:
        """Return the version that is kept beside its findings."""
        return self._facts.version

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """Return the codes it knows."""
        return self._facts.checkpoints

    def judge(self, text: str, clauses: Sequence[Clause]) -> list[Likely]:
        """Return for each clause of plain text what it is about."""
        return [likely for part in self._parts(text, clauses) for likely in self._judge(text, part)]

    def _parts(self, text: str, clauses: Sequence[Clause]) -> Iterator[Sequence[Clause]]:
        first = size = 0
        for number, clause in enumerate(clauses):
            tokens = len(self._tokenizer.encode(text[clause.start : clause.end]).ids) + 1
            if number > first and size + tokens > MOST_TOKENS:
                yield clauses[first:number]
                first, size = number, 0
            size += tokens
        if clauses:
            yield clauses[first:]

    def _judge(self, text: str, clauses: Sequence[Clause]) -> list[Likely]:
        start = clauses[0].start
        ids, shares = pooled(self._tokenizer, text[start : clauses[-1].end], clauses, start)
        checkpoints, problem = self._session.run(None, {"tokens": ids[None], "shares": shares[None]})
        about = softmax(checkpoints[0] / self._facts.temperature)
        sides = softmax(problem[0] / self._facts.problem_temperature)[:, 0]
        return [self._likely(one, float(side)) for one, side in zip(about, sides, strict=True)]

    def _likely(self, about: _Floats, problem: float) -> Likely:
        """Take apart the probabilities (checkpoints + 1,) of one clause; the last one is that of nothing."""
        likeliest = np.argsort(about[:-1])[::-1][:SHOWN]
        return Likely(
            tuple((self._facts.checkpoints[at], float(about[at])) for at in likeliest), float(about[-1]), problem
        )


def pooled(
    tokenizer: Tokenizer, text: str, clauses: Sequence[Clause], start: int = 0
) -> tuple[NDArray[np.int64], _Floats]:
    """Return a text's tokens (n,) and each clause's share in them (clauses, n), rows adding up to 1.

    `start`: where the text begins in that which the clauses count from. A clause without a token shares in all.
    """
    told = tokenizer.encode(text)
    ids = np.array([FIRST, *told.ids[:510], LAST], np.int64)
    shares = np.zeros((len(clauses), len(ids)), np.float32)
    middles = np.array([(a + b) / 2 + start for a, b in told.offsets[:510]])
    for row, clause in zip(shares, clauses, strict=True):
        row[1 : 1 + len(middles)] = (middles >= clause.start) & (middles <= clause.end)
        if not row.any():
            row[:] = 1
    return ids, shares / shares.sum(axis=1, keepdims=True)


def softmax(scores: _Floats) -> _Floats:
    """Return probabilities (n, k) of scores (n, k)."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)
