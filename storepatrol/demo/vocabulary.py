"""The demo company's own words: invented products, brands and fixtures."""

from importlib import resources
from typing import Final

from core.caller import system
from core.parts import Parts
from storepatrol.demo.people import Nodes
from workflows.vocabulary import service, table

FILE: Final = "vocabulary.csv"


def give_vocabulary(parts: Parts, nodes: Nodes) -> None:
    """Import the demo's terms; the file is left in the demo's folder, to try with."""
    content = resources.files(__package__).joinpath(FILE).read_bytes()
    folder = parts.settings.data_dir / "demo"
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(content)
    with parts.database.transaction(system(nodes.company_id)) as session:
        service.import_table(session, parts.clock.now(), table.read(content), FILE)
