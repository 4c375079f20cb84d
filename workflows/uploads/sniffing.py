"""What a file is, told by its first bytes; what the client calls it is never believed."""

from core.errors import UnsupportedType
from core.text import Text
from speech import audio
from vision import photo
from workflows.visits.media import MediaTarget

ENOUGH = 512
"""So many first bytes always suffice; a shorter file is judged by what it has."""


def media_type_of(target: MediaTarget, head: bytes) -> str:
    """Return the media type of a file that starts with `head`.

    Raises:
        UnsupportedType: it is no photo, or no recording, that we take.

    """
    if target.kind == "voice":
        found = audio.sniff(head)
        if found is None:
            raise UnsupportedType(
                "upload.not_a_recording",
                Text(
                    "这个文件不是录音 (支持 WebM、M4A、MP3、WAV、OGG)",
                    "This file is no recording (WebM, M4A, MP3, WAV and OGG are taken)",
                ),
            )
        return found
    found = photo.sniff(head)
    if found is None:
        raise UnsupportedType(
            "upload.not_a_photo",
            Text(
                "这个文件不是照片 (支持 JPEG、PNG、WebP、HEIC)",
                "This file is no photo (JPEG, PNG, WebP and HEIC are taken)",
            ),
        )
    return found
