import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from medallion.embedded import processes
from medallion.embedded.processes import MARK, marked
from medallion.embedded.running import stop_leftovers
from medallion.embedded.state import FAILED, RUNNING, read_state

pytestmark = pytest.mark.slow

SMALL = Path(__file__).with_name("small_supervisor.py")
SLEEP = "import time; time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); {SLEEP}"
#: Starts a process in a session of its own, and ends before it, as a daemon does.
DAEMON = (
    f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}], start_new_session=True)"
)
PARENT = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); time.sleep(600)"


class Small:
    """A supervisor of small processes, in a process of its own."""

    def __init__(self, home, **codes):
        self.home = home
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, str(SMALL), str(home), json.dumps(codes), "--parent"],
            env=os.environ | {MARK: self.mark, "SPT_NOENV": "1"},
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.names = set(codes)

    @property
    def state(self):
        return read_state(self.home)

    def ready(self):
        until(lambda: self.state and self.state.phase == RUNNING and set(self.state.pids) == self.names)
        return self

    def left(self):
        return marked(self.mark)

    def end(self):
        code = self.process.wait(20)
        self.process.stdin.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def small(tmp_path):
    started = []

    def start(**codes):
        started.append(Small(tmp_path, **codes))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.end()
        for process in one.left():
            process.kill()


def until(found, seconds=20):
    deadline = time.monotonic() + seconds
    while not (thing := found()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return thing


def test_a_process_that_is_killed_is_started_again_and_the_others_are_left_alone(small):
    one = small(first=SLEEP, second=SLEEP).ready()
    before = one.state.pids
    os.kill(before["first"], signal.SIGKILL)
    until(lambda: one.state.restarts == {"first": 1})
    after = one.state.pids
    assert after["first"] != before["first"]
    assert after["second"] == before["second"]
    assert psutil.pid_exists(after["first"])


def test_what_a_killed_process_had_started_goes_with_it(small):
    one = small(parent=PARENT).ready()
    until(lambda: len(one.left()) == 3)  # with the supervisor
    child = psutil.Process(one.state.pids["parent"]).children()[0]
    os.kill(one.state.pids["parent"], signal.SIGKILL)
    until(lambda: one.state.restarts == {"parent": 1})
    assert child not in one.left()


def test_a_process_that_keeps_ending_stops_everything_and_its_log_is_named(small):
    one = small(broken="print('the reason'); raise SystemExit(3)", good=SLEEP)
    assert one.end() == 1
    assert one.state.phase == FAILED
    log = re.escape(str(one.home / "logs" / "broken.log"))
    said = rf"broken ended 3 times in \d+ s with 3; its log is {log} and ends with: the reason"
    assert re.search(said, one.state.error)
    assert one.left() == []


def test_a_step_that_fails_stops_everything(small):
    one = small(first=SLEEP, once="raise SystemExit('the database is from the future')")
    assert one.end() == 1
    assert one.state.error.startswith("once ended with 1")
    assert one.state.error.endswith("the database is from the future")
    assert one.left() == []


def test_a_step_that_succeeds_is_not_repeated(small):
    one = small(once="print('done')", first=SLEEP)
    one.names = {"first"}
    one.ready()
    assert (one.home / "logs" / "once.log").read_text() == "done\n"
    assert one.state.restarts == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_also_what_does_not_listen_or_went_its_own_way(small, number):
    one = small(sleeps=SLEEP, stubborn=STUBBORN, daemon=f"{DAEMON}; {SLEEP}").ready()
    until(lambda: len(one.left()) == 5)
    os.kill(one.process.pid, number)
    assert one.end() == 0
    assert one.left() == []


def test_a_parent_that_is_gone_stops_everything(small):
    one = small(sleeps=SLEEP, stubborn=STUBBORN).ready()
    one.process.stdin.close()  # as the kernel does for a process that was killed
    assert one.process.wait(20) == 0
    assert one.left() == []


def test_processes_end_with_a_supervisor_that_is_killed(small):
    one = small(sleeps=SLEEP).ready()
    one.process.kill()
    until(lambda: one.left() == [])


def test_a_parent_that_dies_as_a_process_begins_is_not_missed(tmp_path, monkeypatch):
    """The kernel's word for it must not meet the parent's own handler, which would only make a note of it."""
    said = tmp_path / "said"
    monkeypatch.setattr(
        processes, "_end_with_parent", lambda _: said.write_text(str(signal.getsignal(signal.SIGTERM)))
    )
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        pid = processes.fork(lambda: None, tmp_path / "log")
    finally:
        signal.signal(signal.SIGTERM, before)
    os.waitpid(pid, 0)
    assert said.read_text() == str(signal.SIG_DFL)


def test_what_outlives_a_killed_supervisor_is_stopped_before_the_next_one_starts(small):
    one = small(stubborn=STUBBORN).ready()
    log = one.home / "logs" / "stubborn.log"
    until(lambda: log.exists() and log.read_text() == "up\n")
    one.process.kill()
    one.process.wait()
    assert len(one.left()) == 1
    stop_leftovers(one.home)
    assert one.left() == []
    assert one.state is None


def test_an_idle_supervisor_uses_no_time(small):
    one = small(sleeps=SLEEP).ready()
    used = psutil.Process(one.process.pid).cpu_times().user
    time.sleep(1)
    assert psutil.Process(one.process.pid).cpu_times().user - used < 0.05
