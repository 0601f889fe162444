"""Where things are: one object, read from the environment once a process asks for it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from medallion.exceptions import ConfigError
from medallion.storage import Root, checked_root, opened_root

#: airflow/src/medallion/settings.py stands three folders below the project's root.
_PROJECT = Path(__file__).resolve().parents[3]
#: The platform whose DAGs have no prefix.
DEFAULT_PLATFORM = "default"
#: The environment whose clients go by their own names, and whose messages go to the clients' own people.
PRODUCTION = "prod"
_ENVIRONMENT = re.compile(r"[a-z][a-z0-9]{0,15}")
_ADDRESS = re.compile(r"[^@,;\s]+@[^@,;\s]+")
#: Where a layer's build runs: in its task's process, or in a container or pod of its own.
LOCAL = "local"
EXECUTIONS = (LOCAL, "docker", "kubernetes")
#: The share of anything that a cleanup may take unasked, where nobody says otherwise.
CLEANUP_SHARE = 0.5
_TEN_YEARS = 10 * 366 * 86_400
_LANDING, _REPORTS = "MEDALLION_LANDING", "MEDALLION_REPORTS"


@dataclass(frozen=True)
class Settings:
    """Folders, database, target and platforms of this installation; every path is absolute.

    Nothing outside ``home`` is ever written to, but for landing and reports where they are named a place.

    Attributes:
        environment: dev, staging, prod, … Schemas and deliveries of any but prod carry its name, so that they
            may share a server with prod's, and its messages go to nobody but ``notify``.
        notify: who is mailed instead of the clients' own people; in prod nobody is.
        landing_at: folder or URL of landing, if not in the home.
        landing_connection: the Airflow connection with the login for it.
        reports_at: the same of reports.
        reports_connection: the same of reports.
        lookup: finds a connection; None looks in the environment.
    """

    project: Path
    home: Path
    target: str = "duckdb"
    database_url: str = field(default="", repr=False)  # of registry and ledger; may hold a password
    platforms: tuple[str, ...] = (DEFAULT_PLATFORM,)
    environment: str = PRODUCTION
    notify: str = ""
    fernet_keys: str = field(default="", repr=False)
    #: The share of active clients that may leave in one sync unasked.
    leaving_share: float = 0.3
    #: The share of a table, an entity's partitions or a client's reports that a cleanup may take unasked.
    cleanup_share: float = CLEANUP_SHARE
    #: How long runs in flight of a client that is being removed may go on.
    drain_seconds: float = 21_600.0
    #: Airflow's queue of the tasks that open a client's warehouse; this one is Airflow's own default.
    warehouse_queue: str = "default"
    #: Where a layer's build runs: one of ``EXECUTIONS``.
    execution: str = LOCAL
    landing_at: str = ""
    landing_connection: str = ""
    reports_at: str = ""
    reports_connection: str = ""
    lookup: Callable[[str], str | None] | None = field(default=None, repr=False, compare=False)

    @property
    def platform(self) -> str:
        """The platform that a command is about unless it names another."""
        return self.platforms[0]

    def name_of(self, client_id: str) -> str:
        """The client's name on servers and in stores that several environments may share."""
        return client_id if self.environment == PRODUCTION else f"{self.environment}__{client_id}"

    def schema_of(self, client_id: str, layer: str) -> str:
        """The schema of one of a client's layers (bronze, silver, gold), or of ``work`` beside them."""
        return f"{self.name_of(client_id)}_{layer}"

    @property
    def configs(self) -> Path:
        """Folder of ``clients/``, ``sources/``, ``defaults.yml`` and ``destinations.yml``."""
        return self.project / "configs"

    @property
    def dbt_project(self) -> Path:
        """Folder of the one dbt project."""
        return self.project / "dbt"

    @property
    def landing(self) -> Root:
        """Root of ``landing/<client>/<source>/<entity>/year=…/month=…/day=…/``."""
        at = self.landing_at or str(self.home / "landing")
        return opened_root(_LANDING, at, self.landing_connection, self.lookup)

    @property
    def inbox(self) -> Path:
        """Where events are dropped: ``inbox/<client>/<source>/<entity>/*.jsonl``."""
        return self.home / "inbox"

    @property
    def samples(self) -> Path:
        """Root of the demo's extracts: ``samples/<client>/<source>/…``."""
        return self.home / "samples"

    @property
    def manifests(self) -> Path:
        """Root of the dbt manifests, one folder a shape of client."""
        return self.home / "manifests"

    @property
    def outbox(self) -> Path:
        """Where mail goes while no SMTP server is configured."""
        return self.home / "outbox"

    @property
    def reports(self) -> Root:
        """Root of ``reports/<client>/year=…/month=…/day=…/``: reports of runs and of days."""
        at = self.reports_at or str(self.home / "reports")
        return opened_root(_REPORTS, at, self.reports_connection, self.lookup)

    @property
    def storage_variables(self) -> Mapping[str, str]:
        """The environment's variables that name landing and reports, for other processes."""
        return {
            _LANDING: self.landing_at,
            f"{_LANDING}_CONNECTION": self.landing_connection,
            _REPORTS: self.reports_at,
            f"{_REPORTS}_CONNECTION": self.reports_connection,
        }

    @property
    def logins(self) -> Mapping[str, str]:
        """The connections of landing and reports that ``lookup`` finds, as variables; they hold passwords."""
        from medallion.connections import variable_of

        named = (self.landing_connection, self.reports_connection)
        found = {one: self.lookup(one) for one in named if one} if self.lookup else {}
        return {variable_of(one): url for one, url in found.items() if url}

    @property
    def destinations(self) -> Path:
        """Root of file-based destinations."""
        return self.home / "destinations"

    def warehouse(self, client_id: str) -> Path:
        """The client's own DuckDB file."""
        return self.home / "warehouse" / f"{client_id}.duckdb"

    @property
    def adventureworks(self) -> Path | None:
        """The folder of the AdventureWorks CSV files, or None where there is none."""
        named = os.environ.get("MEDALLION_ADVENTUREWORKS")
        found = Path(named) if named else self.project.parent / "shared" / "data" / "adventureworks"
        return found.resolve() if (found / "sales" / "salesorderheader.csv").is_file() else None


def load_settings() -> Settings:
    """Read the environment's ``MEDALLION_…``.

    Returns:
        The settings of this process; nothing is created.

    Raises:
        ConfigError: if a variable holds what it may not.
    """
    project = Path(os.environ.get("MEDALLION_PROJECT") or _PROJECT).resolve()
    environment = _environment(os.environ.get("MEDALLION_ENVIRONMENT") or PRODUCTION)
    usual = "var" if environment == PRODUCTION else f"var-{environment}"
    home = Path(os.environ.get("MEDALLION_HOME") or project / usual).resolve()
    landing = checked_root(_LANDING, os.environ.get("MEDALLION_LANDING") or "")
    reports = checked_root(_REPORTS, os.environ.get("MEDALLION_REPORTS") or "")
    if landing and landing == reports:
        raise ConfigError(f"{_REPORTS} must not be the place that {_LANDING} is: {reports}")
    return Settings(
        project=project,
        home=home,
        target=os.environ.get("MEDALLION_TARGET") or "duckdb",
        environment=environment,
        notify=_notified(environment, os.environ.get("MEDALLION_NOTIFY") or ""),
        platforms=_names(os.environ.get("MEDALLION_PLATFORMS") or DEFAULT_PLATFORM),
        leaving_share=_share("MEDALLION_LEAVING_SHARE", 0.3),
        cleanup_share=_share("MEDALLION_CLEANUP_SHARE", CLEANUP_SHARE),
        drain_seconds=_seconds("MEDALLION_DRAIN_SECONDS", 21_600.0),
        warehouse_queue=os.environ.get("MEDALLION_WAREHOUSE_QUEUE") or "default",
        execution=_one_of("MEDALLION_EXECUTION", EXECUTIONS),
        fernet_keys=os.environ.get("MEDALLION_FERNET_KEY") or "",
        database_url=os.environ.get("MEDALLION_REGISTRY_URL") or f"sqlite:///{home / 'registry.db'}",
        landing_at=landing,
        landing_connection=os.environ.get("MEDALLION_LANDING_CONNECTION") or "",
        reports_at=reports,
        reports_connection=os.environ.get("MEDALLION_REPORTS_CONNECTION") or "",
    )


def _environment(name: str) -> str:
    if not _ENVIRONMENT.fullmatch(name):
        raise ConfigError(
            "MEDALLION_ENVIRONMENT must be a letter and at most 15 lower-case letters and digits, "
            f"is {name!r}"
        )
    return name


def _notified(environment: str, address: str) -> str:
    if not address:
        return ""
    if environment == PRODUCTION:
        raise ConfigError(
            f"MEDALLION_NOTIFY is only for environments other than {PRODUCTION}, "
            "where clients' own people are told"
        )
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(f"MEDALLION_NOTIFY must be one mail address, is {address!r}")
    return address


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _one_of(variable: str, allowed: tuple[str, ...]) -> str:
    """What a variable names; the first that is allowed where it is not set."""
    said = os.environ.get(variable) or allowed[0]
    if said not in allowed:
        raise ConfigError(f"{variable} must be one of {', '.join(allowed)}, is {said!r}")
    return said


def _share(variable: str, usual: float) -> float:
    return _number(variable, usual, 1)


def _seconds(variable: str, usual: float) -> float:
    return _number(variable, usual, _TEN_YEARS)


def _number(variable: str, usual: float, most: int) -> float:
    said = os.environ.get(variable) or str(usual)
    try:
        number = float(said)
    except ValueError:
        number = -1.0
    if not 0 <= number <= most:
        raise ConfigError(f"{variable} must be a number from 0 to {most}, is {said!r}")
    return number
