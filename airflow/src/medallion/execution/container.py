"""A build → the container that Docker is asked for, which the proxy holds requests against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from medallion.execution.job import LABEL, BuildJob
from medallion.execution.options import DockerOptions, Volume
from medallion.kubernetes_names import to_k8s_name

#: The user of both images, as docker-compose.yml and the Dockerfiles have it.
USER = "50000:0"
COMMAND = ("/opt/venv/bin/python", "-m", "medallion.execution")
_MOST_PROCESSES = 512


def container_name(options: DockerOptions, job: BuildJob) -> str:
    """The container's name; two stacks on one engine have networks of their own."""
    return to_k8s_name(f"{job.name} on {options.network}")


def container_labels(options: DockerOptions, labels: Mapping[str, str]) -> dict[str, str]:
    """A build's labels on this engine, which may run builds of other stacks as well."""
    return {LABEL: options.network, **labels}


def container_of(
    options: DockerOptions, job: BuildJob, file: str, environment: Mapping[str, str], own_container: str
) -> dict[str, Any]:
    """Write down the container of a build, as Docker's API takes it (POST /containers/create).

    Args:
        options: image, network, volumes, limits.
        job: what it builds.
        file: the build, as a path below the home.
        environment: its variables.
        own_container: the task's own container, whose volumes it has where none are named.
    """
    return {
        "Image": options.image,
        "Cmd": [*COMMAND, file],
        "Env": [f"{name}={value}" for name, value in sorted(environment.items())],
        "User": USER,
        "Labels": container_labels(options, job.labels),
        "HostConfig": host_config(options, job.layer, own_container),
    }


def host_config(options: DockerOptions, layer: str, own_container: str) -> dict[str, Any]:
    """What the container may: as little as the services of docker-compose.yml."""
    limits = options.limits[layer]
    volumes = (
        {"Binds": [_bind(one) for one in options.volumes]}
        if options.volumes
        else {"VolumesFrom": [own_container]}
    )
    return {
        **volumes,
        "NetworkMode": options.network,
        "NanoCpus": int(limits.cpus * 1e9),
        "Memory": limits.memory,
        "MemorySwap": limits.memory,  # none beside
        "PidsLimit": _MOST_PROCESSES,
        "ReadonlyRootfs": True,
        "Tmpfs": {"/tmp": "mode=1777"},  # noqa: S108 - inside the container
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true"],
        "Init": True,
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}},
    }


def _bind(volume: Volume) -> str:
    return f"{volume.source}:{volume.target}:{'ro' if volume.read_only else 'rw'}"
