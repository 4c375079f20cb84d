"""The trained net as one ONNX file: with tokens and facts inside."""

import logging
import tempfile
from pathlib import Path

import msgspec
import onnx
import torch
from onnxruntime.quantization import QuantFormat
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer
from tokenizers import Tokenizer

from speech.note_model import MODEL_FILE, Facts
from speech.train.encoder import NoteNet


def export(net: NoteNet, tokenizer: Tokenizer, facts: Facts, folder: Path) -> Path:
    """Write `notes.onnx`: the embedding in 4 bits, as it came, and dense layers in 8.

    Dense layers in 4 bits were measured and cost 15 to 23 points of F1 on the development notes; 8 cost none to one.
    """
    logging.getLogger("onnxruntime.quantization").setLevel(logging.WARNING)  # it tells every node it looks at
    folder.mkdir(parents=True, exist_ok=True)
    net.eval()
    example = (torch.tensor([[0, 5, 6, 7, 2]]), torch.full((1, 2, 5), 0.2))
    with tempfile.TemporaryDirectory() as place:
        plain = Path(place) / "float.onnx"
        torch.onnx.export(
            net, example, str(plain), input_names=["tokens", "shares"], output_names=["checkpoints", "problem"],
            dynamic_axes={"tokens": {1: "n"}, "shares": {1: "clauses", 2: "n"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        model = onnx.load(str(plain))
    model = _in_bits(_in_bits(model, 4, "Gather"), 8, "MatMul")
    for key, value in {"storepatrol": msgspec.json.encode(facts).decode(), "tokens": tokenizer.to_str()}.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    file = folder / MODEL_FILE
    onnx.save(model, str(file))
    return file


def _in_bits(model: onnx.ModelProto, bits: int, operation: str) -> onnx.ModelProto:
    config = DefaultWeightOnlyQuantConfig(
        block_size=32, is_symmetric=True, accuracy_level=4, quant_format=QuantFormat.QOperator,
        op_types_to_quantize=(operation,), bits=bits,
    )  # fmt: skip
    quantizer = MatMulNBitsQuantizer(model, algo_config=config)
    quantizer.process()
    return quantizer.model.model
