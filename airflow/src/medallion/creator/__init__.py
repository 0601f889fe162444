"""DAGs that applications have made from a template, over Airflow's API or by hand. Knows no Airflow."""

from medallion.creator.create import create_dag, refuse_foreign, unique_id
from medallion.creator.request import DagRequest, read_request
from medallion.creator.store import CreatedDag, CreatedDags, Made, expire
from medallion.creator.templates import find_templates, read_template
from medallion.exceptions import CreatorError

__all__ = [
    "CreatedDag",
    "CreatedDags",
    "CreatorError",
    "DagRequest",
    "Made",
    "create_dag",
    "expire",
    "find_templates",
    "read_request",
    "read_template",
    "refuse_foreign",
    "unique_id",
]
