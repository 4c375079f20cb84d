"""A note is in the language of its speaker's profile; an unknown speaker's, in one of the company's people."""

from typing import Literal, cast

import pytest
import sqlalchemy as sa

from core.org import Person
from tests.integration.workflows.world import FakeTranscriber, Shop
from workflows.visits.model import VoiceNote

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def chooses(shop: Shop, person: str, language: Literal["zh", "en"], *, active: bool = True) -> None:
    with shop.parts.database.transaction(shop.company.system()) as session:
        found = session.get_one(Person, shop.company.people[person])
        found.language, found.active = language, active


def asked(shop: Shop, *, speaker: bool = True) -> tuple[tuple[str, ...], str | None]:
    """Record a note as the supervisor, or as nobody known; what the transcriber was asked for."""
    note_id = shop.note(shop.visit(), "The floor is wet")
    if not speaker:
        with shop.parts.database.transaction(shop.company.system()) as session:
            session.execute(sa.update(VoiceNote).where(VoiceNote.id == note_id).values(spoken_by=None))
    shop.work()
    (once,) = cast("FakeTranscriber", shop.tools.transcriber).asked
    return once


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_profile_says_is_expected_and_the_other_language_may_be_heard(
    shop: Shop, language: Literal["zh", "en"]
) -> None:
    chooses(shop, "supervisor", language)
    assert asked(shop) == (("zh", "en"), language)


def test_of_an_unknown_speaker_only_the_languages_of_the_company_are_told_apart(shop: Shop) -> None:
    assert asked(shop, speaker=False) == (("zh",), None)


def test_a_company_of_two_languages_may_hear_both_from_an_unknown_speaker(shop: Shop) -> None:
    chooses(shop, "hq", "en")
    assert asked(shop, speaker=False) == (("zh", "en"), None)


def test_who_has_left_no_longer_decides_what_is_spoken(shop: Shop) -> None:
    chooses(shop, "hq", "en", active=False)
    assert asked(shop, speaker=False) == (("zh",), None)
