"""`storepatrol voice …`: the ear without the server, and the company's own words (`vocabulary`)."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core import log, weights
from core.errors import StorepatrolError
from core.settings import Settings, load
from core.text import Text
from speech.errors import AudioError, DecoderDied
from storepatrol.cli import vocabulary
from storepatrol.cli.language import counted, say

if TYPE_CHECKING:  # the speech model takes a second to import: only when a command needs it
    from speech.notes import NoteIssue
    from speech.transcript import Transcript

DONE, UNREADABLE, WRONG_USAGE = 0, 1, 2
LANGUAGES = ("zh", "en")
READERS = ("model", "rules", "language-model")
"""The names in `storepatrol.note_readers`, which takes too long to import for a command line that is only parsed."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `voice` commands; each sets `run`, a function from the arguments to the exit code."""
    voice = subparsers.add_parser("voice", help="listen to voice notes")
    commands = voice.add_subparsers(dest="voice_command", required=True)

    transcribe = commands.add_parser("transcribe", help="write down what recordings say")
    transcribe.add_argument("files", nargs="+", type=Path, metavar="FILE")
    transcribe.add_argument("--language", choices=LANGUAGES, help="the language spoken (default: told from the sound)")
    transcribe.add_argument("--models-dir", type=Path, help="folder of fetched models (default: from the settings)")
    transcribe.add_argument("--json", action="store_true", help="print one JSON object a line")
    transcribe.set_defaults(run=run_transcribe)

    extract = commands.add_parser("extract", help="find the problems that a note names")
    source = extract.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", metavar="T", help="the note itself")
    source.add_argument("--file", type=Path, metavar="F", help="a text file in UTF-8 that holds the note")
    extract.add_argument(
        "--reader", choices=READERS, default="model", help="what understands the note (default: %(default)s)"
    )
    extract.add_argument("--json", action="store_true", help="print one JSON object a line")
    extract.set_defaults(run=run_extract)
    vocabulary.add_parsers(commands)

    export = commands.add_parser("export", help="write the notes people corrected: audio, texts, labels")
    export.add_argument("folder", type=Path, metavar="DIR", help="a new or empty folder")
    export.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    export.add_argument("--company", metavar="CODE", help="whose notes; needed where there are several companies")
    export.set_defaults(run=run_export)


def run_transcribe(args: argparse.Namespace) -> int:
    """Transcribe each file; an unreadable one gets an error object and the rest go on."""
    from speech.transcriber import Transcriber

    settings: Settings = load(os.environ)
    try:
        model = weights.locate(settings.whisper_model, args.models_dir or settings.models)
    except StorepatrolError as error:
        for file in args.files:
            _tell_error(file, error.code, say(error.detail), as_json=args.json)
        return UNREADABLE
    transcriber = Transcriber.load(model, settings.speech_threads)
    languages = (args.language,) if args.language else LANGUAGES
    code = DONE
    try:
        for file in args.files:
            try:
                transcript = transcriber.transcribe(_read(file), languages)
            except (AudioError, DecoderDied) as error:
                _tell_error(file, error.code, say(error.detail), as_json=args.json)
                code = UNREADABLE
            else:
                _tell_transcript(file, transcript, as_json=args.json)
    finally:
        transcriber.close()
    return code


def run_extract(args: argparse.Namespace) -> int:
    """Extract the issues of one note."""
    from checklists.library import load as load_library
    from speech.notes.goods import with_goods
    from storepatrol import note_readers

    try:
        text = args.text if args.text is not None else _read(args.file).decode("utf-8-sig")
    except AudioError as error:
        _tell_error(args.file, error.code, say(error.detail), as_json=args.json)
        return UNREADABLE
    except UnicodeDecodeError:
        detail = Text("文件不是 UTF-8 编码的文本", "The file is not text in UTF-8")
        _tell_error(args.file, "note.not_text", say(detail), as_json=args.json)
        return UNREADABLE
    chosen = load(os.environ)
    log.configure(chosen.log_form, chosen.log_level)  # to standard error: a model that gives no answer is told there
    issues = with_goods(note_readers.READERS[args.reader](chosen, load_library()).issues(text), text)
    if args.json:
        _print_json({"text": text, "issues": [msgspec.to_builtins(issue) for issue in issues]})
    else:
        _tell_issues(text, issues)
    return DONE


def run_export(args: argparse.Namespace) -> int:
    """Write every note a person said something of into a new or empty folder."""
    from reports.note_corrections import corrected, data_set
    from storepatrol.bootstrap import load_settings, make_parts
    from storepatrol.cli import companies

    if args.folder.exists() and any(args.folder.iterdir()):
        print(f"{args.folder} is not empty", file=sys.stderr)
        return WRONG_USAGE
    parts = make_parts(load_settings(args.settings))
    notes = 0
    try:
        with parts.database.snapshot(companies.chosen(parts, args.company, "storepatrol voice export")) as session:
            for path, content in data_set(corrected(session), parts.blobs.read):
                target = args.folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                notes += content.count(b"\n") if path == "manifest.jsonl" else 0
    finally:
        parts.database.close()
    print(f"{counted(notes, 'note')} in {args.folder}")
    return DONE


def _read(file: Path) -> bytes:
    """Return the file's bytes.

    Raises:
        AudioError: `file.unreadable`.

    """
    try:
        return file.read_bytes()
    except OSError as error:
        why = error.strerror or str(error)
        raise AudioError("file.unreadable", Text(f"无法打开文件: {why}", f"Cannot open the file: {why}")) from error


def _tell_transcript(file: Path, transcript: "Transcript", *, as_json: bool) -> None:
    from speech.transcript import EMPTY_REASONS

    if as_json:
        row = {"file": str(file), **msgspec.to_builtins(transcript)}
        if transcript.empty_reason is None:
            del row["empty_reason"]
        _print_json(row)
        return
    print(f"{file}  [{transcript.language}, {transcript.duration_s:.1f} s, {transcript.ms} ms, {transcript.model}]")
    for segment in transcript.segments:
        print(f"  {segment.start:6.1f} – {segment.end:5.1f} s  {segment.confidence:4.0%}  {segment.text}")
    if transcript.empty_reason:
        print(f"  {say(EMPTY_REASONS[transcript.empty_reason])}")


def _tell_issues(text: str, issues: "tuple[NoteIssue, ...]") -> None:
    if not issues:
        print(say(Text("没有提到任何检查点", "No checkpoint is mentioned")))
    for issue in issues:
        said = text[slice(*issue.span)]
        word = Text("正常", "ok") if issue.polarity == "ok" else Text("问题", "problem")
        extra = [issue.where, f"{issue.value.number:g} {issue.value.unit}".strip() if issue.value else None]
        details = "  ".join(part for part in extra if part)
        print(f"{issue.checkpoint}  {say(word)}  {issue.severity}  {issue.confidence:.0%}  {details}\n  “{said}”")


def _tell_error(file: Path, code: str, detail: str, *, as_json: bool) -> None:
    if as_json:
        _print_json({"file": str(file), "error": {"code": code, "detail": detail}})
    else:
        print(f"{file}: {detail}", file=sys.stderr)


def _print_json(row: dict[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)
