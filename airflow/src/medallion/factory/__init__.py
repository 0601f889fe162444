"""Keeps the clients' files, the registry and Airflow in step. Knows Airflow by its REST API alone."""

from medallion.factory.asked import Action, Asked, read_asked
from medallion.factory.report import Line, Report
from medallion.factory.round import ACTOR, bring_up_to_date, go_round
from medallion.factory.telling import Telling

__all__ = [
    "ACTOR",
    "Action",
    "Asked",
    "Line",
    "Report",
    "Telling",
    "bring_up_to_date",
    "go_round",
    "read_asked",
]
