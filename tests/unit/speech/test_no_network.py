"""Nothing said leaves the machine: it is heard and understood where the kernel refuses every network socket."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FORBID = """
import ctypes, errno, os, platform, socket, struct, sys

SOCKET = {"x86_64": 41, "aarch64": 198}[platform.machine()]
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
NUMBER, FAMILY = 0, 16  # where the kernel shows a filter the call and its first argument
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES

def forbid_network():
    steps = [
        (LOAD, 0, 0, NUMBER), (EQUALS, 0, 4, SOCKET), (LOAD, 0, 0, FAMILY),
        (EQUALS, 1, 0, socket.AF_INET), (EQUALS, 0, 1, socket.AF_INET6), (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in ((38, 1, 0, 0, 0), (22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0)):  # NO_NEW_PRIVS, SECCOMP
        if libc.prctl(*call) != 0:
            sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")

tried = []
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        tried.append((event, repr(arguments)))
forbid_network()
sys.addaudithook(watch)
"""
"""Holds for this process and its children, whatever language they are written in."""

HEAR = """
from pathlib import Path
from checklists import library
from core import settings
from speech.transcriber import Transcriber
from storepatrol import note_readers

transcriber = Transcriber.load(Path(sys.argv[1]))
reader = note_readers.of(settings.load({}), library.load())  # what workers use
transcript = transcriber.transcribe(Path(sys.argv[2]).read_bytes())
issues = reader.issues(transcript.text)
transcriber.close()
print(type(reader).__name__, len(issues), tried, transcript.text)
"""


def offline(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", FORBID + script, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
def test_the_kernel_does_refuse(family: str) -> None:
    done = offline(f"socket.socket(socket.{family}, socket.SOCK_STREAM)")
    assert "Permission denied" in done.stderr
    in_a_child = offline(
        f"import subprocess; subprocess.run([sys.executable, '-c', 'import socket; socket.socket(socket.{family})'])"
    )
    assert "Permission denied" in in_a_child.stderr


def test_a_note_is_heard_and_understood_without_any_network(model_dir: Path, demo_notes: Path) -> None:
    done = offline(HEAR, model_dir, demo_notes / "en-shelf-chiller-floor.ogg")
    assert done.returncode == 0, done.stderr
    reader, issues, tried, text = done.stdout.split(" ", 3)
    assert reader == "ModelReader"  # the model of notes, not the rules
    assert int(issues) >= 2
    assert tried == "[]"  # nobody even asked
    assert "chiller" in text.lower()
