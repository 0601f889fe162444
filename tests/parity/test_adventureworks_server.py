"""AdventureWorks read from tables of a server, as docs/sqlserver.md shows it: what its files give as well."""

# ruff: noqa: S608  # the SQL is ours

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mssql_python
import pytest
import yaml

from medallion.clients import Catalog, SourceContract
from medallion.settings import load_settings
from medallion.warehouses.sqlserver_address import address_of
from medallion.warehouses.sqlserver_session import session
from parity.scenario import Step, put_through
from parity.sides import differences, side_in

pytestmark = pytest.mark.slow

CLIENT = "adventure_works"
SCHEMA = "parity_adventureworks"
#: As AdventureWorks declares its columns, by their names.
TYPES = (
    ("uniqueidentifier", r"rowguid"),
    ("datetime", r".+date"),
    ("bit", r".+flag|namestyle"),
    ("money", r"subtotal|taxamt|freight|totaldue|unitprice.*|standardcost|listprice"),
    ("decimal(8, 2)", r"weight"),
    ("int", r".+id|.+qty|.+level|reorderpoint|daystomanufacture|emailpromotion"),
    ("tinyint", r"status|revisionnumber"),
    ("nvarchar(400)", r".+"),
)


def _type(column: str) -> str:
    return next(kind for kind, names in TYPES if re.fullmatch(names, column))


def _loaded(file: Path) -> str:
    """Load a file into a table of its name."""
    with file.open(encoding="utf-8", newline="") as text:
        header, *rows = csv.reader(text)
    table = f"{SCHEMA}.{file.stem}"
    with session(mssql_python.connect, address_of(CLIENT), autocommit=False) as opened:
        cursor = opened.cursor()
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(f"create table {table} ({', '.join(f'[{name}] {_type(name)}' for name in header)})")
        shown = {"t": "1", "f": "0"}
        flags = {at for at, name in enumerate(header) if _type(name) == "bit"}
        values = [
            [None if not cell else shown[cell] if at in flags else cell for at, cell in enumerate(row)]
            for row in rows
        ]
        texts = ", ".join(f"cast(cast(? as nvarchar(400)) as {_type(name)})" for name in header)
        cursor.executemany(f"insert into {table} values ({texts})", values)
        opened.commit()
    return table


@pytest.fixture
def tables(sqlserver: str) -> Iterator[dict[str, str]]:
    """The tables that AdventureWorks' files are on the server, by the name of the file."""
    folder = load_settings().adventureworks
    if folder is None:
        pytest.skip("no AdventureWorks files: set MEDALLION_ADVENTUREWORKS to their folder")
    with session(mssql_python.connect, address_of(CLIENT), autocommit=True) as opened:
        cursor = opened.cursor()
        cursor.execute("select schema_id(?)", (SCHEMA,))
        if cursor.fetchone()[0] is None:
            cursor.execute(f"create schema [{SCHEMA}]")
    loaded = {file.name: _loaded(file) for file in sorted(folder.glob("*/*.csv"))}
    yield loaded
    with session(mssql_python.connect, address_of(CLIENT), autocommit=True) as opened:
        for table in loaded.values():
            opened.cursor().execute(f"drop table {table}")


def _from_server(name: str, tables: dict[str, str]) -> SourceContract:
    """The contract as the page has it: ``sql`` and an address, tables in place of files."""
    contract = yaml.safe_load((load_settings().configs / "sources" / f"{name}.yml").read_text("utf-8"))
    del contract["location"], contract["format"]
    contract |= {"connector": "sql", "env": "ADVENTUREWORKS_URL"}
    for entity in contract["entities"].values():
        entity["table"] = tables[entity.pop("path")]
    return SourceContract.model_validate(contract)


def test_a_database_gives_the_warehouse_that_its_files_give(
    tables: dict[str, str],
    catalog: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADVENTUREWORKS_URL", os.environ["MEDALLION_SQLSERVER_URL"])
    client = catalog.client(CLIENT)
    sources = {source.name: _from_server(source.name, tables) for source in client.data_sources}
    files, server = (
        side_in(tmp_path / name, tmp_path / name / "landing", "duckdb", name) for name in ("files", "server")
    )
    put_through([files], client, catalog, [Step(0)])
    put_through([server], client, replace(catalog, sources=sources), [Step(0)])
    # A file has no null: in bronze a text that is not there is blank.
    different = [one for one in differences(files, server, client) if not one.startswith("bronze.")]
    assert different == []
