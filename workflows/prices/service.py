"""Price lists: made, imported whole or not at all, and looked up."""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
import sqlalchemy as sa

from core.access.permissions import Action, require
from core.errors import ContentDiffers, Invalid, not_found, stale
from core.hashing import sha256_of
from core.ids import derived_id
from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from workflows import events as e
from workflows.pipeline import emit
from workflows.prices.model import PriceLine, PriceList, PriceListVersion, PriceSettings
from workflows.prices.policy import Listed
from workflows.prices.table import Line, Problem, Table

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*\S[^\x00-\x1f]*$")]


class NewPriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A list without prices yet, for a node of the organisation and all below it."""

    name: Name
    node_id: uuid.UUID


class BadLines(Invalid):
    """The file has lines that cannot be right; nothing of it was taken."""


def put(session: ScopedSession, now: dt.datetime, list_id: uuid.UUID, new: NewPriceList) -> tuple[PriceList, bool]:
    """Make a list; the same request again returns it.

    Raises:
        NotFound: no such node in the caller's part of the organisation.
        Forbidden: the caller's role does not reach there.
        ContentDiffers: a list of this id exists, with another name or node.

    """
    node = session.scalar(sa.select(OrgNode).where(OrgNode.id == new.node_id))
    if node is None:
        raise not_found("org_node", new.node_id)
    require(session.caller, Action.CHANGE_PRICES, node.path)
    known = session.scalar(sa.select(PriceList).where(PriceList.id == list_id))
    if known is not None:
        if (known.name, known.node_id) != (new.name, new.node_id):
            raise ContentDiffers(
                "price_list.content_differs", Text("同一编号的价格表内容不同", "This id is another price list's")
            )
        return known, False
    made = PriceList(
        id=list_id, company_id=node.company_id, name=new.name, node_id=node.id, created_at=now, latest_number=0
    )
    session.add(made)
    session.flush()
    return made, True


def get(session: ScopedSession, list_id: uuid.UUID, *, lock: bool = False) -> PriceList:
    """Return a list that the caller may see; raises `NotFound`."""
    query = sa.select(PriceList).where(PriceList.id == list_id, visible(session))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise not_found("price_list", list_id)
    return found


def visible(session: ScopedSession) -> sa.ColumnElement[bool]:
    """Return the condition that a list holds somewhere in, around or above the caller's part of the tree."""
    caller = session.caller
    if caller.sees_whole_company:
        return sa.true()
    above = {uuid.UUID(hex=part) for path in caller.paths() for part in path.strip("/").split("/") if part}
    below = sa.select(OrgNode.id)  # the scope limits it to the caller's part
    return sa.or_(PriceList.node_id.in_(above), PriceList.node_id.in_(below))


def latest(session: ScopedSession, list_: PriceList) -> PriceListVersion | None:
    """Return the version that holds."""
    wanted = (PriceListVersion.list_id == list_.id, PriceListVersion.number == list_.latest_number)
    return session.scalar(sa.select(PriceListVersion).where(*wanted))


def import_table(
    session: ScopedSession, now: dt.datetime, list_id: uuid.UUID, table: Table, content: bytes, file_name: str
) -> tuple[PriceListVersion, bool]:
    """Make a file's lines the next version of a list; the content of the latest one again returns that.

    Raises:
        NotFound, Forbidden: no such list, or not the caller's to change.
        BadLines: `lines` tells which and why; nothing was imported.

    """
    list_ = get(session, list_id, lock=True)
    node = session.scalar(sa.select(OrgNode).where(OrgNode.id == list_.node_id))
    if node is None:
        raise not_found("price_list", list_id)
    require(session.caller, Action.CHANGE_PRICES, node.path)
    refuse_problems(table.problems, table.problem_count)
    digest, before = sha256_of(content), latest(session, list_)
    if before is not None and before.content_hash == digest:
        return before, False
    number = list_.latest_number + 1
    version = PriceListVersion(
        id=derived_id("price_list_version", list_.id, number), company_id=list_.company_id, list_id=list_.id,
        number=number, file_name=file_name[:200], content_hash=digest, line_count=len(table.lines), imported_at=now,
        imported_by=session.caller.actor.name[:120],
    )  # fmt: skip
    session.add(version)
    session.flush()
    session.execute(sa.insert(PriceLine), [_row(version, place, line) for place, line in enumerate(table.lines)])
    list_.latest_number = number
    emit(
        session,
        now,
        e.PriceListImported(
            subject_id=list_.id, change=(str(number - 1), str(number)),
            data={"version_id": str(version.id), "lines": len(table.lines), "sha256": digest},
        ),
    )  # fmt: skip
    return version, True


def refuse_problems(problems: tuple[Problem, ...], count: int) -> None:
    """Raise `BadLines` when there are any."""
    if not problems:
        return
    told = [{"line": problem.line, "reason": msgspec.to_builtins(problem.reason)} for problem in problems]
    raise BadLines(
        "price_list.bad_lines",
        Text(f"文件有 {count} 处错误, 未导入任何内容", f"{count} lines of the file are wrong; nothing was imported"),
        lines=told,
        count=count,
    )


def lines_for_store(session: ScopedSession, store_path: str) -> list[Listed]:
    """Return all lines of the latest versions of the lists at the store's node and above it."""
    nodes = [uuid.UUID(hex=part) for part in store_path.strip("/").split("/")]
    versions = sa.select(PriceListVersion.id, PriceList.node_id).join(
        PriceList,
        sa.and_(PriceList.id == PriceListVersion.list_id, PriceList.latest_number == PriceListVersion.number),
    )
    depths = {id_: nodes.index(node) for id_, node in session.execute(versions.where(PriceList.node_id.in_(nodes)))}
    if not depths:
        return []
    columns = (
        PriceLine.version_id, PriceLine.sku, PriceLine.barcode, PriceLine.names, PriceLine.minor, PriceLine.currency,
        PriceLine.unit, PriceLine.quantity, PriceLine.valid_from, PriceLine.valid_to,
    )  # fmt: skip
    rows = session.execute(sa.select(*columns).where(PriceLine.version_id.in_(depths)))
    return [Listed(Line(*values), version_id, depths[version_id]) for version_id, *values in rows]


def line_of(row: PriceLine) -> Line:
    """Return a stored line as a value."""
    return Line(
        row.sku, row.barcode, row.names, row.minor, row.currency, row.unit, row.quantity, row.valid_from, row.valid_to
    )


def settings(session: ScopedSession) -> PriceSettings | None:
    """Return what the company chose, None where it never did."""
    return session.scalar(sa.select(PriceSettings))


def choose(session: ScopedSession, now: dt.datetime, *, read_every_photo: bool, version: int) -> PriceSettings:
    """Set whether every photo is looked at for price tags; `version` 0 where nothing was chosen before.

    Raises:
        StaleVersion: somebody chose something else meanwhile.

    """
    company_id = session.caller.company_id
    if company_id is None:
        raise ValueError("settings belong to a company")
    known = session.scalar(sa.select(PriceSettings).with_for_update())
    current = known.version if known else 0
    if current != version:
        raise stale("price_settings", current)
    before = known.read_every_photo if known else False
    if known is None:
        known = PriceSettings(id=derived_id("price_settings", company_id), company_id=company_id, version=0)
        session.add(known)
    known.read_every_photo, known.version = read_every_photo, version + 1
    session.flush()
    change = (str(before).lower(), str(read_every_photo).lower())
    emit(session, now, e.PriceSettingsChanged(subject_id=company_id, change=change))
    return known


def _row(version: PriceListVersion, place: int, line: Line) -> dict[str, object]:
    words = " ".join((line.sku, line.barcode or "", *line.names)).casefold()
    return {
        "id": derived_id("price_line", version.id, place), "company_id": version.company_id, "version_id": version.id,
        "position": place, "searched": words, **{name: getattr(line, name) for name in line.__struct_fields__},
    }  # fmt: skip
