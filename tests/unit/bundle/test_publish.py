"""What is active in the registry has a file; only what is behind is made anew."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time

import pytest
from sqlalchemy import text

from medallion.bundle import client_path
from medallion.bundle.shapes import KEPT
from medallion.exceptions import ConflictError
from medallion.registry import DISABLED, DRAINING, REMOVED, FileChange, Registry, files

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("fork")


def test_every_active_client_has_a_file_and_the_manifest_that_it_names(fleet):
    fleet.put("north")
    fleet.put("south")
    fleet.put("asleep", status=DISABLED)
    made = fleet.publish()
    (manifest,) = [path for path in fleet.files.tree() if path.startswith("manifests/")]
    assert (made.rendered, made.failures, made.number) == (("north", "south"), {}, 1)
    assert set(fleet.files.tree()) == {client_path("north"), client_path("south"), manifest}
    assert repr(manifest) in fleet.text("north")


def test_nothing_is_made_where_nothing_changed(fleet):
    fleet.put("north")
    first = fleet.publish()
    second = fleet.publish()
    assert (second.number, second.version, second.rendered) == (first.number, first.version, ())


def test_one_change_makes_one_file(fleet):
    for name in ("north", "south"):
        fleet.put(name)
    fleet.publish()
    before = fleet.files.tree()
    fleet.put("south", description="Another shop")
    assert fleet.publish().rendered == ("south",)
    after = fleet.files.tree()
    assert {path for path in after if after[path] != before.get(path)} == {client_path("south")}
    assert "Another shop" in fleet.text("south")


def test_what_was_live_before_is_the_same_version_again(fleet):
    fleet.put("north")
    first = fleet.publish()
    fleet.put("north", description="Changed")
    assert fleet.publish().version != first.version
    fleet.put("north")
    again = fleet.publish()
    assert (again.version, again.number) == (first.version, 3)


def test_a_broken_client_keeps_the_file_it_had_and_holds_up_no_other(fleet):
    fleet.put("north")
    fleet.put("south")
    fleet.publish()
    before = fleet.text("north")
    threshold = {"default": 0.9, "rules": {"no_such_rule": 0.5}}
    rules = {"data_retention_days": 30, "quality_threshold": threshold}
    fleet.put("north", business_rules=rules)
    fleet.put("south", description="Changed")
    made = fleet.publish()
    assert made.rendered == ("south",)
    assert "no_such_rule" in made.failures["north"]
    assert fleet.text("north") == before
    fleet.put("north", description="Mended")
    assert fleet.publish().rendered == ("north",)


def test_what_the_registry_cannot_read_is_one_clients_matter(fleet):
    fleet.put("north")
    fleet.put("south")
    with fleet.registry.engine.begin() as connection:
        connection.execute(text("update configuration set config_json = '{}' where stream_key = 'north'"))
    made = fleet.publish()
    assert (made.rendered, list(made.failures)) == (("south",), ["north"])


def test_a_project_that_does_not_parse_says_so_and_leaves_all_as_it_is(fleet):
    fleet.put("north")
    version = fleet.publish().version
    (fleet.settings.dbt_project / "dbt_project.yml").write_text("name: [")
    made = fleet.publish()
    assert (made.version, made.rendered) == (version, ())
    assert "does not parse" in made.failures["north"]


@pytest.mark.parametrize("template", ["{% if %}", "{{ nobody_knows }}", "def (:", "{{ definition }"])
def test_a_broken_template_says_so_and_leaves_all_as_it_is(fleet, template):
    fleet.put("north")
    version = fleet.publish().version
    folder = fleet.settings.project / "airflow" / "templates"
    folder.mkdir(parents=True)
    (folder / "client_pipeline.py.j2").write_text(template)
    made = fleet.publish()
    assert (made.version, made.rendered) == (version, ())
    assert "client_pipeline.py.j2" in made.failures["north"]
    shutil.rmtree(folder)
    assert fleet.publish().failures == {}


def test_another_dbt_project_makes_every_file_anew_and_the_old_manifest_goes(fleet):
    fleet.put("north")
    fleet.put("both", data_sources=["shop", "till"])
    fleet.publish()
    before = {path for path in fleet.files.tree() if path.startswith("manifests/")}
    fleet.edit_project("# another one")
    assert fleet.publish().rendered == ("both", "north")
    after = {path for path in fleet.files.tree() if path.startswith("manifests/")}
    assert (len(before), len(after), before & after) == (2, 2, set())


def test_a_manifest_stays_while_the_file_of_a_client_that_leaves_names_it(fleet):
    fleet.put("north")
    fleet.publish()
    before = {path for path in fleet.files.tree() if path.startswith("manifests/")}
    fleet.set("north", DRAINING)
    fleet.put("both", data_sources=["shop", "till"])
    fleet.edit_project("# another one")
    fleet.publish()
    assert before <= set(fleet.files.tree())
    assert client_path("north") in fleet.files.tree()
    fleet.take_away(client_path("north"))
    fleet.publish()
    assert not before & set(fleet.files.tree())


def test_the_file_of_a_removed_client_goes(fleet):
    fleet.put("north")
    fleet.put("south")
    fleet.publish()
    fleet.set("north", REMOVED)
    fleet.publish()
    assert client_path("north") not in fleet.files.tree()
    assert client_path("south") in fleet.files.tree()


def test_a_file_that_was_closed_is_made_anew_once_its_client_is_active_again(fleet):
    fleet.put("north")
    fleet.publish()
    fleet.set("north", DISABLED)
    fleet.files.change([FileChange(client_path("north"), b"closed", "closed 2")])
    assert fleet.publish().rendered == ()
    fleet.set("north", "active")
    assert fleet.publish().rendered == ("north",)


def test_a_client_that_changes_while_its_file_is_made_is_looked_at_again(fleet, monkeypatch):
    fleet.put("north")
    change = files.DagFiles._change

    def late(self, *arguments):
        monkeypatch.undo()
        fleet.put("north", description="Changed meanwhile")
        return change(self, *arguments)

    monkeypatch.setattr(files.DagFiles, "_change", late)
    assert fleet.publish().rendered == ("north",)
    assert "Changed meanwhile" in fleet.text("north")


def test_a_client_that_is_disabled_while_its_file_is_made_gets_none(fleet, monkeypatch):
    fleet.put("north")
    change = files.DagFiles._change

    def late(self, *arguments):
        monkeypatch.undo()
        fleet.set("north", DISABLED)
        return change(self, *arguments)

    monkeypatch.setattr(files.DagFiles, "_change", late)
    assert fleet.publish().rendered == ()
    assert client_path("north") not in fleet.files.tree()


def test_a_client_that_changes_before_it_is_read_is_looked_at_again(fleet, monkeypatch):
    fleet.put("north")
    read = Registry.configuration

    def late(self, key):
        monkeypatch.undo()
        fleet.put("north", description="Changed meanwhile")
        return read(self, key)

    monkeypatch.setattr(Registry, "configuration", late)
    made = fleet.publish()
    assert (made.rendered, made.failures) == (("north",), {})
    assert "Changed meanwhile" in fleet.text("north")


def test_who_looked_at_another_version_changes_nothing(fleet):
    fleet.files.change([FileChange("space/one.py", b"1")])
    with pytest.raises(ConflictError):
        fleet.files.change([FileChange("space/two.py", b"2")], expected=0)
    assert set(fleet.files.tree()) == {"space/one.py"}


def test_manifests_on_disk_go_once_no_file_has_named_them_for_long(fleet):
    fleet.put("north")
    fleet.publish()
    (live,) = {path.split("/")[1].removesuffix(".json") for path in fleet.files.tree() if "manifests" in path}
    fleet.edit_project("# another one")
    fleet.publish()
    old = time.time() - KEPT.total_seconds() - 60
    for folder in fleet.settings.manifests.iterdir():
        os.utime(folder, (old, old))
    fleet.publish()
    kept = {folder.name for folder in fleet.settings.manifests.iterdir()}
    assert live in kept  # a file named it a moment ago
    assert len(kept) == 2
    with fleet.registry.engine.begin() as connection:
        connection.execute(text("update bundle_version set created_at = '2020-01-01 00:00:00'"))
    fleet.publish()
    assert live not in {folder.name for folder in fleet.settings.manifests.iterdir()}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_several_processes_publish_at_once_and_nothing_is_lost(fleet, kind, request):
    if kind == "postgres":
        url = request.getfixturevalue("own_schema")()
        object.__setattr__(fleet.settings, "database_url", url)
    for number in range(12):
        fleet.put(f"client_{number}")
    barrier = FORK.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for change in range(5):
            for client in range(number, 12, 4):
                fleet.put(f"client_{client}", description=f"Change {change}")
                fleet.publish()

    processes = [FORK.Process(target=work, args=(number,)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    fleet.publish()
    assert all("Change 4" in fleet.text(f"client_{number}") for number in range(12))
    assert len(fleet.files.tree()) == 13
