"""What happened: every dbt result, score, verdict, landing and delivery of every run."""

from medallion.ledger.records import Build, NodeRow, RunKey
from medallion.ledger.store import Ledger, open_ledger

__all__ = ["Build", "Ledger", "NodeRow", "RunKey", "open_ledger"]
