"""What an installation still lacks for its next step: the stack, Kubernetes, SQL Server.

The clients' YAML stays as it is at every step; what differs is where files, logins and databases are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial

from sqlalchemy import make_url

from medallion.doctor.finding import BAD, OK, WARN, Finding
from medallion.doctor.logins import named_logins
from medallion.doctor.sqlserver import server
from medallion.registry.definition import Definition
from medallion.settings import Settings

#: What pods read from their environment and no file of the project can hold: deploy/helm/values.yaml sets the
#: first two, the Secret `medallion-airflow` the others.
_PODS_READ = (
    "MEDALLION_EXECUTION",
    "MEDALLION_BUILD_IMAGE",
    "MEDALLION_FERNET_KEY",
    "MEDALLION_ADMIN_PASSWORD",
    "AIRFLOW_CONN_MEDALLION_AIRFLOW",
)
_DOCKER = "https://docs.docker.com/engine/install"


class Step(StrEnum):
    """Where to: ``docker compose up``, a cluster, or warehouses on SQL Server."""

    STACK = "stack"
    KUBERNETES = "kubernetes"
    SQLSERVER = "sqlserver"


def before(
    step: Step, settings: Settings, definitions: Sequence[Definition], by_hand: Sequence[str]
) -> Iterator[Finding]:
    """Look for what a step needs and this installation does not have.

    Args:
        step: which.
        settings: the installation as it is.
        definitions: the clients that run here.
        by_hand: the ids of those that no file of ``configs/`` has.
    """
    looks: Mapping[Step, Sequence[Callable[[], Iterable[Finding]]]] = {
        Step.STACK: (
            partial(_engine, settings),
            partial(_env_file, settings),
            partial(_from_files, by_hand),
            partial(_sources, definitions),
            partial(_logins, definitions, "worker, warehouse-worker and dbt, in compose.override.yml"),
            partial(_mail, settings, definitions),
        ),
        Step.KUBERNETES: (
            _environment,
            partial(_registry, settings),
            partial(_folders, settings),
            partial(_warehouses, settings),
            partial(_destinations, definitions),
            partial(_from_files, by_hand),
            partial(_sources, definitions),
            partial(_logins, definitions, "the pods, from a Secret: deploy/helm/values.yaml"),
        ),
        Step.SQLSERVER: (partial(server, settings, definitions),),
    }
    for look in looks[step]:
        yield from look()


def _engine(settings: Settings) -> Iterator[Finding]:
    """Docker, its engine and Compose."""
    if not shutil.which("docker"):
        yield Finding("docker", BAD, "there is no docker command", f"install it: {_DOCKER}")
        return
    for what, words in {
        "engine": ["version", "--format", "{{.Server.Version}}"],
        "Compose": ["compose", "version", "--short"],
    }.items():
        try:
            said = subprocess.run(
                ["docker", *words],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
                cwd=settings.project,
            )
        except subprocess.TimeoutExpired:
            yield Finding("docker", BAD, f"its {what} does not answer within 20 s", "start it")
            continue
        if said.returncode:
            why = (said.stderr.strip() or said.stdout.strip()).partition("\n")[0]
            yield Finding(
                "docker", BAD, f"its {what} does not answer: {why}", f"start or install it: {_DOCKER}"
            )
        else:
            yield Finding("docker", OK, f"{what} {said.stdout.strip()}")


def _env_file(settings: Settings) -> Iterator[Finding]:
    path, example = settings.project / ".env", settings.project / ".env.example"
    if not path.is_file():
        yield Finding(".env", BAD, "there is none: it has the stack's passwords and keys", "make env")
        return
    missing = sorted(_names(example.read_text()) - _names(path.read_text()))
    if missing:
        yield Finding(".env", BAD, f"it lacks {', '.join(missing)}", "make env adds what is missing")
    else:
        yield Finding(".env", OK, "it has every setting of .env.example")


def _names(text: str) -> set[str]:
    return {line.partition("=")[0] for line in text.splitlines() if "=" in line and not line.startswith("#")}


def _from_files(by_hand: Sequence[str]) -> Iterator[Finding]:
    """Clients that only this installation's registry has."""
    if by_hand:
        said = f"{', '.join(by_hand)}: in this registry alone, in no file of configs/clients"
        yield Finding(
            "clients", WARN, said, "make them there again by REST, or restore a backup: docs/operations.md"
        )
    else:
        yield Finding("clients", OK, "every one has its file, which goes along as it is")


def _sources(definitions: Sequence[Definition]) -> Iterator[Finding]:
    """Sources that are files of this machine, which no container sees."""
    here: dict[str, set[str]] = {}
    sampled: set[str] = set()
    for definition in definitions:
        for ref in definition.client.data_sources:
            contract = definition.sources[ref.name]
            place = ref.location or contract.location or ""
            if contract.connector == "files" and place.startswith("{samples}"):
                sampled.add(definition.client.id)
            elif contract.connector == "files" and ("://" not in place or place.startswith("file://")):
                here.setdefault(place, set()).add(definition.client.id)
    for place, clients in sorted(here.items()):
        todo = "mount the folder under the same path, or name a URL as the client's location"
        if place.startswith("{adventureworks}"):
            todo = "mount the folder, and set MEDALLION_ADVENTUREWORKS to where it is mounted"
        yield Finding("sources", WARN, f"{place} is on this machine (of {', '.join(sorted(clients))})", todo)
    if sampled:
        said = f"{', '.join(sorted(sampled))} read sample extracts, which are made there as well"
        yield Finding("sources", OK, said)


def _logins(definitions: Sequence[Definition], to: str) -> Iterator[Finding]:
    """Connections and variables that must be given to whoever runs tasks there."""
    found = sorted(
        {str(login) for one in definitions for login, _ in named_logins(one)} | set(_channels(definitions))
    )
    if found:
        yield Finding("logins", WARN, f"clients use {', '.join(found)}", f"give them to {to}")
    else:
        yield Finding("logins", OK, "no source, destination or channel in use needs one")


def _channels(definitions: Sequence[Definition]) -> Iterator[str]:
    for definition in definitions:
        for address in definition.client.notifications:
            if address.env:
                yield f"variable {address.env}"
            elif address.connection:
                yield f"connection {address.connection}"


def _mail(settings: Settings, definitions: Sequence[Definition]) -> Iterator[Finding]:
    addressed = sorted(one.client.id for one in definitions if one.client.notification_email)
    path = settings.project / ".env"
    named = path.is_file() and "SMTP_CONNECTION" in _names(path.read_text())
    if addressed and not named:
        said = f"mails of {', '.join(addressed)} go to the stack's own catcher: nobody gets them"
        yield Finding("mail", WARN, said, "set SMTP_CONNECTION in .env")
    else:
        yield Finding(
            "mail", OK, "it goes to the server of SMTP_CONNECTION" if named else "no client has an address"
        )


def _environment() -> Iterator[Finding]:
    """What the pods' environment must hold."""
    if unset := [name for name in _PODS_READ if not os.environ.get(name)]:
        todo = "deploy/helm/values.yaml says in which value or Secret each belongs"
        yield Finding("environment", WARN, f"not set here: {', '.join(unset)}", todo)
    else:
        yield Finding("environment", OK, "all that pods read from it is set")


def _registry(settings: Settings) -> Iterator[Finding]:
    backend = make_url(settings.database_url).get_backend_name()
    if backend == "sqlite":
        said = "registry and ledger are a SQLite file, which one machine alone may open"
        yield Finding("database", BAD, said, "set MEDALLION_REGISTRY_URL to a PostgreSQL database")
    else:
        yield Finding("database", OK, f"registry and ledger are on {backend}")


def _folders(settings: Settings) -> Iterator[Finding]:
    for what, at in (("landing", settings.landing_at), ("reports", settings.reports_at)):
        variable = f"MEDALLION_{what.upper()}"
        if "://" in at:
            yield Finding(what, OK, f"{variable} is {at}")
        else:
            todo = f"set {variable} to an object store's URL, or mount one ReadWriteMany volume in every pod"
            yield Finding(what, WARN, f"{what} is a folder, which every pod would have to see", todo)


def _warehouses(settings: Settings) -> Iterator[Finding]:
    if settings.target == "duckdb":
        said = "warehouses are DuckDB files: one writer, on one node's disk"
        yield Finding(
            "warehouse", BAD, said, "MEDALLION_TARGET=sqlserver; see medallion doctor --for sqlserver"
        )
    else:
        yield Finding("warehouse", OK, f"warehouses are on {settings.target}")


def _destinations(definitions: Sequence[Definition]) -> Iterator[Finding]:
    """Deliveries to files, which would stay in a pod."""
    in_files: dict[str, set[str]] = {}
    for definition in definitions:
        to = definition.destination
        if to.path and "://" not in to.path:
            in_files.setdefault(to.name, set()).add(definition.client.id)
    for name, clients in sorted(in_files.items()):
        said = f"{name} (of {', '.join(sorted(clients))}) is a file or folder"
        yield Finding(
            "destination", BAD, said, "point it at a database or a bucket in configs/destinations.yml"
        )
    if not in_files:
        yield Finding("destination", OK, "every delivery goes to a database or a bucket")
