"""Words that tell what the number beside them is: a person's ("电话", "reach me at"), or the shop's ("条码", "price").

After a personal word five digits are enough to be hidden, however they are written; after the shop's none are. Pure.
"""

import bisect
import re
from collections.abc import Iterable
from typing import Final

import msgspec

LEAST: Final = 5
"""Digits of the shortest number that is a person's after a personal word."""
LEAST_BEFORE: Final = 7
"""The same before one: "62345678是他的电话"."""
_FAR: Final = 120
"""Characters further than which nothing is looked for."""
_REACH: Final = 5.0
"""English words, or twice as many characters, that may stand between a personal word and its number."""
_BESIDE: Final = 1.5
"""The same for words of the shop: they speak of the number right beside them."""
_CODE_REACH: Final = 2.0
"""The same for words of codes, which are as long as a telephone number."""

_THING: Final = (
    r"item|batch|lot|order|serial|model|part|product|article|shelf|aisle|bay|till|store|stock|asset|invoice|ticket"
    r"|register|line|version|total|device|terminal|task|issue|tracking|purchase|gift|price|score|sim|display|promo"
)
_CODES: Final = (
    r"条形?码|商品码|货号|批号|批次号?|(?:订单|工单|快递|运单|单|序列|型|资产编|商品编|编)(?:号码?|码)|商品编码|货架编号"
    rf"|(?<![a-z])(?:bar ?codes?|upc|ean|gtin|skus?|(?:{_THING}) (?:numbers?|ids?|cards?))(?![a-z])"
)
_SHOP: Final = (
    r"(?:手机|电话)(?:壳|膜|机|卡|亭|费|柜|架|支架|区|配件|充电)|号码[牌机]|(?:微信|支付宝)(?:支付|收款|付款|收)|会员卡(?:只?剩|还剩)"
    r"|身份证复印件|货架|冷柜|冰柜|岛柜|冷冻柜|冷藏柜|收银台|价[格签]?|标价|优惠|促销|库存|销售额?|销量|补货|补了?|缺|共|一共|卖了?"
    r"|冰箱|读数|标签|剩|送来?|满|排到|温度|湿度|客流|面积|数量|保质期|到期日?|日期"
    r"|(?<![a-z])(?:numbers? of|(?:card|phone) (?:reader|machine|holder|board|stand|rack|case|charger|cover)s?|phones"
    r"|cards|shel(?:f|ves)|aisles?|bays?|tills?|coolers?|fridges?|freezers?|labels?|temps?|readings?|counts?|count(?:ed|ing)|price[ds]?|sold|sales?|revenue|stock|sku|expir\w+|total"
    r"|need|sell|costs?|temperatures?|dated?|on (?=20\d\d-))(?![a-z])"
)
_PERSONAL: Final = (
    r"电话|座机|手机|号码|尾号|热线|传真|微信|联系|致电|打给|拨打?|来电|回电|身份证|证件|护照|卡号|银行卡|会员卡?号|会员编号"
    r"|会员卡|工号|社保|打(?=[0-9０-９零一二三四五六七八九幺两])"
    r"|(?<![a-z])(?:qq|cards?|(?:tele)?phoned?|cell(?:phone)?|mobile|landline|tel|fax|whatsapp|wechat|contact|dial|ring"
    r"|rang|text|call(?:ed|ing)?|reach|social security|ssn|passport|number(?:'s)?|id)(?![a-z])"
)
_MARK: Final = re.compile(f"(?P<code>{_CODES})|(?P<shop>{_SHOP})|(?P<personal>{_PERSONAL})", re.IGNORECASE)
_AFTERWARDS: Final = re.compile(
    r"[，, ]*(?:是|就是|那是|,? ?(?:is|that'?s|that is))[^，。,.!?\d]{0,12}?"
    r"(?:电话|手机|微信|号码|phone|number|mobile|cell)",
    re.IGNORECASE,
)
_LATIN: Final = re.compile(r"[A-Za-z']+")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_STOP: Final = re.compile(r"[！？!?；;\n]|[。.](?!\s*$)")
_OR: Final = re.compile(r"或|和|还有|另|、|/|(?<![a-z])(?:or|and)(?![a-z])", re.IGNORECASE)

_UNITS: Final = re.compile(
    r"\s*(?:[%％℃°]|[元块毛角度个件瓶盒箱包袋桶罐支张排层楼天次位人名条台盏份单寸岁折米斤克升周年月日万亿平种款间家根双套杯颗枚只]"
    r"|号(?!码)|分钟|小时|公斤|毫升|厘米"
    r"|(?:yuan|rmb|dollars?|bucks|usd|euros?|pounds?|cents?|pieces?|pcs|units?|cases?|box(?:es)?|bottles?|cans?|bags?|cups?"
    r"|packs?|items?|degrees?|percent|grams?|g|kg|ml|l|lit(?:er|re)s?|people|customers?|facings?|days?|weeks?|hours?"
    r"|minutes?|seconds?|am|pm|o'clock|times|skus?|shel(?:f|ves)|aisles?|stores?|posters?|labels?|tags?)(?![a-z]))",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(r"(?:[¥￥$€£]|rmb|usd)\s*$", re.IGNORECASE)
_PART_OF_TIME: Final = re.compile(r"\s*[:：]\s*\d|\s*/\s*\d")


class Mark(msgspec.Struct, frozen=True):
    """A word that tells what a number is: `what` is "personal", "shop", or "code" for the shop's long numbers."""

    start: int
    end: int
    what: str


class Around:
    """A text with its telling words."""

    def __init__(self, text: str, digits: Iterable[tuple[int, int]]) -> None:
        """Take the places of all digits: they are no words between a telling word and its number."""
        self._text = text
        self._marks = [Mark(*match.span(), match.lastgroup or "") for match in _MARK.finditer(text)]
        self._ends = [mark.end for mark in self._marks]
        letters = list(text)
        for start, end in digits:
            letters[start:end] = " " * (end - start)
        self._words = "".join(letters)

    def calls_personal(self, start: int, end: int, count: int) -> bool:
        """Tell whether the `count` digits from `start` to `end` are called a person's number."""
        mark = self._before(start)
        if mark and mark.what == "personal" and count >= LEAST and self._reaches(mark, start):
            return True
        return count >= LEAST_BEFORE and _AFTERWARDS.match(self._text, end) is not None

    def calls_code(self, start: int) -> bool:
        """Tell whether the digits from `start` on are called a barcode, an order number and the like."""
        mark = self._before(start)
        return mark is not None and mark.what == "code" and self._distance(mark, start) <= _CODE_REACH

    def counts(self, start: int, end: int) -> bool:
        """Tell whether what stands right beside says that these digits count, cost or measure something."""
        mark = self._before(start)
        beside = mark is not None and mark.what != "personal" and self._distance(mark, start) <= _BESIDE
        return beside or has_unit(self._text, end) or _MONEY.search(self._text[max(0, start - 5) : start]) is not None

    def _before(self, start: int) -> Mark | None:
        at = bisect.bisect_right(self._ends, start)
        return self._marks[at - 1] if at else None

    def _reaches(self, mark: Mark, start: int) -> bool:
        between = self._text[mark.end : min(start, mark.end + _FAR)]
        if _STOP.search(between.rstrip(" •")):
            return False
        if "•" in between and not _OR.search(between):
            return False  # that was its number
        return self._distance(mark, start) <= _REACH

    def _distance(self, mark: Mark, start: int) -> float:
        if start - mark.end > _FAR:
            return _FAR
        words = self._words[mark.end : start]
        return len(_LATIN.findall(words)) + len(_CHINESE.findall(words)) / 2


def has_unit(text: str, end: int) -> bool:
    """Tell whether a unit, or the rest of a time, follows."""
    return _UNITS.match(text, end) is not None or _PART_OF_TIME.match(text, end) is not None
