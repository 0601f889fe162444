"""How builds in containers and pods are set up: read from the environment once one is to start."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from medallion.exceptions import ConfigError
from medallion.masking import holds_secret
from medallion.pipeline import LAYERS

_Value = TypeVar("_Value")

_CPUS, _MEMORY = "MEDALLION_BUILD_CPUS", "MEDALLION_BUILD_MEMORY"
_URL, _NETWORK, _VOLUMES = "MEDALLION_DOCKER_URL", "MEDALLION_DOCKER_NETWORK", "MEDALLION_DOCKER_VOLUMES"
_SECRETS, _CLAIMS = "MEDALLION_KUBERNETES_SECRETS", "MEDALLION_KUBERNETES_VOLUMES"
_TEMPLATE = "MEDALLION_KUBERNETES_TEMPLATE"
#: What is used where the environment names nothing.
IMAGE, CPUS, MEMORY = "medallion-dbt:local", "2", "4g"
DOCKER_URL, DOCKER_NETWORK = "tcp://docker-proxy:2375", "medallion_data"

_BYTES = {"m": 2**20, "g": 2**30}
_MEMORY_TEXT = re.compile(r"(\d+(?:\.\d+)?)([mg])")
#: A name, and where it is mounted; a folder of the host for Docker, a claim for Kubernetes.
_VOLUME = re.compile(r"([^:,]+):(/[^:,]*)(?::(ro))?")

#: Variables of ours that no build reads.
_NOT_FOR_BUILDS = re.compile(
    r"MEDALLION_(EXECUTION|BUILD_.*|DOCKER_.*|KUBERNETES_.*|ADMIN_PASSWORD|METRICS_PASSWORD|FERNET_KEY|PORT"
    r"|PLATFORMS|SAMPLE_ROWS|ADVENTUREWORKS|RUNNER|AIRFLOW|HOME|PROJECT|CLIENT|DUCKDB_PATH|NOTIFY"
    r"|SQLSERVER_KEY|SQLSERVER_ADMIN.*)"  # a build has its own client's login
)
_ALSO_FOR_BUILDS = (
    "DO_NOT_TRACK",
    "DBT_SEND_ANONYMOUS_USAGE_STATS",
    "DBT_VERSION_CHECK",
    "RUNTIME__DLTHUB_TELEMETRY",
)


@dataclass(frozen=True)
class Limits:
    """The most that a build takes.

    Attributes:
        cpus: processors.
        memory: bytes.
    """

    cpus: float
    memory: int


@dataclass(frozen=True)
class Volume:
    """A folder, a Docker volume or a claim, and where it is mounted."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class DockerOptions:
    """Builds in containers.

    Attributes:
        url: where the engine, or what stands before it, listens.
        image: the slim dbt image.
        network: the one that they are on.
        volumes: what they have; none: what the task's own container has.
        limits: by layer.
    """

    url: str
    image: str
    network: str
    volumes: tuple[Volume, ...]
    limits: Mapping[str, Limits]


@dataclass(frozen=True)
class KubernetesOptions:
    """Builds in pods.

    Attributes:
        namespace: where they are; empty: where the task's own pod is.
        image: the slim dbt image.
        secrets: names of secrets whose keys are variables.
        volumes: claims.
        template: a pod that ours is laid over: node selector, tolerations, pull secrets.
        limits: by layer.
    """

    namespace: str
    image: str
    secrets: tuple[str, ...]
    volumes: tuple[Volume, ...]
    template: Mapping[str, Any]
    limits: Mapping[str, Limits]


def docker_options() -> DockerOptions:
    """Read ``MEDALLION_DOCKER_…`` and ``MEDALLION_BUILD_…``.

    Raises:
        ConfigError: if a variable holds what it may not.
    """
    url = os.environ.get(_URL) or DOCKER_URL
    if not url.startswith(("tcp://", "http://", "https://")):
        raise ConfigError(
            f"{_URL} must be the address of a proxy, such as {DOCKER_URL}, is {url!r}: "
            "who has an engine's own socket is root on its machine"
        )
    return DockerOptions(
        url=url,
        image=os.environ.get("MEDALLION_BUILD_IMAGE") or IMAGE,
        network=os.environ.get(_NETWORK) or DOCKER_NETWORK,
        volumes=_volumes(_VOLUMES),
        limits=limits(),
    )


def kubernetes_options() -> KubernetesOptions:
    """Read ``MEDALLION_KUBERNETES_…`` and ``MEDALLION_BUILD_…``.

    Raises:
        ConfigError: if a variable holds what it may not, or no secret or volume is named.
    """
    secrets = tuple(filter(None, (one.strip() for one in (os.environ.get(_SECRETS) or "").split(","))))
    if not secrets:
        raise ConfigError(f"{_SECRETS} must name the secret that holds MEDALLION_REGISTRY_URL, is not set")
    volumes = _volumes(_CLAIMS)
    if not volumes:
        raise ConfigError(f"{_CLAIMS} must name the home's claim, such as medallion-home:/var/lib/medallion")
    return KubernetesOptions(
        namespace=os.environ.get("MEDALLION_KUBERNETES_NAMESPACE") or "",
        image=os.environ.get("MEDALLION_BUILD_IMAGE") or IMAGE,
        secrets=secrets,
        volumes=volumes,
        template=_template(os.environ.get(_TEMPLATE) or ""),
        limits=limits(),
    )


def limits() -> dict[str, Limits]:
    """What a build of each layer takes at most.

    Raises:
        ConfigError: if one is no number of processors or bytes, or a layer is none.
    """
    cpus = _by_layer(_CPUS, CPUS, _cpus, "a number of processors such as 2 or 0.5")
    memory = _by_layer(_MEMORY, MEMORY, _memory, "an amount such as 512m or 4g")
    return {layer: Limits(cpus[layer], memory[layer]) for layer in LAYERS}


def build_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that a build reads, of those of its task."""
    return {name: value for name, value in environment.items() if _is_for_builds(name)}


def may_be_handed_over(name: str) -> bool:
    """Whether a build's container may have a variable: one that it reads, or a connection of landing."""
    return _is_for_builds(name) or name.startswith("AIRFLOW_CONN_")


def _is_for_builds(name: str) -> bool:
    ours = name.startswith("MEDALLION_") and not _NOT_FOR_BUILDS.fullmatch(name)
    return ours or name in _ALSO_FOR_BUILDS


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """What of it may stand in a pod for all to read who may see pods."""
    return {name: value for name, value in environment.items() if not holds_secret(name)}


def _by_layer(
    variable: str, usual: str, read: Callable[[str], _Value | None], allowed: str
) -> dict[str, _Value]:
    """``2,gold=4``: the same for all layers, but for those that are named."""
    said = os.environ.get(variable) or usual
    own: dict[str, str] = {}
    for part in said.split(","):
        layer, mark, value = part.strip().rpartition("=")
        if layer not in LAYERS and (mark or layer):
            raise ConfigError(f"{variable}: {layer!r} is no layer; there are {', '.join(LAYERS)}")
        own[layer] = value.strip()
    found: dict[str, _Value] = {}
    for layer in LAYERS:
        text = own.get(layer, own.get("", usual))
        found_one = read(text)
        if found_one is None:
            raise ConfigError(
                f"{variable} must be {allowed}, also by layer as in {usual},gold=…, is {text!r}"
            )
        found[layer] = found_one
    return found


def _cpus(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0.1 <= number <= 1024 else None


def _memory(text: str) -> int | None:
    found = _MEMORY_TEXT.fullmatch(text.lower())
    amount = int(float(found[1]) * _BYTES[found[2]]) if found else 0
    return amount if amount >= 128 * _BYTES["m"] else None


def _volumes(variable: str) -> tuple[Volume, ...]:
    said = [one.strip() for one in (os.environ.get(variable) or "").split(",") if one.strip()]
    found = [_VOLUME.fullmatch(one) for one in said]
    if bad := [text for text, match in zip(said, found, strict=True) if match is None]:
        raise ConfigError(f"{variable} must list name:/folder or name:/folder:ro, is {bad[0]!r}")
    return tuple(Volume(one[1], one[2], one[3] == "ro") for one in found if one)


def _template(path: str) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        said = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{_TEMPLATE}: {path} cannot be read: {error}") from error
    if not isinstance(said, dict) or said.get("kind") != "Pod":
        raise ConfigError(f"{_TEMPLATE}: {path} must be the YAML of one pod, with `kind: Pod`")
    return said
