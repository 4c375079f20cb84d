"""How long recordings are kept and what is masked in transcripts: /api/v1/settings/voice."""

import datetime as dt
from typing import Annotated

import msgspec
from litestar import Router, get, put
from litestar.params import JSONBody, QueryParameter

from api.guard import needs
from api.inject import TheCaller, TheParts
from core.access.permissions import Action
from core.caller import Caller, system
from core.scope import ScopedSession
from workflows.privacy import service
from workflows.privacy.policy import LONGEST_DAYS, UNHEARD_STAYS, Keeping

Days = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_DAYS)]


class VoiceChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to hold, based on a version. `keep_days` null: for ever; 0: until the note is transcribed."""

    keep_days: Days | None
    mask_numbers: bool
    version: int


class VoiceSettingsView(msgspec.Struct, frozen=True):
    """What holds now; `version` 0: never chosen. A recording that could not be heard stays `unheard_days` at least.

    `late` recordings of the whole company should have been deleted an hour ago: the storage refuses, or no timer runs.
    """

    keep_days: int | None
    mask_numbers: bool
    version: int
    late: int
    unheard_days: int = UNHEARD_STAYS // dt.timedelta(days=1)


class Preview(msgspec.Struct, frozen=True):
    """How many recordings a period would delete at once."""

    recordings: int


@get("/voice", opt=needs(Action.SEE_ORGANISATION), sync_to_thread=True)
def voice_settings(parts: TheParts, caller: TheCaller) -> VoiceSettingsView:
    """Return what happens to recordings and transcripts. Everybody may know: it is their voice."""
    with parts.database.snapshot(_for_the_company(caller)) as session:
        return _view(session, parts.clock.now(), service.chosen(session))


@put("/voice", opt=needs(Action.CHANGE_VOICE_SETTINGS), sync_to_thread=True)
def put_voice_settings(parts: TheParts, caller: TheCaller, data: JSONBody[VoiceChoice]) -> VoiceSettingsView:
    """Choose what happens to recordings and transcripts; those whose time is over by then are deleted soon after."""
    with parts.database.transaction(caller) as session:
        keeping = Keeping(data.keep_days, data.mask_numbers)
        return _view(session, parts.clock.now(), service.choose(session, parts.clock.now(), keeping, data.version))


@get("/voice/preview", opt=needs(Action.CHANGE_VOICE_SETTINGS), sync_to_thread=True)
def preview(
    parts: TheParts, caller: TheCaller, keep_days: Annotated[int | None, QueryParameter(ge=0, le=LONGEST_DAYS)] = None
) -> Preview:
    """Return how many recordings of the whole company another period would delete at once."""
    with parts.database.snapshot(_for_the_company(caller)) as session:
        return Preview(service.overdue(session, parts.clock.now(), keep_days))


def _for_the_company(caller: Caller) -> Caller:
    """Return a caller who counts all stores: the choice holds for those, too, that this person does not see."""
    if caller.company_id is None:
        raise ValueError("settings belong to a company")
    return system(caller.company_id, caller.trace_id)


def _view(session: ScopedSession, now: dt.datetime, chosen: service.Chosen) -> VoiceSettingsView:
    late = service.late(session, now)
    return VoiceSettingsView(chosen.keeping.keep_days, chosen.keeping.mask_numbers, chosen.version, late)


router = Router("/settings", route_handlers=[voice_settings, put_voice_settings, preview], tags=["settings"])
