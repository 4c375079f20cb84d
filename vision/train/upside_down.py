"""Teach a row detector to tell, in the look it takes anyway, whether a photo is upside down.

    python -m vision.train.upside_down runs/row/row.onnx --data ../shared/data/shelf_gaps/train --out row.onnx

What its backbone makes of a photo (three layers, averaged over the photo) is enough: a logistic regression on that
becomes a second output of the file, `upside_down`, in log odds. Boxes and scores stay as they are. Needs no labels (a
photo and the same photo turned) and no torch, but onnx, of the `train` extra.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from vision.detector import UPSIDE_DOWN, letterbox
from vision.photo import Photo, Pixels, open_photo
from vision.shelf import Frame
from vision.turning import turned

LAYERS = (4, 6, 9)
AVERAGES = "upside_down_averages"
REACH = 5.0  # standard deviations; what lies beyond counts as this much
RIDGE = 1.0


def main() -> None:
    """Look at every photo and at the same turned, fit, and write the detector with its second output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("detector", type=Path)
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders with images/ of upright photos")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", help="of the new file; else that of the detector")
    args = parser.parse_args()
    model = with_averages(onnx.load(args.detector))
    side = int(next(entry.value for entry in model.metadata_props if entry.key == "side"))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    photos = [file for folder in args.data for file in sorted((folder / "images").iterdir())]
    looks = [look for file in photos for look in averages(session, side, file)]
    given = np.array([float(is_over) for is_over, _ in looks])
    write(model, *fit(np.stack([average for _, average in looks]), given), args.out, args.version)


def with_averages(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with the averages of its backbone's layers as a second output."""
    pooled = [f"{AVERAGES}_{layer}" for layer in LAYERS]
    for layer, name in zip(LAYERS, pooled, strict=True):
        source = f"/model.{layer}/cv2/act/Mul_output_0"
        quantized = f"{source}_DequantizeLinear_Output"
        known = {output for node in model.graph.node for output in node.output}
        chosen = quantized if quantized in known else source
        model.graph.node.append(helper.make_node("GlobalAveragePool", [chosen], [name]))
    model.graph.node.append(helper.make_node("Concat", pooled, [f"{AVERAGES}_square"], axis=1))
    model.graph.node.append(helper.make_node("Flatten", [f"{AVERAGES}_square"], [AVERAGES]))
    model.graph.output.append(helper.make_tensor_value_info(AVERAGES, TensorProto.FLOAT, None))
    return model


def averages(session: onnxruntime.InferenceSession, side: int, file: Path) -> list[tuple[bool, NDArray[np.float32]]]:
    """Return what the backbone makes of a photo as it is and upside down, each with whether it is that.

    A photo that has a view from the front is looked at in that too.
    """
    photo, name = open_photo(file.read_bytes()), session.get_inputs()[0].name
    views = [(is_over, view) for is_over in (False, True) for view in _views(turned(photo, 2 if is_over else 0))]
    return [(is_over, session.run([AVERAGES], {name: letterbox(view, side)[0]})[0][0]) for is_over, view in views]


def _views(photo: Photo) -> list[Pixels]:
    frame = Frame.of(photo)
    return [photo.pixels] if frame.view is None else [photo.pixels, frame.pixels]


def fit(looks: NDArray[np.float32], given: NDArray[np.float64]) -> tuple[NDArray[np.float32], ...]:
    """Return mean, deviation, and the weights with the constant last, of a logistic regression (Newton's method)."""
    mean, deviation = looks.mean(axis=0), looks.std(axis=0) + 1e-3
    scaled = np.clip((looks - mean) / deviation, -REACH, REACH)
    design = np.c_[scaled, np.ones(len(scaled))].astype(np.float64)
    ridge = RIDGE * np.eye(design.shape[1])
    ridge[-1, -1] = 0.0
    weights = np.zeros(design.shape[1])
    for _ in range(25):
        right = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (right - given) + ridge @ weights
        weights -= np.linalg.solve((design * (right * (1 - right) + 1e-6)[:, None]).T @ design + ridge, slope)
    return mean, deviation, weights.astype(np.float32)


def write(
    model: onnx.ModelProto,
    mean: NDArray[np.float32],
    deviation: NDArray[np.float32],
    weights: NDArray[np.float32],
    out: Path,
    version: str | None = None,
) -> None:
    """Write the model with the fitted regression in the place of the averages."""
    reach = np.float32(REACH)
    constants = {"mean": mean[None], "deviation": deviation[None], "least": -reach, "most": reach,
                 "weights": weights[:-1, None], "constant": weights[-1:]}  # fmt: skip
    for name, value in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(np.asarray(value, np.float32), f"{UPSIDE_DOWN}_{name}"))
    named = {name: f"{UPSIDE_DOWN}_{name}" for name in constants}
    steps = (
        ("Sub", [AVERAGES, named["mean"]], "centred"), ("Div", ["", named["deviation"]], "scaled"),
        ("Clip", ["", named["least"], named["most"]], "clipped"), ("MatMul", ["", named["weights"]], "weighed"),
        ("Add", ["", named["constant"]], ""),
    )  # fmt: skip
    before = AVERAGES
    for kind, inputs, name in steps:
        after = f"{UPSIDE_DOWN}_{name}" if name else UPSIDE_DOWN
        model.graph.node.append(helper.make_node(kind, [before, *inputs[1:]], [after]))
        before = after
    del model.graph.output[-1]
    model.graph.output.append(helper.make_tensor_value_info(UPSIDE_DOWN, TensorProto.FLOAT, (1, 1)))
    for entry in model.metadata_props:
        if entry.key == "version" and version is not None:
            entry.value = version
    onnx.checker.check_model(model)
    onnx.save(model, out)


if __name__ == "__main__":
    main()
