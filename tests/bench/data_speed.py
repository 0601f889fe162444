"""Data speed for `make bench`: CSV to gold by Medallion, by the same SQL by hand, and a day of it by pandas.

Each measurement is a process of its own, so that its peak memory is its own; `python data_speed.py <what>
<home>` is such a process. The client lists every step and the three sources of a retailer, all as CSV.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from medallion.clients import Client, SourceContract, client_from_dict, load_catalog
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.pipeline import Plan, make_plan, shape_of, snapshot_entities
from medallion.sample_data import generate_client
from medallion.settings import Settings, load_settings
from medallion.transform import BuildRequest, build_nodes, load_slim, prepare
from medallion.transform.build import run_variables
from medallion.transform.warm import warm_dbt
from medallion.warehouses import dbt_environment

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
#: Rows asked of the generator for 1, 3 and 10 million in the files, and how often each is measured.
SIZES = ((950_000, 3), (3_430_000, 1), (12_150_000, 1))
PANDAS_ROWS = 3_000_000
HERE = Path(__file__).resolve()


def data_figures(home: Path, figure: Callable[..., dict[str, object]]) -> Iterator[dict[str, object]]:
    """Each figure of data speed, in the order of the table."""
    per_row = []
    for wanted, rounds in SIZES:
        folder = home / f"data_{wanted}"
        rows = _prepared(folder, wanted)
        pairs = [(_measured("ours", folder), _measured("hand", folder)) for _ in range(rounds)]
        ours, hand = (statistics.median(pair[side]["seconds"] for pair in pairs) for side in (0, 1))
        memory = " and ".join(f"{pairs[0][side]['peak_mb']:,.0f} MB" for side in (0, 1))
        what = (
            f"{rows:,} rows, CSV to gold ({ours:.1f} s) / the same SQL by hand ({hand:.1f} s); peak {memory}"
        )
        yield figure(f"data {rows / 1_000_000:.0f}M", ours / hand, 1.5, "ratio", what)
        per_row.append(ours / rows)
        shutil.rmtree(folder)
    what = "seconds a row, of the largest files / of the smallest"
    yield figure("data linear", per_row[-1] / per_row[0], 1.2, "ratio", what)
    folder = home / "daily"
    ours, pandas = _daily(folder)
    what = f"a day's sales generated, judged and added up, ours ({ours:.1f} s) / with pandas ({pandas:.1f} s)"
    yield figure("pandas", ours / pandas, 0.1, "ratio", what)
    shutil.rmtree(folder)


# --- What is measured


def _client(sources: list[str]) -> Client:
    said = {
        "description": "Data speed",
        "schedule_interval": timedelta(days=1),
        "data_sources": sources,
        "transformations": ["clean", "normalize", "enrich", "validate", "aggregate"],
        "destination": "data_warehouse",
        "business_rules": {"data_retention_days": 365, "quality_threshold": 0.95},
    }
    return client_from_dict("speed", said)


def _contracts(settings: Settings) -> dict[str, SourceContract]:
    """The retailer's sources, their files as CSV."""
    catalog = load_catalog(settings.configs)
    return {name: _as_csv(catalog.sources[name]) for name in ("crm", "inventory", "sales")}


def _as_csv(contract: SourceContract) -> SourceContract:
    entities = {
        name: entity.model_copy(update={"path": str(Path(entity.path).with_suffix(".csv"))})
        for name, entity in contract.entities.items()
    }
    return contract.model_copy(update={"format": "csv", "entities": entities})


def _settings(folder: Path) -> Settings:
    return replace(
        load_settings(), home=folder, target="duckdb", database_url=f"sqlite:///{folder / 'ledger.db'}"
    )


def _plan(settings: Settings, client: Client) -> Plan:
    prepare(settings, [shape_of(client)])
    return make_plan(client, load_slim(settings, shape_of(client)))


def _prepared(folder: Path, wanted: int) -> int:
    """Generate the files, compile the SQL, and return how many rows there are."""
    settings, client = _settings(folder), _client(["crm", "inventory", "sales"])
    contracts = _contracts(settings)
    planted = generate_client(client, contracts, [DAY], settings.samples, rows_a_day=wanted)
    plan = _plan(settings, client)
    (folder / "hand.json").write_text(json.dumps(_statements(settings, plan, contracts)))
    return sum(counts["rows"] for one in planted for counts in one.counts.values())


def _statements(settings: Settings, plan: Plan, contracts: dict[str, SourceContract]) -> list[str]:
    """Every model and test as dbt compiles it, in an order that works, reading the CSV files themselves."""
    target, project = settings.home / "target", str(settings.dbt_project)
    variables = run_variables(
        settings, BuildRequest(plan, [], (DAY,), snapshot_entities(plan.client, contracts))
    )
    with dbt_environment(settings, plan.client.id):
        environment = os.environ | {"MEDALLION_DUCKDB_PATH": str(settings.home / "hand.duckdb")}
        subprocess.run(
            [
                *(str(Path(sys.executable).with_name("dbt")), "--quiet", "compile", "--project-dir", project),
                *("--profiles-dir", project, "--target-path", str(target), "--log-path", str(target)),
                *("--vars", json.dumps(variables)),
            ],
            env=environment,
            check=True,
        )
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    left = {node.unique_id: nodes[node.unique_id] for layer in plan.layers for node in layer.nodes}
    statements = []
    while left:
        for name, node in list(left.items()):
            if not any(parent in left for parent in node["depends_on"]["nodes"]):
                statements.append(_statement(settings, node))
                del left[name]
    return statements


def _statement(settings: Settings, node: dict[str, Any]) -> str:
    def files(found: re.Match[str]) -> str:
        client, source, entity = Path(found[1]).relative_to(settings.landing).parts[:3]
        path = settings.samples / client / source / entity / "*.csv"
        day = f"timestamp '{DAY.start:%Y-%m-%d}' as _interval_start, date '{DAY.start:%Y-%m-%d}' as _run_date"
        read = f"read_csv('{path}', all_varchar = true, header = true)"
        return f"(select coalesce(columns(*), ''), {day} from {read})"  # noqa: S608  # the paths are ours

    query = re.sub(r"read_parquet\('([^']*)'[^)]*\)", files, node["compiled_code"])
    if node["resource_type"] == "model":
        return f'create table "{node["schema"]}"."{node["name"]}" as {query}'
    return query


def _daily(folder: Path) -> tuple[float, float]:
    """Seconds of a whole day of sales: Medallion's, and the one with pandas."""
    settings, client = _settings(folder), _client(["sales"])
    contracts = _contracts(settings)
    _plan(settings, client)
    start = time.monotonic()
    generate_client(client, contracts, [DAY], settings.samples, rows_a_day=PANDAS_ROWS)
    generated = time.monotonic() - start
    ours = generated + _measured("ours", folder, "sales")["seconds"]
    (folder / "pandas").mkdir()
    start = time.monotonic()
    script = HERE.with_name("pandas_daily.py")
    subprocess.run([sys.executable, script, folder / "pandas", str(PANDAS_ROWS)], check=True)
    return ours, time.monotonic() - start


# --- A process of its own


def _measured(what: str, folder: Path, *arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, HERE, what, folder, *arguments], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run_ours(folder: Path, sources: list[str]) -> None:
    """Land and build, as extract_… and build tasks do."""
    settings, client = _settings(folder), _client(sources)
    contracts = {name: one for name, one in _contracts(settings).items() if name in sources}
    plan = _plan(settings, client)
    settings.warehouse(client.id).unlink(missing_ok=True)
    for contract in contracts.values():
        extract_source(
            contract,
            client_id=client.id,
            interval=DAY,
            sub_daily=plan.sub_daily,
            landing=settings.landing,
            samples=settings.samples,
        )
    nodes = [node for layer in plan.layers for node in layer.nodes]
    build_nodes(
        settings, BuildRequest(plan, nodes, (DAY,), snapshot_entities(plan.client, contracts)), lambda _: None
    )


def run_by_hand(folder: Path) -> None:
    """One connection, one statement after the other."""
    import duckdb

    path = folder / "hand.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as connection:
        connection.execute("set enable_progress_bar = false")
        for layer in ("bronze", "silver", "gold"):
            connection.execute(f"create schema speed_{layer}")
        for statement in json.loads((folder / "hand.json").read_text()):
            connection.execute(statement).fetchall()


def main() -> None:
    """Do one thing, and print its seconds and its peak memory."""
    what, folder, *sources = sys.argv[1:]
    if what == "ours":
        warm_dbt()  # as the process has done that Airflow's tasks are forks of
    start = time.monotonic()
    if what == "ours":
        run_ours(Path(folder), sources or ["crm", "inventory", "sales"])
    else:
        run_by_hand(Path(folder))
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak}))


if __name__ == "__main__":
    main()
