"""What understands notes, by name: put together from the settings, for workers and for the command line."""

from collections.abc import Callable

from checklists.checkpoint import Library
from core.breaker import Breaker
from core.endpoint import Endpoint, EndpointFailed
from core.settings import PREFIX, Settings, SettingsError
from core.weights.manifest import shipped_dir
from speech.note_model import NoteModel
from speech.notes.chat import NotAnswered
from speech.notes.language_model import LanguageModel
from speech.notes.reader import ModelReader, NoteReader, RuleReader
from speech.notes.second_reading import SecondReading
from workflows.lexicon import lexicon

_MOST_ANSWER_BYTES = 256 * 1024


def of(chosen: Settings, library: Library) -> NoteReader:
    """Return the reader that workers use: with the language model where its address is set."""
    return READERS["language-model" if chosen.language_model_url else "model"](chosen, library)


def rules(chosen: Settings, library: Library) -> NoteReader:  # noqa: ARG001 - one shape for all
    """Return the rules over the library's words."""
    return RuleReader(lexicon(library))


def model(chosen: Settings, library: Library) -> NoteReader:
    """Return the model of notes over the library's checkpoints.

    Raises:
        ModelFileError: its file is missing or damaged; the message names it.

    """
    notes = NoteModel.load(shipped_dir(), threads=chosen.speech_threads or None)
    return ModelReader(notes.judge, notes.version, lexicon(library), notes.checkpoints)


def with_language_model(chosen: Settings, library: Library, first: NoteReader | None = None) -> SecondReading:
    """Return the model of notes (or another first reader), read again by the language model of the settings.

    Raises:
        SettingsError: none is set.

    """
    return SecondReading(first or model(chosen, library), language_model(chosen, library), lexicon(library), Breaker())


def language_model(chosen: Settings, library: Library) -> LanguageModel:
    """Return the language model alone; its `issues` raise `NotAnswered`.

    Raises:
        SettingsError: none is set.

    """
    if not chosen.language_model_url:
        raise SettingsError(f"{PREFIX}LANGUAGE_MODEL_URL: needed for the language model, see docs/language-model.md")
    endpoint = Endpoint(
        f"{chosen.language_model_url.rstrip('/')}/chat/completions", chosen.language_model_key, _MOST_ANSWER_BYTES
    )

    def complete(request: bytes, within_s: float) -> bytes:
        try:
            return endpoint.post(request, within_s)
        except EndpointFailed as error:
            raise NotAnswered(error.reason, error.status) from error

    return LanguageModel(
        chosen.language_model_name,
        complete,
        lexicon(library),
        {code: checkpoint.title for code, checkpoint in library.checkpoints.items()},
        timeout_s=chosen.language_model_timeout.total_seconds(),
        max_tokens=chosen.language_model_max_tokens,
    )


READERS: dict[str, Callable[[Settings, Library], NoteReader]] = {
    "model": model,
    "rules": rules,
    "language-model": with_language_model,
}
"""What `storepatrol voice extract --reader` offers."""
