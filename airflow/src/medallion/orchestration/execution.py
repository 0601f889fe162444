"""Where a layer's build runs, by the setting ``MEDALLION_EXECUTION``: the task is the same in all three."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from medallion.exceptions import ConfigError, FailedElsewhere
from medallion.execution import BuildJob, Engine, build_elsewhere, build_here
from medallion.execution.docker_engine import DockerEngine
from medallion.execution.kubernetes_engine import KubernetesEngine
from medallion.execution.options import build_environment, docker_options, kubernetes_options
from medallion.failures import Failure
from medallion.ledger import Ledger
from medallion.settings import LOCAL, Settings
from medallion.warehouses import warehouse_of

log = logging.getLogger(__name__)

#: Where Kubernetes tells a pod its namespace.
_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def run_build(settings: Settings, ledger: Ledger, job: BuildJob) -> None:
    """Build where the deployment says, and return once all of it ended well.

    Raises:
        TransformError: if not all of it ended well, of the same class wherever it ran.
        DamagedError: the same, of a build in this process.
        ConfigError: if a setting of builds elsewhere is wrong, or what they need is not installed.
    """
    if settings.execution == LOCAL:
        build_here(settings, ledger, job)
        return
    engine = _ENGINES[settings.execution]()
    environment = _environment(settings, job)
    build_elsewhere(engine, settings, ledger, job, environment, lambda line: log.info("%s", line))


def _environment(settings: Settings, job: BuildJob) -> dict[str, str]:
    """What a build reads: the deployment's variables, and what Airflow's connections say of its warehouse."""
    own = warehouse_of(settings).environment(settings, job.request.plan.client.id)
    return build_environment() | build_environment(own) | dict(settings.logins)


def _docker() -> Engine:
    options = docker_options()

    def connect() -> Any:
        try:
            from airflow.providers.docker.hooks.docker import DockerHook
        except ImportError as error:
            raise _missing("docker") from error
        try:
            return DockerHook(docker_conn_id=None, base_url=options.url, version="auto").get_conn()
        except Exception as error:  # the hook logs what it was, and raises something else
            said = f"Docker's engine does not answer at {options.url}: {error}"
            raise FailedElsewhere(said, Failure("connection lost", said)) from error

    return DockerEngine(options, connect)


def _kubernetes() -> Engine:
    options = kubernetes_options()
    try:
        from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook
    except ImportError as error:
        raise _missing("cncf-kubernetes") from error
    hook = KubernetesHook()
    own = _NAMESPACE.read_text(encoding="utf-8").strip() if _NAMESPACE.is_file() else "default"
    namespace = options.namespace or hook.get_namespace() or own
    return KubernetesEngine(options, hook.core_v1_client, namespace)


def _missing(provider: str) -> ConfigError:
    package = f"apache-airflow-providers-{provider}"
    return ConfigError(f"MEDALLION_EXECUTION: builds elsewhere need {package}, which is not installed")


_ENGINES: Mapping[str, Callable[[], Engine]] = {"docker": _docker, "kubernetes": _kubernetes}
