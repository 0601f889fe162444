"""Speed of the clients' bundle for `make bench`: rendering, refreshing, parsing, a change until it is live.

By itself: ``python tests/bench/bundle_speed.py [--clients 1000] [--live 500]`` prints the figures as JSON;
``--live 0`` starts no Airflow.
"""

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import psutil

from medallion.bundle import client_path, publish
from medallion.clients import load_catalog
from medallion.embedded import EmbeddedAirflow
from medallion.embedded.environment import AirflowOptions
from medallion.pipeline import dag_id_of, shape_of
from medallion.registry import ACTIVE, Definition, Registry, open_registry
from medallion.settings import Settings, load_settings
from medallion.transform import prepare

CLIENTS, LIVE = 1000, 500
ROUNDS = 5
#: How long the dag-processor is watched while nothing changes.
IDLE_SECONDS = 60.0
#: Clients of the project that the made-up ones are copies of: three shapes.
MODELS = ("acme_corp", "startup_inc", "enterprise_ltd")
HERE = Path(__file__).resolve()

Figure = Callable[..., dict[str, object]]


@dataclass(frozen=True)
class Fleet:
    """A registry with many clients, and the bundle of their files."""

    settings: Settings
    size: int

    @property
    def registry(self) -> Registry:
        return open_registry(self.settings.database_url, self.settings.platform)

    @property
    def dags(self) -> int:
        """How many DAGs their files make: a client with real time has two."""
        models = _models(self.settings)
        own = [1 + model.client.business_rules.enable_real_time for model in models]
        return sum(own[number % len(own)] for number in range(self.size))

    def register(self) -> None:
        """Put all clients in."""
        for number in range(self.size):
            self.put(number)

    def put(self, number: int, description: str = "One of many") -> None:
        models = _models(self.settings)
        model = models[number % len(models)]
        client = model.client.model_copy(update={"id": name_of(number), "description": description})
        known = replace(model, client=client)
        self.registry.put(client.id, known, status=ACTIVE, origin="api", actor="bench", why="")

    def publish(self) -> float:
        """Seconds that publishing takes."""
        start = time.perf_counter()
        made = publish(self.settings, self.registry)
        assert not made.failures, made.failures
        return time.perf_counter() - start


@cache
def _models(settings: Settings) -> list[Definition]:
    catalog = load_catalog(settings.configs)
    return [Definition.of(catalog.clients[name], catalog) for name in MODELS]


def name_of(number: int) -> str:
    return f"client_{number:04d}"


def bundle_figures(
    home: Path, figure: Figure, clients: int = CLIENTS, live: int = LIVE
) -> Iterator[dict[str, object]]:
    """Each figure of the bundle's speed, in the order of the table."""
    yield from _still_figures(_fleet(home / "bundle_still", clients), figure)
    if live:
        yield from _live_figures(_fleet(home / "bundle_live", live), figure)


def _fleet(home: Path, size: int) -> Fleet:
    """A fleet on a copy of the project: nobody works on that meanwhile."""
    project, real = home / "project", load_settings().project
    for name in ("configs", "dbt"):
        shutil.copytree(real / name, project / name, ignore=shutil.ignore_patterns("target", "logs"))
    return Fleet(Settings(project, home, database_url=f"sqlite:///{home / 'registry.db'}"), size)


# --- Without an Airflow


def _still_figures(fleet: Fleet, figure: Figure) -> Iterator[dict[str, object]]:
    fleet.register()
    shapes = [shape_of(model.client) for model in _models(fleet.settings)]
    manifests = _seconds(lambda: prepare(fleet.settings, shapes))
    what = f"dbt's manifests of {len(shapes)} shapes, whatever the number of clients"
    yield figure("bundle manifests", manifests, None, "s", what)
    yield figure("bundle render", fleet.publish(), 30.0, "s", f"{fleet.size} clients rendered from nothing")
    again = statistics.median(fleet.publish() for _ in range(ROUNDS))
    yield figure("bundle publish", again, 0.5, "s", f"{fleet.size} clients, none changed")
    found = _as_airflow(fleet)
    what = f"{fleet.size} clients, none changed; the first one, from nothing, {found['filled']:.1f} s"
    yield figure("bundle refresh", found["refresh"], 0.5, "s", what)
    what = (
        f"a task's bundle and DAG at {fleet.size} clients, after imports: "
        f"{found['pinned']:.3f} s to see that the version is whole, {found['read']:.3f} s to read the file"
    )
    yield figure("bundle parse", found["pinned"] + found["read"], 0.3, "s", what)


def _as_airflow(fleet: Fleet) -> dict[str, float]:
    """Measure what Airflow's processes do with the bundle, in one of its own."""
    home = fleet.settings.home
    done = subprocess.run(
        [sys.executable, str(HERE), "--as-airflow", str(fleet.size)],
        env=os.environ
        | {
            "AIRFLOW_HOME": str(home / "airflow"),
            "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "MEDALLION_HOME": str(home),
            "MEDALLION_REGISTRY_URL": fleet.settings.database_url,
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def as_airflow(size: int) -> dict[str, float]:
    """First as the dag-processor, then as a worker whose imports were made before it forked."""
    from airflow.dag_processing.dagbag import BundleDagBag

    from medallion.bundle import ClientBundle
    from medallion.orchestration.preload import preload

    preload()
    bundle = ClientBundle(name="clients")
    filled = _seconds(bundle.initialize)
    refresh = statistics.median(_seconds(bundle.refresh) for _ in range(ROUNDS))
    version = bundle.get_current_version().version
    pinned, read = [], []
    for number in range(ROUNDS + 1):
        one = ClientBundle(name="clients", version=version)
        pinned.append(_seconds(one.initialize))
        file = one.path / client_path(name_of(number * (size // (ROUNDS + 1))))
        where = {"bundle_path": one.path, "bundle_name": "clients"}
        read.append(_seconds(lambda file=file, where=where: _dag_of(BundleDagBag, file, where)))
    # The first of each shape's manifests, and the first DAG, import what is left.
    return {
        "filled": filled,
        "refresh": refresh,
        "pinned": statistics.median(pinned[1:]),
        "read": statistics.median(read[1:]),
    }


def _dag_of(bag: Callable[..., object], file: Path, where: dict[str, object]) -> None:
    found = bag(dag_folder=str(file), safe_mode=False, load_op_links=False, **where)
    assert found.dags, found.import_errors  # type: ignore[attr-defined]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


# --- With a live Airflow


def _live_figures(fleet: Fleet, figure: Figure) -> Iterator[dict[str, object]]:
    fleet.register()
    fleet.publish()
    empty = fleet.settings.home / "no_other_dags"
    empty.mkdir()
    with EmbeddedAirflow(fleet.settings, AirflowOptions(dags_folder=empty)) as airflow:
        start = time.monotonic()
        _wait(lambda: _count(airflow, "dag_version") == fleet.dags, 3600, f"{fleet.dags} DAGs")
        parsed = time.monotonic() - start
        yield figure(
            "bundle start",
            parsed,
            None,
            "s",
            f"{fleet.size} clients, {fleet.dags} DAGs, parsed by a new Airflow",
        )
        _wait(lambda: _children(airflow) == 0, 60, "the dag-processor to be idle")
        taken = [_until_live(fleet, airflow, number) for number in range(ROUNDS)]
        what = f"slowest of {ROUNDS} changes at {fleet.size} clients; median {statistics.median(taken):.1f} s"
        yield figure("bundle live", max(taken), 10.0, "s", what)
        _wait(lambda: _children(airflow) == 0, 60, "the dag-processor to be idle")
        made = (_count(airflow, "dag_version") - fleet.dags) / ROUNDS
        yield figure("bundle versions", made, 1.0, "versions", "new DAG versions, of all DAGs, by one change")
        what = f"the dag-processor's share of a core at {fleet.size} clients, none changed"
        yield figure("bundle idle", _idle_share(airflow), None, "of a core", what)


def _until_live(fleet: Fleet, airflow: EmbeddedAirflow, number: int) -> float:
    """From putting a changed client until Airflow has its DAG so."""
    dag_id, text = dag_id_of(name_of(number)), f"Changed at {datetime.now(UTC)}"
    # Without a run Airflow changes a DAG's version in place; a paused one's run does nothing.
    airflow.client.pause(dag_id)
    airflow.client.trigger(dag_id)
    start = time.monotonic()
    fleet.put(number, text)
    fleet.publish()
    _wait(lambda: airflow.client.dag(dag_id)["description"] == text, 60, f"{dag_id} to change")
    return time.monotonic() - start


def _count(airflow: EmbeddedAirflow, table: str) -> int:
    with closing(sqlite3.connect(airflow.home / "airflow.db", timeout=60)) as database:
        (count,) = database.execute(f"select count(*) from {table}").fetchone()  # noqa: S608
        return int(count)


def _processor(airflow: EmbeddedAirflow) -> psutil.Process:
    return psutil.Process(airflow.state.pids["dag-processor"])


def _children(airflow: EmbeddedAirflow) -> int:
    return len(_processor(airflow).children())


def _idle_share(airflow: EmbeddedAirflow) -> float:
    """Its own processor time and that of children that ended, over a minute."""
    process = _processor(airflow)
    before, start = sum(process.cpu_times()[:4]), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return float(sum(process.cpu_times()[:4]) - before) / (time.monotonic() - start)


def _wait(done: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.2)


def main() -> int:
    """Measure by itself; return 1 if a figure is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--live", type=int, default=LIVE)
    parser.add_argument("--as-airflow", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.as_airflow:
        print(json.dumps(as_airflow(asked.as_airflow)))
        return 0
    from bench import figure

    over = False
    with tempfile.TemporaryDirectory(prefix="medallion-bench-") as folder:
        for one in bundle_figures(Path(folder), figure, asked.clients, asked.live):
            print(json.dumps(one), flush=True)
            over |= one["limit"] is not None and one["value"] > one["limit"]
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
