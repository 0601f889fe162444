"""The watch as a DAG: every few minutes it looks for runs that should exist and do not."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable

from medallion.factory import Starts, StartsTelling, watch_id
from medallion.factory.starts import EVERY
from medallion.factory.telling_starts import LOOK
from medallion.ledger import open_ledger
from medallion.notifications.telling import now
from medallion.orchestration.context import run_key
from medallion.orchestration.markdown import code, plain
from medallion.orchestration.notes import Note, airflow_client, note_on_task
from medallion.orchestration.routes import teller_of
from medallion.registry.find import registry_of
from medallion.settings import load_settings
from medallion.unstarted import Unstarted

_DOCUMENT = """
Looks for runs that the clients' schedules ask for and that nobody has made: because a DAG is paused, cannot
be read or is not the newest, or because the scheduler or the DAG processor is or was away. Tells a client's
people once, and again when its runs start. The note on the task says what was found; the run is green all the
same.

A scheduler that is away cannot run this: `medallion doctor` says so.
"""
#: Telling may take its time here: nothing waits for it.
_PATIENCE = 60.0


class WatchTask(BaseOperator):
    """Looks once for a platform, and tells.

    Args:
        platform: whose clients.
    """

    ui_color = "#e3dcf2"

    def __init__(self, *, platform: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform

    def execute(self, context: Any) -> list[dict[str, Any]]:
        """Look, and tell: people, on the task and in its log.

        Returns:
            What was found, as facts.

        Raises:
            RunnerError: if Airflow does not answer.
            RegistryError: if the registry does not.
        """
        settings = replace(load_settings(), platforms=(self.platform,))
        ledger, key, moment = open_ledger(settings.database_url), run_key(context), now()
        with closing(airflow_client()) as airflow:
            found = Starts(settings, ledger, airflow, moment, looking=key.run_id).unstarted()
        for one in found:
            self.log.warning("%s: %s: %s; %s", one.client_id, one.said, one.reason.said, one.todo)
        if found:
            note_on_task(context, _note(found), self.log)
        else:
            self.log.info("every run that should exist does")
        teller = partial(teller_of, settings, patience=_PATIENCE)
        StartsTelling(registry_of(settings), ledger, teller, key, moment).tell(found)
        return [{"client": one.client_id, "reason": one.reason.name, "said": one.said} for one in found]


def _note(found: list[Unstarted]) -> Note:
    rows = [(code(one.client_id), plain(one.reason.said), plain(one.said)) for one in found]
    return Note((f"runs of {len(found)} clients did not start",), ("client", "why", "what"), tuple(rows))


def watch_dag(platform: str) -> DAG:
    """Build a platform's watch.

    Args:
        platform: whose clients it looks after.
    """
    with DAG(
        watch_id(platform),
        description=f"Finds runs that should exist and do not, for platform {platform}",
        doc_md=_DOCUMENT,
        schedule=CronTriggerTimetable(f"*/{EVERY // timedelta(minutes=1)} * * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["medallion", "factory"],
    ) as dag:
        WatchTask(
            task_id=LOOK,
            platform=platform,
            retries=0,
            execution_timeout=timedelta(minutes=4),
            doc_md="Holds schedules against runs, and tells people of what is missing.",
        )
    return dag
