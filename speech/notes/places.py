"""Where in the store: "三号货架第二层", "入口", "aisle four", "near the entrance"."""

import re
from collections.abc import Iterator

import msgspec

_NUMBER = r"[一二两三四五六七八九十\d]{1,3}"
_ZH_THING = (
    "货架|端架|收银机|岛柜|台|冷柜|冷藏柜|冷冻柜|冰柜|冰箱|风幕柜|收银台|通道|端架|堆头|排面|排|层|门|区|货柜|柜台|柜"
)
_ZH_PLACE = (
    "玻璃门|橱窗|门头|服务台|称重台|烟柜|酒架|杂志架|杂志堆|菜架|果架|菜台子?|保温柜|热食柜|冰淇淋柜|雪糕柜|"
    "岛柜|立柜|立式冰柜|"
    "咖啡机|关东煮机|烤肠机|蒸包机|地堆|厕所|冷冻区|"
    "入口|门口|出口|收银台|仓库|后仓|库房|洗手间|卫生间|生鲜区|蔬果区|水果区|蔬菜区|饮料区|零食区|熟食区|面包房|面包柜|肉柜|"
    "奶柜|风幕柜|冷藏柜|冷冻柜|冰柜|冷柜|端架|堆头|主通道|消防通道|停车场|楼梯间|员工通道|后厨|日配区|酒水区|粮油区|日化区|"
    "[二三]楼|一楼|关东煮|货架顶层|最上层|最下层|底层"
)
_ZH_SIDE = r"(?:左边|右边|旁边|门口|附近|里面|后面|前面|对面|上面|下面|底下|后头|里头|跟前|那边|这边)?"
_EN_NUMBER = r"(?:number )?(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_EN_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|top|bottom|middle|last|left|right)"
_EN_THING = (
    "shelf|aisle|bay|fridge|freezer|chiller|till|checkout|register|lane|endcap|end cap|row|cooler|door|case|rack|"
    "cabinet|gondola"
)
_EN_PLACE = (
    "entrance|exit|front door|back door|door|checkouts?|tills?|stockroom|backroom|back room|storeroom|restroom|toilet|"
    "produce section|drinks section|dairy case|dairy section|meat counter|deli(?: counter)?|bakery(?: counter)?|"
    "snack aisle|frozen section|service desk|help desk|cold room|walk-in|back store|shop window|windows?|forecourt|"
    "main aisle|returns cage|hot (?:case|cabinet|counter)|gondola|fryer|coffee machine|(?:front|back|floor) stack|"
    "(?:ice cream|gondola|fish|meat|dairy|drinks?|beer) (?:cabinet|fridge|freezer|case)|"
    "(?:cola|cereal|bread|wine|crisps?|snack|drinks?|frozen|fruit|veg|produce|meat|fish|cheese|baby|pet) "
    "(?:section|bay|aisle|wall|corner)|(?:by|behind|under|next to) the [a-z]+|in (?:frozen|produce|receiving)|"
    "parking lot|car park|end ?caps?|kitchen|loading dock"
)
_PATTERNS = (
    rf"(?:第?{_NUMBER}号?(?:{_ZH_THING})(?:的?第{_NUMBER}[层排节])?{_ZH_SIDE})",
    rf"(?:{_ZH_PLACE}){_ZH_SIDE}",
    rf"\b(?:{_EN_ORDINAL} )?(?:{_EN_THING})[ -]{_EN_NUMBER}\b",
    rf"\b{_EN_ORDINAL} (?:{_EN_THING})\b(?: (?:in|of|on) (?:{_EN_THING}) {_EN_NUMBER}\b)?",
    rf"\b(?:{_EN_PLACE})\b",
)


class Place(msgspec.Struct, frozen=True):
    """The characters that name a place; `exact` where a number says which one."""

    start: int
    end: int
    exact: bool


def places(text: str) -> tuple[Place, ...]:
    """Return the places named in plain text, in order; of two that overlap, the longer."""
    found = sorted(_all(text), key=lambda place: (place.start - place.end, place.start))
    kept: list[Place] = []
    for place in found:
        if all(place.end <= other.start or place.start >= other.end for other in kept):
            kept.append(place)
    return tuple(sorted(kept, key=lambda place: place.start))


def _all(text: str) -> Iterator[Place]:
    for number, pattern in enumerate(_PATTERNS):
        for match in re.finditer(pattern, text):
            yield Place(match.start(), match.end(), number in {0, 2, 3})
