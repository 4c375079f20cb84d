"""The speech model: one per process, resident, on the CPU in 8-bit integers.

It calls the steps of faster-whisper one by one, not `WhisperModel.transcribe`: so the first window is encoded once for
language and text together, no longer than it sounds, and the language is chosen only among those asked for.
"""

import itertools
import math
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import opencc
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import TranscriptionOptions, get_suppressed_tokens, restore_speech_timestamps
from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

from speech.audio import MAX_BYTES, SAMPLE_RATE, Samples
from speech.decoder import Decoder
from speech.guard import is_credit, is_loop
from speech.transcript import LANGUAGES, Segment, Transcript, Word, joined
from speech.windows import ShortWindows
from speech.wording import tidy

WINDOW_S = 30
MIN_SPEECH_S = 0.3
CLEARLY = 10
"""So many times likelier than the speaker's own another language has to sound; see docs/speech.md."""

SOME_OTHER = 0.02
"""Where all languages asked for together are less likely than this, something else is spoken; see docs/speech.md."""

SAME_AGAIN = 3
"""So many segments in a row with the same text are a loop."""

MOST_REPETITION = 2.0
"""Spoken notes can be packed 1.5 times at most (benchmarks/notes.toml), loops three times and more."""

MIN_CONFIDENCE = 0.3
"""Mean token probability below which text is taken for a guess; see docs/speech.md for how it was chosen."""


_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
"""Marks that belong to the word after or before them."""


class Transcriber:
    """Turns recordings into text. Serial: a second thread waits (parallel use of the model leaks memory)."""

    def __init__(self, model: ShortWindows, name: str, beam_size: int, decoder: Decoder) -> None:
        self._model = model
        self._name = name
        self._beam_size = beam_size
        self._decoder = decoder
        self._simplify = opencc.OpenCC("tw2s")  # t2s would leave the particle 著
        self._lock = threading.Lock()

    @classmethod
    def load(
        cls, model_dir: Path, threads: int | None = None, beam_size: int = 5, max_bytes: int = MAX_BYTES
    ) -> "Transcriber":
        """Load the model in this folder; `threads` None or 0 means as many as this process may run on.

        The folder's name is the model's name in transcripts ("whisper-base-1.0.0"). Recordings of more than `max_bytes`
        are refused.
        """
        threads = threads or len(os.sched_getaffinity(0))
        model = ShortWindows(str(model_dir), device="cpu", compute_type="int8", cpu_threads=threads, num_workers=1)
        return cls(model, model_dir.name, beam_size, Decoder(max_bytes=max_bytes))

    def close(self) -> None:
        """End the decoding child."""
        self._decoder.close()

    def transcribe(
        self, data: bytes, languages: tuple[str, ...] = LANGUAGES, expected: str | None = None
    ) -> Transcript:
        """Return what is said in a recording, in one of `languages`: the `expected` one unless it clearly is another.

        Raises:
            AudioError: the bytes are not a recording that can be read.
            DecoderDied: decoding them crashed or took too long, which it may not do again.

        """
        began = time.perf_counter()
        samples = self._decoder.decode(data)
        return self.transcribe_samples(samples, languages, expected, began)

    def transcribe_samples(
        self,
        samples: Samples,
        languages: tuple[str, ...] = LANGUAGES,
        expected: str | None = None,
        began: float | None = None,
    ) -> Transcript:
        """Return what is said in samples of 16 kHz."""
        began = time.perf_counter() if began is None else began
        with self._lock:
            language, segments, reason = self._listen(samples, languages, expected)
        return Transcript(
            language=language,
            duration_s=round(len(samples) / SAMPLE_RATE, 2),
            text=joined(language, segments),
            segments=segments,
            model=self._name,
            ms=round(1000 * (time.perf_counter() - began)),
            empty_reason=reason,
        )

    def _listen(
        self, samples: Samples, languages: tuple[str, ...], expected: str | None
    ) -> tuple[str, tuple[Segment, ...], str | None]:
        chunks = get_speech_timestamps(samples, VadOptions())
        speech = np.concatenate(collect_chunks(samples, chunks)[0]) if chunks else np.zeros(0, np.float32)
        if len(speech) < MIN_SPEECH_S * SAMPLE_RATE:
            return expected or languages[0], (), "no_speech"
        features = self._model.feature_extractor(speech)
        window = features[:, : self._model.feature_extractor.nb_max_frames]
        encoded = self._model.encode(window)
        likely = self._likely(encoded)
        language = chosen(likely, languages, expected)
        if sum(likely.get(one, 0.0) for one in languages) < SOME_OTHER:
            return language, (), "other_language"
        tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=language)
        options = _options(tokenizer, self._beam_size, len(speech) / SAMPLE_RATE)
        found = self._model.generate_segments(features, tokenizer, options, False, encoded)
        parts = list(restore_speech_timestamps(found, chunks, SAMPLE_RATE))
        heard = [self._segment(part, language) for part in parts]
        segments, reason = believable(heard, [part.compression_ratio for part in parts])
        return language, segments, reason

    def _likely(self, encoded: Any) -> dict[str, float]:
        return {token[2:-2]: probability for token, probability in self._model.model.detect_language(encoded)[0]}

    def _segment(self, part: Any, language: str) -> Segment:
        text = part.text.strip()
        if language == "zh":
            text = tidy(self._simplify.convert(text))
        sure = round(min(1.0, math.exp(part.avg_logprob)), 3)
        return Segment(round(float(part.start), 2), round(float(part.end), 2), text, sure, self._words(part, language))

    def _words(self, part: Any, language: str) -> tuple[Word, ...]:
        return tuple(
            Word(
                round(float(word.start), 2),
                round(float(word.end), 2),
                self._simplify.convert(word.word.strip()) if language == "zh" else word.word.strip(),
                round(min(1.0, float(word.probability)), 3),
            )
            for word in part.words or ()
        )


def chosen(likely: Mapping[str, float], languages: Sequence[str], expected: str | None) -> str:
    """Return the likeliest of the languages; the expected one where no other is `CLEARLY` likelier."""
    best = max(languages, key=lambda language: likely.get(language, 0.0))
    if expected is not None and expected in languages and likely.get(best, 0.0) < CLEARLY * likely.get(expected, 0.0):
        return expected
    return best


def believable(heard: Sequence[Segment], repetition: Sequence[float] = ()) -> tuple[tuple[Segment, ...], str | None]:
    """Return the segments that somebody really said, or none and the reason.

    `repetition` is, of each segment's window, how many times smaller its text can be packed.
    """
    doubts = [_doubt(segment) for segment in heard]
    for at, times in enumerate(repetition):
        if times > MOST_REPETITION:
            doubts[at] = "loop"
    for _, run in itertools.groupby(range(len(heard)), key=lambda at: heard[at].text):
        if len(same := list(run)) >= SAME_AGAIN:
            for at in same:
                doubts[at] = "loop"
    kept = tuple(segment for segment, doubt in zip(heard, doubts, strict=True) if doubt is None)
    return kept, None if kept else next(iter(doubts), "no_speech")


def _doubt(segment: Segment) -> str | None:
    if is_credit(segment.text):
        return "not_a_note"
    if is_loop(segment.text):
        return "loop"
    return "unclear" if segment.confidence < MIN_CONFIDENCE else None


def _options(tokenizer: Tokenizer, beam_size: int, speech_s: float) -> TranscriptionOptions:
    """Return settings that neither retry hotter nor run on: both are how loops come about."""
    return TranscriptionOptions(
        beam_size=beam_size,
        best_of=1,
        patience=1,
        length_penalty=1,
        repetition_penalty=1,
        no_repeat_ngram_size=0,
        log_prob_threshold=-1.0,
        no_speech_threshold=0.6,
        compression_ratio_threshold=2.4,
        condition_on_previous_text=False,
        prompt_reset_on_temperature=0.5,
        temperatures=[0.0],
        initial_prompt=None,
        prefix=None,
        suppress_blank=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
        without_timestamps=False,
        max_initial_timestamp=1.0,
        word_timestamps=True,
        prepend_punctuations=_OPENING,
        append_punctuations=_CLOSING,
        multilingual=False,
        # Nobody speaks more than a dozen tokens a second.
        max_new_tokens=min(400, 24 + math.ceil(12 * min(WINDOW_S, speech_s))),
        clip_timestamps="0",
        hallucination_silence_threshold=None,
        hotwords=None,
    )
