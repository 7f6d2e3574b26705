"""The parents of a stream of lists, out of a landing folder: without a database they stand nowhere else."""

from collections.abc import AsyncGenerator
from pathlib import Path

from intercom_etl.endpoint import PerParent
from intercom_etl.json_text import scalar_at
from intercom_etl.landing.lines import files
from intercom_etl.landing.pages import read_page
from intercom_etl.page import Parent


async def landed_parents(folder: Path, endpoint: PerParent) -> AsyncGenerator[Parent]:
    """Parents from the pages of their own stream in the same folder; each once."""
    given: set[str] = set()
    for path in files(folder, "pages", endpoint.parent):
        for record in read_page(path).records:
            identity = scalar_at(record, (endpoint.parent_id,))
            nothing = bool(endpoint.where) and scalar_at(record, endpoint.where) == endpoint.nothing
            if identity and identity not in given and not nothing:
                given.add(identity)
                yield Parent(identity)
