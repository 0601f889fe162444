"""The two sides, and the rates that a run of the harness ends with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from medallion.clients import Catalog, load_catalog
from medallion.settings import load_settings
from medallion.warehouses.sqlserver_address import variables_of
from parity.scenario import Rate
from parity.sides import Side, side_in

_URL = "MEDALLION_SQLSERVER_URL"
RATES = pytest.StashKey[list[Rate]]()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog(load_settings().configs)


@pytest.fixture(scope="session")
def rates(request: pytest.FixtureRequest) -> list[Rate]:
    """What is told at the end."""
    return request.config.stash.setdefault(RATES, [])


@pytest.fixture
def sides(tmp_path: Path) -> Callable[[str], tuple[Side, Side]]:
    """DuckDB and another target, on one landing."""
    landing = tmp_path / "landing"

    def make(target: str) -> tuple[Side, Side]:
        other = side_in(tmp_path / "other", landing, target, "another duckdb" if target == "duckdb" else "")
        return side_in(tmp_path / "one", landing, "duckdb"), other

    return make


@pytest.fixture(scope="session")
def sqlserver(request: pytest.FixtureRequest) -> Iterator[str]:
    """The target of that name, on the server that the environment names."""
    if _URL not in os.environ:
        pytest.skip(f"needs {_URL}: a SQL Server, or another server that speaks TDS and T-SQL")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables_of(make_url(os.environ[_URL])).items():
            patch.setenv(name, value)
        patch.delenv("MEDALLION_SQLSERVER_KEY", raising=False)
        patch.setenv("MEDALLION_SQLSERVER_LOADER", request.config.getoption("--loader"))
        yield "sqlserver"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many landed rows a second each side built."""
    rates = config.stash.get(RATES, [])
    if rates:
        terminalreporter.section("landed rows built, all runs of a client")
        for one in rates:
            speed = f"{one.rows / one.seconds:10,.0f} rows/s"
            terminalreporter.line(f"{one.client:28} {one.side:15} {one.rows:9,} {one.seconds:8.1f} s {speed}")
