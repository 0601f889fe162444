"""What the doctor says of Airflow's parts and of runs that should exist, by an Airflow's answers."""

from datetime import UTC, datetime, timedelta

import pytest

from medallion.doctor import starts as module
from medallion.doctor.starts import starts
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import dag_id_of
from medallion.registry import ACTIVE
from medallion.registry.find import registry_of
from unit.factory.airflow_of import FewAnswers

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)


@pytest.fixture
def airflow(monkeypatch):
    found = FewAnswers("v1")
    monkeypatch.setattr(module, "running_airflow", lambda _: type("State", (), {"url": "http://airflow"}))
    monkeypatch.setattr(module, "client_of", lambda *_: found.client())
    monkeypatch.setattr("medallion.factory.starts.is_live", lambda *_: True)
    at = NOW - timedelta(minutes=2)
    found.run("medallion_watch", Interval(at, at))
    return found


@pytest.fixture
def ledger(settings):
    return open_ledger(settings.database_url)


def found(settings, ledger):
    return [(one.level, one.said, one.todo) for one in starts(settings, ledger, NOW)]


def lacks(settings, ledger, definition, airflow, **dag):
    """A daily client whose last run was of the 18th."""
    signed = {"status": ACTIVE, "origin": "cli", "actor": "ann", "why": "a test"}
    registry_of(settings).put("acme", definition(), **signed)
    values = {"config_version": "x", "interval_start": datetime(2026, 1, 18)}
    values |= {"interval_end": datetime(2026, 1, 19), "client_id": "acme"}
    ledger.start_run(RunKey(dag_id_of("acme"), "scheduled__18"), **values)
    airflow.dag("acme", **dag)


def test_an_installation_without_airflow_is_well(settings, ledger):
    ((level, said, _),) = found(settings, ledger)
    assert (level, "medallion up" in said) == ("ok", True)


def test_an_airflow_that_makes_its_runs_is_well(settings, ledger, airflow):
    assert found(settings, ledger) == [("ok", "every run that should exist does", "")]
    assert found(settings, None) == []


@pytest.mark.parametrize("part", ["scheduler", "triggerer", "dag_processor"])
def test_a_part_that_is_away_is_bad_and_says_what_follows(settings, ledger, airflow, part):
    airflow.parts[part] = "unhealthy"
    level, said, todo = found(settings, ledger)[0]
    assert level == "bad"
    assert said.startswith(
        f"the {part.replace('_', ' ')} is away, its last heartbeat was 2026-01-20T08:59:59Z: "
    )
    assert todo.endswith("medallion down, then medallion up")


def test_a_paused_client_is_bad_and_the_command_is_named(settings, ledger, airflow, definition):
    lacks(settings, ledger, definition, airflow, is_paused=True)
    assert found(settings, ledger) == [
        (
            "bad",
            "acme: the interval 2026-01-19 00:00 to 2026-01-20 00:00 has no run: its DAG is paused",
            "let client_acme_pipeline go on in Airflow's UI",
        )
    ]


def test_a_scheduler_that_is_away_is_the_reason(settings, ledger, airflow, definition):
    lacks(settings, ledger, definition, airflow)
    airflow.parts["scheduler"] = "unhealthy"
    levels = [(level, said.rpartition(": ")[2]) for level, said, _ in found(settings, ledger)]
    assert levels[1] == ("bad", "the scheduler is away")


def test_what_airflow_has_not_made_yet_is_looked_at_again(settings, ledger, airflow, definition):
    lacks(settings, ledger, definition, airflow)
    ((level, said, _),) = found(settings, ledger)
    assert (level, said.rpartition(": ")[2]) == ("warn", "Airflow has not made it")


def test_in_a_stack_it_asks_the_airflow_that_the_environment_names(settings, ledger, airflow, monkeypatch):
    monkeypatch.setattr(module, "running_airflow", lambda _: None)
    asked = []

    def client(*named):
        asked.append(named)
        return airflow.client()

    monkeypatch.setattr(module, "AirflowClient", client)
    monkeypatch.setenv("AIRFLOW_CONN_MEDALLION_AIRFLOW", "http://medallion:secret@api-server:8080")
    airflow.parts["triggerer"] = "unhealthy"
    (level, said, todo), *_ = found(settings, ledger)
    assert asked == [("http://api-server:8080", "medallion", "secret")]
    assert (level, "docker compose up -d" in todo) == ("bad", True)
    assert "the triggerer is away" in said
