"""Where the client of Airflow's REST API was."""

from medallion.airflow_api import AirflowClient

__all__ = ["AirflowClient"]
