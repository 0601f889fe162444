"""dbt as a review runs it: what differs from a base's manifest, and builds that defer to a base's tables."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from medallion.exceptions import TransformError
from medallion.ledger import NodeRow
from medallion.pipeline import Node, snapshot_entities
from medallion.review.side import Side
from medallion.transform import BuildRequest
from medallion.transform.build import run_variables
from medallion.transform.manifest import dbt_flags
from medallion.transform.record import Recorder
from medallion.transform.runner import dbt_runner
from medallion.warehouses import dbt_environment, writing

#: The name under which the base's DuckDB file is attached while the change is built.
_BASE = "base"


def write_state(base: Side) -> Path:
    """Write the base's manifest so that dbt compares with it and defers to the base's tables.

    Returns:
        The folder for ``--state``.
    """
    manifest = base.manifest()
    for node in manifest.nodes.values():
        if node.database == base.client.id:
            if node.relation_name:
                node.relation_name = node.relation_name.replace(f'"{base.client.id}".', f'"{_BASE}".', 1)
            node.database = _BASE
    folder = base.settings.home / "state" / base.client.id
    folder.mkdir(parents=True, exist_ok=True)
    manifest.writable_manifest().write(str(folder / "manifest.json"))
    return folder


def selected(head: Side, state: Path, *selection: str) -> set[str]:
    """The unique ids that dbt selects: ``state:modified+``.

    Args:
        head: the change.
        state: what :func:`write_state` made of the base.
        selection: for ``--select``.

    Raises:
        TransformError: if dbt cannot say.
    """
    listing = ["ls", "--output", "json", "--output-keys", "unique_id", "--state", str(state)]
    told = _invoke(head, [*listing, "--select", *selection], [])
    if not told.success:
        raise TransformError(f"dbt could not compare with the base: {told.exception}")
    return {json.loads(one)["unique_id"] for one in told.result or []}


def build(side: Side, nodes: Sequence[Node], base: Side | None = None) -> dict[str, NodeRow]:
    """Build some nodes of a client, and nothing else.

    Args:
        side: whose.
        nodes: which.
        base: in whose tables is found what is not among the nodes.

    Returns:
        The row of each node by its unique id; what dbt did not reach has none.

    Raises:
        TransformError: if dbt could not start; the text is dbt's.
    """
    recorder = Recorder({node.unique_id: node.layer for node in nodes}, lambda _: None)
    command = ["build", "--indirect-selection", "empty", "--select", *(node.name for node in nodes)]
    with tempfile.TemporaryDirectory(prefix="medallion-review-") as scratch:
        if base:
            command += ["--defer", "--favor-state", "--state", str(write_state(base))]
            command += ["--profiles-dir", str(_attaching(side, base, Path(scratch)))]
        told = _invoke(side, command, [recorder])
    if told.exception and not recorder.written:
        raise TransformError(f"dbt could not run: {told.exception}")
    return recorder.written


def _attaching(side: Side, base: Side, folder: Path) -> Path:
    """The project's profile with the base's file attached, to be read only."""
    profiles = yaml.safe_load((side.settings.dbt_project / "profiles.yml").read_text(encoding="utf-8"))
    file = str(base.settings.warehouse(base.client.id))
    for profile in profiles.values():
        profile["outputs"]["duckdb"]["attach"] = [{"path": file, "alias": _BASE, "read_only": True}]
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    return folder


def _invoke(side: Side, command: Sequence[str], listeners: list[Callable[[Any], None]]) -> Any:
    """Run one command of dbt in this process, silently."""
    settings, client = side.settings, side.client
    snapshots = snapshot_entities(client, side.catalog.sources)
    variables = run_variables(settings, BuildRequest(side.plan, [], (side.interval,), snapshots))
    with _ready(side) as scratch:
        flags = [*dbt_flags(settings, scratch), "--no-write-json", "--no-use-colors", "--log-level", "none"]
        name, *rest = command
        return dbt_runner(side.manifest(), listeners).invoke(
            [name, *flags, "--vars", json.dumps(variables), *rest]
        )


@contextmanager
def _ready(side: Side) -> Iterator[Path]:
    with (
        tempfile.TemporaryDirectory(prefix="medallion-review-") as scratch,
        writing(side.settings, side.client.id),
        dbt_environment(side.settings, side.client.id),
    ):
        yield Path(scratch)
