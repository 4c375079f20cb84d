"""Limits that the client and the server both know."""

from pathlib import Path

from speech.notes import LONGEST_NOTE

CLIENT = Path(__file__).parents[3] / "mobile_client" / "src"


def test_the_client_lets_nobody_type_a_longer_note_than_the_server_takes() -> None:
    assert f"export const LONGEST_NOTE = {LONGEST_NOTE}\n" in (CLIENT / "note" / "limits.ts").read_text()
