"""DAGs that applications have made from a template, over Airflow's API or by hand. Knows no Airflow."""

from medallion.creator.create import create_dag, refuse_foreign, unique_id, wait_until_live
from medallion.creator.errors import CreatorError, NotLiveError
from medallion.creator.request import DagRequest, read_request
from medallion.creator.store import CreatedDag, CreatedDags, Made, expire
from medallion.creator.templates import find_templates, read_template

__all__ = [
    "CreatedDag",
    "CreatedDags",
    "CreatorError",
    "DagRequest",
    "Made",
    "NotLiveError",
    "create_dag",
    "expire",
    "find_templates",
    "read_request",
    "read_template",
    "refuse_foreign",
    "unique_id",
    "wait_until_live",
]
