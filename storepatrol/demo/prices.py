"""The demo's price list, and a shelf whose tags differ from it in two places."""

from core.caller import system
from core.ids import new_id
from core.parts import Parts
from storepatrol.demo.people import Nodes
from vision.price_tags.render import TaggedShelf, render_tags
from workflows.prices import service, table
from workflows.prices.table import Line

STORE, CHECKPOINT = "SH03", "pricing.tag_matches"
SEED, WRONG = 30, frozenset({1, 4})
LIST_FILE = "prices.csv"


def give_prices(parts: Parts, nodes: Nodes) -> bytes:
    """Import headquarters' list as the demo company's; return a photo of tags, two of them wrong.

    Both are left in the demo's folder, to try with.
    """
    shelf = render_tags(SEED, rows=3, gaps=1, size=(2400, 1800), wrong=WRONG)
    content, now, list_id = price_file(shelf).encode(), parts.clock.now(), new_id()
    folder = parts.settings.data_dir / "demo"
    folder.mkdir(exist_ok=True)
    (folder / LIST_FILE).write_bytes(content)
    (folder / "price-tags.jpg").write_bytes(shelf.jpeg)
    with parts.database.transaction(system(nodes.company_id)) as session:
        service.put(session, now, list_id, service.NewPriceList("货架价 Shelf prices", nodes.nodes["HQ"]))
        service.import_table(session, now, list_id, table.read(content), content, LIST_FILE)
    return shelf.jpeg


def price_file(shelf: TaggedShelf) -> str:
    """Return the right prices of a rendered shelf as a file to import."""
    articles = {tag.sku: tag for tag in shelf.tags}
    return table.write(tuple(Line(a.sku, a.barcode, (a.name,), a.minor, "CNY") for a in articles.values()))
