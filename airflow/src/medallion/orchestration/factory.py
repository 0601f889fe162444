"""The factory as a DAG: every five minutes, and by hand or over REST for one client."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from airflow.sdk import DAG, BaseOperator, Param
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.observability import stats

from medallion.airflow_api import AirflowClient
from medallion.exceptions import MedallionError
from medallion.factory import ACTOR, Action, Report, Telling, go_round, read_asked
from medallion.factory.report import WORDS
from medallion.ledger import open_ledger
from medallion.notifications.telling import now
from medallion.orchestration.context import run_key
from medallion.orchestration.notes import airflow_client, harmless
from medallion.orchestration.routes import teller_of
from medallion.registry.find import registry_of
from medallion.settings import DEFAULT_PLATFORM, Settings, load_settings

_DOCUMENT = """
Keeps the clients' files, the registry and Airflow in step. A run by hand may also change one client:
choose an `action`, name the `client`, say `why`. The same over REST: `POST /api/v2/dags/{dag_id}/dagRuns`
with the parameters as `conf`. The run ends once the change is live, and fails, after it has done
everything else, if a file is invalid or a change was refused.
"""


class FactoryTask(BaseOperator):
    """Goes one round for a platform.

    Args:
        platform: whose clients.
    """

    ui_color = "#e3dcf2"

    def __init__(self, *, platform: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform

    def execute(self, context: Any) -> dict[str, Any]:
        """Go the round, and tell of it: in the log, on the task, as metrics, to people where it failed.

        Returns:
            The report's facts.

        Raises:
            AirflowFailException: if the request is wrong, or something needs a person.
        """
        settings = replace(load_settings(), platforms=(self.platform,))
        with closing(airflow_client()) as airflow:
            report = self._round(settings, airflow, context)
        self._tell(report)
        ledger, teller = open_ledger(settings.database_url), partial(teller_of, settings)
        Telling(registry_of(settings), ledger, teller, run_key(context), now()).tell(report)
        if report.trouble:
            raise AirflowFailException("\n".join(str(line) for line in report.trouble))
        return report.facts()

    def _round(self, settings: Settings, airflow: AirflowClient, context: Any) -> Report:
        """Go the round, and leave what there is to say of it as a note on the task."""
        run = context["dag_run"]
        place = (run.dag_id, run.run_id, context["ti"].task_id)
        try:
            asked = read_asked(context["params"])
            report = go_round(settings, airflow, asked, actor=run.triggering_user_name or ACTOR)
        except MedallionError as error:
            with harmless(self.log):
                airflow.note(*place, f"**refused**: {error}")
            raise AirflowFailException(str(error)) from error
        with harmless(self.log):
            airflow.note(*place, report.markdown())
        return report

    def _tell(self, report: Report) -> None:
        for line in report.lines:
            level = self.log.error if line in report.trouble else self.log.info
            level("%s", line)
        self.log.info("%s: bundle %s: %s", report.platform, report.version, json.dumps(report.totals))
        for word in WORDS:  # a gauge keeps what it was last told: zero has to be said
            stats.gauge(f"medallion.factory.{report.platform}.{word}", report.totals.get(word, 0))


def factory_dag(platform: str, every: timedelta = timedelta(minutes=5)) -> DAG:
    """Build a platform's factory.

    Args:
        platform: whose clients it keeps.
        every: how often it goes round by itself.
    """
    dag_id = ACTOR if platform == DEFAULT_PLATFORM else f"{platform}__{ACTOR}"
    with DAG(
        dag_id,
        description=f"Keeps files, registry and Airflow in step, for platform {platform}",
        doc_md=_DOCUMENT.format(dag_id=dag_id),
        schedule=every,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["medallion", "factory"],
        params=_params(),
    ) as dag:
        FactoryTask(
            task_id="go_round",
            platform=platform,
            retries=0,
            execution_timeout=timedelta(minutes=15),
            doc_md="Syncs the files, makes the DAG files, closes and removes what is to go.",
        )
    return dag


def _params() -> dict[str, Param]:
    return {
        "action": Param("sync", enum=[action.value for action in Action], description="What to do."),
        "client": Param(None, type=["null", "string"], description="Whom it is about; not needed for sync."),
        "config": Param(
            None, type=["null", "object"], description="Of put: the client's keys, as in its YAML file."
        ),
        "revision": Param(None, type=["null", "integer"], description="Of rollback: where to go back to."),
        "expected": Param(
            None, type=["null", "integer"], description="The revision you looked at; 0 if there was none."
        ),
        "why": Param("", type="string", description="For the audit log."),
        "forget": Param(False, type="boolean", description="Of remove: delete the DAG's history as well."),
        "confirmed": Param(
            False, type="boolean", description="Let a sync take away more than its share of the clients."
        ),
    }
