"""What a client's warehouse knows of a day: the rows of its tables, and gold's rolling weeks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from medallion.exceptions import WarehouseError
from medallion.masking import masked
from medallion.pipeline import Plan, Rolling
from medallion.settings import Settings
from medallion.sql_words import quoted
from medallion.warehouses import Reading, reading
from medallion.warehouses.reading import Tables

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
    try:
        with reading(settings, plan.client.id, patience) as warehouse:
            schemas = {layer.name: settings.schema_of(plan.client.id, layer.name) for layer in plan.layers}
            there = {layer: warehouse.tables(schema) for layer, schema in schemas.items()}
            return DayInWarehouse(
                {
                    (layer, table): _count(warehouse, _relation(schemas[layer], table), day)
                    for layer, table in _dated(there, plan)
                },
                tuple(_weeks(warehouse, there.get("gold", {}), schemas.get("gold", ""), plan, day)),
            )
    except WarehouseError as error:  # also of a mart that was built before it had these columns
        return DayInWarehouse({}, (), masked(str(error)))


def _dated(there: Mapping[str, Tables], plan: Plan) -> list[tuple[str, str]]:
    """The plan's models that are built and whose rows carry a run's date, in build order."""
    models = [(layer.name, model.name) for layer in plan.layers for model in layer.models]
    return [(layer, name) for layer, name in models if "_run_date" in there[layer].get(name, {})]


def _count(warehouse: Reading, relation: str, day: date) -> int:
    # T-SQL's count is an int, its sum the type of what is added up.
    counted = f"select sum(cast(1 as bigint)) from {relation}"  # noqa: S608  # quoted
    ((rows,),) = warehouse.rows(f"{counted} where _run_date = ?", [day])
    return int(rows or 0)


def _weeks(warehouse: Reading, gold: Tables, schema: str, plan: Plan, day: date) -> Iterator[Weeks]:
    for model in plan.layer("gold").models:
        if model.rolling and model.name in gold:
            yield _mart(warehouse, _relation(schema, model.name), model.name, model.rolling, day)
        elif model.rolling:  # no run has built it yet
            yield Weeks(model.name, model.rolling.currency, {}, None)


def _mart(warehouse: Reading, relation: str, mart: str, rolling: Rolling, day: date) -> Weeks:
    first = day - timedelta(days=TREND_DAYS - 1)
    query = f"select order_date, {', '.join(COLUMNS)} from {relation} where order_date between ? and ?"  # noqa: S608
    rows = warehouse.rows(query, [first, day])
    ((last,),) = warehouse.rows(f"select max(order_date) from {relation}")  # noqa: S608  # quoted
    days = {found: dict(zip(COLUMNS, map(_number, values), strict=True)) for found, *values in rows}
    return Weeks(mart, rolling.currency, days, last)


def _number(value: Any) -> Any:
    """A figure as JSON has it."""
    return float(value) if isinstance(value, Decimal) else value


def _relation(schema: str, table: str) -> str:
    return f"{quoted(schema)}.{quoted(table)}"
