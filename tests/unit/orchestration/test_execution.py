"""Where a layer's build runs, by the deployment's setting."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from medallion.exceptions import ConfigError, FailedElsewhere
from medallion.execution import BuildJob, elsewhere
from medallion.failures import Action, classify
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.orchestration import execution
from medallion.orchestration.execution import run_build
from medallion.orchestration.layer_build import LayerBuilder, LayerBuildTask
from medallion.orchestration.nodes import DbtNodeTask
from medallion.pipeline import LAYERS, LayerPlan, Plan
from medallion.settings import Settings
from medallion.transform import BuildRequest
from servers import free_port
from small_shop import small_shop

DAY = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
PLAN = Plan(small_shop(), (), tuple(LayerPlan(name, ()) for name in LAYERS))
JOB = BuildJob(RunKey("d", "r"), "silver", 1, BuildRequest(PLAN, (), (DAY,), ()))


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path, tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'ledger.db'}")


def run(settings):
    run_build(settings, open_ledger(settings.database_url), JOB)


def test_a_build_runs_here_unless_it_is_said(settings, monkeypatch):
    monkeypatch.setattr(execution, "build_elsewhere", lambda *_: pytest.fail("was built elsewhere"))
    run(settings)  # of no nodes


def test_an_engine_that_is_away_is_a_lost_connection(settings, monkeypatch):
    monkeypatch.setenv("MEDALLION_DOCKER_URL", f"tcp://127.0.0.1:{free_port()}")
    with pytest.raises(FailedElsewhere, match="Docker's engine does not answer at tcp://127") as caught:
        run(replace(settings, execution="docker"))
    failure = classify(caught.value)
    assert (failure.kind, failure.action) == ("connection lost", Action.WAIT)


@pytest.mark.parametrize(
    ("where", "provider"),
    [
        ("docker", "airflow.providers.docker.hooks.docker"),
        ("kubernetes", "airflow.providers.cncf.kubernetes.hooks.kubernetes"),
    ],
)
def test_a_provider_that_is_not_installed_is_named(settings, monkeypatch, where, provider):
    monkeypatch.setenv("MEDALLION_KUBERNETES_SECRETS", "medallion")
    monkeypatch.setenv("MEDALLION_KUBERNETES_VOLUMES", "home:/var/lib/medallion")
    monkeypatch.setitem(sys.modules, provider, None)
    with pytest.raises(ConfigError, match=f"need apache-airflow-providers-.*{where}"):
        run(replace(settings, execution=where))


def test_a_build_elsewhere_has_what_airflows_connections_say_of_landing(settings, monkeypatch):
    monkeypatch.setenv("MEDALLION_LANDING", "s3://lake/landing")
    there = replace(
        settings, landing_at="s3://lake/landing", landing_connection="lake", lookup=lambda _: "aws://a:b@"
    )
    found = execution._environment(there, JOB)
    assert found["AIRFLOW_CONN_LAKE"] == "aws://a:b@"
    assert found["MEDALLION_LANDING"] == "s3://lake/landing"
    assert "MEDALLION_DUCKDB_PATH" not in found  # the file is elsewhere there


@pytest.mark.parametrize("kind", [LayerBuildTask, DbtNodeTask], ids=lambda one: one.__name__)
def test_a_task_that_is_killed_ends_what_runs_elsewhere_for_it(monkeypatch, kind):
    class Running:
        name, removed = "build-17", 0

        def remove(self):
            self.removed += 1

    one, builder = Running(), LayerBuilder(PLAN, "silver", ())
    monkeypatch.setattr(elsewhere, "_running", [one])
    own = {} if kind is LayerBuildTask else {"layer": "silver", "nodes": []}
    kind(task_id="build", builder=builder, **own).on_kill()
    assert one.removed == 1
