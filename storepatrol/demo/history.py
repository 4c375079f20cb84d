"""A month of the demo company, written by the same services that a real one uses, with the clock moved back."""

import datetime as dt
import random
import uuid
import zoneinfo

import msgspec
import sqlalchemy as sa

from checklists.answers import Answer, Value
from checklists.checkpoint import Library
from checklists.item import Item
from checklists.kinds import Choice, Number, PassFail, Scale
from checklists.service import Version, install_built_in
from core.access.authentication import load_person
from core.caller import Caller, system
from core.ids import new_id
from core.jobs import Job, JobState
from core.parts import Parts
from core.text import Text
from storepatrol.demo.people import Nodes
from storepatrol.demo.pictures import Pictures
from storepatrol.demo.prices import CHECKPOINT as PRICES
from storepatrol.demo.prices import STORE as TAGGED
from storepatrol.demo.prices import give_prices
from storepatrol.demo.promotion import plan_campaigns, promotion_photos
from vision.photo import sniff
from workflows.campaigns.policy import MATERIAL
from workflows.issues.model import Issue
from workflows.issues.service import raise_issues
from workflows.tasks.policy import Sla
from workflows.tasks.service import assign
from workflows.tools import keep
from workflows.verification.checking import NO_BEFORE
from workflows.verification.service import Judgement, decide, judge
from workflows.visits import service as visits
from workflows.visits.media import MediaTarget, StoredRef, add_media
from workflows.visits.model import MediaState, Photo

WEAKNESS = {"SH01": 0.10, "SH02": 0.06, "SH03": 0.14, "HZ01": 0.05, "HZ02": 0.09, "GZ01": 0.20, "GZ02": 0.26,
            "SZ01": 0.12, "SZ02": 0.17, "BJ01": 0.08, "BJ02": 0.11}  # fmt: skip
"""How often an item fails in each store; the South is the region to worry about."""

SORE_POINTS = {"SH": ("promotion",), "HZ": ("promotion", "freshness"), "GZ": ("availability", "hygiene"),
               "SZ": ("availability", "pricing"), "BJ": ("equipment",)}  # fmt: skip
"""Dimensions in which a city's stores fail more often."""

DAYS_BACK = (27, 20, 13, 6, 2)
SOLVED_SHARE = 0.75
PHOTOGRAPHED = ("SH01", "GZ02", "BJ01")
UNSTEADY = "SZ02"
BOSSES = {"SH": "region", "HZ": "region", "GZ": "region.south", "SZ": "region.south", "BJ": "region.north"}
INSPECTORS = {"SH": "supervisor", "HZ": "supervisor", "GZ": "supervisor.south", "SZ": "supervisor.south",
              "BJ": "supervisor.north"}  # fmt: skip


class _Scene(msgspec.Struct, frozen=True):
    """What every step of the history needs."""

    parts: Parts
    nodes: Nodes
    version: Version
    library: Library
    sla: Sla
    after: StoredRef

    def inspector(self, store: str) -> Caller:
        return self._person(INSPECTORS[store[:2]])

    def boss(self, store: str) -> Caller:
        return self._person(BOSSES[store[:2]])

    def system(self) -> Caller:
        return system(self.nodes.company_id)

    def _person(self, login: str) -> Caller:
        caller = load_person(self.parts, self.nodes.people[login])
        if caller is None:
            raise RuntimeError(f"the demo's {login} is gone")
        return caller


def write_history(parts: Parts, nodes: Nodes, library: Library, pictures: Pictures) -> None:
    """Write past visits with what followed from them, and today's planned ones."""
    now, chosen = parts.clock.now(), parts.settings
    luck = random.Random(20)  # noqa: S311 - a demo that looks the same each time, nothing secret
    with parts.database.transaction(system(nodes.company_id)) as session:
        version = install_built_in(session, now, library)["standard"]
    sla = Sla(chosen.sla_minor, chosen.sla_major, chosen.sla_critical)
    scene = _Scene(parts, nodes, version, library, sla, _keep(parts, pictures.after()))
    for days in DAYS_BACK:
        for number, store in enumerate(nodes.stores):
            _past_visit(scene, store, now - dt.timedelta(days=days, hours=number % 7), now, luck)
    _nothing_left_to_do(scene, now)
    for number, store in enumerate(PHOTOGRAPHED):
        _photographed_visit(scene, store, now - dt.timedelta(minutes=59 + number), pictures.before(number))
    unsteady = pictures.unsteady(len(PHOTOGRAPHED) + 1)
    _photographed_visit(scene, UNSTEADY, now - dt.timedelta(minutes=52), unsteady)
    plan_campaigns(parts, nodes, now.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai")).date())
    for number, (store, picture) in enumerate(promotion_photos(pictures)):
        _photographed_visit(scene, store, now - dt.timedelta(minutes=47 + number), picture, MATERIAL)
    _photographed_visit(scene, TAGGED, now - dt.timedelta(minutes=40), give_prices(parts, nodes), PRICES)
    for number, store in enumerate(("SH01", "SH02", "SH03", "HZ01", "GZ01", "BJ01")):
        _planned_visit(scene, store, now + dt.timedelta(hours=number))


def _past_visit(scene: _Scene, store: str, at: dt.datetime, now: dt.datetime, luck: random.Random) -> None:
    """One finished visit; most of what it found was put right."""
    visit_id = _send(scene, store, at, tuple(_answer(item, store, luck) for item in scene.version.content.items))
    found_at = at + dt.timedelta(minutes=35)
    with scene.parts.database.transaction(scene.system()) as session:
        raise_issues(session, found_at, visit_id, scene.library, scene.sla)
        issues = list(session.scalars(sa.select(Issue).where(Issue.visit_id == visit_id).order_by(Issue.checkpoint)))
        tasks = [assign(session, found_at, issue.id, scene.library, scene.sla).id for issue in issues]
    for task_id in tasks:
        fixed_at = found_at + dt.timedelta(hours=luck.randint(1, 30))
        if luck.random() < SOLVED_SHARE and fixed_at < now:
            _solve(scene, store, task_id, fixed_at)


def _send(
    scene: _Scene, store: str, at: dt.datetime, answers: tuple[Answer, ...], photo_ids: tuple[uuid.UUID, ...] = ()
) -> uuid.UUID:
    visit_id, end = new_id(), at + dt.timedelta(minutes=35)
    begun = visits.NewVisit(scene.nodes.nodes[store], scene.version.id, planned_for=at, started_at=at)
    with scene.parts.database.transaction(scene.inspector(store)) as session:
        visits.put(session, at, visit_id, begun)
        visits.submit(session, end, visit_id, visits.Submission(answers, finished_at=end, photo_ids=photo_ids))
    return visit_id


def _solve(scene: _Scene, store: str, task_id: uuid.UUID, at: dt.datetime) -> None:
    """The store sent an after photo; there was nothing to compare it with, so the regional manager judged it."""
    photo_id = new_id()
    with scene.parts.database.transaction(scene.system()) as session:
        add_media(session, at, MediaTarget("after", photo_id, task_id=task_id, captured_at=at), scene.after, None)
        session.flush()
        photo = session.scalars(sa.select(Photo).where(Photo.id == photo_id)).one()
        photo.state, photo.thumb_sha256 = MediaState.ANALYSED, photo.sha256
        judge(session, at, photo_id, NO_BEFORE)
    with scene.parts.database.transaction(scene.boss(store)) as session:
        why = Text("照片显示已整改", "The photo shows that it is done")
        decide(session, at + dt.timedelta(hours=2), task_id, None, Judgement("fixed", ("person",), why))


def _nothing_left_to_do(scene: _Scene, now: dt.datetime) -> None:
    """The past has been worked off: its jobs must not keep the workers from a newcomer's first photo."""
    with scene.parts.database.transaction(scene.system()) as session:
        session.execute(sa.update(Job).values(state=JobState.DONE, finished_at=now))


def _photographed_visit(
    scene: _Scene, store: str, at: dt.datetime, picture: bytes, checkpoint: str | None = None
) -> None:
    """A visit sent within the hour whose photo, of one item's matter, the workers look at as soon as they run."""
    luck = random.Random(store)  # noqa: S311 - as above
    photo_id, answers = new_id(), tuple(_answer(item, store, luck) for item in scene.version.content.items)
    visit_id = _send(scene, store, at, answers, (photo_id,))
    items = scene.version.content.items
    item = next(item for item in items if (item.checkpoint == checkpoint if checkpoint else item.sees == "gap"))
    stored = _keep(scene.parts, picture)
    target = MediaTarget("photo", photo_id, visit_id=visit_id, item_id=item.id, source="camera", captured_at=at)
    with scene.parts.database.transaction(scene.inspector(store)) as session:
        add_media(session, scene.parts.clock.now(), target, stored, None)


def _planned_visit(scene: _Scene, store: str, at: dt.datetime) -> None:
    planned = visits.NewVisit(scene.nodes.nodes[store], scene.version.id, planned_for=at)
    with scene.parts.database.transaction(scene.inspector(store)) as session:
        visits.put(session, scene.parts.clock.now(), new_id(), planned)


def _keep(parts: Parts, picture: bytes) -> StoredRef:
    media_type = sniff(picture[:64]) or "image/jpeg"
    return StoredRef(keep(parts, picture, media_type), len(picture), media_type)


def _answer(item: Item, store: str, luck: random.Random) -> Answer:
    sore = item.dimension in SORE_POINTS[store[:2]]
    return Answer(item.id, _value(item, good=luck.random() >= WEAKNESS[store] * (2.2 if sore else 0.9)))


def _value(item: Item, *, good: bool) -> Value:
    match item.answer:
        case PassFail():
            return good
        case Scale(max=highest, pass_from=least):
            return highest if good else max(least - 1, 0)
        case Choice(choices=choices):
            return next(option.value for option in choices if option.ok is good)
        case Number() as kind:
            return _number(kind, good=good)


def _number(kind: Number, *, good: bool) -> float:
    if kind.max is not None:
        value = kind.max if good else kind.max + 3
    elif kind.min is not None:
        value = kind.min if good else kind.min - 1
    else:
        value = 0
    return int(value) if kind.whole else value
