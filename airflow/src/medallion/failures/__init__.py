"""What a failure is: its class, whether another try may heal it, how long to wait, and what to do.

``classify`` takes any exception and says which of ``CLASSES`` it is of; ``decide`` says what follows from
that. Neither knows Airflow, dbt or a driver: what is recognised is data, in ``signs``.
"""

from medallion.failures.backoff import Backoff, Decision, decide
from medallion.failures.classes import CLASSES, Action, FailureClass
from medallion.failures.classify import LONGEST_REASON, Failure, chain_of, classify, lost

__all__ = [
    "CLASSES",
    "LONGEST_REASON",
    "Action",
    "Backoff",
    "Decision",
    "Failure",
    "FailureClass",
    "chain_of",
    "classify",
    "decide",
    "lost",
]
