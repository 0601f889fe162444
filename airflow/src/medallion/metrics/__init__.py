"""What ledger and Airflow know of the fleet, as Prometheus reads it."""

from medallion.metrics.airflow import AirflowCollector
from medallion.metrics.families import LedgerCollector, exposition

__all__ = ["AirflowCollector", "LedgerCollector", "exposition"]
