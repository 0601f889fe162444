"""What makes one definition of a client another one."""

from __future__ import annotations

from dataclasses import replace

from medallion.clients import Client, load_catalog
from medallion.registry.definition import Definition
from medallion.settings import load_settings


class Later(Client):
    """A client as a later version of Medallion may have it."""

    added: int = 5


def _definition() -> Definition:
    catalog = load_catalog(load_settings().configs)
    return Definition.of(catalog.clients["acme_corp"], catalog)


def test_a_field_that_a_later_version_adds_changes_no_checksum_until_it_is_set() -> None:
    known = _definition()
    said = known.client.model_dump()
    later = replace(known, client=Later.model_validate(said))
    assert later.facts()["client"]["added"] == 5
    assert later.checksum == known.checksum
    assert replace(known, client=Later.model_validate(said | {"added": 6})).checksum != known.checksum


def test_what_is_said_of_client_source_or_destination_changes_it() -> None:
    known = _definition()
    client = known.client.model_copy(update={"owner": "somebody else"})
    source = known.sources["crm"].model_copy(update={"description": "another"})
    place = known.destination.model_copy(update={"description": "another"})
    changed = {
        known.checksum,
        replace(known, client=client).checksum,
        replace(known, sources={**known.sources, "crm": source}).checksum,
        replace(known, destination=place).checksum,
    }
    assert len(changed) == 4
