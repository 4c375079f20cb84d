"""A worker grows so far and no further."""

import io
import subprocess
import sys
import textwrap

import pytest
from PIL import Image

from core.settings import Settings

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory is a process's own")


def told_by(program: str, data: bytes = b"") -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


@LINUX
def test_past_its_limit_a_process_is_refused_memory_and_short_of_it_not() -> None:
    program = """
    from storepatrol.memory import limit_growth
    limit_growth(128)
    few = bytearray(64 << 20)
    try:
        bytearray(128 << 20)
    except MemoryError:
        print("refused")
    """
    assert told_by(program) == "refused"


@LINUX
def test_a_limit_of_nothing_is_no_limit() -> None:
    program = """
    import resource
    from storepatrol.memory import limit_growth
    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit_growth(0)
    print(resource.getrlimit(resource.RLIMIT_DATA) == before)
    """
    assert told_by(program) == "True"


@LINUX
def test_the_dearest_legal_picture_is_analysed_within_the_limit() -> None:
    sink = io.BytesIO()
    Image.new("RGBA", (7000, 7100), (200, 30, 40, 9)).save(sink, "WEBP", lossless=True, quality=0, method=0)
    program = f"""
    import sys
    from storepatrol.memory import limit_growth
    from vision import overlay
    from vision.photo import open_photo
    from vision.shelf import ShelfReader
    reader = ShelfReader.load()
    limit_growth({Settings().vision_memory_mb})
    photo = open_photo(sys.stdin.buffer.read())
    print(len(overlay.draw(photo, reader.read(photo))) > 1000)
    """
    assert told_by(program, sink.getvalue()) == "True"
