"""A build in this process: the task's own, or that of a container or pod."""

from __future__ import annotations

from medallion.execution.job import BuildJob
from medallion.extract import check_landing
from medallion.ledger import Ledger
from medallion.settings import Settings
from medallion.transform import build_nodes


def build_here(settings: Settings, ledger: Ledger, job: BuildJob) -> None:
    """Build, and write every node's row to the ledger the moment dbt reports it.

    Raises:
        TransformError: if not all of it ended well.
        DamagedError: if a file in landing that bronze reads is not as it was written.
    """
    plan, request = job.request.plan, job.request
    if job.layer == "bronze":
        partitions = [one.partition_path(sub_daily=plan.sub_daily) for one in request.intervals]
        check_landing(settings.landing, plan.client.id, partitions)
    build_nodes(settings, request, lambda row: ledger.add_results(job.run, request.build_id, [row]))
