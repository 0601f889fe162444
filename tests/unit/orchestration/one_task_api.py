"""A program: makes the task API once, forks an API server and a DAG processor, and prints their answers."""

import json
import os
import warnings

warnings.simplefilter("ignore")
os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = "0123456789abcdef" * 4

import httpx  # noqa: E402
from airflow.api_fastapi.execution_api import app as task_api  # noqa: E402
from cadwyn import Cadwyn  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from medallion.orchestration.preload import share_task_api  # noqa: E402

share_task_api()


def made_again(self):
    raise AssertionError("the routes are made a second time")


Cadwyn._cadwyn_initialize = made_again


def api_server():
    with TestClient(task_api.create_task_execution_api_app()) as client:
        return client.get("/connections/nowhere").status_code


def dag_processor():
    transport = task_api.InProcessExecutionAPI().transport
    with httpx.Client(transport=transport, base_url="http://in-process.invalid") as client:
        return client.get("/connections/nowhere").status_code


answers = {}
for part in (api_server, dag_processor):
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.write(writer, str(part()).encode())
        os._exit(0)
    os.close(writer)
    answers[part.__name__] = os.read(reader, 99).decode()
    os.wait()
print(json.dumps(answers))
