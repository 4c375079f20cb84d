"""The statement model: which checkpoint a statement is about, and whether it names a problem.

A sentence encoder (multilingual-e5-small, pruned to the Chinese and English vocabulary and trained further on
statements written for this project) with two heads, as one ONNX file. `speech/train` makes it; its card says how well
it does. It only answers with checkpoints it was trained on; a company's own ones go by the words of the lexicon.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.errors import ModelFileError
from core.onnx import open_session
from speech.notes.understanding import Likely

MODEL_FILE = "statements.onnx"
FIRST, PAD, LAST = 0, 1, 2
"""Token ids that begin, fill and end a statement."""
MOST_TOKENS = 64
AT_ONCE = 32
SHOWN = 3
"""So many of the likeliest checkpoints are returned."""

_Floats = NDArray[np.float32]


class Facts(msgspec.Struct, frozen=True):
    """What the model file says of itself; `temperature` makes its probabilities honest."""

    version: str
    checkpoints: tuple[str, ...]
    temperature: float
    problem_temperature: float


class StatementModel:
    """Judges statements; resident, safe to call from several threads."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, facts: Facts) -> None:
        self._session, self._tokenizer, self._facts = session, tokenizer, facts

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> "StatementModel":
        """Load `statements.onnx`, which carries its tokens and facts, from a folder.

        Raises:
            ModelFileError: the file is missing or is no statement model; the message names it.

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

    def judge(self, statements: Sequence[str]) -> list[Likely]:
        """Return for each statement in plain text what it is about."""
        found: list[Likely] = []
        for first in range(0, len(statements), AT_ONCE):
            found.extend(self._judge(statements[first : first + AT_ONCE]))
        return found

    def _judge(self, statements: Sequence[str]) -> list[Likely]:
        told = [self._tokenizer.encode(text).ids[: MOST_TOKENS - 2] for text in statements]
        ids = np.full((len(told), 2 + max(map(len, told))), PAD, np.int64)
        for row, tokens in zip(ids, told, strict=True):
            row[: len(tokens) + 2] = [FIRST, *tokens, LAST]
        mask = (ids != PAD).astype(np.float32)
        checkpoints, problem = self._session.run(None, {"tokens": ids, "mask": mask})
        shares = softmax(checkpoints / self._facts.temperature)
        problems = softmax(problem / self._facts.problem_temperature)[:, 0]
        return [self._likely(share, float(one)) for share, one in zip(shares, problems, strict=True)]

    def _likely(self, share: _Floats, problem: float) -> Likely:
        """Take apart the probabilities (checkpoints + 1,) of one statement; the last one is that of nothing."""
        likeliest = np.argsort(share[:-1])[::-1][:SHOWN]
        return Likely(
            tuple((self._facts.checkpoints[at], float(share[at])) for at in likeliest), float(share[-1]), problem
        )


def softmax(scores: _Floats) -> _Floats:
    """Return probabilities (n, k) of scores (n, k)."""
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True), np.float32)
