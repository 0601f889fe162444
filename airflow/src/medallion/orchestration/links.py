"""Links from a task in Airflow's UI to what Medallion has of its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperatorLink

from medallion.exceptions import ConfigError
from medallion.orchestration.context import asked_of
from medallion.orchestration.plugin import PREFIX, in_airflow
from medallion.pipeline import Plan
from medallion.reports import report_page


class RunReportLink(BaseOperatorLink):
    """Opens the report of a task's run, which is written at the run's end.

    Airflow asks for it in the task's own process as the task ends, and keeps the answer as an XCom.
    """

    name = "Run report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the page's path in this Airflow; nothing is read for it but the run's own facts.

        Args:
            operator: a task that knows its client's plan.
            ti_key: the running task itself.
        """
        return report_url(operator.plan, ti_key.get_template_context())


def report_url(plan: Plan, context: Any) -> str:
    """The path of a run's page in this Airflow; of all clients' if its days cannot be told."""
    try:
        page = report_page(Path(PREFIX), plan, asked_of(context, plan.client))
    except ConfigError:
        return in_airflow(f"{PREFIX}/")
    return in_airflow(page.as_posix())
