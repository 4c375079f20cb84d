"""A company's whole vocabulary, its own terms and what it has anyway, kept ready while nothing of it changes."""

import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from core.org import OrgNode
from core.scope import ScopedSession
from core.text import Text
from speech.notes import Lexicon
from speech.vocabulary import Term, Vocabulary
from workflows.lexicon import wordings
from workflows.prices.model import PriceLine, PriceList, PriceListVersion
from workflows.vocabulary.model import VocabularyTerm
from workflows.vocabulary.service import term_of, version
from workflows.vocabulary.table import LONGEST

KEPT: Final = 16
"""Companies whose vocabulary one process keeps; 20 000 terms are about 50 MB."""
MOST_PRODUCTS: Final = 10_000

_SIZE: Final = re.compile(r"[\s(（\[【*×x/,，]*\d[\w.]*.*$|\s*[(（\[【].*$")


class State(msgspec.Struct, frozen=True):
    """What a vocabulary was made of: equal states are the same vocabulary."""

    terms: int
    stores: tuple[int, int]
    prices: tuple[int, int]


class Sources(msgspec.Struct, frozen=True):
    """Terms by where they come from."""

    own: tuple[Term, ...]
    stores: tuple[Term, ...]
    products: tuple[Term, ...]


class VocabularyShelf:
    """Keeps the vocabularies that a process has built, one for each company; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[uuid.UUID, tuple[State, Vocabulary]] = OrderedDict()

    def of(self, session: ScopedSession, lexicon: Lexicon) -> Vocabulary:
        """Return the vocabulary of the session's company as it is now; three small queries where nothing changed."""
        company_id, now = session.caller.company_id, state(session)
        if company_id is None:
            raise ValueError("a vocabulary belongs to a company")
        with self._lock:
            kept = self._kept.get(company_id)
        if kept is not None and kept[0] == now:
            return kept[1]
        found = sources(session)
        made = Vocabulary.of((*found.own, *found.stores, *found.products), wordings(lexicon))
        with self._lock:
            self._kept[company_id] = (now, made)
            self._kept.move_to_end(company_id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made


def state(session: ScopedSession) -> State:
    """Return what tells one vocabulary of a company from another: numbers that only ever grow."""
    nodes = OrgNode.__table__
    company = nodes.c.company_id == session.caller.company_id
    stores = session.execute(sa.select(sa.func.count(), sa.func.sum(nodes.c.version)).where(company)).one()
    prices = session.execute(sa.select(sa.func.count(PriceList.id), sa.func.sum(PriceList.latest_number))).one()
    return State(version(session), (stores[0], int(stores[1] or 0)), (prices[0], int(prices[1] or 0)))


def sources(session: ScopedSession) -> Sources:
    """Return the company's own terms, the names of its stores, and the products of its price lists."""
    own = tuple(term_of(row) for row in session.scalars(sa.select(VocabularyTerm).order_by(VocabularyTerm.plain)))
    return Sources(own, tuple(_stores(session)), tuple(_products(session)))


def _stores(session: ScopedSession) -> Iterator[Term]:
    """Yield each store's names; people leave out the region's: "上海徐家汇店" is "徐家汇店" as well."""
    nodes = OrgNode.__table__
    above = nodes.alias()
    query = (
        sa.select(nodes.c.name, above.c.name)
        .join(above, above.c.id == nodes.c.parent_id)
        .where(nodes.c.company_id == session.caller.company_id, nodes.c.kind == "store", nodes.c.active)
    )
    for store, region in session.execute(query):
        yield from _named(store, region)


def _named(store: Text, region: Text) -> Iterator[Term]:
    for name, part in ((store.zh, region.zh), (store.en, region.en)):
        if len(name) <= LONGEST:
            short = name.removeprefix(part).strip()
            yield Term("store", name, (short,) if part and short != name and len(short) > 2 else ())


def _products(session: ScopedSession) -> Iterator[Term]:
    latest = sa.and_(PriceList.id == PriceListVersion.list_id, PriceList.latest_number == PriceListVersion.number)
    versions = sa.select(PriceListVersion.id).join(PriceList, latest)
    names: dict[str, None] = {}
    query = sa.select(PriceLine.names).where(PriceLine.version_id.in_(versions)).order_by(PriceLine.sku)
    for some in session.scalars(query):
        names |= dict.fromkeys(spoken_name(name) for name in some)
        if len(names) >= MOST_PRODUCTS:
            break
    return (Term("product", name) for name in names if 2 <= len(name) <= LONGEST)


def spoken_name(name: str) -> str:
    """Return a product's name as it is said: "纯牛奶 250ml×12" is "纯牛奶"."""
    return _SIZE.sub("", name).strip()
