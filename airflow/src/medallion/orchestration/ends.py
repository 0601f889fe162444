"""The tasks at both ends of a run: sources come in, gold goes out, what is too old goes away."""

from __future__ import annotations

from functools import partial
from logging import ERROR, WARNING
from typing import Any
from urllib.parse import urlsplit

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from medallion.airflow_api.backfills import BACKFILL
from medallion.clients import Destination, SourceContract
from medallion.exceptions import GateFailed
from medallion.extract import Checked, Landed, extract_source, totals, worst
from medallion.interval import Interval
from medallion.ledger import Ledger, RunKey, open_ledger, streams, tables
from medallion.ledger.judged import VALIDATION, judged_builds
from medallion.locks import LOCK_SECONDS
from medallion.missing import missing_of_fleet
from medallion.orchestration.connections import airflow_connection, airflow_settings
from medallion.orchestration.context import asked_of, interval_of, run_key
from medallion.orchestration.links import RunReportLink, report_url
from medallion.orchestration.notes import note_on_run, note_on_task
from medallion.orchestration.summaries import checks_note, run_note
from medallion.pipeline import Extract, Plan
from medallion.publish import RunFacts, publish
from medallion.registry import REMOVED
from medallion.registry.find import registry_of
from medallion.reports import read_day, write_run_report
from medallion.reports.day_in_warehouse import NOT_READ
from medallion.retention import apply_retention, leave_out, not_due, plan_retention
from medallion.settings import Settings
from medallion.warehouses import warehouse_of


class ExtractTask(BaseOperator):
    """Lands one source, an interval after the other; each changes whole or not at all."""

    operator_extra_links = (RunReportLink(),)
    ui_color = "#d9e8f5"

    def __init__(self, *, plan: Plan, extract: Extract, contract: SourceContract, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.extract = extract
        self.contract = contract

    @property
    def server(self) -> str:
        """What tells the source's server from others: its host, or where its login stands; blank of files."""
        host = urlsplit(self.extract.location or self.contract.location or "").netloc
        return host or self.contract.connection or self.contract.env or ""

    def execute(self, context: Any) -> None:
        """Land the source and write what came, and what its contract's checks found, to the ledger.

        Raises:
            ExtractError: if a file is missing, cut off or not what the contract says.
        """
        settings = airflow_settings()
        landed: list[Landed] = []
        checked: list[Checked] = []
        try:
            for interval in asked_of(context, self.plan.client).intervals:
                landed += self._told(self._land(settings, interval, checked))
        finally:
            self._tell_checks(context, settings, checked)
        rows = [{"source": self.contract.name, **row} for row in totals(landed)]
        open_ledger(settings.database_url).record(tables.extraction, run_key(context), rows)

    def _told(self, landed: list[Landed]) -> list[Landed]:
        for one in landed:
            self.log.info("%s: %s rows in %s", one.entity, f"{one.rows:,}", one.path)
            for change in one.changes:
                self.log.warning("%s: %s", one.entity, change)
        return landed

    def _tell_checks(self, context: Any, settings: Settings, checked: list[Checked]) -> None:
        """Write what checks found to ledger, log and, where one was breached, the task's note."""
        rows = worst(checked)
        open_ledger(settings.database_url).record(tables.contract_check, run_key(context), rows)
        for one in checked:
            if one.breached:
                self.log.log(ERROR if one.on_breach == "fail" else WARNING, "%s: %s", one.interval, one)
        if note := checks_note(rows):
            note_on_task(context, note, self.log)

    def _land(self, settings: Settings, interval: Interval, checked: list[Checked]) -> list[Landed]:
        return extract_source(
            self.contract,
            client_id=self.plan.client.id,
            location=self.extract.location,
            values=self.plan.client.values,
            interval=interval,
            sub_daily=self.plan.sub_daily,
            landing=settings.landing,
            samples=settings.samples,
            adventureworks=settings.adventureworks,
            lookup=airflow_connection,
            tell=checked.extend,
        )


class LoadTask(BaseOperator):
    """Publishes gold to the client's destination, all tables or none."""

    operator_extra_links = (RunReportLink(),)
    ui_color = "#d8ead3"

    def __init__(self, *, plan: Plan, destination: Destination, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan
        self.destination = destination

    def execute(self, context: Any) -> None:
        """Deliver what this run built and the gates passed.

        Raises:
            GateFailed: if quality_validation has not passed in this run.
            DeliveryRefused: if gold is no longer what it judged.
            AirflowSkipException: if the run is a dry one.
            PublishError: if gold could not be delivered; the last good delivery is still there.
        """
        settings, key, interval = airflow_settings(), run_key(context), interval_of(context, self.plan.client)
        ledger = open_ledger(settings.database_url)
        verdicts = [row for row in ledger.rows_of(tables.verdict, key) if row["gate"] == VALIDATION]
        if not verdicts or not all(row["passed"] for row in verdicts[-len(self.plan.layers) :]):
            raise GateFailed("quality_validation has not passed in this run: nothing is published")
        if asked_of(context, self.plan.client).dry_run:
            listed = ", ".join(self.plan.marts)
            raise AirflowSkipException(f"a dry run: would publish {listed} to {self.destination.name}")
        facts = RunFacts(
            run_id=key.run_id, interval_start=interval.start, config_version=self.plan.config_version
        )
        client = self.plan.client.id
        with warehouse_of(settings).gold(settings, client, self.plan.marts, LOCK_SECONDS) as warehouse:
            delivery = publish(
                settings.name_of(client),
                self.destination,
                warehouse=warehouse,
                schema=settings.schema_of(client, "gold"),
                tables=self.plan.marts,
                root=settings.destinations,
                run=facts,
                judged=judged_builds(ledger, key),
                lookup=airflow_connection,
            )
        row = {
            "destination": delivery.destination,
            "path": delivery.place,
            "tables": dict(delivery.tables),
        }
        ledger.record(tables.delivery, key, [row])
        self._tell_stream(ledger, key)
        self.log.info("delivered to %s: %s", delivery.place, dict(delivery.tables))
        for table, rows in delivery.copied.items():
            self.log.info("%s: %s of its rows were copied", table, f"{rows:,}")
        for note in delivery.notes:
            self.log.warning("%s: %s", delivery.destination, note)

    def _tell_stream(self, ledger: Ledger, key: RunKey) -> None:
        """Write down that gold has what the stream had landed when bronze was built."""
        client = self.plan.client.id
        if began := [one.started_at for one in ledger.builds(key, "bronze")]:
            waits = streams.landed_before(streams.waiting(ledger, client), began[0], ledger)
            streams.mark_gold(ledger, client, key.run_id, waits)


_BACKFILLED = "a backfilled run deletes nothing: a scheduled one does"


class CleanupTask(BaseOperator):
    """Deletes what is past the client's retention, refusing to delete too much at once."""

    operator_extra_links = (RunReportLink(),)

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Any) -> None:
        """Say what will go, then delete it, and write it to the ledger.

        Raises:
            RetentionRefused: if more than the allowed share would go.
            AirflowSkipException: if the run is a backfilled one: the past it fills would be deleted at once;
                or if its day is none of the client's ``cleanup_on``.
        """
        settings, interval = airflow_settings(), interval_of(context, self.plan.client)
        ledger = open_ledger(settings.database_url)
        backfilled = context["dag_run"].run_type == BACKFILL
        if why := _BACKFILLED if backfilled else not_due(self.plan.client.cleanup_on, interval):
            leave_out(ledger, run_key(context), why)
            raise AirflowSkipException(why)
        today = interval.run_date
        doomed = plan_retention(settings, ledger, self.plan, today)
        self.log.info("%s", doomed)
        apply_retention(settings, ledger, run_key(context), doomed, actor=self.task_id)


class ReportTask(BaseOperator):
    """Writes the reports of the run and of its day, whatever became of the run."""

    operator_extra_links = (RunReportLink(),)

    def __init__(self, *, plan: Plan, **kwargs: Any) -> None:
        super().__init__(trigger_rule="all_done", retries=0, **kwargs)
        self.plan = plan

    def execute(self, context: Any) -> None:
        """Write the reports of the run and of its day, and say on the run what became of it."""
        settings, asked = airflow_settings(), asked_of(context, self.plan.client)
        ledger = open_ledger(settings.database_url)
        seen = NOT_READ if asked.dry_run else read_day(settings, self.plan, asked.interval.run_date)
        if seen.problem:
            self.log.warning("the day's report goes without the warehouse: %s", seen.problem)
        path = write_run_report(
            ledger,
            self.plan,
            run_key(context),
            asked,
            settings.reports,
            _statuses(settings),
            seen=seen,
            look=partial(missing_of_fleet, settings, ledger),
        )
        self.log.info("report: %s", path)
        note_on_run(context, run_note(path, report_url(self.plan, context)), self.log)


def _statuses(settings: Settings) -> dict[str, str]:
    """What the registry says of every client that is not removed, for the fleet's page."""
    heads = [registry_of(settings, platform).heads() for platform in settings.platforms]
    return {name: head.status for one in heads for name, head in one.items() if head.status != REMOVED}
