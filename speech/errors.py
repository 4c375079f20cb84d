"""What can be wrong with a recording. Codes are stable; the sentence is for the person who made it."""

from core.errors import CutShort, Invalid
from core.text import Text


class AudioError(Invalid):
    """A recording that cannot be read; the file itself is at fault, so trying again does not help."""

    title = Text("录音无法读取", "Recording cannot be read")

    def __init__(self, code: str, detail: Text | None = None) -> None:
        super().__init__(code, detail or DETAILS[code])


class DecoderDied(CutShort):
    """The decoding child crashed or ran out of time: the file is at fault, or a busy machine."""

    title = Text("录音解码中断", "Decoding was cut short")

    def __init__(self) -> None:
        detail = Text(
            "解码此录音时程序异常或超时",
            "The decoder crashed or ran out of time on this recording",
        )
        super().__init__("audio.decoder_died", detail)


DETAILS = {
    "audio.empty": Text("录音文件是空的", "The recording is empty"),
    "audio.not_audio": Text(
        "这不是可识别的录音文件 (支持 WebM、M4A、MP3、WAV、OGG、FLAC、AMR)",
        "This is not a recording we can read (WebM, M4A, MP3, WAV, OGG, FLAC and AMR are)",
    ),
    "audio.no_sound_track": Text("文件中没有声音", "The file holds no sound track"),
    "audio.damaged": Text("录音已损坏, 无法解码", "The recording is damaged and cannot be decoded"),
    "audio.truncated": Text("录音不完整, 后半部分缺失", "The recording is cut off: its end is missing"),
    "audio.too_long": Text("录音超过 10 分钟", "The recording is longer than 10 minutes"),
    "audio.too_large": Text("录音文件过大", "The recording has too many bytes"),
}
