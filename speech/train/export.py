"""The trained net as one ONNX file: dense layers and embedding in 4 bits, with tokens and facts inside."""

import tempfile
from pathlib import Path

import msgspec
import onnx
import torch
from onnxruntime.quantization import QuantFormat
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from tokenizers import Tokenizer

from speech.statements import MODEL_FILE, Facts
from speech.train.encoder import StatementNet


def export(net: StatementNet, tokenizer: Tokenizer, facts: Facts, folder: Path, *, bits: int = 4) -> Path:
    """Write `statements.onnx`; `bits` 4, or 0 for float32."""
    folder.mkdir(parents=True, exist_ok=True)
    net.eval()
    example = (torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]]), torch.tensor([[1.0, 1, 1, 1], [1, 1, 1, 0]]))
    with tempfile.TemporaryDirectory() as place:
        plain = Path(place) / "float.onnx"
        torch.onnx.export(
            net, example, str(plain), input_names=["tokens", "mask"], output_names=["checkpoints", "problem"],
            dynamic_axes={name: {0: "n", 1: "length"} for name in ("tokens", "mask")}, opset_version=17, dynamo=False,
        )  # fmt: skip
        model = onnx.load(str(plain))
    if bits:
        config = DefaultWeightOnlyQuantConfig(
            block_size=32, is_symmetric=True, accuracy_level=4, quant_format=QuantFormat.QOperator,
            op_types_to_quantize=("MatMul", "Gather"), bits=bits,
        )  # fmt: skip
        quantizer = MatMulNBitsQuantizer(model, algo_config=config)
        quantizer.process()
        model = quantizer.model.model
    for key, value in {"storepatrol": msgspec.json.encode(facts).decode(), "tokens": tokenizer.to_str()}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    file = folder / MODEL_FILE
    onnx.save(model, str(file))
    return file
