"""What a deployment sets from outside: environment variables, and variables of the Makefile."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from medallion.execution import options
from medallion.settings import EXECUTIONS, Settings
from medallion.warehouses import WAREHOUSES

_SETTINGS: dict[str, Any] = {name: field.default for name, field in Settings.__dataclass_fields__.items()}


class Variable(NamedTuple):
    """A variable: what it may hold, what counts where it is not set, what it is for, and an example."""

    name: str
    allowed: str
    default: str
    meaning: str
    example: str


#: What the package reads; a test finds every reading in the code and holds this list against it.
ENVIRONMENT = (
    Variable(
        "MEDALLION_HOME",
        "a folder",
        "`var/` of the project",
        "Where everything is written: warehouses, landing, reports, logs, the registry's SQLite file.",
        "/srv/medallion",
    ),
    Variable(
        "MEDALLION_ENVIRONMENT",
        "a letter and at most 15 lower-case letters and digits",
        f"`{Settings.environment}`",
        "Which environment this is. [More](moving_up.md#dev-staging-prod).",
        "staging",
    ),
    Variable(
        "MEDALLION_NOTIFY",
        "a mail address",
        "nobody: the outbox",
        "Who is told instead of the clients' own people, in any environment but prod.",
        "pipelines-staging@example.com",
    ),
    Variable(
        "MEDALLION_LANDING",
        "a folder, or a URL that fsspec can write",
        "`landing/` in the home",
        "Where extracted files land. [More](operations.md#landing-and-reports-in-an-object-store).",
        "s3://company-lake/landing",
    ),
    Variable(
        "MEDALLION_LANDING_CONNECTION",
        "an Airflow connection's id",
        "none: what the environment holds",
        "Holds the login for a URL of landing.",
        "company_lake",
    ),
    Variable(
        "MEDALLION_REPORTS",
        "a folder, or a URL that fsspec can write",
        "`reports/` in the home",
        "Where reports of runs and days are, and the fleet's page.",
        "s3://company-lake/reports",
    ),
    Variable(
        "MEDALLION_REPORTS_CONNECTION",
        "an Airflow connection's id",
        "none: what the environment holds",
        "Holds the login for a URL of reports.",
        "company_lake",
    ),
    Variable(
        "MEDALLION_PROJECT",
        "a folder",
        "the checkout that the package is installed from",
        "Where `configs/` and `dbt/` are.",
        "/srv/our-pipelines",
    ),
    Variable(
        "MEDALLION_PORT",
        "1 to 65535",
        "any free port",
        "Port of the embedded Airflow, on the loopback address only.",
        "8080",
    ),
    Variable(
        "MEDALLION_REGISTRY_URL",
        "a SQLAlchemy URL of SQLite or PostgreSQL",
        "`registry.db` in the home",
        "Database of registry and ledger. May hold a password, and is never printed with it.",
        "postgresql+psycopg://medallion:secret@db/medallion",
    ),
    Variable(
        "MEDALLION_FERNET_KEY",
        "Fernet keys separated by commas, the newest first",
        "none: not encrypted",
        "Encrypts the clients' definitions in the registry. [More](registry.md#encryption).",
        "the output of `medallion registry-key`",
    ),
    Variable(
        "MEDALLION_PLATFORMS",
        "names separated by commas",
        f"`{','.join(_SETTINGS['platforms'])}`",
        "The platforms of this installation; commands are about the first unless told otherwise. "
        "[More](registry.md#platforms).",
        "default,west",
    ),
    Variable(
        "MEDALLION_LEAVING_SHARE",
        "0 to 1",
        f"`{_SETTINGS['leaving_share']}`",
        "Share of the active clients that may leave in one `apply` without `--yes`.",
        "0.1",
    ),
    Variable(
        "MEDALLION_CLEANUP_SHARE",
        "0 to 1",
        f"`{_SETTINGS['cleanup_share']}`",
        "Share of a table, of an entity's landing or of a client's reports that a cleanup may take unasked. "
        "[More](retention.md#the-share-guard).",
        "0.2",
    ),
    Variable(
        "MEDALLION_DRAIN_SECONDS",
        "seconds",
        f"`{_SETTINGS['drain_seconds']:g}`",
        "How long runs in flight of a client that is being removed may go on; then they are ended.",
        "3600",
    ),
    Variable(
        "MEDALLION_WAREHOUSE_QUEUE",
        "a queue's name",
        f"`{_SETTINGS['warehouse_queue']}`, Airflow's own",
        "Airflow's queue of the tasks that open a client's warehouse: of a DuckDB file there is one writer, "
        "and the queue's one worker has the file. [More](production.md#workers).",
        "warehouse",
    ),
    Variable(
        "MEDALLION_EXECUTION",
        ", ".join(f"`{name}`" for name in EXECUTIONS),
        f"`{_SETTINGS['execution']}`",
        "Where a layer's build runs: in its task's process, or in a container or pod of its own. "
        "[More](execution.md).",
        "docker",
    ),
    Variable(
        "MEDALLION_BUILD_IMAGE",
        "an image's name",
        f"`{options.IMAGE}`",
        "The slim dbt image that builds in containers and pods run in.",
        "registry.example.com/medallion-dbt:1.4",
    ),
    Variable(
        "MEDALLION_BUILD_CPUS",
        "a number, by layer if wanted",
        f"`{options.CPUS}`",
        "Processors that such a build takes at most.",
        "1,gold=4",
    ),
    Variable(
        "MEDALLION_BUILD_MEMORY",
        "an amount with `m` or `g`, by layer if wanted",
        f"`{options.MEMORY}`",
        "Memory that such a build takes at most; of more it dies, and is tried again.",
        "2g,silver=4g,gold=8g",
    ),
    Variable(
        "MEDALLION_DOCKER_URL",
        "a URL with `tcp`, `http` or `https`",
        f"`{options.DOCKER_URL}`",
        "Of `docker`: the proxy before the engine. The engine's own socket is refused.",
        "tcp://docker-proxy:2375",
    ),
    Variable(
        "MEDALLION_DOCKER_NETWORK",
        "a network's name",
        f"`{options.DOCKER_NETWORK}`",
        "Of `docker`: the network that containers are on, which reaches registry and ledger; builds on "
        "another one are not touched.",
        "medallion_data",
    ),
    Variable(
        "MEDALLION_DOCKER_VOLUMES",
        "`name:/folder` or `name:/folder:ro`, separated by commas",
        "those of the task's own container",
        "Of `docker`: volumes or folders of the engine's machine; the home among them.",
        "medallion_home:/var/lib/medallion",
    ),
    Variable(
        "MEDALLION_KUBERNETES_NAMESPACE",
        "a namespace",
        "the one of the Airflow connection `kubernetes_default`, else the task's own",
        "Of `kubernetes`: where pods of builds are.",
        "medallion",
    ),
    Variable(
        "MEDALLION_KUBERNETES_SECRETS",
        "names separated by commas",
        "none: has to be set",
        "Of `kubernetes`: secrets whose keys are variables, MEDALLION_REGISTRY_URL among them. What holds a "
        "secret is written into no pod.",
        "medallion",
    ),
    Variable(
        "MEDALLION_KUBERNETES_VOLUMES",
        "`claim:/folder` or `claim:/folder:ro`, separated by commas",
        "none: has to be set",
        "Of `kubernetes`: persistent volume claims; the home's among them.",
        "medallion-home:/var/lib/medallion",
    ),
    Variable(
        "MEDALLION_KUBERNETES_TEMPLATE",
        "a file",
        "none",
        "Of `kubernetes`: YAML of a pod that has what ours has not: node selector, tolerations and the like.",
        "/etc/medallion/build-pod.yaml",
    ),
    Variable(
        "MEDALLION_ADMIN_PASSWORD",
        "text",
        "none",
        "Of `medallion setup`: the password that the user `admin` starts with.",
        "what `make env` wrote to `.env`",
    ),
    Variable(
        "MEDALLION_SAMPLE_ROWS",
        "whole number",
        "none: no samples",
        "Of `medallion setup`: writes sample extracts around today, with about so many rows of new business "
        "a client and day. What comes whole each interval comes on top.",
        "20000",
    ),
    Variable(
        "MEDALLION_METRICS_PASSWORD",
        "text",
        "none",
        "Of `medallion metrics --serve`: what the user `prometheus` logs in with.",
        "what `make env` wrote to `.env`",
    ),
    Variable(
        "MEDALLION_LOCK_SECONDS",
        "seconds",
        "`900`",
        "How long a build or a delivery waits for another process that has the DuckDB file.",
        "60",
    ),
    Variable(
        "MEDALLION_ADVENTUREWORKS",
        "a folder",
        "`../shared/data/adventureworks` beside the project",
        "The CSV files of AdventureWorks. Without them its client is `disabled: no data`.",
        "/data/adventureworks",
    ),
    Variable(
        "MEDALLION_TARGET",
        ", ".join(f"`{name}`" for name in WAREHOUSES),
        f"`{_SETTINGS['target']}`",
        "The dbt target: where clients' warehouses are. [SQL Server](sqlserver.md).",
        "sqlserver",
    ),
    Variable(
        "MEDALLION_SQLSERVER_HOST", "a host's name", "`localhost`", "SQL Server's host.", "db.example.com"
    ),
    Variable("MEDALLION_SQLSERVER_PORT", "1 to 65535", "`1433`", "Its port.", "1433"),
    Variable("MEDALLION_SQLSERVER_DATABASE", "a name", "`medallion`", "The database of all clients.", "lake"),
    Variable(
        "MEDALLION_SQLSERVER_USER",
        "a name",
        "`medallion`",
        "The login of all clients, where they have none of their own.",
        "loader",
    ),
    Variable("MEDALLION_SQLSERVER_PASSWORD", "text", "none", "Its password.", "what the server was given"),
    Variable(
        "MEDALLION_SQLSERVER_KEY",
        "text",
        "none: all clients have one login",
        "Makes each client's own password. [More](sqlserver.md#logins).",
        "what `make env` wrote to `.env`",
    ),
    Variable(
        "MEDALLION_SQLSERVER_ENCRYPT",
        "`true` or `false`",
        "`true`",
        "Whether the connection is encrypted.",
        "true",
    ),
    Variable(
        "MEDALLION_SQLSERVER_TRUST_CERT",
        "`true` or `false`",
        "`false`",
        "Whether any certificate is good enough.",
        "true",
    ),
    Variable(
        "MEDALLION_SQLSERVER_LOADER",
        "`bulk` or `insert`",
        "`bulk`",
        "How landing's and deliveries' rows come to a server; plain inserts are for one without bulk copy.",
        "insert",
    ),
    Variable(
        "MEDALLION_SQLSERVER_COLUMNSTORE",
        "`true` or `false`",
        "`true`",
        "Whether tables of silver and gold are stored by columns.",
        "false",
    ),
    Variable(
        "MEDALLION_SQLSERVER_INDEXES",
        "`true` or `false`",
        "`true`",
        "Whether tables of bronze and silver have an index on their key.",
        "false",
    ),
    Variable(
        "MEDALLION_SQLSERVER_ADMIN",
        "a name",
        "`sa`",
        "Of `medallion setup`: the login that makes the database, logins and schemas.",
        "admin",
    ),
    Variable(
        "MEDALLION_SQLSERVER_ADMIN_PASSWORD",
        "text",
        "none",
        "Its password; nothing but `medallion setup` needs it.",
        "what `make env` wrote to `.env`",
    ),
)

#: What dbt/profiles.yml reads; the defaults are read from there.
_PROFILE = {
    "MEDALLION_DUCKDB_PATH": (
        "a file",
        "The DuckDB file. Medallion sets it to the client's own before it calls dbt.",
    ),
    "MEDALLION_SQLSERVER_SCHEMA": (
        "a name",
        "Where dbt puts the views that tests read from. Medallion sets it to the client's own.",
    ),
    "MEDALLION_DBT_THREADS": ("whole number", "Models that one dbt process builds at once."),
}

_MAKEFILE = {
    "DATE": ("a day", "Day of `make demo`'s extracts, and of the rows that `make dbt` reads.", "2026-02-01"),
    "DEFECTS": (
        "`none`, `low`, `usual`, `high` or a factor",
        "How many defects `make demo` plants; `high` breaches the gates.",
        "high",
    ),
    "FAULT": (
        "`gate`",
        "What `make demo` lets go wrong for one client, and shows from the gate to mail and report; it ends "
        "with 1.",
        "gate",
    ),
    "CLIENT": ("a client's id", "Whose warehouse `make dbt` works on.", "bookshop"),
    "ARGS": ("dbt's command and options", "What `make dbt` runs.", '"build -s +gold"'),
    "BASE": ("a branch or a commit", "What `make review` compares with.", "main"),
    "LOCK": ("a file", "What `make lock` writes.", "requirements.new"),
    "PYTEST": ("pytest's options", "Goes to pytest in `make test…`.", '"-k gate -x"'),
    "PYTHON": ("a Python 3.11", "Makes `.venv`.", "/usr/bin/python3.11"),
}


def profile_variables(project: Path) -> list[Variable]:
    """List the variables that dbt/profiles.yml reads, each once, with its default from there.

    Raises:
        KeyError: it reads one that has no description here.
    """
    text = (project / "dbt" / "profiles.yml").read_text(encoding="utf-8")
    found = dict(re.findall(r"env_var\('(\w+)', '([^']*)'\)", text))
    own = {variable.name for variable in ENVIRONMENT}
    return [
        Variable(name, _PROFILE[name][0], f"`{usual}`" if usual else "none", _PROFILE[name][1], "")
        for name, usual in found.items()
        if name not in own
    ]


def makefile_variables(project: Path) -> list[Variable]:
    """List the variables that the Makefile lets a caller set, with their defaults from there.

    Raises:
        KeyError: it has one without a description here.
    """
    text = (project / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([A-Z]+) \?= ?(.*)$", text, re.MULTILINE)
    return [Variable(name, _MAKEFILE[name][0], _usual(usual), *_MAKEFILE[name][1:]) for name, usual in found]


def _usual(value: str) -> str:
    return "`python3.11` of the path" if value.startswith("$(shell") else f"`{value}`" if value else "none"
