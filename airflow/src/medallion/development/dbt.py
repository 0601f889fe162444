"""Run dbt's own commands as a client's runs would: on its warehouse, with its shape and its landed rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from medallion.clients import Catalog, Client
from medallion.exceptions import TransformError
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.ledger import open_ledger
from medallion.ledger.releases import in_force
from medallion.pipeline import Plan, calendar_of, make_plan, shape_of, snapshot_entities
from medallion.pipeline.days import intervals_of_day
from medallion.sample_data import generate_client
from medallion.settings import Settings
from medallion.transform import BuildRequest, load_slim, prepare
from medallion.transform.build import bring_landing, run_variables
from medallion.transform.released import released_variables
from medallion.warehouses import dbt_environment, warehouse_of, writing


def run_dbt(
    settings: Settings, catalog: Catalog, client: Client, day: date, arguments: Sequence[str]
) -> bool:
    """Run one dbt command for a client; what dbt prints goes to the terminal.

    The rows of the day's first interval are landed first where they are not, from sample extracts or from the
    client's own files.

    Args:
        settings: the installation.
        catalog: what the configs declare.
        client: whose warehouse, shape and landing.
        day: which day's rows an interval's models read.
        arguments: dbt's, the command first: ``["build", "-s", "+gold"]``.

    Returns:
        True if dbt says it succeeded.

    Raises:
        ExtractError: if the client's rows cannot be landed.
        TransformError: if the project does not parse.
        BuildFailed: if another process writes to the warehouse.
    """
    interval = intervals_of_day(calendar_of(client), day)[0]
    prepare(settings, [shape_of(client)])
    plan = make_plan(client, load_slim(settings, shape_of(client)))
    land(settings, catalog, plan, interval)
    snapshots = snapshot_entities(client, catalog.sources)
    variables = run_variables(settings, BuildRequest(plan, [], (interval,), snapshots))
    folder = settings.home / "dbt" / client.id
    released = released_variables(settings, in_force(open_ledger(settings.database_url), client.id), folder)
    with writing(settings, client.id), dbt_environment(settings, client.id):
        bring_landing(settings, plan)
        if released:
            warehouse_of(settings).take_releases(settings, client.id, Path(released["releases"]))
        return _succeeds(settings, folder, variables | released, arguments)


def write_docs(settings: Settings, sources: Iterable[str]) -> Path:
    """Write dbt's documentation of the whole project, with its lineage, as one HTML file.

    Args:
        settings: the installation.
        sources: whose models are shown.

    Returns:
        The file.

    Raises:
        TransformError: if the project does not parse.
    """
    page = settings.home / "docs" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="medallion-docs-") as scratch:
        command = ["docs", "generate", "--static", "--empty-catalog", "--quiet"]
        if not _succeeds(settings, Path(scratch), {"sources": sorted(sources)}, command):
            raise TransformError("dbt could not write its documentation")
        shutil.copyfile(Path(scratch) / "static_index.html", page)
    return page


def land(settings: Settings, catalog: Catalog, plan: Plan, interval: Interval) -> None:
    """Land the interval of every source that has not landed it.

    Args:
        settings: the installation.
        catalog: what the configs declare.
        plan: of the client whose sources are meant.
        interval: whose rows.

    Raises:
        ExtractError: if they cannot be landed.
    """
    client, partition = plan.client, interval.partition_path(plan.sub_daily)
    generate_client(client, catalog.sources, [interval], settings.samples, only_missing=True)
    for ref in client.data_sources:
        contract = catalog.sources[ref.name]
        places = [settings.landing / client.id / ref.name / entity for entity in contract.entities]
        if not all((place / partition).is_dir() for place in places):
            extract_source(
                contract,
                client_id=client.id,
                location=ref.location,
                values=client.values,
                interval=interval,
                sub_daily=plan.sub_daily,
                landing=settings.landing,
                samples=settings.samples,
                adventureworks=settings.adventureworks,
            )


def _succeeds(settings: Settings, target: Path, variables: dict[str, Any], arguments: Sequence[str]) -> bool:
    """Run dbt as a process of its own: it prints, colours and takes Ctrl-C as people are used to."""
    project = str(settings.dbt_project)
    command = [
        *(str(Path(sys.executable).with_name("dbt")), *arguments),
        *("--project-dir", project, "--profiles-dir", project, "--target", settings.target),
        *("--target-path", str(target), "--log-path", str(target), "--vars", json.dumps(variables)),
        "--no-version-check",
    ]
    return subprocess.run(command, check=False).returncode == 0
