"""The ledger's rows as metrics, counted and measured by the database at each scrape.

=====================================================  =================================================
``medallion_clients{platform,status}``                 clients of the registry
``medallion_runs_total{client}``                       runs that have begun; dry ones are none
``medallion_deliveries_total{client,destination}``     deliveries
``medallion_failed_tries_total{client,failure}``       tries of tasks that failed, by class
``medallion_extracted_rows_total{client,source}``      rows that landed
``medallion_messages_total{client,severity}``          causes that people were told of
``medallion_messages_failed_total{client}``            of these, tellings of a channel that failed for good
``medallion_last_run_timestamp_seconds{client}``       when the last run began
``medallion_last_run_seconds{client}``                 how long it took, to its last sign of life
``medallion_last_delivery_timestamp_seconds{client}``  when gold was delivered last
``medallion_delivered_until_timestamp_seconds``        end of the latest interval that was delivered: how
                                                       fresh gold is; by ``client``
``medallion_score{client,layer}``                      the last score that the layer's gate measured
``medallion_threshold{client,layer}``                  what it was held to
``medallion_stream_events_total{client}``              events that a stream landed
``medallion_stream_waiting_events{client}``            of these, how many gold has not
``medallion_stream_seconds{client}``                   how long 19 of 20 events of the last micro-batch took
                                                       from when they happened to gold, without late ones
=====================================================  =================================================

Names follow Prometheus's conventions: base units, ``_total`` for what only grows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, func, select

from medallion.ledger import Ledger, tables
from medallion.ledger.past import past_runs
from medallion.ledger.told import FAILED

#: From a platform's name to how many of its clients have each status.
Statuses = Callable[[], dict[tuple[str, str], int]]


class LedgerCollector(Collector):
    """Asks the ledger, and the registry for its clients, whenever it is scraped.

    Args:
        ledger: opens the ledger.
        statuses: how many clients the registry has, by platform and status.
    """

    def __init__(self, ledger: Callable[[], Ledger], statuses: Statuses) -> None:
        self._ledger = ledger
        self._statuses = statuses

    def collect(self) -> Iterable[Metric]:
        """Every family, with all its samples.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: if the database cannot be asked.
        """
        ledger = self._ledger()
        yield _gauge("clients", "Clients of the registry", ("platform", "status"), self._statuses().items())
        with ledger.engine.connect() as connection:
            yield from _counted(connection)
            yield from _last(connection)
            yield from _streamed(connection)
        yield _durations(ledger)


def exposition(collectors: Iterable[Collector]) -> bytes:
    """The metrics as text, in Prometheus's exposition format."""
    registry = CollectorRegistry(auto_describe=False)
    for one in collectors:
        registry.register(one)
    return generate_latest(registry)


Values = Iterable[tuple[Sequence[str], float]]


def _gauge(name: str, said: str, labels: Sequence[str], values: Values) -> Metric:
    return _filled(GaugeMetricFamily(f"medallion_{name}", said, labels=labels), values)


def _counter(name: str, said: str, labels: Sequence[str], values: Values) -> Metric:
    return _filled(CounterMetricFamily(f"medallion_{name}", said, labels=labels), values)


def _filled(family: Any, values: Values) -> Metric:
    for labels, value in values:
        family.add_metric([str(one) for one in labels], value)
    return family  # type: ignore[no-any-return]


# --- What is counted


def _counted(connection: Connection) -> Iterator[Metric]:
    run, tries, told = tables.run.c, tables.failed_try, tables.notification
    real = select(run.client_id, func.count()).where(run.dry_run == 0).group_by(run.client_id)
    yield _counter("runs", "Runs that have begun", ("client",), _rows(connection, real))
    delivered = _by_client(tables.delivery, tables.delivery.c.destination, func.count())
    yield _counter(
        "deliveries", "Deliveries of gold", ("client", "destination"), _rows(connection, delivered)
    )
    failed = _by_client(tries, tries.c.failure, func.count())
    yield _counter(
        "failed_tries", "Tries of tasks that failed", ("client", "failure"), _rows(connection, failed)
    )
    landed = _by_client(tables.extraction, tables.extraction.c.source, func.sum(tables.extraction.c.rows))
    yield _counter("extracted_rows", "Rows that landed", ("client", "source"), _rows(connection, landed))
    causes = select(told.c.client_id, told.c.severity, func.count()).group_by(
        told.c.client_id, told.c.severity
    )
    yield _counter(
        "messages", "Causes that people were told of", ("client", "severity"), _rows(connection, causes)
    )
    channel = tables.notification_channel
    untold = (
        select(told.c.client_id, func.count())
        .join_from(channel, told, channel.c.notification_id == told.c.id)
        .where(channel.c.state == FAILED)
        .group_by(told.c.client_id)
    )
    yield _counter(
        "messages_failed", "Messages that a channel did not take", ("client",), _rows(connection, untold)
    )


def _by_client(table: Table, label: ColumnElement[Any], value: ColumnElement[Any]) -> Select[Any]:
    client = tables.run.c.client_id
    return _with_run(table, client, label, value).group_by(client, label)


def _with_run(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of a table and of the run that its rows are of."""
    run = tables.run
    of_run = and_(run.c.dag_id == table.c.dag_id, run.c.run_id == table.c.run_id)
    return select(*columns).join_from(table, run, of_run)


def _rows(connection: Connection, query: Select[Any]) -> list[tuple[Sequence[str], float]]:
    return [(row[:-1], float(row[-1])) for row in connection.execute(query).all()]


# --- What was last


def _last(connection: Connection) -> Iterator[Metric]:
    run, delivery, verdict = tables.run, tables.delivery, tables.verdict
    began = select(run.c.client_id, func.max(run.c.started_at)).where(run.c.dry_run == 0)
    delivered = _with_run(delivery, run.c.client_id, func.max(delivery.c.delivered_at))
    until = _with_run(delivery, run.c.client_id, func.max(run.c.interval_end))
    for name, said, query in (
        ("last_run_timestamp_seconds", "When the last run began", began),
        ("last_delivery_timestamp_seconds", "When gold was delivered last", delivered),
        ("delivered_until_timestamp_seconds", "End of the latest interval delivered", until),
    ):
        rows = connection.execute(query.group_by(run.c.client_id)).all()
        yield _gauge(name, said, ("client",), [((row[0],), _seconds(row[1])) for row in rows])
    newest = _with_run(verdict, func.max(verdict.c.id)).where(verdict.c.score.is_not(None))
    newest = newest.group_by(run.c.client_id, verdict.c.layer)
    for name, said, value in (
        ("score", "Last score of a layer", verdict.c.score),
        ("threshold", "What the score was held to", verdict.c.threshold),
    ):
        query = _with_run(verdict, run.c.client_id, verdict.c.layer, value).where(verdict.c.id.in_(newest))
        yield _gauge(name, said, ("client", "layer"), _rows(connection, query))


# --- What streams


def _streamed(connection: Connection) -> Iterator[Metric]:
    taken, offset = tables.stream_batch.c, tables.stream_offset.c
    events = select(offset.client_id, func.sum(offset.events)).group_by(offset.client_id)
    landed = _rows(connection, events)
    yield _counter("stream_events", "Events that a stream landed", ("client",), landed)
    behind = select(taken.client_id, func.sum(taken.events)).where(taken.gold_at.is_(None))
    waiting = dict(_rows(connection, behind.group_by(taken.client_id)))
    values = [(client, waiting.get(client, 0.0)) for client, _ in landed]
    yield _gauge("stream_waiting_events", "Events that landed and gold has not", ("client",), values)
    took = []
    for (client,), _ in landed:  # each by the index: a stream has thousands of micro-batches a day
        own = select(taken.gold_at, taken.early_event)
        own = own.where(taken.client_id == client, taken.gold_at.is_not(None))
        last = connection.execute(own.order_by(taken.gold_at.desc()).limit(1)).first()
        if last and last.early_event:
            took.append(((client,), (last.gold_at - last.early_event).total_seconds()))
    said = "How long 19 of 20 events of the last micro-batch took to gold"
    yield _gauge("stream_seconds", said, ("client",), took)


def _seconds(moment: datetime) -> float:
    """Since 1970; the ledger's times are UTC without zone."""
    return moment.replace(tzinfo=UTC).timestamp()


def _durations(ledger: Ledger) -> Metric:
    run = tables.run.c
    last = select(func.max(run.id)).where(run.dry_run == 0).group_by(run.client_id)
    query = select(run.client_id, run.dag_id, run.run_id, run.interval_start, run.interval_end)
    with ledger.engine.connect() as connection:
        newest = connection.execute(query.where(run.id.in_(last))).all()
    values = []
    for one in newest:
        runs = past_runs(ledger, one.dag_id, one.interval_start, one.interval_end)
        took = [past.seconds for past in runs if past.run_id == one.run_id and past.seconds is not None]
        values += [((one.client_id,), seconds) for seconds in took]
    return _gauge("last_run_seconds", "How long the last run took", ("client",), values)


def statuses_of(known: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Count clients by platform and status."""
    return dict(Counter(known))
