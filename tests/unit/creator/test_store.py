"""The registry's side: a DAG's row, its file and the audit log change together, whoever else writes."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context

import pytest
from cryptography.fernet import Fernet

from medallion.creator import CreatorError, create_dag, expire
from medallion.database import utcnow
from medallion.registry import DagFiles, open_registry
from unit.creator.conftest import House, asked

pytestmark = pytest.mark.slow


def test_a_dag_is_made_and_made_anew(house):
    first = house.make(owner="project:42", expires="30d", master_dict="{22: [4]}")
    assert (first.dag.revision, first.dag.run, first.dag.arguments) == (1, True, "{22: [4]}")
    assert "'tidy_42'" in house.text("projects/tidy_42.py")
    second = house.make(run=False, master_dict={"new": 1}, template="good")
    assert (second.dag.revision, second.dag.owner) == (2, "project:42")
    assert second.dag.expires_at == first.dag.expires_at
    assert second.version != first.version
    assert "{'new': 1}" in house.text("projects/tidy_42.py")
    assert house.told("tidy_42") == [("dag created", "ann"), ("dag updated", "ann")]


def test_the_same_request_again_leaves_the_bundle_as_it_is(house):
    assert house.make().version == house.make().version
    assert house.dags.files.current()[0] == 1


def test_an_id_stays_in_its_namespace(house):
    house.make()
    with pytest.raises(CreatorError, match="tidy_42 is a DAG of the namespace projects, not of others"):
        house.make(namespace="others")
    assert list(house.dags.files.tree()) == ["projects/tidy_42.py"]
    assert house.told("tidy_42") == [("dag created", "ann")]


def test_an_id_is_one_dag_on_all_platforms(house):
    house.make()
    other = open_registry(house.settings.database_url, "eu")
    with pytest.raises(CreatorError, match="tidy_42 is a DAG of the platform default"):
        create_dag(house.settings, other, asked(), actor="bob")
    assert DagFiles(other.engine, "eu").tree() == {}


def test_what_it_works_by_is_encrypted(house):
    sealed = House(replace(house.settings, fernet_keys=Fernet.generate_key().decode()))
    sealed.make(master_dict={"token": "s3cret"})
    stored = b"".join(path.read_bytes() for path in house.settings.home.glob("registry.db*"))
    assert b"s3cret" not in stored
    assert b"tidy_42" in stored
    assert sealed.dags.get("tidy_42").arguments == "{'token': 's3cret'}"
    assert "s3cret" not in str(sealed.dags.get("tidy_42").facts())


def test_owners_find_their_dags(house):
    house.make(dag_id="a", owner="project:42")
    house.make(dag_id="b", owner="project:7")
    house.make(dag_id="c", owner="project:42")
    assert [dag.dag_id for dag in house.dags.find("project:42")] == ["c", "a"]
    assert [dag.dag_id for dag in house.dags.find()] == ["c", "b", "a"]
    assert house.dags.get("nope") is None


def test_what_is_past_its_time_goes(house):
    house.make(dag_id="stays")
    house.make(dag_id="later", expires="2d")
    house.make(dag_id="now", expires="1h")
    assert expire(house.registry, utcnow()) == []
    assert expire(house.registry, utcnow() + timedelta(hours=2)) == ["now"]
    assert sorted(house.dags.files.tree()) == ["projects/later.py", "projects/stays.py"]
    assert house.told("now")[-1] == ("dag removed", "medallion_factory")
    assert house.make(dag_id="now", namespace="others").dag.revision == 1


def test_a_dag_with_a_run_in_flight_stays_until_it_has_ended(house):
    house.make(expires="1h")
    later = utcnow() + timedelta(hours=2)
    assert expire(house.registry, later, busy=lambda dag_id: dag_id == "tidy_42") == []
    assert expire(house.registry, later) == ["tidy_42"]


def test_a_dag_is_let_go_by_hand(house):
    house.make(expires="30d")
    house.dags.let_go("tidy_42", actor="bob")
    assert house.told("tidy_42")[-1] == ("dag let go", "bob")
    assert expire(house.registry, utcnow()) == ["tidy_42"]
    with pytest.raises(CreatorError, match="no DAG 'tidy_42' was made on the platform default"):
        house.dags.let_go("tidy_42", actor="bob")


def test_who_asks_again_keeps_a_dag_that_was_let_go(house):
    house.make(expires="30d")
    gone = house.dags.let_go("tidy_42", actor="bob")
    assert house.make().dag.expires_at is None
    assert not house.dags.withdraw(gone, actor="medallion_factory")
    assert expire(house.registry, utcnow()) == []
    assert list(house.dags.files.tree()) == ["projects/tidy_42.py"]


@pytest.mark.parametrize("where", ["sqlite", "postgres"])
def test_processes_that_make_the_same_dags_lose_nothing(request, house, where):
    url = request.getfixturevalue("own_schema")() if where == "postgres" else house.settings.database_url
    settings = replace(house.settings, database_url=url)
    open_registry(url, "default")  # its tables
    with ProcessPoolExecutor(
        2, get_context("spawn"), initializer=sys.path.extend, initargs=(sys.path,)
    ) as pool:
        list(pool.map(_make_many, [settings] * 2, range(2)))
    house = House(settings)
    assert house.dags.get("shared").revision == 20
    assert len(house.dags.find()) == 21
    assert sorted(house.dags.files.tree()) == sorted(dag.path for dag in house.dags.find())
    words = [action for action, _ in house.told("shared")]
    assert words == ["dag created", *["dag updated"] * 19]


def _make_many(settings, process):
    house = House(settings)
    (settings.home / f"ready_{process}").touch()
    while len(list(settings.home.glob("ready_*"))) < 2:  # the other one is still importing
        time.sleep(0.01)
    for number in range(10):
        house.make(dag_id="shared", master_dict={"by": process, "number": number})
        house.make(dag_id=f"own_{process}_{number}")
