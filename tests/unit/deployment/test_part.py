"""A worker of the stack takes no task before the API answers that tasks ask."""

import http.server
import threading
import time

import pytest

from medallion.deployment import part


class Refusing(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    """A free one, for a moment."""
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        return server.server_port


def test_a_worker_waits_until_the_api_answers_whatever_it_says(port, capsys):
    answers, waited = threading.Event(), threading.Event()

    def wait():
        part.wait_for_api(f"http://127.0.0.1:{port}/execution/", 60)
        assert answers.is_set()
        waited.set()

    worker = threading.Thread(target=wait)
    worker.start()
    time.sleep(1.5)  # two refusals
    assert not waited.is_set()
    with http.server.HTTPServer(("127.0.0.1", port), Refusing) as server:
        answers.set()
        server.handle_request()
        worker.join(10)
    assert waited.is_set()
    assert capsys.readouterr().out == f"waiting for http://127.0.0.1:{port}/execution/\n"


def test_a_worker_does_not_wait_for_ever_nor_for_nothing(port, capsys):
    part.wait_for_api(f"http://127.0.0.1:{port}/", 0.1)
    part.wait_for_api("")
    assert "waiting" in capsys.readouterr().out


def test_only_what_runs_tasks_waits(monkeypatch):
    prepared = []
    monkeypatch.setenv(part.API, "http://api/")
    monkeypatch.setattr(part, "wait_for_api", prepared.append)
    for name in ("share_task_api", "preload", "warm_up"):
        monkeypatch.setattr(f"medallion.orchestration.preload.{name}", lambda: None)
    for command in ("triggerer", "scheduler", "celery"):
        part._prepare(command)
    assert prepared == ["http://api/"]
