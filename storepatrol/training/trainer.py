"""The training itself, in a Python of its own: the product runs without torch and ultralytics."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import msgspec

HOW_TO_GET = (
    "ultralytics is not installed here: training needs an environment of its own, of several gigabytes. "
    "In a checkout, `make train-env` makes it in .venv-train; elsewhere: python -m venv train-env && "
    "train-env/bin/pip install 'storepatrol[train]'. Name another Python with --python."
)
PROBE = "import ultralytics, onnx, vision.train.prepare"
LAST_LINES = 15


class TrainingError(RuntimeError):
    """The training could not begin or did not end well; the message says what to do."""


class Job(msgspec.Struct, frozen=True):
    """What is to be trained: a folder with train/ and val/, weights to start from, and where the run may write."""

    data: Path
    start: Path
    out: Path
    version: str
    epochs: int | None = None
    rendered: int | None = None
    threads: int = 2


class Trained(msgspec.Struct, frozen=True):
    """The exported detector, and the weights from which a later training can go on."""

    onnx: Path
    weights: Path


class Trainer(Protocol):
    """Trains a gap detector."""

    def train(self, job: Job) -> Trained:
        """Train and export.

        Raises:
            TrainingError: it could not be done.

        """


class SubprocessTrainer:
    """Runs `python -m vision.train` of the training environment, its output in a file."""

    def __init__(self, python: Path) -> None:
        self._python = python

    def train(self, job: Job) -> Trained:
        """Train and export in a process of its own."""
        job.out.mkdir(parents=True, exist_ok=True)
        command = [
            str(self._python), "-m", "vision.train", "gap", "--data", str(job.data), "--start", str(job.start),
            "--out", str(job.out), "--version", job.version, "--name", f"gap-{job.version}",
            "--threads", str(job.threads),
        ]  # fmt: skip
        for name, value in (("--epochs", job.epochs), ("--rendered", job.rendered)):
            command += [] if value is None else [name, str(value)]
        log = job.out / "train.log"
        with log.open("wb") as output:
            code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=job.out, check=False).returncode
        trained = Trained(job.out / "gap" / "gap.onnx", job.out / "gap" / "run" / "weights" / "best.pt")
        if code or not trained.onnx.is_file():
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
            raise TrainingError(f"the training ended with code {code}; the end of {log}:\n{tail}")
        return trained if trained.weights.is_file() else Trained(trained.onnx, job.start)


def find_python(named: Path | None) -> Path:
    """Return a Python that can train: the one named, this one, or that of .venv-train beside the checkout.

    Raises:
        TrainingError: there is none; the message says how to get one.

    """
    beside = Path(__file__).resolve().parents[2] / ".venv-train" / "bin" / "python"
    tried: Iterable[Path] = [named] if named else [beside, Path(".venv-train/bin/python"), Path(sys.executable)]
    for python in tried:
        if python.is_file() and can_train(python):
            return python.absolute()
    raise TrainingError(f"{named} cannot train: {HOW_TO_GET}" if named else HOW_TO_GET)


def can_train(python: Path) -> bool:
    """Tell whether a Python has what training needs."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.run([str(python), "-c", PROBE], env=dict(os.environ), check=False, **quiet).returncode == 0  # type: ignore[call-overload, no-any-return]
