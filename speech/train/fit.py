"""Train encoder and heads on composed notes, on a CPU in bfloat16 where it has it."""

import random
import time
from collections.abc import Iterator, Sequence

import msgspec
import torch
from tokenizers import Tokenizer
from torch import nn

from speech.note_model import PAD, pooled
from speech.train.compose import Composed, Composer, composed
from speech.train.encoder import NoteNet
from speech.train.statements import NOTHING, Statement

IGNORED = -100
SIDES = {"problem": 0, "ok": 1, "-": IGNORED}


class Recipe(msgspec.Struct, frozen=True):
    """How it is trained. The embedding of words stays as it was: what the statements do not say keeps its meaning."""

    epochs: int = 10
    batch: int = 24
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    smoothing: float = 0.05


class Batch(msgspec.Struct, frozen=True, eq=False):
    """Tokens (notes, n) and shares (notes, clauses, n), and what is right of each clause (notes, clauses)."""

    tokens: torch.Tensor
    shares: torch.Tensor
    checkpoints: torch.Tensor
    sides: torch.Tensor


class Shaper:
    """Makes batches of notes."""

    def __init__(self, tokenizer: Tokenizer, codes: list[str]) -> None:
        """Number the checkpoints as in `codes`; nothing is the number after the last."""
        self._tokenizer = tokenizer
        self._number = {code: number for number, code in enumerate(codes)} | {NOTHING: len(codes)}

    def batch(self, notes: Sequence[Composed]) -> Batch:
        """Return these notes as one batch."""
        told = [pooled(self._tokenizer, note.text, note.clauses) for note in notes]
        length, most = max(len(ids) for ids, _ in told), max(len(note.clauses) for note in notes)
        tokens = torch.full((len(notes), length), PAD)
        shares = torch.zeros(len(notes), most, length)
        checkpoints, sides = (torch.full((len(notes), most), IGNORED) for _ in range(2))
        for at, (note, (ids, parts)) in enumerate(zip(notes, told, strict=True)):
            tokens[at, : len(ids)] = torch.from_numpy(ids)
            shares[at, : len(parts), : len(ids)] = torch.from_numpy(parts)
            checkpoints[at, : len(parts)] = torch.tensor([self._number[one.checkpoint] for one in note.said])
            sides[at, : len(parts)] = torch.tensor([SIDES[one.polarity] for one in note.said])
        return Batch(tokens, shares, checkpoints, sides)


def fit(net: NoteNet, shaper: Shaper, lines: list[Statement], held: list[Statement], recipe: Recipe) -> None:
    """Train in place; prints the share of held-out clauses that are right after each epoch."""
    composer = Composer(lines, random.Random(1))
    for frozen in (net.encoder.words, net.encoder.positions):
        frozen.weight.requires_grad_(requires_grad=False)
    heads = [*net.checkpoint.parameters(), *net.problem.parameters()]
    body = [parameter for parameter in net.encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}], weight_decay=recipe.decay
    )
    steps = recipe.epochs * (round(1.02 * len(composer.round())) // recipe.batch)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [recipe.rate, recipe.head_rate], total_steps=steps + 1, pct_start=0.1
    )
    began, left = time.monotonic(), steps
    for epoch in range(recipe.epochs):
        net.train()
        notes = composer.round()
        for first in range(0, len(notes) - recipe.batch + 1, recipe.batch):
            loss = _loss(net, shaper.batch(notes[first : first + recipe.batch]), recipe.smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            if left:
                pace.step()
                left -= 1
        print(epoch + 1, told(net, shaper, held), f"{time.monotonic() - began:.0f} s", flush=True)


def _loss(net: NoteNet, batch: Batch, smoothing: float) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        checkpoints, problem = net(batch.tokens, batch.shares)
    which = nn.functional.cross_entropy(
        checkpoints.float().flatten(0, 1), batch.checkpoints.flatten(), ignore_index=IGNORED, label_smoothing=smoothing
    )
    sides = nn.functional.cross_entropy(
        problem.float().flatten(0, 1), batch.sides.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return which + sides / max(1, int((batch.sides != IGNORED).sum()))


@torch.no_grad()
def scores(
    net: NoteNet, shaper: Shaper, lines: list[Statement]
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Yield for the clauses of statements, each a note by itself: scores and what is right, twice."""
    net.eval()
    for first in range(0, len(lines), 64):
        batch = shaper.batch([composed([line]) for line in lines[first : first + 64]])
        checkpoints, problem = net(batch.tokens, batch.shares)
        there = batch.checkpoints != IGNORED
        yield checkpoints[there], batch.checkpoints[there], problem[there], batch.sides[there]


def told(net: NoteNet, shaper: Shaper, held: list[Statement]) -> str:
    """Return how many of the held-out clauses are about the right checkpoint, and say the right thing of it."""
    right = count = sided = judged = 0
    for checkpoints, which, problem, side in scores(net, shaper, held):
        right, count = right + int((checkpoints.argmax(1) == which).sum()), count + len(which)
        asked = side != IGNORED
        sided, judged = sided + int((problem.argmax(1) == side)[asked].sum()), judged + int(asked.sum())
    return f"checkpoint {right / count:.3f}, polarity {sided / judged:.3f} of {count} clauses held out"


def temperature(found: list[torch.Tensor], right: list[torch.Tensor]) -> float:
    """Return by what scores are divided so that probabilities are honest (Guo et al., ICML 2017), on held-out ones."""
    everything, labels = torch.cat(found), torch.cat(right)
    options = [0.5 + 0.05 * step for step in range(51)]
    return min(
        options,
        key=lambda one: float(nn.functional.cross_entropy(everything / one, labels, ignore_index=IGNORED)),
    )
