"""Looks for runs that should exist and do not: registry and ledger say which, Airflow says why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select

from medallion.airflow_api import AirflowClient
from medallion.bundle import client_path, files_of
from medallion.bundle.live import is_live
from medallion.clients import Client
from medallion.interval import Interval, midnight
from medallion.ledger import Ledger, tables
from medallion.missing import expected_intervals, first_intervals
from medallion.pipeline import calendar_of, dag_id_of, last_complete_interval
from medallion.registry import ACTIVE, Configuration
from medallion.registry.find import registry_of
from medallion.settings import DEFAULT_PLATFORM, Settings
from medallion.unstarted import DAYS, GRACE, Airflow, Dag, Unstarted, unstarted_of

#: The DAG that looks by itself, and how often.
WATCH = "medallion_watch"
EVERY = timedelta(minutes=5)
#: Without a look of its own for so long, the scheduler was away.
_AWAY = 3 * EVERY


def watch_id(platform: str) -> str:
    """The id of a platform's DAG that looks."""
    return WATCH if platform == DEFAULT_PLATFORM else f"{platform}__{WATCH}"


@dataclass(frozen=True)
class Starts:
    """Looks at one platform's clients.

    Attributes:
        settings: the installation; its first platform is meant.
        ledger: knows which intervals were run.
        airflow: the Airflow that runs the platform's DAGs.
        now: the moment until which intervals count, with its zone.
        looking: the run that looks; blank where somebody else does.
    """

    settings: Settings
    ledger: Ledger
    airflow: AirflowClient
    now: datetime
    looking: str = ""

    def unstarted(self) -> list[Unstarted]:
        """What should have a run and has none, client by client.

        Raises:
            RunnerError: if Airflow does not answer.
            RegistryError: if the registry does not.
        """
        firsts = first_intervals(self.ledger)
        found = (
            self._of(known, firsts.get(known.definition.client.id))
            for known in self._registry.configurations().values()
            if known.status == ACTIVE and known.definition.client.schedule_interval is not None
        )
        return [one for one in found if one]

    @cached_property
    def health(self) -> Mapping[str, Any]:
        """Airflow's parts and their last heartbeats, by their names."""
        return self.airflow.health()

    @cached_property
    def schedules(self) -> bool:
        """Whether Airflow makes runs by schedules now: it did for whoever looks."""
        return self._last_look is not None and self.now - self._last_look < _AWAY

    @cached_property
    def _registry(self) -> Any:
        return registry_of(self.settings)

    @cached_property
    def _last_look(self) -> datetime | None:
        """When a scheduled run looked last; the one that looks now is not meant, but in a gap of one."""
        looks = self.airflow.last_runs(watch_id(self.settings.platform), 2, run_type="scheduled")
        earlier = [one for one in looks if one["dag_run_id"] != self.looking]
        return datetime.fromisoformat(earlier[0]["run_after"]) if earlier else None

    @cached_property
    def _airflow(self) -> Airflow:
        gap = (self._last_look, self.now) if self._last_look and not self.schedules else None
        return Airflow(
            scheduler=_healthy(self.health, "scheduler"),
            processor=_healthy(self.health, "dag_processor"),
            settled=self.schedules,
            gap=gap if self.looking else None,
        )

    @cached_property
    def _errors(self) -> Mapping[str, str]:
        return self.airflow.import_errors()

    @cached_property
    def _spans(self) -> Mapping[str, list[tuple[datetime, datetime]]]:
        """What runs of each client processed, as starts and ends in UTC."""
        c, since = tables.run.c, self.now - timedelta(days=DAYS + 1)
        query = select(c.client_id, c.interval_start, c.interval_end).where(
            c.dry_run == 0, c.interval_end >= since.astimezone(UTC).replace(tzinfo=None)
        )
        spans = defaultdict(list)
        with self.ledger.engine.connect() as connection:
            for row in connection.execute(query):
                span = (row.interval_start.replace(tzinfo=UTC), row.interval_end.replace(tzinfo=UTC))
                spans[row.client_id].append(span)
        return spans

    def _of(self, known: Configuration, first: datetime | None) -> Unstarted | None:
        client = known.definition.client
        since = first or self._first_due(client, known.updated_at)
        if since is None:
            return None
        expected = list(expected_intervals(client, since, self.now, DAYS, GRACE))
        spans = self._spans[client.id]
        if all(_covered(interval, spans) for interval in expected):
            return None
        dag_id = dag_id_of(client.id, client.platform)
        begun = self._begun(dag_id, expected[0])
        return unstarted_of(
            client,
            expected,
            lambda interval: interval.start in begun or _covered(interval, spans),
            self._dag(client, dag_id),
            self._airflow,
        )

    def _first_due(self, client: Client, since: datetime) -> datetime | None:
        """The first interval of a client that never ran by its schedule: where there are schedules at all."""
        if not self.schedules:
            return None
        last = last_complete_interval(calendar_of(client), since.replace(tzinfo=UTC)).start
        return max(last, midnight(client.start_date, client.timezone))

    def _begun(self, dag_id: str, first: Interval) -> set[datetime]:
        """Starts of the intervals that have a run in Airflow; it may wait yet, or have failed at once."""
        made = self.airflow.runs_since(dag_id, first.start)
        return {
            datetime.fromisoformat(run["data_interval_start"]) for run in made if run["data_interval_start"]
        }

    def _dag(self, client: Client, dag_id: str) -> Dag:
        path = client_path(client.id)
        errors = (error for file, error in self._errors.items() if file.endswith(path))
        dag = self.airflow.dag(dag_id)
        ended = dag and self.airflow.last_runs(dag_id, 1, end_date_gte=(self.now - GRACE).isoformat())
        in_flight = dag and len(self.airflow.runs_in_flight(dag_id)) >= client.max_active_runs
        return Dag(
            dag_id,
            paused=bool(dag and dag["is_paused"]),
            live=is_live(self.airflow, files_of(self._registry), dag_id, path),
            import_error=_last_line(next(errors, "")),
            held_up=bool(ended or in_flight),
        )


def _covered(interval: Interval, spans: list[tuple[datetime, datetime]]) -> bool:
    return any(start <= interval.start < end for start, end in spans)


def _healthy(health: Mapping[str, Any], part: str) -> bool:
    return bool((health.get(part) or {}).get("status") == "healthy")


def _last_line(trace: str) -> str:
    lines = trace.strip().splitlines()
    return lines[-1].strip() if lines else ""
