"""Layers in containers of their own, on a real engine: built, killed, left over. `make test-docker`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from stack import Stack, eventually, stand_in_for, why_no_engine
from test_stack import CLIENTS, delivered, ended, trigger

from medallion.airflow_api import AirflowClient
from medallion.execution.job import LABEL
from medallion.kubernetes_names import to_k8s_name
from medallion.pipeline import LAYERS, dag_id_of

pytestmark = [pytest.mark.docker, pytest.mark.skipif(bool(why_no_engine()), reason=why_no_engine() or "-")]


def socket() -> Path:
    """The engine's own."""
    return Path(urlsplit(os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock").path)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(
        tmp_path_factory.mktemp("execution"),
        CLIENTS,
        {
            "MEDALLION_SAMPLE_ROWS": "500",
            "API_WORKERS": "1",
            "WORKER_TASKS": "2",
            "WAREHOUSE_TASKS": "2",
            "COMPOSE_PROFILES": "docker",
            "MEDALLION_EXECUTION": "docker",
            "MEDALLION_BUILD_CPUS": "1,gold=1.5",
            "MEDALLION_BUILD_MEMORY": "2g,bronze=1g",
            "DOCKER_SOCKET": str(socket()),
            "DOCKER_GROUP": str(socket().stat().st_gid),
        },
    )
    stand_in_for("mail")
    try:
        made.up()
        yield made
    except BaseException:
        print(made.logs())
        raise
    finally:
        # What is left of builds is none of the stack's own, and keeps its volumes.
        made.compose("kill", "warehouse-worker", check=False)
        for one in builds(made):
            docker("rm", "--force", one["Id"])
        made.down()


@pytest.fixture
def airflow(stack: Stack) -> Iterator[AirflowClient]:
    with stack.airflow() as made:
        yield made


def docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True).stdout


def builds(stack: Stack, **labels: str) -> list[Mapping[str, Any]]:
    """The builds' containers that are there, of this stack."""
    wanted = {LABEL: f"{stack.project}_data"} | {f"{LABEL}/{name}": value for name, value in labels.items()}
    filters = [part for name, value in wanted.items() for part in ("--filter", f"label={name}={value}")]
    ids = docker("ps", "--all", "--quiet", *filters).split()
    found = subprocess.run(["docker", "inspect", *ids], check=False, capture_output=True, text=True).stdout
    return json.loads(found) if ids and found.strip() else []


def in_the_middle(stack: Stack, client: str, run_id: str) -> Mapping[str, Any]:
    """The container that builds a run's silver, paused once one of its nodes is built.

    It is stopped while the ledger is asked, for a quick machine builds all of silver before the answer.
    """
    for attempt in eventually(600, every=0.3):
        with attempt:
            of_silver = builds(stack, layer="silver", client=to_k8s_name(client))
            (found,) = [one for one in of_silver if one["State"]["Running"]] or [None]
            assert found, "silver is not being built"
            docker("pause", found["Id"])
            if not good_builds(stack, run_id, "silver"):
                docker("unpause", found["Id"])
                raise AssertionError("nothing of silver is built yet")
    return found


def good_builds(stack: Stack, run_id: str, *layers: str) -> dict[str, int]:
    """How often each node of a run's layers, or of all, was built well, as the ledger has it."""
    program = (
        "import json; from collections import Counter; from medallion.settings import load_settings as s\n"
        "from medallion.ledger import RunKey, open_ledger as o\n"
        f"key = RunKey({dag_id_of('acme_corp')!r}, {run_id!r})\n"
        "rows = [r for r in o(s().database_url).results_after(key) if r.good]\n"
        f"print(json.dumps(Counter(r.node for r in rows if r.layer in {layers or LAYERS!r})))"
    )
    return dict(json.loads(stack.compose("exec", "-T", "dbt", "/opt/venv/bin/python", "-c", program)))


# -- What may be done


def test_no_worker_has_the_engines_socket_and_the_proxy_has_nothing_else(stack: Stack) -> None:
    found = stack.containers()
    holders = {
        name for name, one in found.items() if any("docker.sock" in str(mount) for mount in one["Mounts"])
    }
    assert holders == {"docker-proxy"}
    proxy = found["docker-proxy"]
    assert proxy["State"]["Health"]["Status"] == "healthy"
    assert proxy["HostConfig"]["CapDrop"] == ["ALL"]
    assert proxy["HostConfig"]["ReadonlyRootfs"]
    assert list(proxy["NetworkSettings"]["Networks"]) == [f"{stack.project}_docker"]
    reach = {
        name for name, one in found.items() if f"{stack.project}_docker" in one["NetworkSettings"]["Networks"]
    }
    assert reach == {"docker-proxy", "warehouse-worker"}


def test_a_worker_gets_nothing_else_of_the_engine(stack: Stack) -> None:
    program = """
import http.client, json
def ask(method, path, facts=None):
    c = http.client.HTTPConnection("docker-proxy", 2375, timeout=30)
    c.request(method, path, json.dumps(facts) if facts else None)
    return c.getresponse().status
postgres = {"Image": "postgres:17", "HostConfig": {"Binds": ["/:/host"], "Privileged": True}}
print(json.dumps([
    ask("GET", "/containers/json?all=1"), ask("GET", "/containers/%s/json"),
    ask("DELETE", "/containers/%s?force=1"),
    ask("POST", "/containers/%s/exec", {"Cmd": ["id"]}), ask("POST", "/containers/create", postgres),
    ask("GET", "/images/json"), ask("GET", "/volumes"), ask("GET", "/_ping")]))
"""
    postgres = stack.containers()["postgres"]["Id"]
    said = stack.compose("exec", "-T", "warehouse-worker", "python", "-c", program.replace("%s", postgres))
    assert json.loads(said) == [403] * 7 + [200]
    assert stack.containers()["postgres"]["State"]["Running"]


# -- Runs


def test_two_clients_run_through_rest_to_gold_each_layer_in_a_container(
    stack: Stack, airflow: AirflowClient
) -> None:
    runs = {name: trigger(stack, airflow, name, "in_containers") for name in CLIENTS}
    seen: dict[str, Mapping[str, Any]] = {}
    until = time.monotonic() + 1200
    while (
        time.monotonic() < until
        and len({one["Config"]["Labels"][f"{LABEL}/layer"] for one in seen.values()}) < 3
    ):
        seen |= {one["Id"]: one for one in builds(stack)}
        time.sleep(0.5)
    for name, run_id in runs.items():
        assert ended(airflow, dag_id_of(name), run_id) == "success"
        found = airflow.tasks(dag_id_of(name), run_id)
        assert {task: one["state"] for task, one in found.items() if one["state"] != "success"} == {}
        assert len([task for task in found if task.endswith((".run", ".test"))]) > 10
        for layer in LAYERS:
            assert f" builds {layer}" in airflow.log(dag_id_of(name), run_id, f"{layer}.build")
    assert {name.partition(".")[0] for name in delivered(stack)} == set(CLIENTS)
    for one in seen.values():
        host, layer = one["HostConfig"], one["Config"]["Labels"][f"{LABEL}/layer"]
        assert host["Memory"] == (2**30 if layer == "bronze" else 2**31)
        assert host["NanoCpus"] == (1_500_000_000 if layer == "gold" else 1_000_000_000)
        assert (one["Config"]["User"], host["ReadonlyRootfs"], host["CapDrop"]) == ("50000:0", True, ["ALL"])
        assert host["SecurityOpt"] == ["no-new-privileges:true"]
        assert one["Config"]["Image"] == os.environ.get("DBT_IMAGE", "medallion-dbt:local")
    assert builds(stack) == []


def test_a_container_that_is_killed_costs_a_try_and_everything_is_built_once(
    stack: Stack, airflow: AirflowClient
) -> None:
    before = delivered(stack)
    run_id = trigger(stack, airflow, "acme_corp", "through_a_kill")
    docker("kill", in_the_middle(stack, "acme_corp", run_id)["Id"])
    assert ended(airflow, dag_id_of("acme_corp"), run_id) == "success"
    tasks = airflow.tasks(dag_id_of("acme_corp"), run_id)
    assert {name: one["state"] for name, one in tasks.items() if one["state"] != "success"} == {}
    assert tasks["silver.build"]["try_number"] == 2
    assert "killed (exit code 137)" in airflow.log(dag_id_of("acme_corp"), run_id, "silver.build")
    counted = good_builds(stack, run_id)
    assert set(counted.values()) == {1}
    assert len(counted) > 50
    assert delivered(stack) == before
    assert builds(stack) == []


def test_what_a_killed_worker_leaves_is_ended_before_the_next_try_builds(
    stack: Stack, airflow: AirflowClient
) -> None:
    before = delivered(stack)
    run_id = trigger(stack, airflow, "acme_corp", "through_a_lost_worker")
    in_the_middle(stack, "acme_corp", run_id)  # paused, so it does not end by itself
    stack.compose("exec", "-T", "warehouse-worker", "sh", "-c", "kill -9 -1", check=False)
    assert ended(airflow, dag_id_of("acme_corp"), run_id) == "success"
    log = airflow.log(dag_id_of("acme_corp"), run_id, "silver.build", 2)
    assert "was left over by an earlier try: it is killed and removed" in log
    assert delivered(stack) == before
    assert builds(stack) == []
