"""Chinese shelf tags that exist nowhere, drawn as shops there print them. Synthetic: layouts and fonts are ours.

The layouts of `DEV` are those that rules may be tuned on; those of `TEST`, with other fonts, were written before any
tuning and are only reported.
"""

import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Literal

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vision.price_tags.model import Unit

Part = Literal["dev", "test"]
Colour = tuple[int, int, int]
WHITE, YELLOW, CREAM, EINK = (250, 250, 246), (255, 226, 70), (255, 246, 205), (226, 228, 222)
BLACK, RED, GREY, BLUE = (22, 22, 24), (205, 22, 30), (95, 95, 95), (24, 60, 140)
SIZE: Final = (720, 420)
HAN: Final[dict[Part, str]] = {"dev": "Noto Sans CJK SC", "test": "Noto Serif CJK SC"}
DIGITS: Final[dict[Part, tuple[str, ...]]] = {
    "dev": ("Noto Sans CJK SC:bold", "DejaVu Sans:bold", "Liberation Sans:bold"),
    "test": ("Liberation Sans Narrow:bold", "DejaVu Sans Condensed:bold", "Liberation Serif:bold"),
}
ARTICLES: Final[dict[Part, tuple[tuple[str, str, str, str], ...]]] = {  # name, size, origin, piece
    "dev": (
        ("清泉矿泉水", "550ml", "浙江杭州", "瓶"), ("田园纯牛奶", "250ml×12", "内蒙古", "箱"),
        ("老街酱油", "1.28L", "广东佛山", "瓶"), ("脆脆薯片原味", "104g", "上海", "袋"),
        ("山里香大米", "5kg", "黑龙江五常", "袋"), ("柔韧抽纸3层", "120抽×6", "福建", "提"),
    ),
    "test": (
        ("碧螺绿茶饮料", "500毫升", "江苏苏州", "瓶"), ("金穗挂面", "800克", "河南郑州", "包"),
        ("晨光酸奶风味", "200g×8", "河北石家庄", "盒"), ("海味生抽王", "1.75升", "广东江门", "桶"),
        ("乐家洗衣液薰衣草", "2.5kg", "安徽合肥", "瓶"), ("核桃饼干", "360g", "山东青岛", "盒"),
    ),
}  # fmt: skip
FRESH: Final[dict[Part, tuple[str, ...]]] = {
    "dev": ("红富士苹果", "本地大白菜", "精瘦猪肉", "鲜香菇"),
    "test": ("海南香蕉", "新疆葡萄", "草鱼鲜活", "黄心土豆"),
}


class DrawnTag(msgspec.Struct, frozen=True, eq=False):
    """A tag as pixels (h, w, 3) and what everyone without a card pays by it, in fen, for which unit."""

    pixels: np.ndarray
    layout: str
    minor: int
    unit: Unit | None
    quantity: float | None


class Pen:
    """Writes on one tag: Han letters in the part's font, digits of prices in one of its digit fonts."""

    def __init__(self, part: Part, ground: Colour, rng: np.random.Generator) -> None:
        self.image = Image.new("RGB", SIZE, ground)
        self._draw = ImageDraw.Draw(self.image)
        self._draw.rectangle((0, 0, SIZE[0] - 1, SIZE[1] - 1), outline=GREY, width=3)
        self._part, self._rng = part, rng
        self._digits = str(rng.choice(DIGITS[part]))

    def han(self, x: float, y: float, words: str, size: int, ink: Colour = BLACK, *, struck: bool = False) -> float:
        """Write with the top left at (x, y); return where it ends on the right."""
        return self._write(x, y, words, _font(HAN[self._part], size), ink, struck=struck)

    def price(self, x: float, y: float, words: str, size: int, ink: Colour = BLACK) -> float:
        """Write digits with the top of a numeral at y."""
        return self._write(x, y, words, _font(self._digits, size), ink, top=True)

    def band(self, box: tuple[int, int, int, int], fill: Colour) -> None:
        """Fill a box."""
        self._draw.rectangle(box, fill=fill)

    def line(self, y: int) -> None:
        """Rule a line across."""
        self._draw.line((12, y, SIZE[0] - 12, y), fill=GREY, width=2)

    def bars(self, box: tuple[int, int, int, int]) -> None:
        """Draw the bars of a barcode."""
        x = box[0]
        while x < box[2]:
            wide = int(self._rng.integers(2, 7))
            self._draw.rectangle((x, box[1], min(box[2], x + wide), box[3]), fill=BLACK)
            x += wide + int(self._rng.integers(2, 7))

    def _write(
        self, x: float, y: float, words: str, font: ImageFont.FreeTypeFont, ink: Colour,
        *, struck: bool = False, top: bool = False,
    ) -> float:  # fmt: skip
        up = font.getbbox("8")[1] if top else 0
        self._draw.text((x, y - up), words, fill=ink, font=font)
        x0, y0, x1, y1 = self._draw.textbbox((x, y - up), words, font=font)
        if struck:
            middle = (y0 + y1) // 2
            self._draw.line((x0 - 4, middle, x1 + 4, middle), fill=ink, width=max(3, round(font.size / 12)))
        return float(x1)


class Said(msgspec.Struct, frozen=True):
    """What a tag is about."""

    part: Part
    name: str
    size: str
    origin: str
    piece: str
    minor: int
    more: int  # a higher price: the former one, or the one without a card
    code: str

    @property
    def whole(self) -> str:
        """The whole yuan."""
        return str(self.minor // 100)

    @property
    def cents(self) -> str:
        """The two digits after the point."""
        return f"{self.minor % 100:02}"


Truth = tuple[int, Unit | None, float | None]
Layout = Callable[[Pen, Said], Truth]
"""Draws on the pen's tag; returns the price and unit that hold for everyone."""


def _yuan(minor: int) -> str:
    return f"{minor / 100:.2f}"


def _head(pen: Pen, said: Said, y: int = 14) -> None:
    pen.han(18, y, f"{said.name} {said.size}", 46)


def _foot(pen: Pen, said: Said, y: int = 350) -> None:
    pen.bars((20, y, 260, y + 34))
    pen.han(20, y + 32, said.code, 24)
    pen.han(480, y + 26, "物价员：王芳", 26)


# -- for tuning ----------------------------------------------------------------------------------------------------


def dev_plain(pen: Pen, said: Said) -> Truth:
    """White; the price in one size with its symbol, a form of small print beside it."""
    _head(pen, said)
    pen.line(84)
    form = (f"规格：{said.size}", f"产地：{said.origin}", f"计价单位：{said.piece}", "等级：合格")
    for row, words in enumerate(form):
        pen.han(20, 100 + 48 * row, words, 30)
    pen.price(320, 160, f"¥{_yuan(said.minor)}", 100)
    _foot(pen, said)
    return said.minor, None, None


def dev_small_cents(pen: Pen, said: Said) -> Truth:
    """Yellow; a small symbol, large whole digits, small raised hundredths, 元/piece under them."""
    _head(pen, said)
    pen.han(20, 90, f"规格 {said.size}   产地 {said.origin}", 28)
    x = pen.price(200, 220, "¥", 60)
    x = pen.price(x + 8, 140, said.whole, 180)
    end = pen.price(x + 10, 140, said.cents, 84)
    pen.han(max(x + 10, end - 100), 250, f"元/{said.piece}", 40)
    _foot(pen, said)
    return said.minor, "each", 1


def dev_promotion(pen: Pen, said: Said) -> Truth:
    """A red band; the new price large, the former one small and struck through, the days below."""
    pen.band((3, 3, SIZE[0] - 4, 84), RED)
    pen.han(20, 12, "促销价", 54, WHITE)
    pen.han(230, 20, said.name, 42, WHITE)
    x = pen.price(150, 190, "¥", 60, RED)
    x = pen.price(x + 6, 120, said.whole, 170, RED)
    pen.price(x + 4, 120, f".{said.cents}", 90, RED)
    pen.han(20, 296, f"原价 ¥{_yuan(said.more)}", 40, struck=True)
    pen.han(20, 362, "活动时间：2026.03.01-2026.03.15", 28)
    return said.minor, None, None


def dev_member(pen: Pen, said: Said) -> Truth:
    """White; the price for all on the left, that for members on the right, both large."""
    _head(pen, said)
    pen.line(84)
    pen.han(24, 100, "零售价", 40)
    pen.price(24, 180, f"¥{_yuan(said.more)}", 82)
    pen.band((372, 92, SIZE[0] - 8, 330), YELLOW)
    pen.han(390, 100, "会员价", 40, RED)
    pen.price(390, 180, f"¥{_yuan(said.minor)}", 82, RED)
    _foot(pen, said)
    return said.more, None, None


def dev_fresh(pen: Pen, said: Said) -> Truth:
    """Fruit and vegetables by weight, 元/500g."""
    pen.han(20, 14, said.name, 70)
    pen.han(20, 110, f"产地：{said.origin}", 32)
    x = pen.price(60, 180, _yuan(said.minor), 150)
    pen.han(x + 12, 250, "元/500g", 50)
    pen.han(20, 360, "称重商品 以实际重量为准", 28)
    return said.minor, "g", 500


def dev_fresh_jin(pen: Pen, said: Said) -> Truth:
    """A red board with white letters: ¥3.98/斤."""
    pen.band((3, 3, SIZE[0] - 4, SIZE[1] - 4), RED)
    pen.han(20, 14, said.name, 80, WHITE)
    x = pen.price(60, 190, f"¥{_yuan(said.minor)}", 130, WHITE)
    pen.han(x + 8, 210, "/斤", 80, WHITE)
    return said.minor, "g", 500


def dev_eink(pen: Pen, said: Said) -> Truth:
    """Electronic ink: 特价 on red, small decimals, the former price, a price for comparing."""
    pen.han(16, 10, f"{said.name}", 44)
    pen.han(16, 70, f"{said.size}  {said.origin}", 28)
    pen.band((16, 130, 150, 200), RED)
    pen.han(28, 132, "特价", 50, WHITE)
    x = pen.price(220, 130, said.whole, 190, RED)
    pen.price(x + 2, 218, f".{said.cents}", 100, RED)
    pen.han(16, 225, f"原价:{_yuan(said.more)}", 34, struck=True)
    pen.han(16, 280, f"单价:{_yuan(max(10, said.minor // 5))}元/100g", 28)
    pen.bars((16, 330, 300, 370))
    pen.han(16, 372, said.code, 26)
    return said.minor, None, None


def dev_yuan_jiao(pen: Pen, said: Said) -> Truth:
    """The way of markets: 12元9角."""
    minor = said.minor // 100 * 100 + max(1, said.minor % 100 // 10) * 10
    _head(pen, said)
    pen.han(60, 130, f"{minor // 100}元{minor % 100 // 10}角", 130, BLUE)
    pen.han(20, 330, f"规格：{said.size}  单位：{said.piece}", 30)
    return minor, None, None


# -- only reported -------------------------------------------------------------------------------------------------


def held_form(pen: Pen, said: Said) -> Truth:
    """The official form: a table of article, size, place, unit, grade, and 零售价 with 元 behind it."""
    pen.han(230, 6, "商品标价签", 44, BLUE)
    pen.line(70)
    pen.han(20, 80, f"品名：{said.name}", 34)
    pen.line(130)
    pen.han(20, 140, f"规格：{said.size}", 30)
    pen.han(380, 140, f"产地：{said.origin}", 30)
    pen.line(190)
    pen.han(20, 200, f"单位：{said.piece}", 30)
    pen.han(380, 200, "等级：一等品", 30)
    pen.line(250)
    pen.han(20, 290, "零售价：", 44)
    x = pen.price(220, 276, _yuan(said.minor), 96)
    pen.han(x + 10, 310, "元", 44)
    pen.han(560, 376, "物价员 07", 24)
    return said.minor, None, None


def held_yellow_left(pen: Pen, said: Said) -> Truth:
    """Large digits on the left, the hundredths small and raised, 元/piece under them, words on the right."""
    x = pen.price(24, 90, said.whole, 210)
    end = pen.price(x + 12, 90, said.cents, 96)
    pen.han(x + 12, 210, f"元/{said.piece}", 44)
    pen.han(24, 12, said.name, 44)
    pen.han(max(end + 30, 470), 100, said.size, 30)
    pen.han(max(end + 30, 470), 150, said.origin, 28)
    pen.han(24, 370, f"货号 {said.code[3:9]}", 28)
    pen.bars((420, 350, 690, 380))
    pen.han(420, 380, said.code, 24)
    return said.minor, "each", 1


def held_red_ground(pen: Pen, said: Said) -> Truth:
    """White on red: 惊爆价 with one decimal, the former price struck through."""
    minor = said.minor // 100 * 100 + max(1, said.minor % 100 // 10) * 10
    pen.band((3, 3, SIZE[0] - 4, SIZE[1] - 4), RED)
    pen.han(24, 16, "惊爆价", 76, YELLOW)
    pen.han(320, 36, said.name, 44, WHITE)
    x = pen.price(130, 150, f"{minor / 100:.1f}", 180, WHITE)
    pen.han(x + 10, 250, "元", 64, WHITE)
    pen.han(24, 340, f"原价：{said.more / 100:.1f}元", 44, WHITE, struck=True)
    return minor, None, None


def held_member_large(pen: Pen, said: Said) -> Truth:
    """The price for members large and red with small hundredths, 零售价 small beside it."""
    _head(pen, said)
    pen.han(20, 90, "会员专享价", 40, RED)
    x = pen.price(60, 215, "¥", 60, RED)
    x = pen.price(x + 4, 160, said.whole, 150, RED)
    pen.price(x + 4, 160, said.cents, 74, RED)
    pen.band((470, 120, 700, 300), CREAM)
    pen.han(486, 130, "零售价", 36)
    pen.price(486, 200, f"¥{_yuan(said.more)}", 56)
    _foot(pen, said)
    return said.more, None, None


def held_board(pen: Pen, said: Said) -> Truth:
    """By weight on one line, 3.98元/斤, and what a kilogram comes to below."""
    pen.han(20, 10, said.name, 84)
    x = pen.price(40, 170, _yuan(said.minor), 130, RED)
    pen.han(x + 4, 200, "元/斤", 70, RED)
    pen.han(40, 340, f"折合 {_yuan(2 * said.minor)}元/kg", 38)
    return said.minor, "g", 500


def held_eink_red(pen: Pen, said: Said) -> Truth:
    """Electronic ink: a black bar with the name, the price in red, a price for comparing, the day of the print."""
    pen.band((3, 3, SIZE[0] - 4, 74), BLACK)
    pen.han(16, 10, f"{said.name} {said.size}", 42, EINK)
    x = pen.price(300, 170, "¥", 70, RED)
    x = pen.price(x + 6, 110, said.whole, 170, RED)
    pen.price(x + 6, 110, said.cents, 86, RED)
    pen.han(16, 110, f"产地 {said.origin}", 28)
    pen.han(16, 160, f"单位 {said.piece}", 28)
    pen.han(16, 300, f"折合单价：{_yuan(max(10, said.minor // 8))}元/100g", 30)
    pen.bars((16, 350, 250, 384))
    pen.han(16, 384, said.code, 24)
    pen.han(500, 380, "2026-03-05", 26)
    return said.minor, None, None


def held_low_cents(pen: Pen, said: Said) -> Truth:
    """The point and the hundredths small at the foot of large digits, 元/piece above them."""
    _head(pen, said)
    x = pen.price(170, 130, "¥", 80, BLACK)
    x = pen.price(x + 4, 120, said.whole, 190)
    pen.price(x + 2, 204, f".{said.cents}", 96)
    pen.han(x + 20, 120, f"元/{said.piece}", 44)
    _foot(pen, said)
    return said.minor, "each", 1


def held_offer(pen: Pen, said: Said) -> Truth:
    """Yellow; 活动价 for now, 第二件半价 beside it, the usual price 日常价 below."""
    _head(pen, said)
    pen.band((20, 92, 190, 160), RED)
    pen.han(30, 94, "活动价", 50, WHITE)
    pen.price(220, 110, f"¥{_yuan(said.minor)}", 120, RED)
    pen.han(30, 260, "第二件半价", 44, RED)
    pen.han(380, 262, f"日常价：¥{_yuan(said.more)}", 38)
    _foot(pen, said)
    return said.minor, None, None


DEV: Final[tuple[tuple[Layout, Colour], ...]] = (
    (dev_plain, WHITE), (dev_small_cents, YELLOW), (dev_promotion, WHITE), (dev_member, WHITE), (dev_fresh, CREAM),
    (dev_fresh_jin, RED), (dev_eink, EINK), (dev_yuan_jiao, YELLOW),
)  # fmt: skip
TEST: Final[tuple[tuple[Layout, Colour], ...]] = (
    (held_form, WHITE), (held_yellow_left, YELLOW), (held_red_ground, RED), (held_member_large, WHITE),
    (held_board, CREAM), (held_eink_red, EINK), (held_low_cents, WHITE), (held_offer, YELLOW),
)  # fmt: skip
_BY_WEIGHT: Final[Sequence[Layout]] = (dev_fresh, dev_fresh_jin, held_board)


def draw_tag(part: Part, number: int, rng: np.random.Generator) -> DrawnTag:
    """Draw the tag of a number: layouts in turn, articles and prices by chance."""
    layouts = DEV if part == "dev" else TEST
    layout, ground = layouts[number % len(layouts)]
    said = _said(part, rng, by_weight=layout in _BY_WEIGHT)
    pen = Pen(part, ground, rng)
    minor, unit, quantity = layout(pen, said)
    return DrawnTag(np.asarray(pen.image), layout.__name__.split("_", 1)[1], minor, unit, quantity)


def _said(part: Part, rng: np.random.Generator, *, by_weight: bool) -> Said:
    name, size, origin, piece = ARTICLES[part][int(rng.integers(len(ARTICLES[part])))]
    if by_weight:
        name = str(rng.choice(FRESH[part]))
    dearest = 30 if by_weight else 60 if rng.random() < 0.85 else 300
    minor = int(rng.integers(1, dearest)) * 100 + int(rng.choice([90, 80, 50, 98, 99, 0, 60]))
    more = minor + int(rng.integers(1, 8)) * 100 + int(rng.choice([0, 10, 40]))
    body = f"69{int(rng.integers(10**9, 10**10))}"
    check = (10 - sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10) % 10
    return Said(part, name, size, origin, piece, minor, more, f"{body}{check}")


def fonts_are_there() -> str | None:
    """Return None, or in words which font is missing."""
    for family in (*HAN.values(), *(name for names in DIGITS.values() for name in names)):
        try:
            _font(family, 20)
        except (OSError, ValueError) as error:
            return f"the font {family} is not installed ({error})"
    return None


def han_font(part: Part, size: int) -> ImageFont.FreeTypeFont:
    """Return the part's font for Han letters, `size` in pixels."""
    return _font(HAN[part], size)


@lru_cache(maxsize=400)
def _font(family: str, size: int) -> ImageFont.FreeTypeFont:
    file, index, name = _found(family)
    if family.split(":")[0] not in name.split(","):
        raise ValueError(f"fontconfig offers {name}")
    return ImageFont.truetype(file, size, index=index)


@lru_cache(maxsize=20)
def _found(family: str) -> tuple[str, int, str]:
    told = subprocess.run(["fc-match", "-f", "%{file}|%{index}|%{family}", family],
                          capture_output=True, text=True, check=True).stdout  # fmt: skip
    file, index, name = told.split("|")
    return file, int(index), name
