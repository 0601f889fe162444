"""``dag_creator``: makes a DAG from a template, for whoever may start a run of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, BaseOperator, Param
from airflow.sdk.exceptions import AirflowFailException

from medallion.airflow_api import AirflowClient
from medallion.bundle.live import wait_until_live
from medallion.creator import (
    CreatedDags,
    Made,
    create_dag,
    find_templates,
    read_request,
    refuse_foreign,
)
from medallion.exceptions import MedallionError, NotLiveError
from medallion.masking import masked
from medallion.orchestration.notes import airflow_client
from medallion.registry import Registry
from medallion.registry.find import registry_of
from medallion.settings import DEFAULT_PLATFORM, Settings, load_settings

NAME = "dag_creator"
_SECONDS = 240.0
_DOCUMENT = """
Makes a DAG from a template. Over REST: `POST /api/v2/dags/{dag_id}/dagRuns` with the parameters as `conf`.
The run ends once Airflow has the DAG as it was asked for: whoever triggers it then never runs an older one.
The same `dag_id` again updates the DAG. Templates, and what is refused: docs/dags_by_api.md.
"""


class CreateDag(BaseOperator):
    """Makes the DAG that the run's parameters ask for, and waits until it is live.

    Args:
        platform: in whose bundle.
    """

    ui_color = "#dcecf2"

    def __init__(self, *, platform: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.platform = platform

    def execute(self, context: Any) -> dict[str, Any]:
        """Make the DAG.

        Returns:
            The DAG's facts, and the bundle's version that has it.

        Raises:
            AirflowFailException: if the request or the template is wrong, or the DAG does not get live.
        """
        settings = replace(load_settings(), platforms=(self.platform,))
        run, airflow = context["dag_run"], airflow_client()
        try:
            registry = registry_of(settings)
            facts = self._make(settings, registry, airflow, run, context["params"])
            told = f"**{facts['dag_id']}**, revision {facts['revision']}, is live in `{facts['version']}`"
        except MedallionError as error:
            self._note(airflow, context, f"**refused**: {error}")
            raise AirflowFailException(str(error)) from error
        else:
            self._note(airflow, context, told)
            self.log.info("%s", json.dumps(facts))
            return facts
        finally:
            airflow.close()

    def _make(
        self, settings: Settings, registry: Registry, airflow: AirflowClient, run: Any, given: Any
    ) -> dict[str, Any]:
        actor = run.triggering_user_name or NAME
        try:
            request = read_request(given)
            refuse_foreign(airflow, request)
            made = create_dag(settings, registry, request, actor=actor)
        except MedallionError as error:
            registry.audit(
                str(given.get("dag_id"))[:200], "dag refused", actor, {"why": masked(str(error))[:1000]}
            )
            raise
        self.log.info("%s is written as revision %d; waiting for Airflow", request.path, made.dag.revision)
        self._wait(registry, airflow, made, run, actor)
        return {**made.dag.facts(), "version": made.version}

    def _wait(self, registry: Registry, airflow: AirflowClient, made: Made, run: Any, actor: str) -> None:
        try:
            since = run.start_date.timestamp()
            files = CreatedDags(registry).files
            wait_until_live(
                airflow,
                files,
                made.dag.dag_id,
                made.dag.path,
                version=made.version,
                since=since,
                seconds=_SECONDS,
            )
        except NotLiveError as error:
            detail = {"revision": made.dag.revision, "why": masked(str(error))[:1000]}
            registry.audit(made.dag.dag_id, "dag not live", actor, detail)
            raise

    def _note(self, airflow: AirflowClient, context: Any, text: str) -> None:
        """Say it on the task; what cannot be said there stands in the log."""
        run, task = context["dag_run"], context["ti"]
        try:
            airflow.note(run.dag_id, run.run_id, task.task_id, text)
        except MedallionError as error:
            self.log.warning("no note on the task: %s", error)


def creator_dag(platform: str) -> DAG:
    """Build the ``dag_creator`` of a platform.

    Args:
        platform: in whose bundle it makes DAGs.
    """
    dag_id = NAME if platform == DEFAULT_PLATFORM else f"{platform}__{NAME}"
    with DAG(
        dag_id,
        description=f"Makes a DAG from a template, for platform {platform}",
        doc_md=_DOCUMENT.format(dag_id=dag_id),
        schedule=None,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=4,  # each holds a worker's slot while it waits for the DAG processor
        tags=["medallion", "creator"],
        params=_params(load_settings()),
    ) as dag:
        CreateDag(
            task_id="create_dag",
            platform=platform,
            retries=0,
            execution_timeout=timedelta(seconds=_SECONDS + 60),
            doc_md="Checks the request, renders the template, writes the DAG and waits until it is live.",
        )
    return dag


def _params(settings: Settings) -> dict[str, Param]:
    """The form's fields. What they refuse is refused before there is a run; the task looks at all again."""
    optional = ["null", "string"]
    return {
        "dag_id": Param(
            type="string",
            minLength=1,
            maxLength=200,
            pattern="^[A-Za-z0-9][A-Za-z0-9_.-]*$",
            description="The DAG's id; the id of one that was made before updates it.",
        ),
        "template": Param(
            type="string", enum=list(find_templates(settings)), description="What it is made from."
        ),
        "namespace": Param(
            type="string",
            maxLength=100,
            pattern="^[a-z][a-z0-9_]*$",
            description="The folder it stands in.",
        ),
        "master_dict": Param(
            {},
            type=["object", "string"],
            examples=[{"operation_dict": {"22": [4]}}],  # with one, the form shows an editor of JSON
            description="What the template works by: an object, or the text of a Python literal.",
        ),
        "run": Param(
            True, type="boolean", description="Start it as soon as it is detected; otherwise it is prepared."
        ),
        "owner": Param(None, type=optional, description="For whom it is, such as project:42."),
        "expires": Param(None, type=optional, description="After how long it goes away, such as 30d."),
    }
