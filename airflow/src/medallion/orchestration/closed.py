"""The DAG of a client that takes no new runs."""

from __future__ import annotations

from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowFailException


class Refusal(BaseOperator):
    """Fails at once, saying why.

    Args:
        reason: why.
    """

    def __init__(self, *, reason: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.reason = reason

    def execute(self, context: object) -> None:  # noqa: ARG002 - Airflow's signature
        """Refuse.

        Raises:
            AirflowFailException: always.
        """
        raise AirflowFailException(self.reason)


def closed_dag(dag_id: str, client_id: str, reason: str) -> DAG:
    """Build a DAG without a schedule, whose runs fail at once with a reason.

    Args:
        dag_id: the client's.
        client_id: whose it is.
        reason: what a run says.
    """
    with DAG(
        dag_id,
        schedule=None,
        description=reason,
        doc_md=reason,
        tags=["medallion", f"client:{client_id}", "closed"],
    ) as dag:
        Refusal(task_id="closed", reason=reason, retries=0)
    return dag
