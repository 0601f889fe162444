"""Which tests run beside each other: `make test` has four workers; and the PostgreSQL that they share."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, inspect
from xdist.scheduler import LoadScopeScheduling

from medallion.database import engine_of
from servers import postgres
from sharing import VARIABLE

# Airflow and dbt make a million objects that stay: looking for garbage among them takes a tenth of the time.
gc.set_threshold(50_000, 50, 50)

# What these hold is said in full where it does not hold.
pytest.register_assert_rewrite("endings", "live_airflow", "runs", "shop", "stream_shop")

_LIVE = "tests/e2e/"


def _live(*names: str) -> tuple[str, ...]:
    return tuple(f"{_LIVE}test_{name}.py" for name in names)


#: These share the Airflow of the small shop, in this order: the first wants its clients as they are opened.
_SHOP = _live("wrong_turns", "backfill", "late", "ui")
#: These share that of a project for DAGs made by request; the second kills its parts.
_CREATOR = _live("dag_creator", "embedded")
#: These have one of their own: each runs on the worker that is free, the longest first.
_BESIDE = (*_live("registry", "stream"), *_CREATOR, *_live("faults"))
_AT_ONCE = 2  # of those, beside the first two groups from the start: one a worker
_SLOW = (
    *(f"tests/{name}/" for name in ("warehouse", "connectors", "destinations", "pages", "faults")),
    # They fill, hold and copy warehouses, wait for each other's locks, and for engines that are away.
    *(f"tests/unit/{name}/" for name in ("backup", "bundle", "publish", "deployment", "execution")),
    "tests/unit/quality/test_commands.py",
    "tests/unit/extract/test_checks.py",
)
#: Here ``project`` is one that dbt has to parse.
_PARSES = ("tests/unit/creator/", "tests/unit/retention/")
#: Files that share what is dear to make.
_TOGETHER = "tests/faults/"


class _LiveTogether(LoadScopeScheduling):
    """Keeps tests on the same live Airflow on one worker, and those of any other file together.

    Airflows beside each other would wait for each other; a file's fixtures are built once.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if file.startswith(_TOGETHER):
            return _TOGETHER
        for together in (_SHOP, _CREATOR):
            if file in together:
                return together[0]
        return _LIVE if nodeid.startswith(_LIVE) and file not in _BESIDE else file


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make test-sqlserver` say how rows come to the server."""
    parser.addoption("--loader", choices=["bulk", "insert"], default="bulk", help="of rows to SQL Server")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of the manifests that all tests share, once for all workers."""
    if not hasattr(config, "workerinput"):
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="medallion-manifests-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take it away again."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(VARIABLE), ignore_errors=True)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """Deal out the tests; xdist's own groups need a pytest before 9.2. Of `make test-soak` each by itself."""
    return None if config.getoption("markexpr") == "soak" else _LiveTogether(config, log)


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out what is marked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a warehouse, a server or a browser as slow, and begin with what takes longest."""
    for item in items:
        parses = item.nodeid.startswith(_PARSES) and "project" in getattr(item, "fixturenames", ())
        if parses or item.nodeid.startswith(_SLOW) or "postgres" in _parameters(item):
            item.add_marker("slow")
    items.sort(key=_turn)


def _parameters(item: pytest.Item) -> str:
    return item.callspec.id if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ""


def _turn(item: pytest.Item) -> tuple[int, int]:
    """Which turn a test has; the short ones come last, so that all workers end together."""
    file = item.nodeid.partition("::")[0]
    if file in _SHOP:
        return 0, _SHOP.index(file)
    if file in _BESIDE:
        place = _BESIDE.index(file)
        return 2 if place < _AT_ONCE else 4, place
    if file.startswith(_LIVE):
        return 1, 0
    return 3 if item.get_closest_marker("slow") else 5, 0


@pytest.fixture(scope="session", autouse=True)
def migrated() -> Iterator[None]:
    """An empty SQLite database gets its tables as the migrations once made them: a tenth of a second sooner.

    Every other database, an older SQLite too, is migrated as ever.
    """
    upgrade = import_module("medallion.database.upgrade")
    migrate, made = upgrade._migrate, list[str]()

    def from_memory(connection: Connection) -> None:
        if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
            migrate(connection)
            return
        if not made:
            with create_engine("sqlite://").begin() as memory:
                migrate(memory)
                said = "select sql from sqlite_master where sql is not null order by rowid"
                made.extend(memory.exec_driver_sql(said).scalars())
        for statement in made:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("insert into alembic_version values (?)", (upgrade.HEAD,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "_migrate", from_memory)
        yield


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL, with the login of a superuser."""
    with postgres(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture
def own_schema(server: str) -> Iterator[Callable[[], str]]:
    """Makes databases on the server: schemas, for a database takes long to make."""
    made = []

    def make() -> str:
        name = f"test_{uuid4().hex}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"create schema {name}")
        made.append(f"{server}?options=-csearch_path%3D{name}")
        return made[-1]

    yield make
    for url in made:
        engine_of(url).dispose()
