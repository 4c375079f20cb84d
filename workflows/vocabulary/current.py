"""A company's whole vocabulary, its own terms and what it has anyway, kept ready while nothing of it changes."""

import re
import threading
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from core.caller import Caller
from core.db import Database
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

MOST_FORMS: Final = 60_000
"""Ways to say a term that one process keeps, of all companies together: about 140 MB. One company's stay anyway."""
MOST_PRODUCTS: Final = 10_000

Build = Callable[[Iterable[Term], Iterable[str]], Vocabulary]
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


class Counts(msgspec.Struct, frozen=True):
    """How much there is: own terms by kind, stores, and articles of the price lists."""

    own: dict[str, int]
    stores: int
    products: int


class _Kept(msgspec.Struct, frozen=True):
    state: State
    vocabulary: Vocabulary


class VocabularyShelf:
    """Keeps the vocabularies that a process has built, one for each company; threads may share it.

    One is built by one thread, and outside of the database: the others wait for it, and no snapshot stays open.
    """

    def __init__(self, most_forms: int = MOST_FORMS, build: Build = Vocabulary.of) -> None:
        self._most, self._build = most_forms, build
        self._lock = threading.Lock()
        self._kept: OrderedDict[uuid.UUID, _Kept] = OrderedDict()
        self._builders: weakref.WeakValueDictionary[uuid.UUID, _Builder] = weakref.WeakValueDictionary()

    def of(self, database: Database, caller: Caller, lexicon: Lexicon) -> Vocabulary:
        """Return the vocabulary of the caller's company as it is now; three small queries where nothing changed."""
        if caller.company_id is None:
            raise ValueError("a vocabulary belongs to a company")
        with database.snapshot(caller) as session:
            now = state(session)
        if found := self._found(caller.company_id, now):
            return found
        with self._lock:
            builder = self._builders.setdefault(caller.company_id, _Builder())
        with builder.turn:
            with database.snapshot(caller) as session:
                now = state(session)
                if found := self._found(caller.company_id, now):  # built while this one waited
                    return found
                terms = sources(session)
            made = self._build((*terms.own, *terms.stores, *terms.products), wordings(lexicon))
            self._keep(caller.company_id, _Kept(now, made))
        return made

    def _found(self, company_id: uuid.UUID, now: State) -> Vocabulary | None:
        with self._lock:
            kept = self._kept.get(company_id)
            if kept is None or kept.state != now:
                return None
            self._kept.move_to_end(company_id)
            return kept.vocabulary

    def _keep(self, company_id: uuid.UUID, kept: _Kept) -> None:
        """Keep one, and of the others those that were used last, as far as there is room."""
        with self._lock:
            self._kept[company_id] = kept
            self._kept.move_to_end(company_id)
            forms = sum(len(one.vocabulary.forms) for one in self._kept.values())
            while forms > self._most and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                forms -= len(dropped.vocabulary.forms)


class _Builder:
    """Whose turn it is to build the vocabulary of a company; it lives while somebody waits."""

    def __init__(self) -> None:
        self.turn = threading.Lock()


def counts(session: ScopedSession) -> Counts:
    """Count what there is, without loading it; of products no more than are known (`MOST_PRODUCTS`)."""
    own = session.execute(sa.select(VocabularyTerm.kind, sa.func.count().label("number")).group_by(VocabularyTerm.kind))
    nodes = OrgNode.__table__
    stores = sa.select(sa.func.count()).where(
        nodes.c.company_id == session.caller.company_id, nodes.c.kind == "store", nodes.c.active
    )
    products = sa.select(sa.func.count(PriceLine.sku.distinct())).where(PriceLine.version_id.in_(_latest()))
    return Counts(
        {row.kind: row.number for row in own},
        session.execute(stores).scalar_one(),
        min(session.scalars(products).one(), MOST_PRODUCTS),
    )


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
    names: dict[str, None] = {}
    query = sa.select(PriceLine.names).where(PriceLine.version_id.in_(_latest())).order_by(PriceLine.sku)
    for some in session.scalars(query):
        names |= dict.fromkeys(spoken_name(name) for name in some)
        if len(names) >= MOST_PRODUCTS:
            break
    return (Term("product", name) for name in names if 2 <= len(name) <= LONGEST)


def _latest() -> sa.Select[uuid.UUID]:
    latest = sa.and_(PriceList.id == PriceListVersion.list_id, PriceList.latest_number == PriceListVersion.number)
    return sa.select(PriceListVersion.id).join(PriceList, latest)


def spoken_name(name: str) -> str:
    """Return a product's name as it is said: "纯牛奶 250ml×12" is "纯牛奶"."""
    return _SIZE.sub("", name).strip()
