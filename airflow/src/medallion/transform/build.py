"""One ``dbt build`` of some nodes of a client, in this process."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medallion.exceptions import BuildFailed, DataFailed, TransformError
from medallion.failures import chain_of, classify
from medallion.interval import Interval
from medallion.ledger import NodeRow
from medallion.ledger.releases import Release
from medallion.pipeline import LAYERS, Node, Plan
from medallion.settings import Settings
from medallion.transform.landed import landed_until
from medallion.transform.manifest import dbt_flags, manifest_for
from medallion.transform.record import Recorder
from medallion.transform.released import released_variables
from medallion.transform.runner import dbt_runner
from medallion.warehouses import dbt_environment, warehouse_of, writing

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class BuildRequest:
    """What to build, for whom and for which interval.

    Attributes:
        plan: the client's plan.
        nodes: models and tests to build, in any order.
        intervals: those that the run processes, oldest first.
        snapshot_entities: of which bronze holds the newest landing alone, as ``<source>.<entity>``.
        releases: the client's releases in force, whose rows ``validate`` lets through.
        full_refresh: whether incremental models are made anew instead of added to.
        run_id: whose build it is, for deliveries to know it by; nobody's if empty.
        build_id: which of the ledger's builds.
        streamed: partitions of landing that events changed, by ``<source>.<entity>``, which bronze reads
            beside the intervals: their paths, and the start that their rows carry.
    """

    plan: Plan
    nodes: Sequence[Node]
    intervals: tuple[Interval, ...]
    snapshot_entities: tuple[str, ...]
    releases: Sequence[Release] = ()
    full_refresh: bool = False
    run_id: str = ""
    build_id: int = 0
    streamed: Mapping[str, Sequence[tuple[str, datetime]]] = field(default_factory=dict)


def build_nodes(settings: Settings, request: BuildRequest, write: Callable[[NodeRow], None]) -> None:
    """Build nodes and hand over each one's row the moment dbt reports it.

    Args:
        settings: where the project, its manifests and the warehouses are.
        request: what to build.
        write: receives a row for every node that was asked for, whatever became of it.

    Raises:
        DataFailed: if a hard test failed; another try ends the same way.
        BuildFailed: if a node failed otherwise, with what it failed of, or the warehouse is held.
        TransformError: if dbt could not start, or ``write`` did not take a row: another try builds its node.
    """
    if not request.nodes:
        return
    client = request.plan.client.id
    manifest = manifest_for(settings, request.plan.shape, request.plan.manifest, client)
    recorder = Recorder({node.unique_id: node.layer for node in request.nodes}, write)
    with writing(settings, client), dbt_environment(settings, client):
        if any(node.layer == LAYERS[0] for node in request.nodes):
            bring_landing(settings, request.plan)
        result = _invoke(settings, request, manifest, recorder)
        for _ in range(warehouse_of(settings).deadlocks):
            if not (again := _victims(request.nodes, recorder)):
                break
            manifest = manifest_for(settings, request.plan.shape, request.plan.manifest, client)
            result = _invoke(settings, replace(request, nodes=again), manifest, recorder)
    if unsaid := _bare(recorder.unsaid):
        said = f"what became of a node could not be written down\n  {str(unsaid).strip()}"
        raise TransformError(said) from unsaid
    if result.exception and not recorder.written:
        said = _located(f"\n  {str(result.exception).strip()}", settings, client)
        raise BuildFailed(f"dbt could not run{said}") from _bare(result.exception)
    _add_skipped(request.nodes, manifest, recorder)
    try:
        _raise_if_bad(request.nodes, recorder)
    except BuildFailed as error:
        raise BuildFailed(_located(str(error), settings, client), error.causes) from None


def _victims(nodes: Sequence[Node], recorder: Recorder) -> list[Node]:
    """The nodes that a server ended to resolve a deadlock, with all that were not reached; else none.

    What they raised is forgotten: they get another try.
    """
    ended = {one for one, error in recorder.errors.items() if classify(error).kind == "deadlock"}
    if not ended:
        return []
    for one in ended:
        recorder.errors.pop(one)
    reached = {one for one, row in recorder.written.items() if row.status != "skipped"} - ended
    return [node for node in nodes if node.unique_id not in reached]


def bring_landing(settings: Settings, plan: Plan) -> None:
    """Bring what a client has landed to where bronze's models read it.

    Raises:
        WarehouseError: if it cannot be brought; what was there is as it was.
    """
    names = [model.name.removeprefix(f"{LAYERS[0]}_") for model in plan.layer(LAYERS[0]).models]
    entities = [(source, entity) for source, _, entity in (name.partition("__") for name in names)]
    warehouse_of(settings).take_landing(settings, plan.client.id, entities)


def _located(said: str, settings: Settings, client_id: str) -> str:
    """What DuckDB said, with the file's name: of a damaged block it does not say whose it is."""
    damaged = "Corrupt database file" in said
    return f"{said}\n  the file is {settings.warehouse(client_id)}" if damaged else said


def _invoke(settings: Settings, request: BuildRequest, manifest: Manifest, recorder: Recorder) -> Any:
    names = [node.name for node in request.nodes]
    with tempfile.TemporaryDirectory(prefix="medallion-build-") as scratch:
        flags = [*dbt_flags(settings, Path(scratch)), "--no-write-json", "--no-use-colors"]
        released = released_variables(settings, request.releases, Path(scratch) / "released")
        if released:
            client = request.plan.client.id
            warehouse_of(settings).take_releases(settings, client, Path(released["releases"]))
        variables = ["--vars", json.dumps(run_variables(settings, request) | released)]
        # The plan says exactly what is built: no test comes along that it does not know.
        chosen = ["--indirect-selection", "empty", "--select", *names]
        anew = ["--full-refresh"] if request.full_refresh else []
        return dbt_runner(manifest, [recorder]).invoke(["build", *flags, *variables, *anew, *chosen])


def run_variables(settings: Settings, request: BuildRequest) -> dict[str, Any]:
    """dbt's variables of one run: the shape's own, and what differs from run to run."""
    shape = request.plan.shape
    return {
        "client": request.plan.client.id,
        "schemas": settings.name_of(request.plan.client.id),
        "for_each": dict(request.plan.client.values),
        "sources": list(shape.sources),
        "transformations": list(shape.transformations),
        "landing": str(settings.landing).rstrip("/"),
        "intervals": [
            {
                "start": interval.start.replace(tzinfo=None).isoformat(sep=" "),
                "path": interval.partition_path(sub_daily=request.plan.sub_daily),
            }
            for interval in request.intervals
        ],
        "built_with": _built_with(request),
        "run_id": request.run_id,
        "build_id": request.build_id,
        "snapshot_entities": list(request.snapshot_entities),
        "landed_until": _landed_until(settings, request),
        "streamed": {
            name: [{"start": start.isoformat(sep=" "), "path": path} for path, start in parts]
            for name, parts in request.streamed.items()
        },
    }


def _landed_until(settings: Settings, request: BuildRequest) -> dict[str, str]:
    """What gold's calendars end with; a build without gold need not look for it."""
    if request.nodes and all(node.layer != LAYERS[-1] for node in request.nodes):
        return {}
    landing = settings.landing / request.plan.client.id
    return landed_until(landing, request.plan.shape.sources, request.snapshot_entities)


def _built_with(request: BuildRequest) -> str:
    """What the rows of a layer depend on beside the rows they are made from, as twelve hexadecimal digits."""
    parts = [request.plan.manifest, dict(request.plan.client.values), sorted(request.snapshot_entities)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:12]


def _add_skipped(nodes: Iterable[Node], manifest: Manifest, recorder: Recorder) -> None:
    """A row for each node that dbt never reached, naming what kept it from it."""
    for node in nodes:
        row = recorder.written.get(node.unique_id)
        if row is None or row.status == "skipped":
            message = f"not built: {_culprit(node.unique_id, manifest, recorder)}"
            recorder.add(NodeRow(node.unique_id, node.layer, "skipped", message, log=message))


def _culprit(unique_id: str, manifest: Manifest, recorder: Recorder) -> str:
    """The nearest node above that failed, with what it said."""
    parents = list(manifest.nodes[unique_id].depends_on.nodes)
    tests = [
        one for one in recorder.written if getattr(manifest.nodes[one], "attached_node", None) in parents
    ]
    for one in (*parents, *tests):
        row = recorder.written.get(one)
        if row and not row.good and row.status != "skipped":
            return f"{manifest.nodes[one].name} ended {row.status}"
    for parent in parents:
        if (row := recorder.written.get(parent)) and row.status == "skipped":
            return _culprit(parent, manifest, recorder)
    return "dbt did not reach it"


def _raise_if_bad(nodes: Iterable[Node], recorder: Recorder) -> None:
    bad = {
        node: recorder.written[node.unique_id] for node in nodes if not recorder.written[node.unique_id].good
    }
    causes = {node: row for node, row in bad.items() if row.status != "skipped"}
    if not bad:
        return
    if failed := [node.name for node, row in causes.items() if row.status == "fail"]:
        raise DataFailed(f"hard tests failed: {', '.join(failed)}" + _quoted(causes))
    said = "".join(f"\n  {row.message.strip()}" for row in causes.values())
    raised = [_bare(recorder.errors.get(row.node)) or TransformError(row.message) for row in causes.values()]
    raise BuildFailed(_told(bad, causes) + said, raised)


def _bare(error: BaseException | None) -> BaseException | None:
    """What a node raised, without the frames it went through: they would keep the warehouse open."""
    for one in chain_of(error) if error else ():
        one.__traceback__ = None
    return error


def _told(bad: dict[Node, NodeRow], causes: dict[Node, NodeRow]) -> str:
    names = ", ".join(node.name for node in causes) or "nothing failed"
    return f"{names} failed, {len(bad) - len(causes)} nodes were not built"


def _quoted(causes: dict[Node, NodeRow]) -> str:
    return "".join(f"\n  {node.name}: {row.message.strip()}" for node, row in causes.items())
