"""Eight-bit arithmetic for an exported detector: static quantization by onnxruntime, measured before it is shipped.

Weights get 7 bits (`reduce_range`): on processors without VNNI two products of 8 and 8 bits overflow the 16 that AVX2
adds them in. The first convolution, which sees the picture, and the last ones, which say where a box lies, stay as
they are.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from vision.detector import letterbox
from vision.photo import open_photo

QUANTIZED = ["Conv", "Sigmoid", "Mul", "Concat", "Add", "MaxPool", "Resize", "Split"]
CALIBRATION_PHOTOS = 64


class Photos(CalibrationDataReader):
    """What the network sees of the calibration photos."""

    def __init__(self, files: Sequence[Path], name: str, side: int) -> None:
        self._blobs: Iterator[NDArray[np.float32]] = (
            letterbox(open_photo(file.read_bytes()).pixels, side)[0] for file in files
        )
        self._name = name

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return one photo's input, None after the last."""
        blob = next(self._blobs, None)
        return None if blob is None else {self._name: blob}


def quantize(source: Path, target: Path, photos: Sequence[Path]) -> None:
    """Write the exported detector `source` as `target` in eight bits, its card unchanged.

    `photos` are training photos: their activations set the ranges.
    """
    model = onnx.load(source)
    card = {entry.key: entry.value for entry in model.metadata_props}
    whole = _in_full_floats(model)
    chosen = photos[:: max(1, len(photos) // CALIBRATION_PHOTOS)][:CALIBRATION_PHOTOS]
    with TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / f"{name}.onnx" for name in ("plain", "ready", "small"))
        onnx.save(whole, plain)
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        nodes = onnx.load(ready).graph.node
        quantize_static(
            ready, small, Photos(chosen, whole.graph.input[0].name, int(card["side"])), quant_format=QuantFormat.QDQ,
            per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=QUANTIZED, nodes_to_exclude=_kept_whole(nodes),
        )  # fmt: skip
        done = onnx.load(small)
    del done.metadata_props[:]
    for key, value in card.items():
        entry = done.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(done)
    onnx.save(done, target)


def _in_full_floats(model: onnx.ModelProto) -> onnx.ModelProto:
    """Undo the halved weights of `export.pack`: the quantizer wants to see the weights of a convolution."""
    halves = {half.name: half for half in model.graph.initializer}
    for node in list(model.graph.node):
        if node.op_type == "Cast" and node.input[0] in halves and node.input[0].endswith("_half"):
            half = halves[node.input[0]]
            values = numpy_helper.to_array(half).astype(np.float32)
            model.graph.initializer.append(numpy_helper.from_array(values, node.output[0]))
            model.graph.initializer.remove(half)
            model.graph.node.remove(node)
    return model


def _kept_whole(nodes: Sequence[onnx.NodeProto]) -> list[str]:
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    head = convolutions[-1].name.split("/")[1]  # the detection head is the last module, e.g. model.22
    last = [
        node.name
        for node in nodes
        if f"/{head}/" in node.name and (node.op_type != "Conv" or "/conv/" not in node.name or "/dfl/" in node.name)
    ]
    return [convolutions[0].name, *last]
