"""Which entities of a client come whole every time."""

from __future__ import annotations

from collections.abc import Mapping

from medallion.clients import Client, SourceContract


def snapshot_entities(client: Client, contracts: Mapping[str, SourceContract]) -> tuple[str, ...]:
    """Entities of which bronze reads just the run's own landing, as ``<source>.<entity>``.

    Args:
        client: whose sources.
        contracts: the contracts by name, as in the catalog.
    """
    listed = [contracts[source.name] for source in client.data_sources]
    return tuple(
        f"{contract.name}.{entity}"
        for contract in listed
        for entity in contract.entities
        if contract.load_of(entity) == "snapshot"
    )
