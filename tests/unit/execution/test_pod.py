"""Pods of builds: held against the models of Kubernetes's own client, and run on a cluster of processes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
import yaml
from kubernetes.client import ApiClient, Configuration, CoreV1Api

from cluster import cluster
from medallion.exceptions import FailedElsewhere
from medallion.execution import build_elsewhere, kubernetes_engine
from medallion.execution.kubernetes_engine import KubernetesEngine
from medallion.execution.options import IMAGE, KubernetesOptions, Limits, Volume
from medallion.execution.pod import pod_of
from medallion.execution.told import told_line
from medallion.failures import Action, classify
from medallion.kubernetes_names import to_k8s_name
from medallion.ledger import NodeRow, open_ledger

HOME = Volume("medallion-home", "/var/lib/medallion")
LIMITS = {"bronze": Limits(1, 2**31), "silver": Limits(2, 2**32), "gold": Limits(0.5, 2**29)}
OPTIONS = KubernetesOptions("medallion", IMAGE, ("medallion", "stores"), (HOME,), {}, LIMITS)
ENVIRONMENT = {"MEDALLION_TARGET": "duckdb", "MEDALLION_REGISTRY_URL": "postgresql://a:secret@b/c"}
TEMPLATE = yaml.safe_load("""
kind: Pod
metadata: {labels: {team: data, medallion.build: "no"}}
spec:
  nodeSelector: {disk: fast}
  imagePullSecrets: [{name: registry}]
  tolerations: [{key: batch, operator: Exists}]
  restartPolicy: Always
  containers:
    - name: build
      image: another
      env: [{name: TZ, value: UTC}]
    - name: beside
      image: helper:1
""")


def rendered(facts):
    """A pod as the client's models have it, and as they write it again."""
    client = ApiClient(Configuration(host="http://localhost"))
    model = client._ApiClient__deserialize(facts, "V1Pod")
    return model, client.sanitize_for_serialization(model)


@pytest.mark.parametrize("layer", LIMITS)
@pytest.mark.parametrize("template", [{}, TEMPLATE], ids=["ours", "laid over a template"])
def test_a_pod_is_one_to_kubernetes_own_models(job, layer, template):
    facts = pod_of(
        replace(OPTIONS, template=template), replace(job, layer=layer), "builds/a.json", ENVIRONMENT
    )
    model, again = rendered(facts)
    assert again == facts  # nothing that the models do not know
    (container, *_) = model.spec.containers
    cpu = {"bronze": "1000m", "silver": "2000m", "gold": "500m"}[layer]
    memory = {"bronze": "2048Mi", "silver": "4096Mi", "gold": "512Mi"}[layer]
    assert container.resources.limits == container.resources.requests == {"cpu": cpu, "memory": memory}
    assert model.metadata.name == replace(job, layer=layer).name
    assert model.metadata.labels["medallion.build/client"] == to_k8s_name("corner_shop")
    assert model.metadata.labels["medallion.build/layer"] == layer
    assert model.metadata.annotations["medallion.build/run-id"] == job.run.run_id
    assert container.command[-1] == "builds/a.json"


def test_a_pod_may_as_little_as_it_needs(job):
    model, _ = rendered(pod_of(OPTIONS, job, "builds/a.json", ENVIRONMENT))
    (container,) = model.spec.containers
    assert model.spec.automount_service_account_token is False
    assert model.spec.restart_policy == "Never"
    assert model.spec.security_context.run_as_non_root
    assert model.spec.security_context.run_as_user == 50000
    assert container.security_context.read_only_root_filesystem
    assert not container.security_context.allow_privilege_escalation
    assert container.security_context.capabilities.drop == ["ALL"]
    mounts = {one.name: one.mount_path for one in container.volume_mounts}
    claims = {
        one.name: one.persistent_volume_claim.claim_name
        for one in model.spec.volumes
        if one.persistent_volume_claim
    }
    assert {claims.get(name): path for name, path in mounts.items()} == {
        "medallion-home": "/var/lib/medallion",
        None: "/tmp",  # noqa: S108 - inside the pod
    }


def test_no_secret_is_written_into_a_pod(job):
    facts = pod_of(OPTIONS, job, "builds/a.json", ENVIRONMENT)
    assert "secret@" not in yaml.safe_dump(facts)
    (container,) = facts["spec"]["containers"]
    assert container["env"] == [{"name": "MEDALLION_TARGET", "value": "duckdb"}]
    assert [one["secretRef"]["name"] for one in container["envFrom"]] == ["medallion", "stores"]


def test_a_template_adds_what_ours_has_not_and_changes_nothing_of_it(job):
    spec = pod_of(replace(OPTIONS, template=TEMPLATE), job, "builds/a.json", ENVIRONMENT)["spec"]
    assert spec["nodeSelector"] == {"disk": "fast"}
    assert spec["tolerations"] == [{"key": "batch", "operator": "Exists"}]
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["restartPolicy"] == "Never"
    build, beside = spec["containers"]
    assert build["image"] == IMAGE
    assert {one["name"] for one in build["env"]} == {"MEDALLION_TARGET", "TZ"}
    assert beside == {"name": "beside", "image": "helper:1"}


# -- On a cluster


class Builds:
    """Builds a job's pod on a cluster whose pods run a script."""

    def __init__(self, settings, job):
        self.ledger = open_ledger(settings.database_url)
        self.settings = settings
        build_id = self.ledger.start_build(job.run, job.layer, 1)
        self.job = replace(job, request=replace(job.request, build_id=build_id))
        self.lines = []

    def good_rows(self):
        rows = [NodeRow(one.unique_id, "bronze", "success") for one in self.job.request.nodes]
        self.ledger.add_results(self.job.run, self.job.request.build_id, rows)

    def engine(self, server):
        return KubernetesEngine(OPTIONS, CoreV1Api(ApiClient(Configuration(host=server.url))), "medallion")

    def on(self, server):
        """What the build raised; None if it ended well. No pod is left."""
        try:
            build_elsewhere(
                self.engine(server), self.settings, self.ledger, self.job, ENVIRONMENT, self.lines.append
            )
        except Exception as error:
            return error
        finally:
            assert server.pods == {}
        return None


@pytest.fixture
def builds(settings, job, monkeypatch):
    monkeypatch.setattr(kubernetes_engine, "_LOOK_SECONDS", 0.05)
    return Builds(settings, job)


def shell(script):
    return lambda _: ["sh", "-c", script]


def say(error):
    return "cat <<'END'\n" + told_line(error) + "\nEND\n"


def while_it_runs(server, act):
    """Do something to the one pod once it runs."""

    def wait():
        while not any("busy\n" in lines for lines in server.logs.values()):
            time.sleep(0.01)
        act(next(iter(server.pods)))

    threading.Thread(target=wait, daemon=True).start()


def test_a_build_runs_in_its_pod_and_its_log_is_the_tasks(builds):
    builds.good_rows()
    with cluster(shell(f"echo one; echo zwölf; {say(None)}")) as server:
        assert builds.on(server) is None
        created = [one for one in server.asked if one.startswith("POST")]
    assert builds.lines[1:] == ["one", "zwölf"]
    assert len(created) == 1


def test_what_a_pod_says_of_its_failure_is_kept(builds):
    error = FailedElsewhere("the warehouse is in use", classify(TimeoutError("waited for long")))
    with cluster(shell(f"echo dbt; {say(error)} exit 1")) as server:
        raised = builds.on(server)
    assert classify(raised) == classify(error)
    assert str(raised) == "the warehouse is in use"


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (lambda server, name: server.evict(name), "killed", "Evicted: The node was low on resource"),
        (lambda server, name: server.kill(name, "OOMKilled"), "out of memory", "OOMKilled"),
        (lambda server, name: server.kill(name, "Error"), "killed", "exit code 137"),
        (lambda server, name: server.delete(name), "killed", r"is gone \(deleted\)"),
    ],
    ids=["evicted", "out of memory", "killed", "deleted"],
)
def test_a_pod_that_dies_is_tried_again_and_never_green(builds, act, kind, words):
    builds.good_rows()  # even so
    with cluster(shell("echo busy; exec sleep 60")) as server:
        while_it_runs(server, lambda name: act(server, name))
        raised = builds.on(server)
    failure = classify(raised)
    assert (failure.kind, failure.action) == (kind, Action.WAIT)
    with pytest.raises(FailedElsewhere, match=words):
        raise raised


def test_a_pod_that_finds_no_node_is_given_up_and_says_why(builds, monkeypatch):
    monkeypatch.setattr(kubernetes_engine, "START_SECONDS", 0.3)
    with cluster(shell("exit 0")) as server:
        server.schedulable = False
        raised = builds.on(server)
    assert classify(raised).kind == "timed out"
    assert "0/3 nodes have enough memory" in str(raised)


def test_a_pod_of_an_earlier_try_is_deleted_before_the_next_one_is_made(builds):
    builds.good_rows()
    with cluster(shell("exec sleep 60")) as server:
        earlier = replace(builds.job, request=replace(builds.job.request, build_id=3))
        left = builds.engine(server).start(earlier, "builds/b.json", {})
        server.command = shell("exit 0")
        assert builds.on(server) is None
        methods = [one.partition(" ")[0] for one in server.asked]
        assert methods.index("DELETE") < len(methods) - 1 - methods[::-1].index("POST")
        assert left.look().reason == "deleted"


def test_a_cluster_that_refuses_is_said_to(builds, monkeypatch):
    with cluster(shell("exit 0")) as server:
        monkeypatch.setattr(server, "create", lambda pod: pod)
        engine = replace(builds.engine(server), namespace="medallion")
        engine.api.api_client.configuration.host = "http://127.0.0.1:9"
        with pytest.raises(Exception, match="refused") as caught:
            build_elsewhere(engine, builds.settings, builds.ledger, builds.job, {}, print)
    assert classify(caught.value).kind == "connection lost"
