"""What can go wrong with a photo or a model file, each with a stable code and a sentence for a person."""

from core.text import Text


class PhotoError(Exception):
    """A photo that cannot be used. `code` is stable, `detail` is for the person who took the photo."""

    def __init__(self, code: str, detail: Text) -> None:
        super().__init__(f"{code}: {detail.en}")
        self.code = code
        self.detail = detail


PROBLEMS: dict[str, Text] = {
    "photo.no_such_file": Text("找不到或无法读取这个文件。", "There is no such file, or it cannot be read."),
    "photo.empty": Text("照片文件是空的。", "The photo file is empty."),
    "photo.not_a_photo": Text(
        "这个文件不是照片（只接受 JPEG、PNG、WebP、HEIC、AVIF）。",
        "This file is not a photo (JPEG, PNG, WebP, HEIC and AVIF are accepted).",
    ),
    "photo.too_large": Text("照片文件过大。", "The photo file has too many bytes."),
    "photo.too_many_pixels": Text("照片超过 5000 万像素。", "The photo has more than 50 million pixels."),
    "photo.animated": Text(
        "这是动图，请上传一张静态照片。", "This is an animated picture; a single still photo is needed."
    ),
    "photo.truncated": Text("照片文件不完整，请重新上传。", "The photo file is incomplete; please upload it again."),
    "photo.damaged": Text("照片文件已损坏，无法打开。", "The photo file is damaged and cannot be opened."),
}


def photo_error(code: str) -> PhotoError:
    """Make the error for one of `PROBLEMS`."""
    return PhotoError(code, PROBLEMS[code])
