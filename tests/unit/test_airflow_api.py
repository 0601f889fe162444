import json

import httpx
import pytest

from medallion.airflow_api import AirflowClient
from medallion.exceptions import RunnerError


class Airflow:
    """Answers as Airflow does, over a transport instead of a network, and notes what it was asked."""

    def __init__(self, pages=()):
        self.asked = []
        self.logins = 0
        self.pages = pages
        self.expired = False

    def __call__(self, request):
        self.asked.append(request)
        if request.url.path == "/auth/token":
            self.logins += 1
            good = json.loads(request.content)["password"] == "right"
            return (
                httpx.Response(201, json={"access_token": f"t{self.logins}"}) if good else httpx.Response(401)
            )
        if self.expired and request.headers["Authorization"] == "Bearer t1":
            return httpx.Response(401)
        return self.answer(request)

    def answer(self, request):
        if request.url.path.endswith("/taskInstances"):
            offset = int(request.url.params["offset"])
            tasks = [{"task_id": name, "state": None} for name in self.pages[offset : offset + 2]]
            return httpx.Response(200, json={"task_instances": tasks, "total_entries": len(self.pages)})
        if request.url.path.endswith("/details"):
            return httpx.Response(404)
        return httpx.Response(409, text="it is already there")


def client_of(airflow, word="right"):
    return AirflowClient("http://airflow", "admin", word, httpx.MockTransport(airflow))


def test_tasks_of_all_pages_are_returned():
    names = ["one", "two", "three", "four", "five"]
    assert list(client_of(Airflow(pages=names)).tasks("dag", "run")) == names


def test_a_run_without_tasks_has_none():
    assert client_of(Airflow()).tasks("dag", "run") == {}


def test_one_login_serves_all_requests_until_its_token_expires():
    airflow = Airflow()
    client = client_of(airflow)
    client.tasks("dag", "run")
    client.tasks("dag", "run")
    assert airflow.logins == 1
    airflow.expired = True
    client.tasks("dag", "run")
    assert airflow.logins == 2


def test_a_wrong_password_is_said_to_be_one():
    with pytest.raises(RunnerError, match="refuses user 'admin': wrong password"):
        client_of(Airflow(), "wrong").dag("dag")


def test_a_dag_that_airflow_does_not_have_is_none():
    assert client_of(Airflow()).dag("dag") is None


def test_a_refusal_names_request_status_and_reason():
    with pytest.raises(
        RunnerError, match=r"answered POST /api/v2/dags/d/dagRuns with 409: it is already there"
    ):
        client_of(Airflow()).trigger("d")
