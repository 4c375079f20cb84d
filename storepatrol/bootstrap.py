"""Composition roots: what each process is made of, wired here and nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path

from checklists import library as standards
from core import log, settings, weights
from core.clock import Clock, SystemClock
from core.db import Database, make_engine
from core.parts import Parts
from core.queues import DETAILS, SPEECH, VISION
from core.settings import Settings
from core.storage import store_for
from core.weights import own
from speech.transcriber import Transcriber
from storepatrol import note_readers
from vision.detector import Detector
from vision.price_tags.ocr import check_files
from vision.price_tags.reader import TagReader
from vision.shelf import GAP_FILE, ROW_FILE, SHIPPED_WEIGHTS, ShelfReader
from workflows.lexicon import lexicon
from workflows.review.candidate import Candidate
from workflows.tasks.policy import Sla
from workflows.tools import Tools


def load_settings(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Return this process's settings and set its log up by them."""
    chosen = settings.load(os.environ if environ is None else environ, file)
    log.configure(chosen.log_form, chosen.log_level)
    return chosen


def make_parts(chosen: Settings, clock: Clock | None = None) -> Parts:
    """Return the parts that every process has."""
    chosen.data_dir.mkdir(parents=True, exist_ok=True)
    return Parts(
        settings=chosen,
        clock=clock or SystemClock(),
        database=Database(make_engine(chosen.database_url)),
        blobs=store_for(chosen),
    )


def make_tools(parts: Parts, queues: tuple[str, ...]) -> Tools:
    """Return what a worker of `queues` holds; models are loaded only for the queues that need them."""
    chosen, library = parts.settings, standards.load()
    hears = SPEECH in queues
    return Tools(
        parts=parts,
        library=library,
        sla=Sla(minor=chosen.sla_minor, major=chosen.sla_major, critical=chosen.sla_critical),
        reader=reader(chosen) if VISION in queues else None,
        candidate=candidate(chosen) if {VISION, DETAILS} & set(queues) else None,
        tags=tag_reader(chosen) if DETAILS in queues else None,
        transcriber=_transcriber(chosen) if hears else None,
        notes=note_readers.of(chosen, library) if hears else None,
        lexicon=lexicon(library) if hears else None,
    )


def reader(chosen: Settings) -> ShelfReader:
    """Return the detectors in use: the company's own where it installed one, else the shipped ones.

    Raises:
        WeightsError: the own model is damaged; the message names the file and both checksums.
        ModelFileError: a file is no detector.

    """
    return own_reader(chosen, own.read_state(chosen.own_models).current)


def tag_reader(chosen: Settings) -> TagReader:
    """Return what reads price tags; its models are checked now and loaded when a photo is to be read.

    Raises:
        ModelFileError: a model file is missing or damaged; the message names it with its checksum.

    """
    check_files()
    return TagReader(threads=chosen.vision_threads or None)


def candidate(chosen: Settings) -> Candidate | None:
    """Return the model that looks on, if there is one; it is loaded when it is first needed."""
    shadow = own.read_state(chosen.own_models).shadow
    if shadow is None:
        return None
    own.whole(chosen.own_models, shadow.name)
    return Candidate(shadow.name, shadow.share, lambda: own_reader(chosen, shadow.name))


def own_reader(chosen: Settings, name: str | None) -> ShelfReader:
    """Return the detectors of an own version; what it does not hold is the shipped one."""
    place = own.whole(chosen.own_models, name) if name else SHIPPED_WEIGHTS
    threads = chosen.vision_threads or None
    gap, row = (
        Detector.load((place if (place / file).is_file() else SHIPPED_WEIGHTS) / file, threads)
        for file in (GAP_FILE, ROW_FILE)
    )
    return ShelfReader(gap, row)


def _transcriber(chosen: Settings) -> Transcriber:
    return Transcriber.load(
        weights.locate(chosen.whisper_model, chosen.models),
        threads=chosen.speech_threads or None,
        max_bytes=chosen.max_voice_bytes,
    )
