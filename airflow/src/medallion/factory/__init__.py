"""Keeps the clients' files, the registry and Airflow in step. Knows Airflow by its REST API alone."""

from medallion.factory.asked import Action, Asked, read_asked
from medallion.factory.report import Line, Report
from medallion.factory.round import ACTOR, bring_up_to_date, go_round
from medallion.factory.starts import Starts, watch_id
from medallion.factory.telling import Telling
from medallion.factory.telling_starts import StartsTelling

__all__ = [
    "ACTOR",
    "Action",
    "Asked",
    "Line",
    "Report",
    "Starts",
    "StartsTelling",
    "Telling",
    "bring_up_to_date",
    "go_round",
    "read_asked",
    "watch_id",
]
