"""Train a detector from a given start and export it. Needs the `train` extra.

    python -m vision.train gap --data ../shared/data/shelf_gaps --start ../shared/weights/gap_yolov8n_640_first.pt
    python -m vision.train row --data ../shared/data/shelf_rows --start ../shared/weights/gap_yolov8n_640_first.pt

With `--epochs 0` the start is only exported. Writes runs/<task>/: the prepared data, ultralytics' run, and
<task>.onnx; a gap detector in eight bits, where they cost less than a point of slot-AP50, and with its scores
fitted to be probabilities (before that: gap_float.onnx). Choose on val and measure with
`python -m vision.train.evaluate`; install by copying the file into model_weights/, its checksum into the manifest
and its figures into the card.
"""

import argparse
import shutil
from pathlib import Path

from vision.train.export import ModelCard, export
from vision.train.finish import finish
from vision.train.prepare import CLASS_NAMES, prepare

LICENCE = "AGPL-3.0 (ultralytics and its weights); and that of the photos it was trained on"
# What differs between the two. Rows are wide and few: keep them whole (little mosaic, little zoom). `side` is the
# input size at run time: for gaps chosen on val among 416 to 640, for rows as large as the training photos.
RECIPES = {
    "gap": {"imgsz": 448, "epochs": 24, "lr0": 4e-4, "scale": 0.6, "mosaic": 0.5, "rendered": 150, "side": 512},
    "row": {"imgsz": 640, "epochs": 12, "lr0": 1e-3, "scale": 0.4, "mosaic": 0.3, "rendered": 60, "side": 560},
}


def main() -> None:
    """Prepare, train, export."""
    args = _arguments()
    recipe = dict(RECIPES[args.task])
    rendered, side = recipe.pop("rendered"), recipe.pop("side")
    usual = recipe.pop("epochs")
    epochs = usual if args.epochs is None else args.epochs
    recipe["lr0"] = args.lr0 or recipe["lr0"]
    out = args.out / args.task
    out.mkdir(parents=True, exist_ok=True)
    best = args.start
    if epochs:
        mixed_in = rendered if args.rendered is None else args.rendered
        yaml = prepare(args.task, args.data, out / "data", mixed_in, args.audited)
        best = train(yaml, args.start, out, epochs, args.threads, recipe)
    network = network_of(args.start)
    card = ModelCard(
        name=args.name or f"{args.task}-{network}",
        version=args.version,
        class_name=CLASS_NAMES[args.task],
        side=side,
        min_score=args.min_score,
        licence=args.licence,
        source=f"ultralytics {network} from {args.start.name}, {epochs} epochs",
    )
    exported = out / f"{args.task}.onnx"
    export(best, exported, card)
    if args.task == "gap" and (out / "data" / "val").is_dir():
        shutil.copyfile(exported, out / "gap_float.onnx")
        for line in finish(exported, out / "data", args.audited):
            print(line)
    print(exported)


def network_of(weights: Path) -> str:
    """Return what kind of network a .pt holds, e.g. yolov8n."""
    from ultralytics import YOLO

    named = YOLO(weights).model.yaml
    return Path(str(named.get("yaml_file", "yolo"))).stem


def train(yaml: Path, start: Path, out: Path, epochs: int, threads: int, recipe: dict[str, float]) -> Path:
    """Run ultralytics and return its best weights by val."""
    import torch
    from ultralytics import YOLO

    from vision.train.cpu import CpuTrainer

    torch.set_num_threads(threads)
    copy = out / "start.pt"  # ultralytics may write beside what it loads
    shutil.copyfile(start, copy)
    YOLO(copy).train(
        trainer=CpuTrainer, data=str(yaml), epochs=epochs, batch=16, optimizer="AdamW", cos_lr=True,
        warmup_epochs=0.5, close_mosaic=2, device="cpu", workers=0, cache="ram", project=str(out.resolve()),
        name="run", exist_ok=True, plots=False, seed=0, hsv_v=0.5, degrees=2.0, perspective=0.0003, **recipe,
    )  # fmt: skip
    return out / "run" / "weights" / "best.pt"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=sorted(RECIPES))
    parser.add_argument("--data", type=Path, required=True, help="YOLO folder")
    parser.add_argument("--start", type=Path, required=True, help=".pt to start from")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--lr0", type=float, help="first learning rate; lower it to go on from an earlier run")
    parser.add_argument("--rendered", type=int, help="rendered shelves to mix in")
    parser.add_argument("--audited", action="store_true", help="labels of gaps mended, one box a stretch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--version", default="1")
    parser.add_argument("--name", help="written into the file (default: task and network)")
    parser.add_argument("--licence", default=LICENCE, help="written into the file")
    parser.add_argument("--min-score", type=float, default=0.25, help="working point written into the file")
    return parser.parse_args()


if __name__ == "__main__":
    main()
