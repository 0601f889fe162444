"""Reads and writes of the ledger: short transactions, safe from several processes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select, update

from medallion.database import engine_of, utcnow
from medallion.ledger import tables
from medallion.ledger.records import GOOD, RUNNING, Build, NodeRow, RunKey


@lru_cache
def open_ledger(url: str) -> Ledger:
    """The ledger at a SQLAlchemy URL; one a process and URL."""
    return Ledger(engine_of(url))


class Ledger:
    """What happened in runs. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # -- runs and builds ---------------------------------------------------------------------------

    def start_run(self, key: RunKey, **values: Any) -> None:
        """Write down the run's client, config version and interval; again changes nothing but these."""
        with self.engine.begin() as connection:
            known = connection.execute(_of_run(select(tables.run.c.id), tables.run, key)).scalar()
            if known is None:
                connection.execute(insert(tables.run).values(**_key(key), started_at=utcnow(), **values))
            else:
                connection.execute(update(tables.run).where(tables.run.c.id == known).values(**values))

    def last_interval(self, client_id: str) -> datetime | None:
        """The start of the latest interval that a client ever ran, in UTC without zone."""
        c = tables.run.c
        with self.engine.connect() as connection:
            return connection.execute(
                select(func.max(c.interval_start)).where(c.client_id == client_id)
            ).scalar()

    def start_build(self, key: RunKey, layer: str, series: int) -> int:
        """Open a build and return its id."""
        row = {**_key(key), "layer": layer, "series": series, "state": RUNNING}
        with self.engine.begin() as connection:
            row["started_at"] = _moment(connection, key)
            made = insert(tables.build).values(**row).returning(tables.build.c.id)
            return int(connection.execute(made).scalar_one())

    def end_build(self, build_id: int, state: str, message: str = "") -> None:
        """Close a build: success, retry (another try follows) or failed (none does)."""
        c = tables.build.c
        with self.engine.begin() as connection:
            began: datetime = connection.execute(select(c.started_at).where(c.id == build_id)).scalar_one()
            done = update(tables.build).where(c.id == build_id)
            finished = max(began, utcnow())  # no build takes less than no time, whatever the clock says
            connection.execute(done.values(state=state, message=message, finished_at=finished))

    def builds(self, key: RunKey, layer: str | None = None) -> list[Build]:
        """The run's builds, oldest first."""
        c = tables.build.c
        query = _of_run(select(c.id, c.layer, c.series, c.state, c.started_at, c.message), tables.build, key)
        if layer:
            query = query.where(c.layer == layer)
        with self.engine.connect() as connection:
            return [Build(**row._mapping) for row in connection.execute(query.order_by(c.id))]

    # -- nodes -------------------------------------------------------------------------------------

    def add_results(self, key: RunKey, build_id: int, rows: Iterable[NodeRow]) -> None:
        """Add results the moment dbt reports them."""
        values = [
            {
                **_key(key),
                **{name: getattr(row, name) for name in _RESULT_COLUMNS},
                "build_id": build_id,
                "finished_at": utcnow(),
            }
            for row in rows
        ]
        if values:
            with self.engine.begin() as connection:
                connection.execute(insert(tables.node_result), values)

    def results_after(
        self,
        key: RunKey,
        last_id: int = 0,
        *,
        good_of_series: int | None = None,
        of_build: int | None = None,
    ) -> list[NodeRow]:
        """The run's results with an id above ``last_id``, oldest first.

        Args:
            key: the run.
            last_id: results up to this id are left out.
            good_of_series: only good results of builds of this series.
            of_build: only results of this build.
        """
        result, build = tables.node_result, tables.build
        columns = [result.c[name] for name in (*_RESULT_COLUMNS, "id", "build_id")]
        query = _of_run(select(*columns, build.c.started_at.label("built_at")), result, key)
        query = query.join_from(result, build, result.c.build_id == build.c.id).where(result.c.id > last_id)
        if good_of_series is not None:
            query = query.where(build.c.series == good_of_series, result.c.status.in_(GOOD))
        if of_build is not None:
            query = query.where(result.c.build_id == of_build)
        with self.engine.connect() as connection:
            return [NodeRow(**row._mapping) for row in connection.execute(query.order_by(result.c.id))]

    def latest_results(self, key: RunKey) -> dict[str, NodeRow]:
        """The last result of each node of the run."""
        return {row.node: row for row in self.results_after(key)}

    # -- everything else ---------------------------------------------------------------------------

    def record(self, table: Table, key: RunKey, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows of a run to ``extraction``, ``contract_check``, ``verdict`` or the like, as of now."""
        stamp = next(column.name for column in table.c if column.name.endswith("_at"))
        if rows:
            with self.engine.begin() as connection:
                moment = _moment(connection, key)
                connection.execute(insert(table), [{**_key(key), **row, stamp: moment} for row in rows])

    def rows_of(self, table: Table, key: RunKey) -> list[dict[str, Any]]:
        """The run's rows of a table, oldest first."""
        with self.engine.connect() as connection:
            found = connection.execute(_of_run(select(table), table, key).order_by(table.c.id))
            return [dict(row._mapping) for row in found]


_RESULT_COLUMNS = ("node", "layer", "status", "message", "rows", "seconds", "failing", "population", "log")


#: What a moment of a run is later than the one before, where the clock does not say so.
TICK = timedelta(microseconds=1)
#: The moments that a run is put in order by.
_ORDER = (tables.build.c.started_at, tables.verdict.c.judged_at, tables.rebuild_request.c.since)


def last_moment(connection: Connection, key: RunKey) -> datetime | None:
    """The last moment that a run is put in order by: of a build, a verdict or a clearing.

    Args:
        connection: of the ledger.
        key: the run.

    Returns:
        UTC without zone; None if there is none yet.
    """
    moments = (
        connection.execute(_of_run(select(func.max(column)), column.table, key)).scalar() for column in _ORDER
    )
    return max(filter(None, moments), default=None)


def _moment(connection: Connection, key: RunKey) -> datetime:
    """Now, but after all that the run is put in order by: clocks are set, and those of machines differ."""
    last, now = last_moment(connection, key), utcnow()
    return max(last + TICK, now) if last else now


def _key(key: RunKey) -> dict[str, str]:
    return {"dag_id": key.dag_id, "run_id": key.run_id}


def _of_run(query: Any, table: Table, key: RunKey) -> Any:
    return query.where(table.c.dag_id == key.dag_id, table.c.run_id == key.run_id)
