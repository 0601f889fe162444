"""An environment that is not prod: the same rows, under names of its own wherever others may look."""

from __future__ import annotations

from pathlib import Path

import pytest

from medallion.pipeline import make_plan, shape_of
from medallion.quality.quarantine import Chosen, reading
from medallion.reports.day_in_warehouse import read_day
from medallion.transform import load_slim
from warehouse.interrupted import Pipeline
from warehouse.retailer import retail_client, six_hours

pytestmark = pytest.mark.slow

INTERVAL = six_hours("2026-01-15T06:00")


def run(home: Path, environment: str) -> Pipeline:
    made = Pipeline(
        home / environment, retail_client("shop", ("clean", "validate", "aggregate")), environment
    )
    assert made.run(INTERVAL, cleanup=True)
    return made


def test_staging_has_prods_rows_under_its_own_names(tmp_path: Path) -> None:
    prod, staging = run(tmp_path, "prod").contents(), run(tmp_path, "staging")
    found = staging.contents()
    landing, itself = found.pop("landing"), prod.pop("landing")
    assert landing == itself
    assert all(name.startswith("staging__shop") for name in found), sorted(found)
    assert len(found) > 20
    assert {name.removeprefix("staging__"): rows for name, rows in found.items()} == prod


def test_what_reads_a_warehouse_finds_it_there(tmp_path: Path) -> None:
    made = run(tmp_path, "staging")
    plan = make_plan(made.client, load_slim(made.settings, shape_of(made.client)))
    seen = read_day(made.settings, plan, INTERVAL.run_date)
    assert seen.problem == ""
    assert sum(seen.rows.values()) > 100
    assert any(weeks.days for weeks in seen.weeks)
    with reading(made.settings, "shop", {}) as quarantine:
        assert quarantine.entities() != []
        assert sum(one.count for one in quarantine.read(Chosen(), 1)) > 0
