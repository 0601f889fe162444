"""What a newcomer types: demo, run, up and down, each in a process of its own as from a terminal."""

import json
import os
import signal
import subprocess
import sys
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import duckdb
import pytest
from live_airflow import copy_project, until

from medallion.clients import load_catalog
from medallion.embedded.prepare import make_extracts
from medallion.embedded.processes import marked
from medallion.embedded.running import client_of, running_airflow
from medallion.embedded.state import read_state

pytestmark = pytest.mark.live

MEDALLION = str(Path(sys.executable).with_name("medallion"))


@pytest.fixture
def installation(tmp_path):
    """A copy of the project with one client; whatever still runs under it is stopped."""
    settings = copy_project(tmp_path, clients=("startup_inc",))
    yield settings
    medallion(settings, "down")


def environment(settings):
    real = {
        "MEDALLION_PROJECT": str(settings.project),
        "MEDALLION_HOME": str(settings.home),
        "MEDALLION_LEAVING_SHARE": "1",  # a test may turn off most of its clients at once
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("MEDALLION_")} | real


def medallion(settings, *arguments):
    return subprocess.run(
        [MEDALLION, *arguments], env=environment(settings), capture_output=True, text=True, timeout=900
    )


def row_counts(settings):
    """Rows of every delivered table; the logs of deliveries beside them grow with each."""
    counts = {}
    for file in sorted(settings.destinations.glob("*.duckdb")):
        with duckdb.connect(str(file), read_only=True) as destination:
            tables = destination.sql("select table_schema, table_name from information_schema.tables")
            for table in tables.filter("table_name <> '_delivery'").fetchall():
                counts[file.stem, *table] = destination.table(".".join(table)).shape[0]
    return counts


LARGEST_LAST = ("startup_inc", "acme_corp", "enterprise_ltd")


@pytest.mark.parametrize("count", [1, pytest.param(3, marks=pytest.mark.soak)])
def test_every_client_is_green_and_a_second_demo_changes_no_row_count(tmp_path, count):
    clients = LARGEST_LAST[:count]
    installation = copy_project(tmp_path, clients=clients, tables=False)
    first = medallion(installation, "demo", "--json")
    assert first.returncode == 0, first.stderr
    facts = json.loads(first.stdout)
    assert [run["client"] for run in facts["runs"]] == sorted(clients)
    scores = {run["client"]: run["scores"]["silver"] for run in facts["runs"]}
    thresholds = {"startup_inc": 0.85, "acme_corp": 0.95, "enterprise_ltd": 0.99}
    assert all(one["threshold"] == thresholds[client] for client, one in scores.items())
    # Just above: within a fifth of the rows that may be bad.
    assert all(0 <= one["score"] - one["threshold"] < 0.2 * (1 - one["threshold"]) for one in scores.values())
    assert {run["state"] for run in facts["runs"]} == {"success"}
    assert all(Path(run["delivered_to"]).exists() for run in facts["runs"])
    counts = row_counts(installation)
    assert min(counts.values()) > 0
    for large in clients[1:]:  # what holds for the smallest holds for them
        with (installation.configs / "clients" / f"{large}.yml").open("a") as file:
            file.write("enabled: false\n")
    second = medallion(installation, "demo", "--json")
    assert second.returncode == 0, second.stderr
    assert row_counts(installation) == counts
    assert running_airflow(installation) is None


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.soak)])
def test_an_interrupted_run_stops_all_it_started(installation, number):
    # A shell's background job, as this test may be part of, ignores Ctrl-C; what a person starts does not.
    arguments = ["env", "--default-signal=INT", MEDALLION, "run", "startup_inc", "--date", "2026-01-15"]
    catalog = load_catalog(installation.configs)
    make_extracts([catalog.clients["startup_inc"]], catalog, [date(2026, 1, 15)], installation)
    with subprocess.Popen(
        arguments, env=environment(installation), stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout.readline().startswith("startup_inc: extract")
        mark = read_state(installation.home / "airflow").mark
        assert marked(mark)
        command.send_signal(number)
        assert command.wait(60) not in (0, -number)
    assert marked(mark) == []
    assert running_airflow(installation) is None


@pytest.mark.soak  # that a demo fails is seen below
def test_a_client_that_fails_makes_the_command_fail(tmp_path):
    installation = copy_project(tmp_path)  # its days have four intervals
    with (installation.configs / "clients" / "acme_corp.yml").open("a") as file:
        file.write("retries: 0\n")
    failed = medallion(installation, "run", "acme_corp", "--date", "2026-01-15", "--json")  # no extracts
    assert failed.returncode == 1
    run, *others = json.loads(failed.stdout)["runs"]
    assert others == []  # the day's other intervals are not tried after the first failed
    assert run["state"] == "failed"
    assert run["failed"][0].startswith("extract_")
    assert run["delivered_to"] is None


@pytest.mark.soak  # that a gate's breach is told and reported is seen in test_wrong_turns.py
def test_a_demo_with_a_fault_shows_the_way_from_the_gate_to_mail_and_report(tmp_path):
    installation = copy_project(tmp_path, clients=("startup_inc",))
    shown = medallion(installation, "demo", "--fault", "gate", "--rows", "2000")
    assert shown.returncode == 1, shown.stderr
    gate, mail, report = (shown.stdout.index(f"\n{step}") for step in ("1 gate", "2 mail", "3 report"))
    assert gate < mail < report < shown.stdout.index("\nnext")
    lines = [one.strip() for one in shown.stdout[gate:].splitlines()]
    assert any(" of startup_inc stopped the run: nothing was published" in one for one in lines)
    rule = next(one for one in lines if " rows of " in one and " < 0.85" in one)
    (written,) = [Path(one) for one in lines if one.endswith(".eml")]
    letter = message_from_bytes(written.read_bytes(), policy=policy.default)
    assert letter["Subject"] in shown.stdout[mail:report]
    assert rule.partition(":")[0] in letter.get_body(["plain"]).get_content()
    page = next(Path(one.partition("3 report")[2].strip()) for one in lines if one.startswith("3 report"))
    assert rule.partition(":")[0] in page.read_text()
    assert f"medallion waive startup_inc {rule.partition(':')[0]}" in shown.stdout
    assert row_counts(installation) == {}


def test_up_stays_runs_schedules_and_serves_other_commands_until_down(installation):
    up = json.loads(medallion(installation, "up", "--json").stdout)
    assert json.loads(medallion(installation, "up", "--json").stdout) == up
    refused = medallion(installation, "demo")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "already runs" in refused.stderr
    client = client_of(installation, up["url"])
    runs = until("a scheduled run", lambda: client.runs("client_startup_inc_pipeline"))
    assert [run["run_type"] for run in runs] == ["scheduled"]  # the last interval alone
    by_hand = medallion(installation, "run", "startup_inc", "--json")
    assert by_hand.returncode == 0, by_hand.stdout
    assert {run["state"] for run in client.runs("client_startup_inc_pipeline")} == {"success"}
    client.close()
    mark = read_state(installation.home / "airflow").mark
    assert medallion(installation, "down").stdout == "Airflow is stopped\n"
    assert marked(mark) == []
    assert medallion(installation, "down").stdout == "no Airflow ran here\n"
