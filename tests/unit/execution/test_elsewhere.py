"""What is made of a container's or pod's end; here processes stand for them, and really are killed."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace

import pytest

from medallion.exceptions import DataFailed, FailedElsewhere
from medallion.execution import End, build_elsewhere, elsewhere, stop_running
from medallion.execution.job import FOLDER
from medallion.execution.told import told_line
from medallion.failures import Action, classify
from medallion.ledger import NodeRow, open_ledger


@dataclass
class Process:
    """A build as a process of the shell."""

    process: subprocess.Popen
    name: str = "build-17"
    reason: str = ""
    said: list[str] = field(default_factory=list)
    removed: int = 0

    def lines(self):
        for line in self.process.stdout:
            self.said.append(line)
            yield line.rstrip("\n")

    def look(self):
        code = self.process.poll()
        if code is None:
            return None
        return End(128 - code if code < 0 else code, self.reason, "".join(self.said[-5:]))

    def remove(self):
        self.removed += 1
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@dataclass
class Processes:
    """What runs them."""

    script: str
    reason: str = ""
    there: list[Process] = field(default_factory=list)
    file: str = ""

    def left_over(self, job):  # noqa: ARG002
        return list(self.there)

    def start(self, job, file, environment):  # noqa: ARG002
        self.file = file
        process = subprocess.Popen(["sh", "-c", self.script], stdout=subprocess.PIPE, text=True)
        self.there.append(Process(process, reason=self.reason))
        return self.there[-1]


@pytest.fixture
def ledger(settings):
    return open_ledger(settings.database_url)


@pytest.fixture
def build(settings, ledger, job):
    """Build by a script; what it wrote to the log, and what was raised."""
    build_id = ledger.start_build(job.run, job.layer, 1)
    own = replace(job, request=replace(job.request, build_id=build_id))

    def run(script, *, good=True, removed=1, **more):
        rows = [NodeRow(one.unique_id, "bronze", "success" if good else "error") for one in own.request.nodes]
        ledger.add_results(own.run, build_id, rows)
        engine, lines, raised = Processes(script, **more), [], None
        try:
            build_elsewhere(engine, settings, ledger, own, {}, lines.append)
        except Exception as error:
            raised = error
        assert engine.there[-1].removed == removed
        assert not list((settings.home / FOLDER).iterdir())
        return lines, raised

    return run


def say(error):
    return "cat <<'END'\n" + told_line(error) + "\nEND\n"


def test_what_built_all_has_ended_well_and_its_log_is_the_tasks(build):
    lines, raised = build(f"echo one; echo two; {say(None)}")
    assert raised is None
    assert lines == ["build-17 builds bronze", "one", "two"]


def test_a_failure_is_what_it_was_there(build):
    error = DataFailed("hard tests failed: unique_orders")
    _, raised = build(f"{say(error)} exit 1")
    assert isinstance(raised, FailedElsewhere)
    assert classify(raised) == classify(error)
    assert str(raised) == str(error)


@pytest.mark.parametrize(
    ("script", "reason", "kind", "words"),
    [
        ("echo busy; kill -9 $$", "", "killed", "exit code 137 .*; its last line: busy"),
        ("kill -15 $$", "", "killed", "exit code 143"),
        ("kill -9 $$", "OOMKilled", "out of memory", r"exit code 137 \(OOMKilled\)"),
        ("kill -9 $$", "Evicted: low on memory", "killed", "Evicted"),
        ("exit 143", "DeadlineExceeded", "timed out", "DeadlineExceeded"),
        ("echo no such module; exit 1", "", "unknown", "exit code 1 .*: no such module"),
        (f"{say(None)} exit 3", "", "unknown", "exit code 3"),
    ],
)
def test_what_dies_without_a_word_is_tried_again_and_never_green(build, script, reason, kind, words):
    _, raised = build(script, reason=reason)
    failure = classify(raised)
    assert (failure.kind, failure.action) == (kind, Action.WAIT)
    with pytest.raises(FailedElsewhere, match=words):
        raise raised


def test_what_says_that_all_is_well_and_built_not_all_of_it_is_not_believed(build):
    _, raised = build(say(None), good=False)
    with pytest.raises(FailedElsewhere, match="the ledger has no good row of bronze_shop__orders, a"):
        raise raised


def test_what_ended_well_and_whose_log_is_lost_is_known_by_the_ledger(build):
    assert build("exit 0")[1] is None


def test_what_an_earlier_try_left_is_ended_before_another_one_begins(settings, ledger, job):
    engine = Processes("exit 5")
    left = engine.start(job, "", {})
    left.process.wait()
    engine.script = "sleep 60"
    hung = engine.start(job, "", {})
    said = []

    def start(*given):
        assert hung.process.poll() is not None
        raise RuntimeError("one at a time")

    engine.start = start
    with pytest.raises(RuntimeError, match="one at a time"):
        build_elsewhere(engine, settings, ledger, job, {}, said.append)
    assert (left.removed, hung.removed) == (1, 1)
    assert said == ["build-17 was left over by an earlier try: it is killed and removed"] * 2


def test_a_task_that_is_killed_ends_its_build(build):
    def kill():
        while not elsewhere._running:
            time.sleep(0.01)
        stop_running()

    killer = threading.Thread(target=kill)
    killer.start()
    _, raised = build("exec sleep 60", removed=2)  # when it was killed, and when it had ended
    killer.join()
    assert classify(raised).kind == "killed"


def test_a_log_that_breaks_off_costs_lines_and_no_build(build, monkeypatch):
    def lines(self):
        yield "first"
        raise ConnectionResetError("reset by peer")

    monkeypatch.setattr(Process, "lines", lines)
    said, raised = build("sleep 0.2")
    assert raised is None
    assert said[1:] == [
        "first",
        "the log of build-17 breaks off: connection lost (ConnectionError): "
        "ConnectionResetError: reset by peer",
    ]


def test_an_engine_that_is_away_for_a_moment_is_waited_for(build, monkeypatch):
    real, refused = Process.look, iter([ConnectionRefusedError()] * 2)

    def look(self):
        for error in refused:
            raise error
        return real(self)

    monkeypatch.setattr(Process, "look", look)
    assert build("exit 0")[1] is None


def test_what_cannot_be_removed_is_left_to_the_next_try(build, monkeypatch, caplog):
    real = Process.remove

    def remove(self):
        real(self)
        raise ConnectionRefusedError

    monkeypatch.setattr(Process, "remove", remove)
    with caplog.at_level(logging.WARNING):
        assert build("exit 0")[1] is None
    assert "build-17 could not be removed; the layer's next try does" in caplog.text


@pytest.mark.slow
def test_the_command_tells_of_what_it_cannot_read(settings):
    environment = {"MEDALLION_HOME": str(settings.home), "PATH": ""}
    command = [sys.executable, "-m", "medallion.execution", "builds/none.json"]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "config wrong" in done.stdout.splitlines()[-1]
    assert "needs the home of the task" in done.stdout.splitlines()[0]
