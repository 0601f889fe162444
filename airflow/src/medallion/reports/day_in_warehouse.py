"""What a client's warehouse knows of a day: the rows of its tables, and gold's rolling weeks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import duckdb

from medallion.exceptions import WarehouseError
from medallion.masking import masked
from medallion.pipeline import Plan, Rolling
from medallion.settings import Settings
from medallion.sql_words import quoted
from medallion.warehouses.reading import read_only

#: How many days a trend goes back, the report's own among them.
TREND_DAYS = 90
#: Seconds that a report waits for a writer before it does without.
_PATIENCE = 20.0
#: The columns that every mart of rolling weeks has beside its day.
COLUMNS = (
    "order_count",
    "window_days",
    "window_order_count",
    "average_daily_orders",
    "order_growth",
    "revenue",
    "window_revenue",
    "average_daily_revenue",
    "revenue_growth",
)


@dataclass(frozen=True)
class Weeks:
    """A mart of rolling weeks.

    Attributes:
        mart: its name.
        currency: of its revenue, where the model says so.
        days: the columns of each of the last days until the report's, by day.
        last_day: the last day it has at all; None if it is empty.
    """

    mart: str
    currency: str | None
    days: Mapping[date, Mapping[str, Any]]
    last_day: date | None


@dataclass(frozen=True)
class DayInWarehouse:
    """What was read.

    Attributes:
        rows: the rows of the day's runs, by layer and table, of each table whose rows carry a run's date.
        weeks: the client's marts of rolling weeks.
        problem: why nothing could be read; blank if it could.
    """

    rows: Mapping[tuple[str, str], int]
    weeks: tuple[Weeks, ...]
    problem: str = ""


#: Of a warehouse that nobody has looked into.
NOT_READ = DayInWarehouse({}, ())


def read_day(settings: Settings, plan: Plan, day: date, patience: float = _PATIENCE) -> DayInWarehouse:
    """Look into a client's warehouse, as its last build left it; nothing is changed.

    Args:
        settings: where the warehouse is.
        plan: the client's.
        day: which; nothing later is read.
        patience: seconds to wait for a writer.

    Returns:
        What is there; if nothing can be read, why.
    """
    if settings.target != "duckdb":
        return DayInWarehouse({}, (), f"read from DuckDB only; MEDALLION_TARGET is {settings.target}")
    try:
        with read_only(settings, plan.client.id, patience) as connection:
            schema_of = partial(settings.schema_of, plan.client.id)
            there = _tables(connection, plan, schema_of)
            return DayInWarehouse(
                {(layer, table): _count(connection, schema_of(layer), table, day) for layer, table in there},
                tuple(_weeks(connection, plan, schema_of("gold"), day)),
            )
    except WarehouseError as error:
        return DayInWarehouse({}, (), masked(str(error)))
    except duckdb.Error as error:  # a mart that was built before it had these columns, or a broken file
        return DayInWarehouse({}, (), masked(" ".join(str(error).split())))


def _tables(
    connection: duckdb.DuckDBPyConnection, plan: Plan, schema_of: Callable[[str], str]
) -> list[tuple[str, str]]:
    """The plan's models that are built and whose rows carry a run's date, in build order."""
    query = "select table_schema, table_name from information_schema.columns where column_name = '_run_date'"
    dated = set(connection.execute(query).fetchall())
    models = [(layer.name, model.name) for layer in plan.layers for model in layer.models]
    return [(layer, name) for layer, name in models if (schema_of(layer), name) in dated]


def _count(connection: duckdb.DuckDBPyConnection, schema: str, table: str, day: date) -> int:
    relation = _relation(schema, table)
    query = f"select count(*) from {relation} where _run_date = ?"  # noqa: S608  # quoted
    ((rows,),) = connection.execute(query, [day]).fetchall()
    return int(rows)


def _weeks(connection: duckdb.DuckDBPyConnection, plan: Plan, gold: str, day: date) -> Iterator[Weeks]:
    for model in plan.layer("gold").models:
        if model.rolling:
            yield _mart(connection, _relation(gold, model.name), model.name, model.rolling, day)


def _mart(
    connection: duckdb.DuckDBPyConnection, relation: str, mart: str, rolling: Rolling, day: date
) -> Weeks:
    first = day - timedelta(days=TREND_DAYS - 1)
    query = f"select order_date, {', '.join(COLUMNS)} from {relation} where order_date between ? and ?"  # noqa: S608
    try:
        rows = connection.execute(query, [first, day]).fetchall()
        ((last,),) = connection.execute(f"select max(order_date) from {relation}").fetchall()  # noqa: S608
    except duckdb.CatalogException:  # no run has built it yet
        return Weeks(mart, rolling.currency, {}, None)
    days = {found: dict(zip(COLUMNS, map(_number, values), strict=True)) for found, *values in rows}
    return Weeks(mart, rolling.currency, days, last)


def _number(value: Any) -> Any:
    """A figure as JSON has it."""
    return float(value) if isinstance(value, Decimal) else value


def _relation(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"
