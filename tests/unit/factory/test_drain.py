"""What becomes of clients that leave, from a registry, a bundle's files and an Airflow's answers."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from medallion.bundle import client_path, files_of
from medallion.clients import load_catalog
from medallion.factory import report as say
from medallion.factory.drain import Drain
from medallion.pipeline import dag_id_of
from medallion.registry import (
    ACTIVE,
    DISABLED,
    REMOVED,
    Definition,
    FileChange,
    by_hand,
    open_registry,
)
from unit.factory.airflow_of import FewAnswers

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
ANN = {"origin": "cli", "actor": "ann", "why": "a test"}
SHOP = client_path("shop")


class Airflow(FewAnswers):
    """Has DAGs deleted, and lets somebody do something while it is asked."""

    def __init__(self):
        super().__init__("")
        self.meanwhile = {}
        self.deleted, self.ended = [], []
        self.refuses = False

    def __call__(self, request):
        self.meanwhile.pop(request.url.path.rsplit("/", 1)[-1], lambda: None)()
        if request.method == "DELETE":
            if self.refuses:
                return httpx.Response(409, text="a task runs")
            self.deleted.append(request.url.path.split("/")[4])
        if request.method == "PATCH":
            _, _, _, _, dag_id, _, run_id = request.url.path.split("/")
            self.ended.append((dag_id, run_id, json.loads(request.content)))
        return super().__call__(request)


class House:
    """The client shop with its DAG file, and the factory that may have to remove it."""

    def __init__(self, folder):
        shutil.copytree(FIXTURES / "configs", folder / "configs")
        shutil.copytree(FIXTURES / "good", folder / "configs" / "clients")
        catalog = load_catalog(folder / "configs")
        self.registry = open_registry(f"sqlite:///{folder / 'registry.db'}", "default")
        self.files, self.airflow = files_of(self.registry), Airflow()
        self.drain = Drain(
            self.registry, self.files, self.airflow.client(), "medallion_factory", timedelta(hours=6)
        )
        definition = Definition.of(catalog.clients["shop"], catalog)
        self.registry.put("shop", definition, status=ACTIVE, **ANN)
        self.draw()

    def draw(self):
        self.files.change([FileChange(SHOP, b"its DAG", "as published")])

    def remove(self, **how):
        by_hand.remove(self.registry, "shop", **ANN, **how)

    def enable(self):
        """As the command does, which publishes."""
        self.registry.set_status("shop", ACTIVE, action="enabled", **ANN)
        self.draw()

    def close(self):
        """Close the DAG, and have Airflow read it."""
        lines = self.drain.close()
        self.airflow.version = self.files.current()[1]
        self.airflow.dag("shop", description="shop is being removed: it takes no new runs")
        return lines

    def words(self):
        return [line.word for line in self.drain.remove()]

    @property
    def status(self):
        return self.registry.heads()["shop"].status

    def text(self):
        checksum = self.files.tree()[SHOP]
        return self.files.contents([checksum])[checksum].decode()


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_client_goes_once_its_dag_is_closed_and_no_run_is_in_flight(house):
    house.airflow.dag("shop", description="A shop")
    house.remove()
    assert house.words() == [say.DRAINING]
    assert [line.word for line in house.close()] == [say.DRAINING]
    house.airflow.runs[dag_id_of("shop")] = [{"dag_run_id": "one", "state": "running", "run_after": ""}]
    (line,) = house.drain.remove()
    assert (line.word, line.detail) == (say.DRAINING, "waits for one")
    house.airflow.runs.clear()
    assert house.words() == [say.REMOVED]
    assert (house.status, SHOP in house.files.tree()) == (REMOVED, False)
    assert house.airflow.deleted == []


def test_runs_in_flight_are_ended_once_patience_is_out(house):
    house.remove()
    house.close()
    house.airflow.runs[dag_id_of("shop")] = [{"dag_run_id": "one", "state": "running", "run_after": ""}]
    house.drain = replace(house.drain, patience=timedelta(0))
    lines = house.drain.remove()
    assert [(line.word, line.detail) for line in lines] == [
        (say.ENDED, "one did not end within 0:00:00"),
        (say.REMOVED, "no run is in flight"),
    ]
    assert house.airflow.ended == [(dag_id_of("shop"), "one", {"state": "failed"})]
    ended = [event for event in house.registry.events("shop") if event.action == "run ended"]
    assert [(one.actor, dict(one.detail)) for one in ended] == [("medallion_factory", {"run": "one"})]


def test_a_client_that_is_enabled_while_it_is_removed_stays(house):
    house.remove(forget=True)
    house.close()
    house.airflow.meanwhile["dagRuns"] = house.enable
    (line,) = house.drain.remove()
    assert (line.word, "changed meanwhile by ann" in line.detail) == (say.CONFLICT, True)
    assert (house.status, house.text(), house.airflow.deleted) == (ACTIVE, "its DAG", [])


def test_a_client_that_is_enabled_as_its_file_goes_keeps_it(house, monkeypatch):
    house.remove(forget=True)
    house.close()
    change = type(house.files).change

    def late(files, *arguments):
        monkeypatch.undo()
        house.enable()
        return change(files, *arguments)

    monkeypatch.setattr(type(house.files), "change", late)
    assert house.words() == [say.CONFLICT]
    assert (house.status, house.text(), house.airflow.deleted) == (ACTIVE, "its DAG", [])


def test_a_client_that_is_enabled_while_its_dag_is_closed_keeps_it(house):
    house.registry.set_status("shop", DISABLED, **ANN)
    house.airflow.meanwhile["details"] = house.enable
    assert house.drain.close() == []
    assert house.text() == "its DAG"


def test_history_that_airflow_does_not_delete_is_told(house):
    house.remove(forget=True)
    house.close()
    house.airflow.refuses = True
    lines = house.drain.remove()
    assert [line.word for line in lines] == [say.REMOVED, say.FAILED, say.FAILED]
    assert "client_shop_pipeline is still to be deleted in Airflow by hand" in lines[1].detail
    assert house.status == REMOVED


@pytest.mark.parametrize("forget", [False, True])
def test_history_goes_only_if_this_removal_asks_for_it(house, forget):
    house.remove(forget=True)
    house.enable()
    house.remove()
    if forget:
        house.remove(forget=True)
    house.close()
    assert house.words() == [say.REMOVED]
    assert house.airflow.deleted == (["client_shop_pipeline", "client_shop_realtime"] if forget else [])
