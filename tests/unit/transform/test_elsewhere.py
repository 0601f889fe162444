"""A build by the command that runs in containers and pods, beside the same build in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

from medallion.exceptions import FailedElsewhere
from medallion.execution import BuildJob, End, build_elsewhere, build_here
from medallion.failures import classify
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.transform import BuildRequest

pytestmark = pytest.mark.slow
START = datetime(2026, 1, 15, tzinfo=UTC)


class Command:
    """Runs the containers' command as a process of this machine."""

    def __init__(self, settings):
        self.settings = settings
        self.name = "a process"
        self.said = []

    def left_over(self, job):  # noqa: ARG002
        return []

    def start(self, job, file, environment):  # noqa: ARG002
        own = {
            "MEDALLION_PROJECT": str(self.settings.project),
            "MEDALLION_HOME": str(self.settings.home),
            "MEDALLION_REGISTRY_URL": self.settings.database_url,
        }
        command = [sys.executable, "-m", "medallion.execution", file]
        self.process = subprocess.Popen(
            command, env={**os.environ, **own}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return self

    def lines(self):
        for line in self.process.stdout:
            self.said.append(line)
            yield line.rstrip()

    def look(self):
        code = self.process.poll()
        return None if code is None else End(128 - code if code < 0 else code, tail="".join(self.said[-5:]))

    def remove(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def built(shop, layer, how, settings):
    """Build a layer in one of two ways; its rows by node, and what was raised."""
    DuckDBConnectionManager.close_all_connections()  # dbt keeps its own open until the process ends
    ledger, run = open_ledger(settings.database_url), RunKey("shop", f"{how}")
    build_id = ledger.start_build(run, layer, 1)
    intervals = (Interval(START, START.replace(day=16)),)
    request = BuildRequest(shop.plan, shop.plan.layer(layer).nodes, intervals, (), build_id=build_id)
    job, raised = BuildJob(run, layer, 1, request), None
    try:
        if how == "here":
            build_here(settings, ledger, job)
        else:
            build_elsewhere(Command(settings), settings, ledger, job, {}, print)
    except Exception as error:
        raised = error
    DuckDBConnectionManager.close_all_connections()
    rows = ledger.results_after(run, of_build=build_id)
    return {row.node: (row.status, row.failing, row.population, row.rows) for row in rows}, raised


def test_both_ways_give_the_same_rows_and_the_same_failures(shop, flag):
    settings = replace(shop.settings, database_url=f"sqlite:///{shop.settings.home / 'elsewhere.db'}")
    for layer in ("bronze", "silver", "gold"):
        here, elsewhere = (built(shop, layer, how, settings) for how in ("here", "elsewhere"))
        assert elsewhere == here
        assert here[1] is None
        assert len(here[0]) == len(shop.plan.layer(layer).nodes)
    flag.unlink()
    (here, raised_here), (there, raised_there) = (
        built(shop, "silver", how, settings) for how in ("here", "elsewhere")
    )
    assert there == here
    assert isinstance(raised_there, FailedElsewhere)
    assert classify(raised_there) == classify(raised_here)
    assert classify(raised_there).kind == "not delivered"
    assert str(raised_there).splitlines()[0] == str(raised_here).splitlines()[0]
