import json
import logging
from types import SimpleNamespace

import httpx
import pytest
from airflow.sdk.exceptions import AirflowNotFoundException

from medallion.airflow_api import NOTE_CHARACTERS, AirflowClient
from medallion.orchestration import notes
from medallion.orchestration.notes import TRIES, Note, note_on_run, note_on_task

RUN = SimpleNamespace(dag_id="client_acme_pipeline", run_id="manual__1")
CONTEXT = {"dag_run": RUN, "ti": SimpleNamespace(task_id="silver.gate")}
PATH = "/api/v2/dags/client_acme_pipeline/dagRuns/manual__1"
LONG = Note(("**blocked**. much",), ("rule", "score"), tuple((f"`rule_{n:03}`", "0.5") for n in range(200)))


class Airflow:
    """Keeps notes as Airflow does, over a transport instead of a network."""

    def __init__(self, kept=None, status=200):
        self.kept = {} if kept is None else kept
        self.status = status

    def __call__(self, request):
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "t"})
        if request.method == "PATCH":
            self.kept[request.url.path] = json.loads(request.content)["note"]
        return httpx.Response(self.status, json={"note": self.kept.get(request.url.path)})

    def connect(self):
        return AirflowClient("http://airflow", "admin", "right", httpx.MockTransport(self))


@pytest.fixture
def airflow(monkeypatch):
    server = Airflow()
    monkeypatch.setattr(notes, "airflow_client", server.connect)
    return server


@pytest.fixture
def log():
    return logging.getLogger("test")


def test_a_note_stands_on_its_task_and_another_on_the_run(airflow, log):
    note_on_task(CONTEXT, Note(("**passed**. all",)), log)
    note_on_run(CONTEXT, Note(("**delivered**. all",)), log)
    assert airflow.kept == {
        f"{PATH}/taskInstances/silver.gate": "Medallion: **passed**. all",
        PATH: "Medallion: **delivered**. all",
    }


def test_what_a_task_found_and_how_its_tries_failed_stand_beside_each_other(airflow, log):
    path = f"{PATH}/taskInstances/silver.gate"
    airflow.kept[path] = "asked the vendor\n\nabout Medallion: twice"
    note_on_task(CONTEXT, Note(("**locked** in try 1",)), log, mark=TRIES)
    note_on_task(CONTEXT, Note(("**refused**. first",), ("check",), (("`rows`",),)), log)
    note_on_task(CONTEXT, Note(("**locked** in try 2", "What to do: wait")), log, mark=TRIES)
    note_on_task(CONTEXT, Note(("**refused**. again",)), log)
    assert airflow.kept[path] == (
        "asked the vendor\n\nabout Medallion: twice\n\nMedallion: **refused**. again\n\n"
        "Medallion, failed tries: **locked** in try 2\n\nWhat to do: wait"
    )
    note_on_task(CONTEXT, LONG, log, mark=TRIES)
    assert len(airflow.kept[path]) <= NOTE_CHARACTERS
    assert airflow.kept[path].startswith("asked the vendor")


def test_what_a_person_wrote_stays_and_what_a_task_said_before_goes(airflow, log):
    airflow.kept[PATH] = "asked the vendor"
    note_on_run(CONTEXT, Note(("**failed**. first",)), log)
    note_on_run(CONTEXT, Note(("**delivered**. second",)), log)
    assert airflow.kept[PATH] == "asked the vendor\n\nMedallion: **delivered**. second"


def test_what_does_not_fit_is_left_out_by_the_row(airflow, log):
    airflow.kept[PATH] = "asked the vendor " * 20
    note_on_run(CONTEXT, LONG, log)
    text = airflow.kept[PATH]
    *_, row, _, last = text.splitlines()
    shown = text.count("| 0.5 |")
    assert NOTE_CHARACTERS - 30 < len(text) <= NOTE_CHARACTERS
    assert row == f"| `rule_{shown - 1:03}` | 0.5 |"
    assert last == f"{200 - shown} more in the run's report"


@pytest.mark.parametrize("room", [400, 60, 20])
def test_a_note_is_never_longer_than_its_room(room):
    text = LONG.text(room)
    assert len(text) <= room
    assert text.startswith("Medallion: **bloc")


def missing():
    raise AirflowNotFoundException("The conn_id `medallion_airflow` isn't defined")


def away():
    return AirflowClient("http://127.0.0.1:9", "admin", "right")  # nothing listens there


@pytest.mark.parametrize("connect", [missing, away, Airflow(status=500).connect])
def test_a_note_that_cannot_be_written_is_a_warning(connect, monkeypatch, caplog, log):
    monkeypatch.setattr(notes, "airflow_client", connect)
    note_on_task(CONTEXT, Note(("**passed**. all",)), log)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("no note in Airflow: ")
