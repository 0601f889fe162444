"""deploy/helm against the chart that it is for, the stack, and what the code reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from medallion.deployment.healthy import problem_of
from medallion.execution.options import docker_options, kubernetes_options
from medallion.reference.variables import ENVIRONMENT
from medallion.settings import load_settings

PROJECT = load_settings().project
VALUES = yaml.safe_load((PROJECT / "deploy" / "helm" / "values.yaml").read_text())
CELERY = yaml.safe_load((PROJECT / "deploy" / "helm" / "celery.yaml").read_text())
STACK = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["scheduler"]["environment"]
#: The chart's values.schema.json where it is at hand; it is not ours to keep.
SCHEMA = os.environ.get("AIRFLOW_CHART_SCHEMA", "")
#: What of the chart is used; held against values.schema.json of the chart 1.22.0.
KEYS = {
    "airflowHome", "airflowVersion", "allowPodLaunching", "apiSecretKeySecretName", "apiServer.args",
    "apiServer.resources", "config", "createUserJob.enabled", "dagProcessor.args",
    "dagProcessor.dagBundleConfigList", "dagProcessor.livenessProbe", "dagProcessor.logGroomerSidecar",
    "dagProcessor.resources", "dags.gitSync", "dags.persistence",
    "data.metadataSecretName", "enableBuiltInSecretEnvVars", "env", "executor", "extraEnv", "extraEnvFrom",
    "fernetKeySecretName", "images.airflow", "images.pod_template", "jwtSecretName", "logs.persistence",
    "migrateDatabaseJob.applyCustomEnv", "migrateDatabaseJob.args", "migrateDatabaseJob.command",
    "migrateDatabaseJob.resources", "migrateDatabaseJob.useHelmHooks", "postgresql.enabled", "redis.enabled",
    "scheduler.args", "scheduler.livenessProbe", "scheduler.logGroomerSidecar", "scheduler.resources",
    "scheduler.startupProbe", "securityContexts", "statsd.enabled", "triggerer.args",
    "triggerer.livenessProbe", "triggerer.logGroomerSidecar", "triggerer.persistence", "triggerer.resources",
    "volumeMounts", "volumes", "workers.celery", "workers.kubernetes",
}  # fmt: skip


def laid_over(base: Any, own: Any) -> Any:
    """As Helm lays one file of values over another: maps by key, anything else whole."""
    if isinstance(base, Mapping) and isinstance(own, Mapping):
        return {**base, **{name: laid_over(base.get(name), value) for name, value in own.items()}}
    return own


BOTH = {"pods": VALUES, "celery": laid_over(VALUES, CELERY)}


def variables(values: Mapping[str, Any]) -> dict[str, str]:
    listed = [*values["env"], *yaml.safe_load(values.get("extraEnv") or "[]")]
    assert len({one["name"] for one in listed}) == len(listed)
    return {one["name"]: one["value"] for one in listed}


@pytest.mark.parametrize("values", BOTH.values(), ids=BOTH)
def test_every_key_is_one_of_the_charts(values: Mapping[str, Any]) -> None:
    used = {
        name if name in KEYS else f"{name}.{inside}"
        for name, value in values.items()
        for inside in (value if isinstance(value, dict) else {"": None})
    }
    assert {one.rstrip(".") for one in used} - KEYS == set()


@pytest.mark.skipif(not SCHEMA, reason="AIRFLOW_CHART_SCHEMA names no values.schema.json of Airflow's chart")
@pytest.mark.parametrize("values", BOTH.values(), ids=BOTH)
def test_the_charts_own_schema_takes_them(values: Mapping[str, Any]) -> None:
    jsonschema.validate(values, json.loads(Path(SCHEMA).read_text()))


@pytest.mark.parametrize("values", BOTH.values(), ids=BOTH)
def test_what_it_sets_of_medallion_is_what_the_code_reads(
    values: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {name: value for name, value in variables(values).items() if name.startswith("MEDALLION_")}
    assert set(own) - {one.name for one in ENVIRONMENT} == set()
    for name, value in own.items():
        assert isinstance(value, str)
        monkeypatch.setenv(name, value)
    assert load_settings().execution == "kubernetes"
    options = kubernetes_options()
    assert options.limits["gold"].memory == 2 * options.limits["bronze"].memory == 4 * 2**30
    # The home is the claim that all parts have at the same place.
    (claim,) = options.volumes
    (volume,) = values["volumes"]
    (mount,) = values["volumeMounts"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim.source
    assert mount["mountPath"] == claim.target == own["MEDALLION_HOME"] == str(load_settings().home)
    assert options.secrets[0] in values["extraEnvFrom"]
    assert docker_options().image == own["MEDALLION_BUILD_IMAGE"]


@pytest.mark.parametrize("values", BOTH.values(), ids=BOTH)
def test_nothing_phones_home_and_no_secret_is_written_down(values: Mapping[str, Any]) -> None:
    said = variables(values)
    silent = {
        name: STACK[name] for name in STACK if any(one in name for one in ("TELEMETRY", "SCARF", "TRACK"))
    }
    silent |= {name: STACK[name] for name in STACK if "USAGE" in name or name == "DBT_VERSION_CHECK"}
    assert len(silent) == 8
    assert {name: said.get(name) for name in silent} == silent
    assert [
        name for name in said if any(one in name for one in ("PASSWORD", "KEY", "SECRET_", "_CONN_"))
    ] == []
    assert "OPENLINEAGE_URL" not in said


def test_airflow_is_set_up_as_in_the_stack() -> None:
    for section, options in {**VALUES["config"], **CELERY["config"]}.items():
        for name, value in options.items():
            in_stack = STACK.get(f"AIRFLOW__{section}__{name}".upper())
            if in_stack is not None and not in_stack.startswith(("${", "/")):
                assert str(value) == in_stack, name
    same = {"core", "scheduler", "triggerer", "dag_processor", "celery_broker_transport_options"}
    for variable in STACK:
        if variable.startswith("AIRFLOW__"):
            _, section, name = variable.lower().split("__", 2)
            ours = {**VALUES["config"], **CELERY["config"]}.get(section, {})
            theirs = {"executor", "fernet_key", "execution_api_server_url", "dag_bundle_config_list"}
            assert section not in same or name in theirs or name in ours, variable
    stack = json.loads(STACK["AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST"])
    assert VALUES["dagProcessor"]["dagBundleConfigList"] == stack


def test_celery_has_one_worker_for_warehouses_and_keda_scales_the_others() -> None:
    celery = BOTH["celery"]["workers"]["celery"]
    (warehouse,) = celery["sets"]
    assert variables(BOTH["celery"])["MEDALLION_WAREHOUSE_QUEUE"] == warehouse["queue"] == "warehouse"
    assert warehouse["args"][-1] == "warehouse"
    assert (warehouse["replicas"], warehouse["keda"]["enabled"]) == (1, False)
    assert warehouse["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert celery["keda"]["enabled"]
    assert celery["args"][-1] == celery["queue"] == "default"
    assert BOTH["celery"]["executor"] == "CeleryExecutor"
    assert VALUES["executor"] == "KubernetesExecutor"


@pytest.mark.parametrize("part", ["scheduler", "dag-processor", "triggerer", "worker"])
def test_no_part_runs_a_script_of_airflows_own_image(part: str) -> None:
    """The chart's probes start /entrypoint, its sidecars /clean-logs: airflow/Dockerfile makes neither."""
    names = {"dag-processor": "dagProcessor"}
    values = CELERY["workers"]["celery"] if part == "worker" else VALUES[names.get(part, part)]
    asked = [values[probe]["command"] for probe in ("livenessProbe", "startupProbe") if probe in values]
    assert asked == [[*["python", "-m", "medallion.deployment.healthy"], part]] * (1 + (part == "scheduler"))
    assert "no part is called" not in problem_of(part)
    assert values["logGroomerSidecar"] == {"enabled": False}
