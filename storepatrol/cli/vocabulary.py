"""`storepatrol voice correct` and `storepatrol voice vocabulary`: the company's own words."""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.text import Text, counted
from storepatrol.cli import companies
from storepatrol.cli.language import say

if TYPE_CHECKING:  # loads the pronouncing dictionary: only when a command needs it
    from workflows.vocabulary.table import Table

DONE, UNREADABLE = 0, 1


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands below `storepatrol voice`."""
    correct = commands.add_parser("correct", help="put a vocabulary's terms right in a heard text")
    correct.add_argument("--text", required=True, metavar="T", help="what was heard")
    correct.add_argument("--vocabulary", required=True, type=Path, metavar="FILE", help="CSV: kind,term,aliases…")
    correct.add_argument("--json", action="store_true", help="print one JSON object")
    correct.set_defaults(run=run_correct)

    words = commands.add_parser("vocabulary", help="the company's own words")
    words.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    words.add_argument("--company", metavar="CODE", help="whose; needed where there are several companies")
    ways = words.add_subparsers(dest="vocabulary_command", required=True)
    bring = ways.add_parser("import", help="add the terms of a CSV file, all or none")
    bring.add_argument("file", type=Path, metavar="FILE", help="kind,term,aliases…")
    bring.add_argument("--json", action="store_true", help="print one JSON object")
    bring.set_defaults(run=run_import)
    listing = ways.add_parser("list", help="list the terms, those of stores and price lists too")
    listing.add_argument("--json", action="store_true", help="print one JSON object a line")
    listing.set_defaults(run=run_list)


def run_correct(args: argparse.Namespace) -> int:
    """Correct one text by the vocabulary of a file; nothing else is needed."""
    from checklists.library import load as load_library
    from speech.vocabulary import Vocabulary, correct
    from workflows.lexicon import lexicon, wordings

    table = _read(args)
    if table is None:
        return UNREADABLE
    result = correct(args.text, Vocabulary.of(table.terms, wordings(lexicon(load_library()))))
    if args.json:
        _print_json(msgspec.to_builtins(result))
        return DONE
    print(result.text)
    for one in result.corrections:
        print(f"  {one.heard} → {one.term}  ({one.start}–{one.end}, {one.distance:.2f})")
    return DONE


def run_import(args: argparse.Namespace) -> int:
    """Add a file's terms to the company's vocabulary."""
    from storepatrol.bootstrap import load_settings, make_parts
    from workflows.vocabulary.service import import_table

    table = _read(args)
    if table is None:
        return UNREADABLE
    parts = make_parts(load_settings(args.settings))
    with closing(parts.database):
        caller = companies.chosen(parts, args.company, "storepatrol voice vocabulary")
        with parts.database.transaction(caller) as session:
            done = import_table(session, parts.clock.now(), table, args.file.name)
    if args.json:
        _print_json(msgspec.to_builtins(done))
    else:
        told = Text(
            f"新增 {done.added} 个词，更新 {done.changed} 个，{done.same} 个未变",
            f"{counted(done.added, 'new term')}, {done.changed} changed, {done.same} as before",
        )
        print(say(told))
    return DONE


def run_list(args: argparse.Namespace) -> int:
    """Print every term a note is corrected by, and where it comes from."""
    from storepatrol.bootstrap import load_settings, make_parts
    from workflows.vocabulary.current import sources

    parts = make_parts(load_settings(args.settings))
    with closing(parts.database):
        caller = companies.chosen(parts, args.company, "storepatrol voice vocabulary")
        with parts.database.snapshot(caller) as session:
            found = sources(session)
    for source, terms in (("own", found.own), ("organisation", found.stores), ("price_lists", found.products)):
        for term in terms:
            if args.json:
                _print_json({**msgspec.to_builtins(term), "source": source})
            else:
                print("  ".join((f"{term.kind:<8}", term.text, *(f"({alias})" for alias in term.aliases))))
    return DONE


def _read(args: argparse.Namespace) -> "Table | None":
    """Return what the file holds; where it cannot be used, tell why and return None."""
    from workflows.vocabulary import table

    file: Path = getattr(args, "vocabulary", None) or args.file
    try:
        found = table.read(file.read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
        detail = Text(f"无法打开文件: {why}", f"Cannot open the file: {why}")
        _tell_error(file, "file.unreadable", detail, [], as_json=args.json)
        return None
    if found.problems:
        count = counted(found.problem_count, "line")
        detail = Text(f"文件有 {found.problem_count} 处错误", f"{count} of the file cannot be right")
        lines = [{"line": one.line, "reason": say(one.reason)} for one in found.problems]
        _tell_error(file, "vocabulary.bad_lines", detail, lines, as_json=args.json)
        return None
    return found


def _tell_error(file: Path, code: str, detail: Text, lines: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        error = {"code": code, "detail": say(detail), **({"lines": lines} if lines else {})}
        _print_json({"file": str(file), "error": error})
        return
    print(f"{file}: {say(detail)}", file=sys.stderr)
    for line in lines:
        print(f"  {line['line']}: {line['reason']}", file=sys.stderr)


def _print_json(row: dict[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)
