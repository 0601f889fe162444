"""Airflow as everything outside its processes knows it: by its REST API."""

from medallion.airflow_api.client import NOTE_CHARACTERS, RUN_ENDED, TASK_ENDED, AirflowClient
from medallion.airflow_api.health import PARTS, is_since, not_healthy

__all__ = ["NOTE_CHARACTERS", "PARTS", "RUN_ENDED", "TASK_ENDED", "AirflowClient", "is_since", "not_healthy"]
