"""What Airflow's API says of its parts and queues, as metrics.

=======================================  ===============================================================
``medallion_airflow_up``                 1 while the API server answers
``medallion_airflow_part_up{part}``      1 while the scheduler, triggerer, dag_processor beats
``medallion_tasks{queue,state}``         tasks that are queued, running, deferred or wait for their retry
=======================================  ===============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import httpx
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from medallion.airflow_api import PARTS, AirflowClient
from medallion.exceptions import MedallionError

_STATES = ("queued", "running", "deferred", "up_for_retry")


class AirflowCollector(Collector):
    """Asks Airflow's API whenever it is scraped.

    Args:
        connect: makes a client of the API; its connections are closed after each scrape.
        queues: which queues are asked for.
    """

    def __init__(self, connect: Callable[[], AirflowClient], queues: Sequence[str]) -> None:
        self._connect = connect
        self._queues = tuple(dict.fromkeys(queues))

    def collect(self) -> Iterable[Metric]:
        """Every family; while Airflow does not answer just that it does not."""
        up = GaugeMetricFamily("medallion_airflow_up", "Whether the API server answers")
        airflow = self._connect()
        try:
            found = list(self._asked(airflow))
            up.add_metric([], 1)
        except (MedallionError, httpx.HTTPError):
            found = []
            up.add_metric([], 0)
        finally:
            airflow.close()
        return [up, *found]

    def _asked(self, airflow: AirflowClient) -> Iterator[Metric]:
        health = airflow.health()
        parts = GaugeMetricFamily("medallion_airflow_part_up", "Whether a part beats", labels=("part",))
        for part in PARTS:
            parts.add_metric([part], float((health.get(part) or {}).get("status") == "healthy"))
        yield parts
        tasks = GaugeMetricFamily("medallion_tasks", "Tasks that have not ended", labels=("queue", "state"))
        for queue in self._queues:
            for state in _STATES:
                tasks.add_metric([queue, state], airflow.count_tasks(state, queue))
        yield tasks
