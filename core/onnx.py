"""Resident onnxruntime sessions on the CPU, and what a file that is no model of ours is told."""

import os
from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort

from core.errors import ModelFileError

# onnxruntime's errors have no common base; these are what it says to a file it cannot use.
_REFUSALS = (ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.InvalidProtobuf, ort.NotImplemented)


def available_cores() -> int:
    """Return how many cores this process may run on (its affinity, not the machine's count)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_session(file: Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """Open a model file; `threads` defaults to the cores this process may use.

    Raises:
        ModelFileError: the file is missing or damaged; the message names it.

    """
    if not file.is_file():
        raise ModelFileError(f"model file {file.name} is missing in {file.parent}")
    options = onnxruntime.SessionOptions()
    options.enable_cpu_mem_arena = False  # the arena grows with every new shape and is never given back
    options.intra_op_num_threads = threads or available_cores()
    options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        raise ModelFileError.unusable(file, error) from error
