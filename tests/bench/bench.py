"""`make bench`: what Medallion costs, as ratios measured in one run; a table, and ``var/bench.json``.

The client is adventure_works where its files are, else acme_corp. Each figure is the median of its rounds.
Cosmos's own modes run the same nodes of the same project, for the record; ``--quick`` leaves them out, and
measures bundle and load with fewer clients.
"""

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from bundle_speed import bundle_figures
from data_speed import data_figures
from growth_speed import growth_figures
from load_speed import load_figures
from retention_speed import retention_figures
from rich.console import Console
from rich.table import Table
from stream_speed import stream_figures

from medallion.clients import ENABLED, Catalog, Client, load_catalog, status_of
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.embedded.prepare import make_ready
from medallion.interval import Interval
from medallion.pipeline import Plan, dag_id_of, make_plan, shape_of, snapshot_entities
from medallion.sample_data import generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, load_slim, slim_path
from medallion.transform.build import run_variables
from medallion.warehouses import dbt_environment

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
ROUNDS = 3
HERE = Path(__file__).resolve().parent


def main() -> int:
    """Measure, print, write after each figure, and return 1 if one is over its limit."""
    real = load_settings()
    out = real.home / "bench.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="medallion-bench-") as folder:
        home = Path(folder)
        settings = Settings(real.project, home, real.target, f"sqlite:///{home / 'registry.db'}")
        quick = "--quick" in sys.argv
        bundle = bundle_figures(home, figure, *((100, 25) if quick else ()))
        kept = retention_figures(home, figure)
        grown = growth_figures(home, figure)
        load = load_figures(home, figure, *((10, 30) if quick else ()))
        stream = stream_figures(home, figure, *((30, (10,), 2) if quick else ()))
        for one in chain(
            data_figures(home, figure), kept, grown, bundle, load, stream, measure(settings, quick=quick)
        ):
            figures.append(one)
            out.write_text(json.dumps(figures, indent=2) + "\n")
            print(f"{one['name']}: {one['value']} {one['unit']}", flush=True)
    show(figures)
    print(f"written to {out}")
    return int(any(one["limit"] is not None and one["value"] > one["limit"] for one in figures))


def measure(settings: Settings, *, quick: bool) -> Iterator[dict[str, object]]:
    """Each figure, in the order of the table."""
    catalog = load_catalog(settings.configs)
    chosen = (one for name in ("adventure_works", "acme_corp") if (one := catalog.clients.get(name)))
    client = next(one for one in chosen if status_of(one, catalog, settings) == ENABLED)
    make_ready(catalog, settings)
    generate_client(client, catalog.sources, [DAY], settings.samples)
    plan = make_plan(client, load_slim(settings, shape_of(client)))
    nodes = sum(len(layer.nodes) for layer in plan.layers)
    os.environ["MEDALLION_BENCH_CLIENT"] = client.id
    with EmbeddedAirflow(settings, AirflowOptions(dags_folder=HERE / "dags", parse_seconds=600)) as airflow:
        ours = statistics.median([layers_seconds(airflow, client) for _ in range(ROUNDS + 1)][1:])  # warm
        base = statistics.median(bare_seconds(settings, catalog, plan) for _ in range(ROUNDS))
        what = f"{client.id}, {nodes} nodes: bronze's begin to gold's gate ({ours:.1f} s)"
        yield figure("layers", ours / base, 2.0, "ratio", f"{what} / a bare dbt build ({base:.1f} s)")
        seconds = dag_seconds(catalog, client, settings)
        yield figure("dag", seconds, 0.1, "s", "one client's DAG, after imports")
        for mode in () if quick else ("watcher", "local"):
            took = cosmos_seconds(airflow, mode)
            yield figure(
                f"cosmos {mode}", took / base, None, "ratio", f"the same nodes ({took:.0f} s) / bare"
            )


def figure(name: str, value: float, limit: float | None, unit: str, what: str) -> dict[str, object]:
    """One line of the table."""
    return {"name": name, "value": round(value, 3), "limit": limit, "unit": unit, "what": what}


def layers_seconds(airflow: EmbeddedAirflow, client: Client) -> float:
    """From bronze's begin to gold's gate of one run, by Airflow's own clock."""
    tasks = run_to_end(airflow, dag_id_of(client.id))
    return (
        moment(tasks["gold.gate"]["end_date"]) - moment(tasks["bronze.begin"]["start_date"])
    ).total_seconds()


def cosmos_seconds(airflow: EmbeddedAirflow, mode: str) -> float:
    """A whole run of Cosmos's own drawing of the nodes."""
    tasks = run_to_end(airflow, f"cosmos_{mode}", seconds=1800)
    starts = [moment(task["start_date"]) for task in tasks.values() if task["start_date"]]
    ends = [moment(task["end_date"]) for task in tasks.values() if task["end_date"]]
    return (max(ends) - min(starts)).total_seconds()


def run_to_end(airflow: EmbeddedAirflow, dag_id: str, seconds: float = 300) -> dict[str, dict[str, str]]:
    """Run a DAG and return its tasks; a run that fails ends the benchmark."""
    client = airflow.client
    wait(lambda: client.dag(dag_id) is not None, 120, f"{dag_id} to be parsed: {client.import_errors()}")
    run_id = client.trigger(dag_id, DAY)
    wait(lambda: client.run(dag_id, run_id)["state"] in ("success", "failed"), seconds, f"{dag_id} to end")
    tasks = client.tasks(dag_id, run_id)
    if client.run(dag_id, run_id)["state"] != "success":
        raise SystemExit(
            f"{dag_id} failed: {[name for name, task in tasks.items() if task['state'] == 'failed']}"
        )
    return tasks


def wait(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Look twice a second until done."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.5)


def moment(text: str) -> datetime:
    """Airflow's time."""
    return datetime.fromisoformat(text)


def bare_seconds(settings: Settings, catalog: Catalog, plan: Plan) -> float:
    """`dbt build` of the plan's nodes by hand: one process, from its start to its end."""
    snapshots = snapshot_entities(plan.client, catalog.sources)
    nodes = [node for layer in plan.layers for node in layer.nodes]
    variables = run_variables(settings, BuildRequest(plan, nodes, (DAY,), snapshots))
    project = str(settings.dbt_project)
    with tempfile.TemporaryDirectory() as scratch, dbt_environment(settings, plan.client.id):
        command = [
            *(str(Path(sys.executable).parent / "dbt"), "--quiet", "build", "--project-dir", project),
            *("--profiles-dir", project, "--target-path", scratch, "--log-path", scratch),
            *(
                "--vars",
                json.dumps(variables),
                "--exclude-resource-type",
                "unit_test",
                "--indirect-selection",
                "empty",
            ),
            *("--select", *(node.name for node in nodes)),
        ]
        start = time.monotonic()
        subprocess.run(command, check=True, env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})
        return time.monotonic() - start


def dag_seconds(catalog: Catalog, client: Client, settings: Settings) -> float:
    """Building the client's DAG from its manifest, once everything is imported."""
    logging.disable(logging.INFO)
    from medallion.orchestration.dag import Manifest, create_client_dag

    path = slim_path(settings, shape_of(client))

    def build() -> float:
        start = time.perf_counter()
        manifest = Manifest(json.loads(path.read_text()), path)
        create_client_dag(client.id, client, catalog=catalog, manifest=manifest)
        return time.perf_counter() - start

    build()
    return statistics.median(build() for _ in range(20))


def show(figures: list[dict[str, object]]) -> None:
    """Print the table."""
    table = Table("name", "value", "limit", "what", title="make bench")
    for one in figures:
        limit = "" if one["limit"] is None else f"≤ {one['limit']}"
        table.add_row(str(one["name"]), f"{one['value']} {one['unit']}", limit, str(one["what"]))
    Console(width=150).print(table)


if __name__ == "__main__":
    sys.exit(main())
