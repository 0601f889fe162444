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


def client_of(airflow, word="right", **options):
    return AirflowClient("http://airflow", "admin", word, httpx.MockTransport(airflow), **options)


class Busy(Airflow):
    """Lets some answers come too late, after it has done what was asked."""

    def __init__(self, late, error=httpx.ReadTimeout):
        super().__init__(pages=["one"])
        self.late = late
        self.error = error

    def answer(self, request):
        self.late -= 1
        if self.late >= 0:
            raise self.error("late", request=request)
        return super().answer(request)


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


def test_a_question_that_is_not_answered_in_time_is_asked_again():
    airflow = Busy(late=2)
    assert list(client_of(airflow, patience=60).tasks("dag", "run")) == ["one"]
    assert len([one for one in airflow.asked if one.url.path.endswith("/taskInstances")]) == 3


def test_whoever_has_no_patience_asks_once():
    with pytest.raises(RunnerError, match=r"Airflow at http://airflow does not answer GET .*/taskInstances"):
        client_of(Busy(late=1)).tasks("dag", "run")


def test_what_may_have_been_done_is_not_asked_for_again():
    airflow = Busy(late=1)
    with pytest.raises(RunnerError, match="does not answer POST /api/v2/dags/d/dagRuns: late"):
        client_of(airflow, patience=60).trigger("d")
    assert airflow.late == 0


def test_what_cannot_have_arrived_is_asked_for_again():
    airflow = Busy(late=1, error=httpx.ConnectError)
    with pytest.raises(RunnerError, match="409"):
        client_of(airflow, patience=60).trigger("d")


class Failing(Busy):
    """Answers with a failure of its own for a while, as where its database is locked."""

    def answer(self, request):
        self.late -= 1
        return httpx.Response(500, text="Internal Server Error") if self.late >= 0 else self.good(request)

    def good(self, request):
        if request.url.path.endswith("/dagRuns"):
            return httpx.Response(200, json={"dag_run_id": json.loads(request.content)["dag_run_id"]})
        return httpx.Response(200, json={})


class Forgetful(Busy):
    """Makes a run, and fails at saying so."""

    def answer(self, request):
        if request.method == "GET":
            return httpx.Response(200, json=self.made)
        self.late -= 1
        if self.late < 0:
            return httpx.Response(409, text="it is already there")
        self.made = json.loads(request.content)
        return httpx.Response(500, text="Internal Server Error")


def test_what_the_server_failed_at_is_asked_for_again_as_the_same_run():
    airflow = Failing(late=2)
    run_id = client_of(airflow, patience=60).trigger("d")
    asked = [json.loads(one.content) for one in airflow.asked if one.url.path.endswith("/dagRuns")]
    assert [one["dag_run_id"] for one in asked] == [run_id] * 3
    assert asked[0] == asked[1] == asked[2]


def test_a_run_that_was_made_although_the_server_failed_is_the_one_that_was_asked_for():
    airflow = Forgetful(late=1)
    run_id = client_of(airflow, patience=60).trigger("d")
    assert run_id == airflow.made["dag_run_id"]


def test_another_run_of_that_name_is_none_that_was_asked_for():
    airflow = Forgetful(late=0)
    airflow.made = {"dag_run_id": "mine", "logical_date": "2026-01-15T00:00:00Z"}
    with pytest.raises(RunnerError, match="409: it is already there"):
        client_of(airflow, patience=60).trigger("d", run_id="mine")


def test_a_note_the_server_failed_at_is_written_at_last():
    airflow = Failing(late=1)
    client_of(airflow, patience=60).note("d", "r", "t", "said")
    assert [json.loads(one.content) for one in airflow.asked if one.method == "PATCH"] == [
        {"note": "said"},
        {"note": "said"},
    ]


def test_a_server_that_goes_on_failing_is_quoted():
    with pytest.raises(RunnerError, match="with 500: Internal Server Error"):
        client_of(Failing(late=100), patience=0.2).note("d", "r", "t", "said")
