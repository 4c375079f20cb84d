"""Dates as Chinese packs print them, on light and dark patches of real photos. Synthetic; `dev` and `test` differ."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.chinese_tags import Part, han_font
from vision.geometry import Box
from vision.photo import Photo, encode_jpeg, open_photo
from vision.price_tags.reader import TAG_SIDE

Truth = tuple[Box, str, dt.date]
_LATE: Final = dt.date(2026, 8, 31)
PRINTS: Final[dict[Part, tuple[tuple[tuple[str, ...], dt.date], ...]]] = {
    "dev": (
        (("生产日期：2025.09.12", "保质期：12个月"), dt.date(2026, 9, 12)),
        (("有效期至 2026.03.05",), dt.date(2026, 3, 5)),
        (("保质期至：2026年3月5日",), dt.date(2026, 3, 5)),
        (("生产日期20260131", "保质期1个月"), dt.date(2026, 2, 28)),
        (("EXP 20260831",), _LATE),
        (("保质期：常温18个月", "生产日期：2025/01/20"), dt.date(2026, 7, 20)),
        (("生产日期 2026-02-20", "保质期 21天"), dt.date(2026, 3, 13)),
        (("生产日期:", "20251201", "保质期 180天"), dt.date(2026, 5, 30)),
    ),
    "test": (
        (("生产日期(年/月/日)：2025/10/08", "保质期：10个月"), dt.date(2026, 8, 8)),
        (("有效期至：2026年08月",), _LATE),
        (("此日期前最佳 2026.08.31",), _LATE),
        (("产品保质期：二年", "生产日期：20240901"), dt.date(2026, 9, 1)),
        (("EXP 2026/08/31", "MFG 2025/03/01"), _LATE),
        (("生产日期：2026年02月28日", "保质期（0-4℃）：15天"), dt.date(2026, 3, 15)),
        (("限用日期 20260831",), _LATE),
        (("包装日期 2026.03.01", "请于7日内食用"), dt.date(2026, 3, 8)),
    ),
}  # fmt: skip
SIZES: Final = (28, 40, 56)


def dated_photos(part: Part, files: list[Path]) -> Iterator[tuple[Photo, list[Truth]]]:
    """Yield photos of 1600 pixels with four prints on each, one in each quarter."""
    rng = np.random.default_rng(17 if part == "dev" else 18)
    for number in range(6):
        page = Image.open(files[(number * 7 + 3) % len(files)]).convert("RGB")
        page = page.resize((1600, 1200))
        pen, truth = ImageDraw.Draw(page), []
        for quarter in range(4):
            lines, day = PRINTS[part][(4 * number + quarter) % len(PRINTS[part])]
            size = SIZES[(number + quarter) % len(SIZES)]
            x = int(rng.integers(30, 120)) + 800 * (quarter % 2)
            y = int(rng.integers(40, 300)) + 600 * (quarter // 2)
            dark = rng.random() < 0.4
            high = round(1.5 * size * len(lines))
            box = (x - 12, y - 10, x + 660, y + high + 10)
            pen.rectangle(box, fill=(40, 60, 70) if dark else (228, 226, 214))
            for row, words in enumerate(lines):
                pen.text((x, y + 1.45 * size * row), words, fill=(235, 235, 230) if dark else (40, 40, 44),
                         font=han_font(part, size))  # fmt: skip
            truth.append((box, " | ".join(lines), day))
        shot = cv2.GaussianBlur(np.asarray(page), (0, 0), float(rng.uniform(0.4, 0.9)))
        yield open_photo(encode_jpeg(Image.fromarray(shot), 82), working_side=TAG_SIDE), truth
