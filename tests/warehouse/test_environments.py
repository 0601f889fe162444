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
    client = retail_client("shop", ("clean", "enrich", "validate"), ("sales",))
    made = Pipeline(home / environment, client, environment)
    assert made.run(INTERVAL)
    return made


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    return run(tmp_path_factory.mktemp("one"), "staging")


def test_it_has_prods_rows_under_its_own_names(staging: Pipeline, tmp_path: Path) -> None:
    prod, found = run(tmp_path, "prod").contents(), staging.contents()
    assert found.pop("landing") == prod.pop("landing")
    assert all(name.startswith("staging__shop") for name in found), sorted(found)
    assert len(found) > 10
    assert {name.removeprefix("staging__"): rows for name, rows in found.items()} == prod


def test_what_reads_a_warehouse_finds_it_there(staging: Pipeline) -> None:
    plan = make_plan(staging.client, load_slim(staging.settings, shape_of(staging.client)))
    seen = read_day(staging.settings, plan, INTERVAL.run_date)
    assert seen.problem == ""
    assert sum(seen.rows.values()) > 100
    with reading(staging.settings, "shop", {}) as quarantine:
        assert quarantine.entities() != []
        assert sum(one.count for one in quarantine.read(Chosen(), 1)) > 0
