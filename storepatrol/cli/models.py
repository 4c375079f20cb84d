"""`storepatrol models fetch|list|verify`: the model weights of this installation."""

import argparse
import json
import os
import sys
from pathlib import Path

from core import weights as store
from core.settings import load
from core.text import Text
from core.weights import Progress, Weights, WeightsError
from storepatrol.cli.language import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `models`."""
    parser = subparsers.add_parser("models", help="model weights: fetch, list, verify")
    commands = parser.add_subparsers(dest="models_command", required=True)

    fetch = commands.add_parser("fetch", help="bring model weights, checked by size and SHA-256")
    fetch.add_argument("names", nargs="*", metavar="NAME", help="which (default: all that the product needs)")
    fetch.add_argument(
        "--from-hub",
        metavar="OWNER/REPOSITORY@COMMIT",
        help="also bring a faster-whisper model that the list does not name; its checksums are recorded at first fetch",
    )
    fetch.set_defaults(run=run_fetch)

    list_ = commands.add_parser("list", help="every known weight: version, size, licence, is it here")
    list_.set_defaults(run=run_list)

    verify = commands.add_parser("verify", help="read every byte of the weights that are here and compare checksums")
    verify.add_argument(
        "names", nargs="*", metavar="NAME", help="which (default: those needed and those that are here)"
    )
    verify.set_defaults(run=run_verify)

    for command in (fetch, list_, verify):
        command.add_argument("--models-dir", type=Path, help="folder of fetched models (default: from the settings)")
        command.add_argument("--json", action="store_true", help="one JSON object a line")


def models_dir(given: Path | None) -> Path:
    """Return the folder of fetched models: as given, else from the settings."""
    return given or load(os.environ).models


def run_fetch(args: argparse.Namespace) -> int:
    """Fetch each; 1 if one of them could not be had."""
    models = models_dir(args.models_dir)
    names = args.names
    if not names and not args.from_hub:
        names = [weights.name for weights in store.manifest(models) if weights.default]
    exit_code = 0
    for name in [*names, *([args.from_hub] if args.from_hub else [])]:
        bar = ProgressLine()
        try:
            place = _fetch_one(name, models, bar)
        except WeightsError as error:
            bar.end()
            exit_code = 1
            _print(args.json, {"name": name, "error": _error(error)}, f"{name}: {say(error.detail)}")
        else:
            bar.end()
            _print(args.json, {"name": name, "path": str(place)}, f"{name}: {place}")
    return exit_code


def _fetch_one(name: str, models: Path, bar: "ProgressLine") -> Path:
    if "@" not in name:
        return store.fetch(name, models, bar)
    return store.place(store.fetch_from_hub(name, models, bar), models)


def run_list(args: argparse.Namespace) -> int:
    """List."""
    models = models_dir(args.models_dir)
    for weights in store.manifest(models):
        here = store.present(weights, models)
        size = f"{weights.total_bytes / 1e6:,.1f} MB"
        row = f"{weights.name:24}{weights.version:10}{size:>12}  {weights.kind:9}{'here' if here else '-':6}"
        _print(args.json, {**_facts(weights), "present": here}, row + weights.licence)
    return 0


def run_verify(args: argparse.Namespace) -> int:
    """Verify; 1 if something is wrong or missing."""
    models = models_dir(args.models_dir)
    try:
        chosen = [store.find(name, models) for name in args.names] or [
            weights
            for weights in store.manifest(models)
            if weights.kind == "shipped" or weights.default or store.present(weights, models)
        ]
    except WeightsError as error:
        _print(args.json, {"error": _error(error)}, say(error.detail))
        return 1
    return max([_verify_one(weights, models, as_json=args.json) for weights in chosen], default=0)


def _verify_one(weights: Weights, models: Path, *, as_json: bool) -> int:
    problems = store.verify(weights, models)
    row: dict[str, object] = {**_facts(weights), "ok": not problems}
    verdict = say(Text("完好", "ok"))
    if problems:
        verdict = "; ".join(say(problem) for problem in problems)
        row["error"] = {"code": "weights.not_whole", "detail": verdict}
    _print(as_json, row, f"{weights.name:24}{verdict}")
    return 1 if problems else 0


class ProgressLine:
    """One line on standard error that is written over; on a pipe, one line at each quarter."""

    STEPS = (
        ("wait", Text("等待另一个进程下载", "waiting for another process")),
        ("download", Text("下载中", "downloading")),
        ("check", Text("校验中", "checking")),
        ("ready", Text("就绪", "ready")),
    )

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = ""

    def __call__(self, progress: Progress) -> None:
        """Show how far it is."""
        words = say(dict(self.STEPS)[progress.step])
        amount = f"{progress.done / 1e6:7.1f} / {progress.total / 1e6:.1f} MB  {progress.percent:3d}%"
        percent = progress.percent if self._live else progress.percent // 25 * 25
        mark = f"{progress.step} {percent}"
        if mark != self._last:
            line = f"{progress.name}  {words}  {amount}"
            print(f"\r{line:<78}" if self._live else line, end="" if self._live else "\n", file=sys.stderr, flush=True)
        self._last = mark

    def end(self) -> None:
        """Leave the line."""
        if self._live and self._last:
            print(file=sys.stderr)


def _facts(weights: Weights) -> dict[str, object]:
    return {
        "name": weights.name,
        "version": weights.version,
        "kind": weights.kind,
        "task": weights.task,
        "bytes": weights.total_bytes,
        "licence": weights.licence,
    }


def _error(error: WeightsError) -> dict[str, str]:
    return {"code": error.code, "detail": say(error.detail)}


def _print(as_json: bool, row: dict[str, object], line: str) -> None:
    print(json.dumps(row, ensure_ascii=False) if as_json else line, flush=True)
