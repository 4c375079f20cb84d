"""What was read on a photo against the price list, and what to make of it. Pure."""

import datetime as dt
import re
import unicodedata
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec
from rapidfuzz import fuzz

from vision.geometry import Box
from vision.price_tags.model import READ_LINE, DateMark, Tag, TagsReading
from vision.shelf import ShelfReading
from workflows.prices.table import Line

Verdict = Literal["same", "differs", "unsure", "unlisted", "unreadable"]
MatchedBy = Literal["barcode", "sku", "name"]

RAISES_FROM: Final = 0.9
"""From this confidence on a difference or a date opens an issue by itself; below, people see it."""
_WORD_MATCH, _NAME_MATCH = 90.0, 92.0
_LEAST_LETTERS, _LEAST_HAN = 6, 4
_CJK = re.compile(r"[\u3400-\u9fff]")


class Listed(msgspec.Struct, frozen=True):
    """A line that holds at the store, and the version of the list it stands in; `depth` of its node in the tree."""

    line: Line
    version_id: uuid.UUID
    depth: int


class Match(msgspec.Struct, frozen=True):
    """The line a tag belongs to, and what told so."""

    listed: Listed
    by: MatchedBy


class TagResult(msgspec.Struct, frozen=True):
    """A tag with what the list says of it; this is what is stored and shown."""

    box: Box
    text: str
    confidence: float
    verdict: Verdict
    minor: int | None = None
    currency: str | None = None
    unit: str | None = None
    quantity: float | None = None
    row: int | None = None
    price_box: Box | None = None
    sku: str | None = None
    matched_by: MatchedBy | None = None
    list_minor: int | None = None
    list_currency: str | None = None
    list_unit: str | None = None
    list_quantity: float | None = None
    list_version_id: uuid.UUID | None = None


class DateResult(msgspec.Struct, frozen=True):
    """A date with the days left on the day of the photo; None where it was not sure enough to count."""

    box: Box
    text: str
    best_before: dt.date | None
    confidence: float
    days_left: int | None


class Catalogue:
    """The lines that hold at one store on one day, ready to be looked up."""

    def __init__(self, listed: Iterable[Listed], day: dt.date) -> None:
        """Keep of each article the line of the nearest node, and of those the one that began last."""
        best: dict[str, Listed] = {}
        for one in listed:
            if (one.line.valid_from or day) <= day <= (one.line.valid_to or day):
                known = best.get(one.line.sku)
                if known is None or _rank(one) > _rank(known):
                    best[one.line.sku] = one
        self._skus = {_plain(sku): one for sku, one in best.items()}
        self._barcodes: dict[str, list[Listed]] = defaultdict(list)
        self._names: list[tuple[str, Listed]] = []
        for one in best.values():
            if one.line.barcode:
                self._barcodes[one.line.barcode.lstrip("0")].append(one)
            self._names += [(_plain(name), one) for name in one.line.names]

    def match(self, tag: Tag) -> Match | None:
        """Return the line of a tag: by barcode, by SKU, or by its whole name; None where two could be meant."""
        for code in tag.codes:
            known = self._barcodes.get(code.lstrip("0"), ())
            if len(known) == 1:
                return Match(known[0], "barcode")
        text = _plain(tag.text)
        words = text.split()
        by_sku = {one.line.sku: one for word in words if _is_code(word) and (one := self._skus.get(word))}
        if len(by_sku) == 1:
            return Match(next(iter(by_sku.values())), "sku")
        return self._by_name(text, words)

    def _by_name(self, text: str, words: list[str]) -> Match | None:
        found = [(name, one) for name, one in self._names if _is_named(name, text, words)]
        if not found:
            return None
        longest, chosen = max(found, key=lambda pair: len(pair[0]))
        rivals = {
            one.line.sku for name, one in found if one.line.sku != chosen.line.sku and not _is_part(name, longest)
        }
        return None if rivals else Match(chosen, "name")


def compare(tag: Tag, catalogue: Catalogue) -> TagResult:
    """Compare what a tag says with the price list. A doubt about the article or its unit is `unsure`."""
    if not tag.readable or tag.price is None:
        return TagResult(tag.box, tag.text, tag.confidence, "unreadable", row=tag.row, price_box=tag.price_box)
    result = TagResult(
        tag.box, tag.text, tag.confidence, "unlisted", tag.price.minor, tag.price.currency, tag.price.unit,
        tag.price.quantity, tag.row, tag.price_box,
    )  # fmt: skip
    match = catalogue.match(tag)
    if match is None:
        return result
    line = match.listed.line
    return msgspec.structs.replace(
        result, verdict=_verdict(tag, line), sku=line.sku, matched_by=match.by, list_minor=line.minor,
        list_currency=line.currency, list_unit=line.unit, list_quantity=line.quantity,
        list_version_id=match.listed.version_id,
    )  # fmt: skip


def judge_date(mark: DateMark, day: dt.date) -> DateResult:
    """Count the days left, if it is sure that this is a best-before date."""
    sure = mark.best_before is not None and mark.confidence >= READ_LINE
    left = (mark.best_before - day).days if sure and mark.best_before else None
    return DateResult(mark.box, mark.text, mark.best_before, mark.confidence, left)


def raises(result: TagResult) -> bool:
    """Tell whether a difference is sure enough to open an issue by itself."""
    return result.verdict == "differs" and result.confidence >= RAISES_FROM and result.matched_by in ("barcode", "sku")


def without_tag(shelf: ShelfReading, reading: TagsReading) -> tuple[Box, ...]:
    """Return the gaps under which no tag was seen, where it is likely that one would have been seen.

    Said only of a gap between two readable tags of its row with no text at all under it; and of none on a photo that
    was not looked at to the end. One tag may stand for several places, so even this is a question, not an answer.
    """
    if reading.cut_short:
        return ()
    return tuple(gap.box for gap in shelf.gaps if gap.row is not None and _bare(gap.box, gap.row, reading.tags))


def _bare(gap: Box, row: int, tags: Sequence[Tag]) -> bool:
    there = [tag for tag in tags if tag.row == row]
    readable = [tag for tag in there if tag.readable]
    if not readable:
        return False
    wide = sum(tag.box[2] - tag.box[0] for tag in readable) / len(readable)
    if any(tag.box[0] < gap[2] + 0.5 * wide and tag.box[2] > gap[0] - 0.5 * wide for tag in there):
        return False
    reach = 4 * wide
    left = any(0 <= gap[0] - tag.box[2] <= reach for tag in readable)
    right = any(0 <= tag.box[0] - gap[2] <= reach for tag in readable)
    return left and right


def _verdict(tag: Tag, line: Line) -> Verdict:
    verdicts = [_same(price.minor, price.currency, price.unit, price.quantity, line) for price in tag.prices]
    if any(verdicts):
        return "same"
    if tag.price is None:
        return "unreadable"
    # An old price, a member's price or several pieces together: which of them the list means is not known.
    if any(tag.price.minor * by == line.minor or tag.price.minor == line.minor * by for by in (10, 100)):
        return "unsure"  # a point or a digit overlooked is likelier than such a price
    several = any(price.label in ("now", "was", "member") for price in tag.prices)
    if several or verdicts[tag.prices.index(tag.price)] is None:
        return "unsure"
    return "differs"


def _same(minor: int, currency: str | None, unit: str | None, quantity: float | None, line: Line) -> bool | None:
    """None where the two cannot be compared: other currencies, a weight against a piece."""
    if currency is not None and currency != line.currency:
        return None
    read, listed = _per(unit, quantity), _per(line.unit, line.quantity)
    if read[0] != listed[0]:
        return None
    return abs(minor / read[1] - line.minor / listed[1]) * max(read[1], listed[1]) < 1


def _per(unit: str | None, quantity: float | None) -> tuple[str, float]:
    return unit or "each", quantity or 1.0


def _rank(one: Listed) -> tuple[int, dt.date]:
    return one.depth, one.line.valid_from or dt.date.min


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[\w.]+", folded))


def _is_code(word: str) -> bool:
    """A word of letters alone is a word, though some SKU is spelt so; a short number is anything."""
    return len(word) >= 4 and any(char.isdigit() for char in word)


def _is_named(name: str, text: str, words: list[str]) -> bool:
    """The whole name stands on the tag: each of its words, or nearly all of its characters in a row for Chinese."""
    if _CJK.search(name):
        bare, all_text = name.replace(" ", ""), text.replace(" ", "")
        enough = len(_CJK.findall(name)) >= _LEAST_HAN and len(bare) <= len(all_text)
        return enough and fuzz.partial_ratio(bare, all_text) >= _NAME_MATCH
    wanted = name.split()
    if len(wanted) < 2 or sum(map(len, wanted)) < _LEAST_LETTERS:
        return False
    return all(word in words or (len(word) > 3 and _nearly(word, words)) for word in wanted)


def _nearly(word: str, words: list[str]) -> bool:
    """Letters may be misread; digits (1.5L, 500g) tell articles apart."""
    if any(char.isdigit() for char in word):
        return False
    return any(fuzz.ratio(word, other) >= _WORD_MATCH for other in words)


def _is_part(name: str, longer: str) -> bool:
    return name != longer and (name in longer or set(name.split()) < set(longer.split()))
