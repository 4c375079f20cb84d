"""Where weights lie, and whether they are whole."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from core.text import Text
from core.weights.manifest import Weights, WeightsError, manifest, shipped_dir

_CHUNK = 1 << 20


def find(name: str, models: Path | None = None) -> Weights:
    """Return the entry called `name`.

    Raises:
        WeightsError: `weights.unknown`.

    """
    known = {weights.name: weights for weights in manifest(models)}
    if name not in known:
        names = ", ".join(known)
        raise WeightsError(
            "weights.unknown",
            Text(f"没有名为 {name} 的模型; 可用的有: {names}", f"No model is called {name}; there are: {names}"),
        )
    return known[name]


def place(weights: Weights, models: Path | None) -> Path:
    """Return the folder in which the weight's files lie or would lie."""
    if weights.kind == "shipped":
        return shipped_dir()
    if models is None:
        raise WeightsError(
            "weights.no_folder",
            Text(f"没有指定存放模型 {weights.name} 的目录", f"No folder was given for the model {weights.name}"),
        )
    return models / f"{weights.name}-{weights.version}"


def present(weights: Weights, models: Path | None) -> bool:
    """Tell whether every file is there in its full size: a look at the folder, no byte is read."""
    folder = place(weights, models)
    return all(_size(folder / file.path) == file.bytes for file in weights.all_files)


def locate(name: str, models: Path | None = None) -> Path:
    """Return the weight's file if it is one file, else its folder.

    Raises:
        WeightsError: `weights.unknown`, or `weights.missing` with the command that brings it.

    """
    weights = find(name, models)
    folder = place(weights, models)
    if not present(weights, models):
        raise WeightsError(
            "weights.missing",
            Text(
                f"模型 {name} 不在 {folder} 或不完整; 请运行: storepatrol models fetch {name}",
                f"Model {name} is not (whole) in {folder}; run: storepatrol models fetch {name}",
            ),
        )
    return folder / weights.file if weights.file else folder


def verify(weights: Weights, models: Path | None) -> list[Text]:
    """Read every byte and return what is wrong; an empty list means whole."""
    folder = place(weights, models)
    return [problem for file in weights.all_files for problem in check(folder / file.path, file.bytes, file.sha256)]


def check(path: Path, size: int, sha256: str) -> Iterator[Text]:
    """Yield what is wrong with one file."""
    found = _size(path)
    if found is None:
        yield Text(f"缺少文件 {path.name}", f"{path.name} is missing")
    elif found != size:
        yield Text(f"{path.name} 应为 {size} 字节, 实为 {found}", f"{path.name} should have {size} bytes, has {found}")
    elif (digest := sha256_of(path)) != sha256:
        yield Text(f"{path.name} 的校验和不符: {digest}", f"{path.name} has another checksum: {digest}")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
