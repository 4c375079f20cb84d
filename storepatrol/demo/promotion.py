"""The demo's campaigns: this month's poster, last month's, next month's; and photos that show them."""

import datetime as dt
import io

import cv2
import numpy as np
from PIL import Image

from core.caller import system
from core.ids import new_id
from core.parts import Parts
from core.text import Text
from storepatrol.demo.people import Nodes
from storepatrol.demo.pictures import Pictures
from vision.photo import Pixels, encode_jpeg, open_photo
from vision.promo import make
from vision.promo.render import Corners, Hanging, hang, render_artwork
from workflows.campaigns import service

SEED = 1107
THIS_MONTH, LAST_MONTH, NEXT_MONTH = 0, 1, 2
NAMES = {
    THIS_MONTH: Text("秋日丰收节", "Autumn harvest fair"),
    LAST_MONTH: Text("金秋开门红", "Early autumn fair"),
    NEXT_MONTH: Text("年末欢购季", "Year-end fair"),
}
DAYS = {THIS_MONTH: (-9, 12), LAST_MONTH: (-40, -10), NEXT_MONTH: (13, 40)}
SHOWN: tuple[tuple[str, int | None, tuple[float, float, float, float] | None], ...] = (
    # store, edition that hangs on its photo, what hides a part of it
    ("SH02", THIS_MONTH, None),
    ("HZ01", None, None),
    ("GZ01", LAST_MONTH, None),
    ("SZ01", THIS_MONTH, (0.0, 0.0, 1.0, 0.42)),
)


def plan_campaigns(parts: Parts, nodes: Nodes, today: dt.date) -> None:
    """Make the campaigns of a series, each with its artwork, for the whole company."""
    now = parts.clock.now()
    for edition, (first, last) in DAYS.items():
        days = today + dt.timedelta(days=first), today + dt.timedelta(days=last)
        new = service.NewCampaign(new_id(), NAMES[edition], "poster", *days, (nodes.nodes["HQ"],))
        data = _png(render_artwork(SEED, edition))
        picture = open_photo(data)
        made = service.prepare(parts, data, picture, make(picture, data))
        with parts.database.transaction(system(nodes.company_id)) as session:
            service.create(session, now, new)
            session.flush()
            service.add_artwork(session, now, new.id, new_id(), made)


def promotion_photos(pictures: Pictures) -> list[tuple[str, bytes]]:
    """Return photos of shelves for some stores: with this month's poster, with none, with last month's, half hidden."""
    return [(store, _photo(pictures, number, edition, cover)) for number, (store, edition, cover) in enumerate(SHOWN)]


def promotion_files(pictures: Pictures) -> dict[str, bytes]:
    """Return what `storepatrol photo promo` can be tried with: two editions of a poster, and a shelf with the first."""
    return {
        "poster.png": _png(render_artwork(SEED, THIS_MONTH)),
        "poster-last-month.png": _png(render_artwork(SEED, LAST_MONTH)),
        "shelf-poster.jpg": _photo(pictures, 0, THIS_MONTH, None),
    }


def _photo(
    pictures: Pictures, number: int, edition: int | None, cover: tuple[float, float, float, float] | None
) -> bytes:
    shelf = open_photo(pictures.before(20 + number)).pixels
    if edition is not None:
        artwork = render_artwork(SEED, edition)
        how = Hanging(_place(shelf, artwork, number), light=0.92, bend=0.005, seed=number + 3)
        shelf = hang(shelf, artwork, how if cover is None else _covered(how, cover))
    return encode_jpeg(Image.fromarray(shelf), 88)


def _covered(how: Hanging, cover: tuple[float, float, float, float]) -> Hanging:
    return Hanging(how.corners, light=how.light, bend=how.bend, seed=how.seed, covers=(cover,))


def _place(shelf: Pixels, artwork: Pixels, number: int) -> Corners:
    """Hang it at the right of the shelf, a little slanted, as tall as four tenths of the photo."""
    height, width = shelf.shape[:2]
    tall = 0.42 * height
    wide = tall * artwork.shape[1] / artwork.shape[0]
    x, y = width * (0.56 + 0.04 * number) - wide / 2, height * (0.24 + 0.05 * number)
    flat = np.array(
        [[x, y], [x + wide, y + 0.03 * tall], [x + 0.97 * wide, y + tall], [x - 0.02 * wide, y + 0.98 * tall]]
    )
    turn = cv2.getRotationMatrix2D((x, y), 2.0 - number, 1.0)
    return np.asarray(np.column_stack([flat, np.ones(4)]) @ turn.T, dtype=np.float32)


def _png(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
