from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from medallion.ledger import RunKey, open_ledger, tables
from medallion.ledger.pace import LAST_RUNS, stages_of, usual_seconds

DAG = "client_shop_pipeline"
NOON = datetime(2026, 1, 15, 12)


class Runs:
    """Runs written down as their tasks do, at times of the test's choice; minutes since noon."""

    def __init__(self, ledger):
        self.ledger = ledger

    def run(self, run_id, *, started=0, landed=None, delivered=True, **values):
        key, at = RunKey(DAG, run_id), NOON
        facts = {"client_id": "shop", "config_version": "x", "interval_start": at, "interval_end": at}
        self.ledger.start_run(key, **facts, **values)
        self._set(tables.run, key, started_at=minutes(started))
        if landed is not None:
            row = {"source": "sales", "entity": "orders", "rows": 1, "files": 1, "bytes": 1}
            self._add(tables.extraction, key, row | {"landed_at": minutes(landed)})
        if delivered:
            row = {"destination": "shelf", "path": "x", "tables": {}, "delivered_at": minutes(90)}
            self._add(tables.delivery, key, row)
        return key

    def layer(self, key, layer, built, judged=None):
        row = {"layer": layer, "series": 1, "state": "success", "message": ""}
        self._add(tables.build, key, row | {"started_at": minutes(built)})
        if judged is not None:
            row = {"gate": f"{layer}.gate", "layer": layer, "passed": 1, "threshold": 0.9, "detail": {}}
            self._add(tables.verdict, key, row | {"judged_at": minutes(judged)})

    def whole(self, run_id, bronze, **values):
        key = self.run(run_id, landed=2, **values)
        self.layer(key, "bronze", 2, 2 + bronze)
        self.layer(key, "silver", 2 + bronze, 12 + bronze)
        return key

    def _add(self, table, key, row):
        with self.ledger.engine.begin() as connection:
            connection.execute(insert(table).values(dag_id=key.dag_id, run_id=key.run_id, **row))

    def _set(self, table, key, **values):
        with self.ledger.engine.begin() as connection:
            connection.execute(update(table).where(table.c.run_id == key.run_id).values(**values))


def minutes(number):
    return NOON + timedelta(minutes=number)


def taken(stages, now=60):
    return {one.name: one.seconds(minutes(now)) / 60 for one in stages}


@pytest.fixture
def runs(tmp_path):
    return Runs(open_ledger(f"sqlite:///{tmp_path}/ledger.db"))


def test_a_stage_begins_where_the_one_before_it_ended(runs):
    key = runs.run("one", landed=10)
    runs.layer(key, "bronze", 13, 20)
    runs.layer(key, "silver", 25, 40)
    runs.layer(key, "gold", 41)
    stages = stages_of(runs.ledger, key)
    assert [(one.name, one.ended is None) for one in stages] == [
        ("extract", False),
        ("bronze", False),
        ("silver", False),
        ("gold", True),
    ]
    assert taken(stages) == {"extract": 10, "bronze": 10, "silver": 20, "gold": 20}


def test_a_run_that_extracts_or_waits_has_no_layers(runs):
    assert stages_of(runs.ledger, RunKey(DAG, "waits")) == []
    (extract,) = stages_of(runs.ledger, runs.run("one", landed=10))
    assert (extract.name, extract.ended) == ("extract", None)


def test_what_is_cleared_later_says_nothing_of_the_first_time(runs):
    key = runs.whole("one", bronze=5)
    runs.layer(key, "bronze", 500, 600)
    runs._add(
        tables.extraction,
        key,
        {"source": "s", "entity": "e", "rows": 1, "files": 1, "bytes": 1, "landed_at": minutes(499)},
    )
    assert taken(stages_of(runs.ledger, key)) == {"extract": 2, "bronze": 5, "silver": 10}


def test_the_usual_time_is_the_median_of_runs_that_delivered(runs):
    for number, bronze in enumerate((4, 6, 50)):
        runs.whole(f"run {number}", bronze)
    runs.whole("failed", 900, delivered=False)
    runs.whole("dry", 900, dry_run=1)
    runs.whole("anew", 900, rebuild=["silver"])
    late = runs.whole("late", 900)
    assert {name: seconds / 60 for name, seconds in usual_seconds(runs.ledger, late).items()} == {
        "extract": 2,
        "bronze": 6,
        "silver": 10,
    }


def test_old_runs_say_nothing_and_no_run_says_nothing(runs):
    late = runs.whole("late", 900)
    assert usual_seconds(runs.ledger, late) == {}
    for number in range(LAST_RUNS):
        runs.whole(f"old {number}", 100)
    for number in range(LAST_RUNS):
        runs.whole(f"new {number}", 5)
    assert usual_seconds(runs.ledger, late)["bronze"] == 5 * 60
