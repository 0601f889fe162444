"""Releases → what dbt reads of them: one small Parquet file an entity, and two variables."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from medallion.clients.declared import read_declared
from medallion.ledger.releases import Release
from medallion.settings import Settings

Columns = tuple[str, ...]


def released_variables(settings: Settings, releases: Sequence[Release], folder: Path) -> dict[str, Any]:
    """Write down what is released, one row a key, and tell dbt of it; keys travel as data, never as SQL.

    Args:
        settings: where the project is, which says what an entity's key is; a release with other columns is
            of an older model, and rests.
        releases: those in force for one client.
        folder: where the files go.

    Returns:
        dbt's variables; none where nothing is released.
    """
    if not releases:
        return {}
    keys = read_declared(settings.dbt_project).keys
    forgiven: dict[str, dict[Columns, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in releases:
        columns = keys.get(one.entity, ())
        if columns and set(one.key) == set(columns):
            forgiven[one.entity][tuple(one.key[column] for column in columns)].update(one.rules)
    for entity, rules_of_key in forgiven.items():
        _write(folder / f"{entity}.parquet", rules_of_key)
    if not forgiven:
        return {}
    return {
        "released": {entity: list(keys[entity]) for entity in forgiven},
        "released_stamps": {entity: _stamp(rules_of_key) for entity, rules_of_key in forgiven.items()},
        "releases": str(folder),
    }


def _stamp(rules_of_key: Mapping[Columns, set[str]]) -> str:
    """Twelve hexadecimal digits that change with what is released of an entity."""
    said = sorted((list(key), sorted(rules)) for key, rules in rules_of_key.items())
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _write(path: Path, rules_of_key: Mapping[Columns, set[str]]) -> None:
    parts = zip(*rules_of_key, strict=True)
    columns = {f"_key_{place}": list(values) for place, values in enumerate(parts, start=1)}
    columns["_forgiven"] = [f",{','.join(sorted(rules))}," for rules in rules_of_key.values()]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns, pa.schema([(name, pa.string()) for name in columns])), path)
