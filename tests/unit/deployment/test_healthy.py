import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import psycopg
import pytest

from medallion.deployment import healthy

URL = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
TABLE = "create table job (job_type text, hostname text, state text, latest_heartbeat timestamptz)"


@pytest.fixture
def beats(own_schema, monkeypatch):
    """Write heartbeats down as Airflow does: job, age in seconds, state, host."""
    url = own_schema()
    monkeypatch.setenv(URL, url.replace("postgresql:", "postgresql+psycopg:", 1))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)

        def write(job, age, state="running", host=None):
            connection.execute(
                "insert into job values (%s, %s, %s, now() - make_interval(secs => %s))",
                (job, host or socket.gethostname(), state, age),
            )

        yield write


@pytest.mark.parametrize(
    ("part", "job"), [("triggerer", "TriggererJob"), ("dag-processor", "DagProcessorJob")]
)
def test_a_part_is_well_while_its_heart_beats(beats, part, job):
    host = socket.gethostname()
    assert healthy.problem_of(part) == f"no {job} runs on {host}"
    beats(job, 5, host="another")
    beats(job, 5, state="failed")
    assert healthy.problem_of(part) == f"no {job} runs on {host}"
    beats(job, 90)
    assert healthy.problem_of(part) == "the last heartbeat is 90 s old"
    beats(job, 5)
    assert healthy.problem_of(part) == ""


@pytest.fixture
def unused_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]  # bound and not listened on: it refuses


class Answers(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.parametrize(("status", "problem"), [(200, ""), (503, "HTTPError")])
def test_a_server_is_well_if_it_answers(monkeypatch, status, problem):
    monkeypatch.setattr(Answers, "status", status)
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setattr(healthy, "_SCHEDULER", f"http://127.0.0.1:{server.server_port}/health")
        said = healthy.problem_of("scheduler")
    assert said.partition(":")[0] == problem


def test_a_server_that_is_away_is_not_well(monkeypatch, unused_port):
    monkeypatch.setattr(healthy, "_API_SERVER", f"http://127.0.0.1:{unused_port}/")
    assert healthy.problem_of("api-server").startswith("URLError")


def test_a_worker_without_a_broker_is_not_well(monkeypatch, unused_port):
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", f"redis://127.0.0.1:{unused_port}/0")
    assert "Connection refused" in healthy.problem_of("worker")


def test_what_is_no_part_is_named_and_ends_with_one():
    done = subprocess.run(
        [sys.executable, "-m", "medallion.deployment.healthy", "web"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no part is called 'web'; there are api-server, dag-processor, ")


def test_to_ask_imports_nothing_large():
    program = (
        "import sys; from medallion.deployment.healthy import problem_of; problem_of('x')\n"
        "print([one for one in ('airflow', 'sqlalchemy', 'dbt', 'cosmos', 'rich') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
