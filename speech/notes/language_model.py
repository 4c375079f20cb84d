"""A language model that the company runs, as a reader of notes: it only ever selects among the checkpoints.

    LanguageModel("qwen3-8b", complete, lexicon, titles).issues("地上湿滑")

`chat` holds what is asked and in which shape it comes back, `answers` holds the answers against the note.
"""

import time
from collections.abc import Callable, Mapping

from core.text import Text
from speech.notes import chat
from speech.notes.answers import checked
from speech.notes.chat import Form, NotAnswered
from speech.notes.lexicon import Lexicon
from speech.notes.model import LONGEST_NOTE, NoteIssue

Complete = Callable[[bytes, float], bytes]
"""Sends a request and returns the body of the reply, within so many seconds, or raises `NotAnswered`."""


_LEAST_LEFT_S = 0.5
_WORTH_ANOTHER_TRY = ("unreachable", "server_error", "bad_request", "not_a_reply", "not_json", "other_shape")
_KNOWS_NO_SCHEMA = ("bad_request", "not_json", "other_shape")


class LanguageModel:
    """Asks once, and once more where that may help; both tries together take at most `timeout_s`."""

    def __init__(
        self,
        model: str,
        complete: Complete,
        lexicon: Lexicon,
        titles: Mapping[str, Text],
        *,
        timeout_s: float = 20,
        max_tokens: int = 2000,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the titles of the lexicon's checkpoints by code; `seconds` is a monotonic clock."""
        self.name = f"language-model {model}"
        self._model, self._complete, self._lexicon, self._titles = model, complete, lexicon, titles
        self._timeout_s, self._max_tokens, self._seconds = timeout_s, max_tokens, seconds
        self._form: Form = "json_schema"

    def issues(self, text: str) -> tuple[NoteIssue, ...]:
        """Return what the model says that stands in the note.

        Raises:
            NotAnswered: there is no answer that can be used; the reason tells nothing of the note.

        """
        if not text.strip():
            return ()
        if len(text) > LONGEST_NOTE:
            raise NotAnswered("note_too_long")
        until = self._seconds() + self._timeout_s
        try:
            return self._ask(text, self._form, until)
        except NotAnswered as error:
            if error.reason not in _WORTH_ANOTHER_TRY or until - self._seconds() < _LEAST_LEFT_S:
                raise
            form: Form = "json_object" if error.reason in _KNOWS_NO_SCHEMA else self._form
            found = self._ask(text, form, until)
            if error.reason == "bad_request":
                self._form = form  # this server knows no schemas: no note after this one asks for them
            return found

    def _ask(self, text: str, form: Form, until: float) -> tuple[NoteIssue, ...]:
        entries = self._lexicon.checkpoints
        codes = [entry.code for entry in entries]
        body = chat.request(self._model, chat.task(entries, self._titles, text), text, codes, form, self._max_tokens)
        reply = self._complete(body, until - self._seconds())
        return checked(chat.answers(reply), text, self._lexicon)
