"""Train encoder and heads on the statements, on a CPU in bfloat16 where it has it."""

import random
import time
from collections.abc import Iterator

import msgspec
import torch
from tokenizers import Tokenizer
from torch import nn

from speech.statements import FIRST, LAST, MOST_TOKENS, PAD
from speech.train.encoder import StatementNet
from speech.train.statements import NOTHING, Statement, noisy

IGNORED = -100
SIDES = {"problem": 0, "ok": 1, "-": IGNORED}


class Recipe(msgspec.Struct, frozen=True):
    """How it is trained. The embedding of words stays as it was: what the statements do not say keeps its meaning."""

    epochs: int = 10
    batch: int = 48
    rate: float = 1.5e-4
    head_rate: float = 1e-3
    decay: float = 0.01
    smoothing: float = 0.05


class Batch(msgspec.Struct, frozen=True, eq=False):
    """Tokens and mask (n, length), and what is right (n,)."""

    tokens: torch.Tensor
    mask: torch.Tensor
    checkpoints: torch.Tensor
    sides: torch.Tensor


class Shaper:
    """Makes batches of statements."""

    def __init__(self, tokenizer: Tokenizer, codes: list[str]) -> None:
        """Number the checkpoints as in `codes`; nothing is the number after the last."""
        self._tokenizer = tokenizer
        self._number = {code: number for number, code in enumerate(codes)} | {NOTHING: len(codes)}

    def batch(self, chosen: list[Statement], luck: random.Random | None = None) -> Batch:
        """Return these statements as one batch, with noise where `luck` is given."""
        texts = [noisy(one.text, one.language, luck) if luck else one.text.lower() for one in chosen]
        told = [[FIRST, *self._tokenizer.encode(text).ids[: MOST_TOKENS - 2], LAST] for text in texts]
        tokens = torch.full((len(told), max(map(len, told))), PAD)
        for row, ids in zip(tokens, told, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        return Batch(
            tokens,
            (tokens != PAD).float(),
            torch.tensor([self._number[one.checkpoint] for one in chosen]),
            torch.tensor([SIDES[one.polarity] for one in chosen]),
        )


def fit(net: StatementNet, shaper: Shaper, lines: list[Statement], held: list[Statement], recipe: Recipe) -> None:
    """Train in place; prints the share of held-out statements that are right after each epoch."""
    luck = random.Random(1)
    lines = list(lines)
    for frozen in (net.encoder.words, net.encoder.positions):
        frozen.weight.requires_grad_(requires_grad=False)
    heads = [*net.checkpoint.parameters(), *net.problem.parameters()]
    body = [parameter for parameter in net.encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}], weight_decay=recipe.decay
    )
    steps = recipe.epochs * (len(lines) // recipe.batch)
    pace = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [recipe.rate, recipe.head_rate], total_steps=steps + 1, pct_start=0.1
    )
    began = time.monotonic()
    for epoch in range(recipe.epochs):
        net.train()
        luck.shuffle(lines)
        for first in range(0, len(lines) - recipe.batch + 1, recipe.batch):
            loss = _loss(net, shaper.batch(lines[first : first + recipe.batch], luck), recipe.smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            pace.step()
        print(epoch + 1, told(net, shaper, held), f"{time.monotonic() - began:.0f} s", flush=True)


def _loss(net: StatementNet, batch: Batch, smoothing: float) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        checkpoints, problem = net(batch.tokens, batch.mask)
    which = nn.functional.cross_entropy(checkpoints.float(), batch.checkpoints, label_smoothing=smoothing)
    return which + nn.functional.cross_entropy(problem.float(), batch.sides, ignore_index=IGNORED)


@torch.no_grad()
def scores(
    net: StatementNet, shaper: Shaper, lines: list[Statement]
) -> Iterator[tuple[Batch, torch.Tensor, torch.Tensor]]:
    """Yield batches with what the net says of them."""
    net.eval()
    for first in range(0, len(lines), 64):
        batch = shaper.batch(lines[first : first + 64])
        yield batch, *net(batch.tokens, batch.mask)


def told(net: StatementNet, shaper: Shaper, held: list[Statement]) -> str:
    """Return how many of the held-out statements are about the right checkpoint, and say the right thing of it."""
    right = sided = judged = 0
    for batch, checkpoints, problem in scores(net, shaper, held):
        right += int((checkpoints.argmax(1) == batch.checkpoints).sum())
        asked = batch.sides != IGNORED
        sided += int((problem.argmax(1) == batch.sides)[asked].sum())
        judged += int(asked.sum())
    return f"checkpoint {right / len(held):.3f}, polarity {sided / judged:.3f} of {len(held)} held out"


def temperature(found: list[torch.Tensor], right: list[torch.Tensor]) -> float:
    """Return by what scores are divided so that probabilities are honest (Guo et al., ICML 2017), on held-out ones."""
    everything, labels = torch.cat(found), torch.cat(right)
    options = [0.5 + 0.05 * step for step in range(51)]
    return min(
        options,
        key=lambda one: float(nn.functional.cross_entropy(everything / one, labels, ignore_index=IGNORED)),
    )
