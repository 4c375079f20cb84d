"""`storepatrol train`: corrections out, a detector of one's own in, the way back, and a candidate in the shadow."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.text import counted
from storepatrol.cli import companies, options

if TYPE_CHECKING:  # the parts of an installation load much: only when a command needs them
    from core.caller import Caller
    from core.parts import Parts
    from storepatrol.training.run import Outcome

DONE, REFUSED, WRONG = 0, 1, 2


def add_parser(subparsers: "argparse._SubParsersAction[Any]") -> None:
    """Add the command to `storepatrol`."""
    parser = subparsers.add_parser("train", help="train a detector on your own photos and corrections")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument("--company", metavar="CODE", help="whose corrections; needed where there are several companies")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=Path, action="append", default=[], metavar="DIR", help="a YOLO folder to add")
    parser.add_argument("--no-corrections", action="store_true", help="train on --data alone")
    parser.add_argument("--start", type=Path, metavar="FILE.pt", help="weights to start from (default: the last run's)")
    parser.add_argument(
        "--test", type=Path, metavar="DIR", help="a YOLO folder to freeze as the test set, at first use"
    )
    parser.add_argument(
        "--test-share", type=options.share, default=0.2, metavar="SHARE", help="else so many of the photos"
    )
    parser.add_argument("--epochs", type=options.count)
    parser.add_argument("--rendered", type=options.count_or_none, help="rendered shelves to mix in")
    parser.add_argument("--threads", type=options.count, default=2)
    parser.add_argument("--python", type=Path, metavar="FILE", help="a Python with ultralytics")
    parser.set_defaults(run=run_train)
    commands = parser.add_subparsers(dest="train_command", metavar="[export | list | rollback | shadow]")
    export = commands.add_parser("export", help="write the corrections as a YOLO data set")
    export.add_argument("folder", type=Path, metavar="DIR")
    export.set_defaults(run=run_export)
    listing = commands.add_parser("list", help="list own models")
    listing.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")
    listing.set_defaults(run=run_list)
    commands.add_parser("rollback", help="go back to the model before").set_defaults(run=run_rollback)
    shadow = commands.add_parser("shadow", help="where a candidate sees otherwise")
    shadow.set_defaults(run=run_shadow, shadow_command=None)
    ways = shadow.add_subparsers(dest="shadow_command", metavar="[start | stop]")
    start = ways.add_parser("start", help="let an own model look at live photos")
    start.add_argument("name", metavar="NAME", help="as `storepatrol train list` tells")
    start.add_argument("--share", type=options.share, default=0.1, help="of the photos (default: %(default)s)")
    ways.add_parser("stop", help="end it")


def run_train(arguments: argparse.Namespace) -> int:
    """Train, compare, install if not worse: 0 installed, 1 refused or failed."""
    from storepatrol.training.run import Wish, train
    from storepatrol.training.trainer import SubprocessTrainer, find_python

    with _installation(arguments) as home:
        trainer = SubprocessTrainer(find_python(arguments.python))
        now = home.parts.clock.now()
        data = tuple(arguments.data)
        if not arguments.no_corrections:
            data += _corrections(home, home.place.runs / f"corrections-{now:%Y%m%d-%H%M%S}")
        if not data:
            print("No photo with complete corrections yet, and no --data", file=sys.stderr)
            return REFUSED
        wish = Wish(
            data, arguments.start, arguments.test, arguments.test_share, arguments.epochs, arguments.rendered,
            arguments.threads,
        )  # fmt: skip
        outcome = train(wish, home.place, trainer, now, lambda words: print(words, file=sys.stderr))
    _tell_outcome(outcome, arguments.json)
    return DONE if outcome.installed else REFUSED


def run_export(arguments: argparse.Namespace) -> int:
    """Write the data set into a new or empty folder."""
    with _installation(arguments) as home:
        if arguments.folder.exists() and any(arguments.folder.iterdir()):
            print(f"{arguments.folder} is not empty", file=sys.stderr)
            return WRONG
        written = _write_corrections(home, arguments.folder)
    print(f"{counted(written, 'photo')} with complete labels in {arguments.folder}")
    return DONE


def run_list(arguments: argparse.Namespace) -> int:
    """Print the versions, which one is in use, which one is in the shadow."""
    from core.weights import own

    with _installation(arguments) as home:
        state, cards = own.read_state(home.place.models), own.cards(home.place.models)
    if arguments.json:
        print(msgspec.json.encode({"state": state, "versions": cards}).decode())
        return DONE
    print(f"{'*' if state.current is None else ' '} shipped")
    for card in cards:
        mark = "*" if card.name == state.current else "~" if state.shadow and card.name == state.shadow.name else " "
        figures = card.record.get("comparison", {}).get("candidate", {})
        print(f"{mark} {card.name}  slot-AP50 {figures.get('slot_ap50', '-')}  {card.record.get('decision', '')}")
    return DONE


def run_rollback(arguments: argparse.Namespace) -> int:
    """Put the model before to use again; workers notice by themselves."""
    from core.weights import own

    with _installation(arguments) as home:
        state = own.rollback(home.place.models, home.parts.clock.now())
    print(f"In use now: {state.current or 'the shipped model'}")
    return DONE


def run_shadow(arguments: argparse.Namespace) -> int:
    """Start or end a shadow, or report where the candidates saw otherwise."""
    from core.weights import own

    with _installation(arguments) as home:
        match arguments.shadow_command:
            case "start":
                own.set_shadow(home.place.models, own.Shadow(arguments.name, arguments.share))
                print(f"{arguments.name} looks at {arguments.share:.0%} of the new photos")
            case "stop":
                own.set_shadow(home.place.models, None)
                print("No candidate looks on")
            case _:
                _report_shadow(home, arguments.json)
    return DONE


def _report_shadow(home: "_Home", as_json: bool) -> None:
    from reports.shadow import shadow_report

    with home.parts.database.snapshot(home.company()) as session:
        report = shadow_report(session)
    if as_json:
        print(msgspec.json.encode(report).decode())
        return
    for line in report.items:
        moved = "-" if line.rate_moved is None else f"{line.rate_moved:.1%}"
        print(
            f"{line.candidate} beside {line.current}: {counted(line.photos, 'photo')}, on {line.differing} they differ;"
            f" gaps of both {line.both}, of the current one only {line.only_current}, "
            f"of the candidate only {line.only_candidate}; "
            f"rate moved by {moved} on average; {line.ms:.0f} ms a photo"
        )
    if not report.items:
        print("No candidate has looked at a photo yet")


class _Home:
    """An installation as the commands use it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        from storepatrol.bootstrap import load_settings, make_parts
        from storepatrol.training.run import Place

        chosen = load_settings(arguments.settings)
        self.parts: Parts = make_parts(chosen)
        training = chosen.data_dir / "training"
        self.place: Place = Place(chosen.own_models, training / "frozen", training / "runs")
        self._code = arguments.company

    def company(self) -> "Caller":
        """Return the caller for the one company there is, or the one named."""
        return companies.chosen(self.parts, self._code, "storepatrol train")

    def __enter__(self) -> "_Home":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        from core.errors import ModelFileError
        from storepatrol.training.trainer import TrainingError
        from vision.train.frozen import FrozenError

        self.parts.database.close()
        if isinstance(error, (TrainingError, FrozenError, ModelFileError)):
            raise SystemExit(f"storepatrol train: {error}") from None


def _installation(arguments: argparse.Namespace) -> _Home:
    return _Home(arguments)


def _corrections(home: _Home, folder: Path) -> tuple[Path, ...]:
    return (folder,) if _write_corrections(home, folder) else ()


def _write_corrections(home: _Home, folder: Path) -> int:
    from reports.corrections import corrected, data_set

    count = 0
    with home.parts.database.snapshot(home.company()) as session:
        for path, content in data_set(corrected(session), home.parts.blobs.read):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            count += path.startswith("images/")
    return count


def _tell_outcome(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({"installed": outcome.installed, "card": outcome.card}).decode())
        return
    found = outcome.comparison
    print(f"{outcome.card.name} on {counted(found.photos, 'frozen photo')} with {counted(found.labels, 'gap')}:")
    for name in ("slot_ap50", "ap50", "precision", "recall"):
        moved = getattr(found, name)
        print(
            f"  {name:10} {getattr(found.current, name):.3f} -> {getattr(found.candidate, name):.3f}"
            f"  ({moved.value:+.3f}, 95 % interval {moved.low:+.3f} to {moved.high:+.3f})"
        )
    for words in outcome.objections:
        print(f"  against it: {words}")
    print("Installed; workers take it up by themselves." if outcome.installed else "Not installed; kept as a version.")
