"""A build → the pod that Kubernetes is asked for, which can be read without a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.execution.container import COMMAND, USER
from medallion.execution.job import LABEL, BuildJob
from medallion.execution.options import KubernetesOptions, Limits, Volume, without_secrets
from medallion.kubernetes_names import to_k8s_name

#: Its one container.
CONTAINER = "build"
_SCRATCH = "scratch"
_GRACE_SECONDS = 5
#: Seconds beyond the task's own time limit after which Kubernetes ends a pod that nobody waits for.
_BEYOND = 300


def pod_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """A build's labels in a namespace."""
    common = {"app.kubernetes.io/name": "medallion", "app.kubernetes.io/component": "build"}
    return {**common, LABEL: "yes", **labels}


def pod_of(
    options: KubernetesOptions, job: BuildJob, file: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Write down the pod of a build, as Kubernetes's API takes it.

    Args:
        options: image, volumes, secrets, limits, and what it is laid over.
        job: what it builds.
        file: the build, as a path below the home.
        environment: its variables; those that hold secrets are left out, for they stand in a secret.
    """
    user, group = map(int, USER.split(":"))
    ours = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": job.name,
            "labels": pod_labels(job.labels),
            # What a label's value cannot be: as it is.
            "annotations": {f"{LABEL}/dag-id": job.run.dag_id, f"{LABEL}/run-id": job.run.run_id},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": int(job.request.plan.client.task_timeout.total_seconds()) + _BEYOND,
            "terminationGracePeriodSeconds": _GRACE_SECONDS,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsUser": user,
                "runAsGroup": group,
                "fsGroup": group,
                "runAsNonRoot": True,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container(options, job, file, environment)],
            "volumes": [
                {"name": _SCRATCH, "emptyDir": {}},
                *({"name": _volume(one), "persistentVolumeClaim": _claim(one)} for one in options.volumes),
            ],
        },
    }
    return dict(_laid_over(options.template, ours))


def _container(
    options: KubernetesOptions, job: BuildJob, file: str, environment: Mapping[str, str]
) -> dict[str, Any]:
    most = _resources(options.limits[job.layer])
    return {
        "name": CONTAINER,
        "image": options.image,
        "command": [*COMMAND, file],
        "env": [
            {"name": name, "value": value} for name, value in sorted(without_secrets(environment).items())
        ],
        "envFrom": [{"secretRef": {"name": name}} for name in options.secrets],
        "resources": {"requests": most, "limits": most},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": _SCRATCH, "mountPath": "/tmp"},  # noqa: S108 - inside the container
            *(
                {"name": _volume(one), "mountPath": one.target, "readOnly": one.read_only}
                for one in options.volumes
            ),
        ],
        # The build's last line, where its log can no longer be asked for.
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _resources(limits: Limits) -> dict[str, str]:
    return {"cpu": f"{round(limits.cpus * 1000)}m", "memory": f"{limits.memory // 2**20}Mi"}


def _volume(volume: Volume) -> str:
    return to_k8s_name(f"claim-{volume.source}")


def _claim(volume: Volume) -> dict[str, Any]:
    return {"claimName": volume.source, "readOnly": volume.read_only}


def _laid_over(base: Any, ours: Any) -> Any:
    """Ours, with what the other has beside: maps by their keys, lists of named things by their names."""
    if isinstance(base, Mapping) and isinstance(ours, Mapping):
        beside = {name: value for name, value in base.items() if name not in ours}
        return {**beside, **{name: _laid_over(base.get(name), value) for name, value in ours.items()}}
    if isinstance(base, list) and isinstance(ours, list) and all(_name(one) for one in (*base, *ours)):
        known = {_name(one): one for one in base}
        laid = [_laid_over(known.pop(_name(one), None), one) for one in ours]
        return [*laid, *known.values()]
    return ours


def _name(one: Any) -> str:
    return str(one.get("name", "")) if isinstance(one, Mapping) else ""
