"""From ultralytics' .pt to the ONNX file that the project ships.

The file keeps its weights as float16 and casts them to float32 in the graph: half the size in the
repository, and onnxruntime folds the casts away when it loads the model, so that inference is float32.
The working point, the input size and the licence travel inside the file as metadata.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np

SMALLEST_HALVED = 64  # elements; biases and shape constants below this stay as they are


class ModelCard(msgspec.Struct, frozen=True):
    """What the ONNX file says about itself (its metadata; every value is text in the file)."""

    name: str
    version: str
    class_name: str
    side: int  # pixels: the photo is scaled to the area of a square of this side before detection
    min_score: float  # working point, chosen on validation data
    licence: str
    source: str
    calibration: str = "1 0"  # of `vision.calibration`, fitted on validation data


def export(weights: Path, target: Path, card: ModelCard) -> None:
    """Write `weights` (a .pt) as `target` (.onnx) with dynamic height and width and no NMS in the graph."""
    import shutil

    from ultralytics import YOLO

    with TemporaryDirectory() as folder:
        copy = Path(folder) / weights.name
        shutil.copyfile(weights, copy)
        plain = YOLO(copy).export(format="onnx", dynamic=True, simplify=True, opset=17)
        pack(Path(plain), target, card)


def pack(plain: Path, target: Path, card: ModelCard) -> None:
    """Copy the ONNX file `plain` to `target` with halved weights and the card as its metadata."""
    import onnx

    model = onnx.load(plain)
    _halve_weights(model)
    del model.metadata_props[:]
    for key, value in msgspec.to_builtins(card).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.checker.check_model(model)
    onnx.save(model, target)


def repack(target: Path, card: ModelCard) -> None:
    """Replace the card inside an exported file, leaving its weights as they are."""
    import onnx

    model = onnx.load(target)
    del model.metadata_props[:]
    for key, value in msgspec.to_builtins(card).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, target)


def _halve_weights(model) -> None:
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.size < SMALLEST_HALVED:
            continue
        halved = values.astype(np.float16)
        if not np.isfinite(halved).all():
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(halved, name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
