"""What a file is, told by its first bytes; what the client calls it is never believed."""

from core.errors import UnsupportedType
from speech import audio
from speech import errors as speech_errors
from vision import errors as vision_errors
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
            raise UnsupportedType("upload.not_a_recording", speech_errors.DETAILS["audio.not_audio"])
        return found
    found = photo.sniff(head)
    if found is None:
        raise UnsupportedType("upload.not_a_photo", vision_errors.PROBLEMS["photo.not_a_photo"])
    return found
