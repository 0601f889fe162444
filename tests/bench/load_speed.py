"""Load for `make bench`: many clients at once on an embedded Airflow, and what its parts cost over many runs.

The clients are small: a source of one file, a model and its test in each layer. By itself:
``python tests/bench/load_speed.py [--clients 50] [--runs 400]`` prints the figures as JSON. A run that is
lost, doubled or not delivered ends it with an error.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import psutil
from sqlalchemy import select

from medallion.clients import load_catalog
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.embedded.prepare import make_ready
from medallion.interval import Interval
from medallion.ledger import open_ledger, tables
from medallion.pipeline import LAYERS, dag_id_of
from medallion.settings import Settings, load_settings

#: Growth is that of the second half of the runs: over 200 of them. The first half fills what is kept for good
#: (connections, compiled queries, the heaps of threads, caches of a fixed size).
CLIENTS, RUNS = 50, 400
DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
ROWS = 10
#: Seconds that a run may take, on two busy cores, before the benchmark gives up; all of a round at once.
PATIENCE = 60.0
SAMPLE_SECONDS, REST_LOOKS = 3.0, 3
#: What a process may grow by in 100 runs: what looks at one that does not grow differ by, and no more.
GROWTH_MB = 2.0

CLIENT = """
description: One of many
schedule_interval: 1d
data_sources: [till]
transformations: [clean]
destination: data_warehouse
business_rules: {data_retention_days: 30, quality_threshold: 0.95}
retries: 0
"""
SOURCE = """
description: A till
connector: files
location: "{samples}/{client}/till"
format: csv
load: snapshot
entities:
  orders: {path: orders.csv, keys: [id], min_rows: 1}
"""
MODELS = {
    "bronze/till/bronze_till__orders.sql": """
        select cast(id as integer) as id, cast(amount as integer) as amount, _interval_start, _run_date
        from {{ landed('till', 'orders') }}""",
    "silver/clean/till/clean_till__orders.sql": "select * from {{ ref('bronze_till__orders') }}",
    "gold/till/till_orders.sql": "select * from {{ nearest_step('till', 'orders', ['clean']) }}",
}
YAML = """
models:
  - name: bronze_till__orders
    config: {meta: {keys: [id]}}
    columns: [{name: id, data_tests: [not_null]}]
  - name: clean_till__orders
    columns: [{name: id, data_tests: [unique]}]
  - name: till_orders
    columns: [{name: id, data_tests: [unique]}]
"""

Figure = Callable[..., dict[str, object]]


def load_figures(
    home: Path, figure: Figure, clients: int = CLIENTS, runs: int = RUNS
) -> Iterator[dict[str, object]]:
    """Each figure of the load, in the order of the table.

    Args:
        home: a scratch folder.
        figure: makes a figure of its name, value, limit, unit and what it is of.
        clients: how many run at once.
        runs: how many runs there are in all, at least twice as many.

    Raises:
        SystemExit: if a run fails, is lost or doubled, or does not end.
    """
    settings = _installation(home / "load", clients)
    names = [_name(number) for number in range(clients)]
    with EmbeddedAirflow(settings, AirflowOptions(parse_seconds=3600)) as airflow:
        airflow.wait_for_dags(map(dag_id_of, names), 60 + 5 * clients)
        alone = _round(airflow, names[:1])  # imports what is left
        alone = statistics.median([_round(airflow, [name]) for name in names[1:4]])
        made, meter = 4, Meter(airflow)
        with meter.watching():
            together = _round(airflow, names)
        made += clients
        meter.at_rest(made)
        while made < runs:
            some = names[: min(clients // 2, runs - made)]
            _round(airflow, some)
            made += len(some)
            meter.at_rest(made)
        _check(settings, airflow, names, made)
    what = f"{clients} clients at once ({together:.0f} s) / as many one after the other ({alone:.1f} s each)"
    yield figure("load together", together / (clients * alone), 1.0, "ratio", what)
    yield from meter.figures(figure, clients)


def _name(number: int) -> str:
    return f"till_{number:03d}"


def _installation(home: Path, clients: int) -> Settings:
    """A project with nothing in it but the tills."""
    real = load_settings()
    skip = shutil.ignore_patterns("models", "singular", "target", "logs")
    shutil.copytree(real.dbt_project, home / "dbt", ignore=skip)
    texts = {f"dbt/models/{path}": sql for path, sql in MODELS.items()}
    texts |= {"dbt/models/_till.yml": YAML, "configs/sources/till.yml": SOURCE}
    orders = "\n".join(["id,amount", *(f"{number},{number}" for number in range(ROWS))]) + "\n"
    settings = Settings(home, home / "var", database_url=f"sqlite:///{home}/var/registry.db")
    for name in map(_name, range(clients)):
        texts[f"configs/clients/{name}.yml"] = CLIENT
        texts[str(settings.samples / name / "till" / "orders.csv")] = orders
    for path, text in texts.items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(text)
    for name in ("defaults.yml", "destinations.yml"):
        shutil.copy(real.configs / name, home / "configs" / name)
    failed = make_ready(load_catalog(settings.configs), settings)
    assert failed == {}, failed
    return settings


def _round(airflow: EmbeddedAirflow, names: list[str]) -> float:
    """Run clients at once; returns the seconds until the last run has ended."""
    began = time.monotonic()
    for name in names:
        airflow.client.trigger(dag_id_of(name), DAY)
    while left := airflow.client.runs("~", state=["queued", "running"]):
        airflow.check()
        if time.monotonic() - began > PATIENCE + PATIENCE * len(names):
            raise SystemExit(f"{len(left)} of {len(names)} runs have not ended: {left[0]['dag_id']}, …")
        time.sleep(1.0)
    return time.monotonic() - began


# --- Whether all is there, once


def _check(settings: Settings, airflow: EmbeddedAirflow, names: list[str], made: int) -> None:
    """Hold Airflow, the ledger and what was delivered against each other: no run is lost or doubled."""
    runs = airflow.client.runs("~")
    failed = [
        f"{run['dag_id']} {run['dag_run_id']} is {run['state']}" for run in runs if run["state"] != "success"
    ]
    asked = Counter((run["dag_id"], run["dag_run_id"]) for run in runs)
    problems = failed[:5] + _other("Airflow's runs", len(asked), made)
    ledger = open_ledger(settings.database_url)
    expected = {tables.run: 1, tables.extraction: 1, tables.delivery: 1, tables.build: len(LAYERS)}
    with ledger.engine.connect() as connection:
        for table, each in expected.items():
            rows = connection.execute(select(table.c.dag_id, table.c.run_id)).all()
            counted = Counter((row.dag_id, row.run_id) for row in rows)
            problems += _other(f"runs in {table.name}", len(counted), made)
            problems += [f"{key}: {n} rows of {table.name}" for key, n in counted.items() if n != each][:5]
    with duckdb.connect(str(settings.destinations / "data_warehouse.duckdb"), read_only=True) as file:
        for name in names:
            logged = file.sql(f"select run_id from {name}._delivery").fetchall()  # noqa: S608  # our own names
            of_client = sum(dag_id == dag_id_of(name) for dag_id, _ in asked)
            problems += _other(f"deliveries of {name}", len(set(logged)), of_client)
            problems += _other(f"log rows of {name}", len(logged), of_client)
            ((rows,),) = file.sql(f"select count(*) from {name}.till_orders").fetchall()  # noqa: S608
            problems += _other(f"rows of {name}", rows, ROWS)
    if problems:
        raise SystemExit("\n".join(["runs were lost, doubled or failed:", *problems]))


def _other(what: str, found: int, expected: int) -> list[str]:
    return [] if found == expected else [f"{what}: {found}, expected {expected}"]


# --- What its parts cost


class Meter:
    """Memory and time of the parts of an Airflow, each with the processes that it started.

    What a part costs is what is its processes' own (USS): what forks share would be counted again for each of
    them. Whether its processes grow is told by what is resident (RSS), by process: a page that forks share
    becomes the own of the one that first writes to it (to count a reference is to write), which costs memory,
    ends with the pages there are, and is no growth.
    """

    def __init__(self, airflow: EmbeddedAirflow) -> None:
        state = airflow.state
        self._parts = {"supervisor": psutil.Process(state.supervisor.pid)}
        self._parts |= {name: psutil.Process(pid) for name, pid in state.pids.items()}
        self._airflow = airflow
        self._began = {name: _seconds(_tree(self._parts, name)) for name in self._parts}
        self._took: dict[str, float] = {}
        self._peak: dict[str, int] = defaultdict(int)
        self._resident: dict[str, int] = defaultdict(int)
        self._rest: dict[str, list[tuple[int, int, int, int]]] = defaultdict(list)
        self._done = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look every few seconds while the block runs."""
        watch = threading.Thread(target=self._watch, daemon=True)
        watch.start()
        yield
        self._done.set()
        watch.join()
        self._took = {name: _seconds(_tree(self._parts, name)) - began for name, began in self._began.items()}

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            for name in self._parts:
                tree = _tree(self._parts, name)
                self._peak[name] = max(self._peak[name], sum(map(_own, tree)))
                self._resident[name] = max(self._resident[name], _resident(self._parts[name]))

    def at_rest(self, runs: int) -> None:
        """Look once, after so many runs, while none is in flight: what is there then has come to stay."""
        if self._airflow.state.restarts:
            raise SystemExit(f"parts were started again: {self._airflow.state.restarts}")
        looks = []
        for _ in range(REST_LOOKS):
            time.sleep(SAMPLE_SECONDS)  # a process that is about to end is none that stays
            trees = {name: _tree(self._parts, name) for name in self._parts}
            looks.append(
                {
                    name: (len(tree), sum(map(_own, tree)), sum(map(_resident, tree)))
                    for name, tree in trees.items()
                }
            )
        for name in self._parts:
            self._rest[name].append((runs, *min(look[name] for look in looks)))

    def figures(self, figure: Figure, clients: int) -> Iterator[dict[str, object]]:
        """A figure a part for its memory at most, and one for its processes' growth."""
        for name, peak in self._peak.items():
            itself = f"{self._resident[name] / 2**20:.0f} MB resident, {self._took[name]:.0f} s of a core"
            what = f"{name} with what it started, {clients} clients at once, at most; itself {itself}"
            yield figure(f"load {name}", peak / 2**20, None, "MB", what)
        for name, seen in self._rest.items():
            half = [look for look in seen if look[0] >= seen[-1][0] / 2]
            runs, sizes = zip(*((run, size / count) for run, count, _, size in half), strict=True)
            slope = statistics.linear_regression(runs, sizes).slope * 100
            own, resident = (", ".join(f"{one[at] / 2**20:.0f}" for one in seen) for at in (2, 3))
            what = (
                f"a process of {name}'s {half[-1][1]} in 100 runs, from {runs[0]}; at rest, all together, "
                f"run {seen[0][0]} to {runs[-1]}: {resident} MB resident, {own} MB their own"
            )
            limit = GROWTH_MB if runs[-1] >= RUNS else None  # fewer are all warming up
            yield figure(f"growth {name}", slope / 2**20, limit, "MB", what)


def _tree(parts: dict[str, psutil.Process], name: str) -> list[psutil.Process]:
    """A part and what it started; of the supervisor, which started all of them, itself alone."""
    part = parts[name]
    with suppress(psutil.NoSuchProcess):
        return [part, *(part.children(recursive=True) if name != "supervisor" else ())]
    return []


def _own(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_full_info().uss)
    return 0


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _seconds(tree: list[psutil.Process]) -> float:
    """Seconds of a core that processes took, and those that they started and that have ended."""
    taken = 0.0
    for process in tree:
        with suppress(psutil.Error):
            taken += sum(process.cpu_times()[:4])
    return taken


def main() -> int:
    """Print the figures; 1 if one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--runs", type=int, default=RUNS)
    asked = parser.parse_args()
    from bench import figure

    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        figures = list(load_figures(Path(folder), figure, asked.clients, asked.runs))
    print(json.dumps(figures, indent=2))
    return int(any(one["limit"] is not None and one["value"] > one["limit"] for one in figures))


if __name__ == "__main__":
    sys.exit(main())
