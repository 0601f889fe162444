"""The commands on a part of the real dbt project, with two clients of one source."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import Result
from cryptography.fernet import Fernet
from sqlalchemy import update
from typer.testing import CliRunner

from medallion.cli import app
from medallion.registry import ACTIVE, API, Definition, Registry, open_registry, tables
from medallion.settings import Settings, load_settings

pytestmark = pytest.mark.slow

REAL = Path(__file__).parents[3]
TINY = """\
description: Users of an app
schedule_interval: 1d
data_sources: [user_data]
transformations: []
destination: analytics_db
business_rules: {data_retention_days: 90, quality_threshold: 0.9}
"""


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dbt project with the models of one source, and its manifests: to read all of it takes long."""
    folder = tmp_path_factory.mktemp("made_once")
    shutil.copytree(REAL / "dbt", folder / "dbt", ignore=shutil.ignore_patterns("models", "singular"))
    for path in (REAL / "dbt" / "models").glob("**/user_data"):
        shutil.copytree(path, folder / path.relative_to(REAL))
    (folder / "manifests").mkdir()
    return folder


@pytest.fixture
def settings(tmp_path: Path, made_once: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project with the clients tiny and little."""
    configs = tmp_path / "configs"
    shutil.copytree(REAL / "configs", configs)
    shutil.rmtree(configs / "clients")
    (configs / "clients").mkdir()
    for name in ("tiny", "little"):
        (configs / "clients" / f"{name}.yml").write_text(TINY)
    (tmp_path / "dbt").symlink_to(made_once / "dbt")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "manifests").symlink_to(made_once / "manifests")
    for name in ("HOME", "REGISTRY_URL", "PLATFORMS", "FERNET_KEY", "TARGET"):
        monkeypatch.delenv(f"MEDALLION_{name}", raising=False)
    monkeypatch.setenv("MEDALLION_PROJECT", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    return load_settings()


def _run(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == code, result.output
    return result


def _json(*words: str, code: int = 0) -> Any:
    return json.loads(_run(*words, "--json", code=code).stdout)


def _edit(settings: Settings, old: str, new: str, client: str = "tiny") -> None:
    path = settings.configs / "clients" / f"{client}.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def _api_client(settings: Settings) -> Definition:
    """Put a client into the registry that has no file."""
    registry = open_registry(settings.database_url, "default")
    known = registry.configuration("tiny")
    assert known is not None
    client = known.definition.client.model_copy(update={"id": "guest"})
    made = Definition(client, known.definition.sources, known.definition.destination)
    registry.put("guest", made, status=ACTIVE, origin=API, actor="portal", why="signed up")
    return made


# --- plan and apply


def test_plan_tells_what_is_new_and_changes_nothing(settings: Settings) -> None:
    (told,) = _json("plan")

    assert [step["id"] for step in told["created"]] == ["little", "tiny"]
    tiny = told["created"][1]
    assert (tiny["dag"], tiny["dag_change"]) == ("client_tiny_pipeline", "added")
    assert {"extract_user_data", "bronze.bronze_user_data__users", "load_to_analytics_db"} <= set(
        tiny["tasks"]["added"]
    )
    assert "tiny_bronze" in tiny["schemas"]["added"]
    assert open_registry(settings.database_url, "default").heads() == {}


def test_apply_does_what_plan_says_and_then_nothing(settings: Settings) -> None:
    (planned,) = _json("plan")
    (done,) = _json("apply", "--why", "first clients")

    bundle = done.pop("bundle")
    assert done == planned
    assert (bundle["rendered"], bundle["failures"]) == (["little", "tiny"], {})
    assert open_registry(settings.database_url, "default").history("tiny")[0].why == "first clients"
    (again,) = _json("apply")
    assert (again["totals"]["unchanged"], again["created"], again["bundle"]["rendered"]) == (2, [], [])
    assert again["bundle"]["version"] == bundle["version"]


def test_plan_says_field_by_field_what_differs_and_which_tasks_come(settings: Settings) -> None:
    _run("apply")
    _edit(settings, "1d", "12h")
    _edit(settings, "transformations: []", "transformations: [clean]")

    lines = _run("plan").stdout.splitlines()

    assert lines[:4] == [
        "~ tiny  changed; DAG client_tiny_pipeline changed",
        "    schedule_interval: 1d → 12h",
        "    transformations: (none) → clean",
        "    tasks come silver.clean_user_data__plans, silver.clean_user_data__users",
    ]
    assert lines[-1] == "default: 1 updated, 1 unchanged"


def test_plan_says_why_a_client_will_not_run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_ADVENTUREWORKS", str(settings.home / "nowhere"))
    _edit(settings, "[user_data]", "[{name: user_data, location: '{adventureworks}/users'}]")
    _edit(settings, "schedule_interval", "enabled: false\nschedule_interval", "little")

    lines = _run("plan").stdout.splitlines()

    assert [line for line in lines if line[0] == "+"] == [
        "+ little  new; disabled",
        "+ tiny  new; disabled: no data",
    ]
    assert [one["stands"] for one in _json("plan")[0]["created"]] == ["disabled", "disabled: no data"]


def test_plan_counts_what_a_shorter_retention_would_delete(settings: Settings) -> None:
    _run("apply")
    today = datetime.now(UTC).date()
    (settings.home / "warehouse").mkdir()
    with duckdb.connect(str(settings.warehouse("tiny"))) as warehouse:
        warehouse.execute("create schema tiny_bronze")
        warehouse.execute("create table tiny_bronze.bronze_user_data__users (id int, _run_date date)")
        days = [(number, today - timedelta(days=number)) for number in range(1, 61)]
        warehouse.executemany("insert into tiny_bronze.bronze_user_data__users values (?, ?)", days)
    _edit(settings, "data_retention_days: 90", "data_retention_days: 50")

    (told,) = _json("plan")

    (loss,) = told["updated"][0]["rows_to_delete"]
    assert (loss["object"], loss["gone"], loss["held"]) == ("bronze_user_data__users", 9, 60)
    assert date.fromisoformat(loss["cutoff"]) < today
    text = _run("plan").stdout
    assert "business_rules.data_retention_days: 90 → 50" in text
    assert "retention would delete bronze bronze_user_data__users: 9 of 60 rows from before" in text


def test_a_broken_file_fails_plan_and_apply_and_stays_live(settings: Settings) -> None:
    _run("apply")
    _edit(settings, "1d", "sometimes")

    told = "configs/clients/tiny.yml:2: schedule_interval: must be"
    assert told in _run("plan", code=1).stdout
    applied = _run("apply", code=1).stdout
    assert told in applied
    assert "default: 1 unchanged, 1 invalid" in applied
    rows = {row["id"]: row for row in _json("clients")}
    assert (rows["tiny"]["status"], rows["tiny"]["agrees"]) == (ACTIVE, "1 problem")
    assert "configs/clients/tiny.yml, which is broken: `medallion validate`" in _run("show", "tiny").stdout


def test_too_many_that_leave_are_refused_until_confirmed(settings: Settings) -> None:
    _run("apply")
    for path in (settings.configs / "clients").iterdir():
        path.unlink()

    assert "2 of 2 active clients would leave at once" in _run("plan", code=1).stdout
    refused = _run("apply", code=1).stdout
    assert "If they should: `medallion apply --yes`" in refused
    (done,) = _json("apply", "--yes")
    assert [step["id"] for step in done["draining"]] == ["little", "tiny"]
    assert done["draining"][0]["dag_change"] == "removed"


def test_apply_does_not_claim_that_a_dag_is_closed_already(settings: Settings) -> None:
    _run("apply")
    _edit(settings, "schedule_interval", "enabled: false\nschedule_interval")
    (settings.configs / "clients" / "little.yml").unlink()

    lines = _run("apply", "--yes").stdout.splitlines()

    soon = "the factory closes its DAG within five minutes"
    assert f"~ tiny  updated; disabled; DAG client_tiny_pipeline to be closed; {soon}" in lines
    assert f"- little  draining; DAG client_little_pipeline to be removed; {soon}" in lines


def test_every_platform_is_applied_or_the_one_that_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_PLATFORMS", "default,west")
    (settings.configs / "clients" / "little.yml").write_text(TINY + "platform: west\n")

    (west,) = _json("apply", "--platform", "west")
    both = _json("apply")

    assert [step["dag"] for step in west["created"]] == ["west__client_little_pipeline"]
    assert [[step["id"] for step in one["created"]] for one in both] == [["tiny"], []]
    assert {row["id"]: row["platform"] for row in _json("clients")} == {"little": "west", "tiny": "default"}
    assert "west" in _run("clients").stdout
    assert _json("history", "little")[0]["revision"] == 1
    said = "there is no platform 'east' here; MEDALLION_PLATFORMS names default, west"
    assert said in _run("apply", "--platform", "east", code=1).stderr


# --- One client


def test_a_rollback_is_told_by_history_plan_show_and_clients(settings: Settings) -> None:
    _run("apply")
    _edit(settings, "1d", "12h")
    _run("apply")

    assert _run("rollback", "tiny", "1", "--why", "too often").stdout == (
        "tiny is as it was at revision 1: revision 3\n"
    )

    history = _json("history", "tiny")
    assert [(one["revision"], one["origin"], one["actor"], one["why"]) for one in history] == [
        (1, "file", "ann", "configs/clients/tiny.yml"),
        (2, "file", "ann", "configs/clients/tiny.yml"),
        (3, "cli", "ann", "too often"),
    ]
    assert history[2]["changes"] == {"schedule_interval": {"old": "12h", "new": "1d"}}
    lines = _run("history", "tiny").stdout.splitlines()
    assert lines[0].startswith("  3  active")
    assert lines[0].endswith("ann (cli)  too often")
    assert lines[1] == "    schedule_interval: 12h → 1d"
    (told,) = _json("apply")
    assert told["differing"]["tiny"]["changes"] == {"schedule_interval": {"file": "12h", "live": "1d"}}
    assert "schedule_interval: file 12h → live 1d" in _run("plan").stdout
    shown = _json("show", "tiny")
    assert (shown["config"]["schedule_interval"], shown["origins"]) == ("P1D", {})
    assert shown["file_says"] == {"schedule_interval": {"live": "1d", "file": "12h"}}
    rows = {row["id"]: row["agrees"] for row in _json("clients")}
    assert rows == {"tiny": "differs from live", "little": "as live"}


def test_a_revision_with_a_key_that_is_gone_is_shown_and_said_to_be_one(settings: Settings) -> None:
    _run("apply")
    _edit(settings, "1d", "12h")
    _run("apply")
    _write_a_key_that_is_gone(open_registry(settings.database_url, "default"), 1)

    lines = _run("history", "tiny").stdout.splitlines()

    assert [line[:11] for line in lines if line[:3].strip()] == ["  2  active", "  1  active"]
    assert lines[-1] == ("     this Medallion does not understand it: tempo: Extra inputs are not permitted")
    first, second = _json("history", "tiny")
    assert (first["definition"]["client"]["tempo"], first["problem"] is None) == ("fast", False)
    assert (second["changes"], second["problem"]) == ({}, None)
    told = _run("rollback", "tiny", "1", code=1).stderr
    assert told == (
        "this Medallion does not understand tiny at revision 1: tempo: Extra inputs are not permitted\n"
    )


def test_what_a_client_was_is_shown_though_what_it_is_is_not_understood(settings: Settings) -> None:
    _run("apply")
    _write_a_key_that_is_gone(open_registry(settings.database_url, "default"), 1)

    assert "what the registry holds is not a client's definition" in _run("show", "tiny", code=1).stderr
    assert "this Medallion does not understand it: tempo" in _run("history", "tiny").stdout


def _write_a_key_that_is_gone(registry: Registry, revision: int) -> None:
    """Have a revision, and the client if it is that one, say what an earlier version took."""
    facts = registry.history("tiny")[revision - 1].facts
    said = json.dumps({**facts, "client": {**facts["client"], "tempo": "fast"}})
    with registry.engine.begin() as connection:
        for table in (tables.revision, tables.configuration):
            own = (table.c.stream_key == "tiny", table.c.revision == revision)
            connection.execute(update(table).where(*own).values(config_json=said))


def test_a_rollback_to_what_is_not_there_fails(settings: Settings) -> None:
    _run("apply")

    told = _run("rollback", "tiny", "7", code=1).stderr
    assert told == "tiny has the revisions 1 to 1, and none of number 7\n"
    assert "there is no client 'tinny' in the registry" in _run("rollback", "tinny", "1", code=1).stderr


def test_a_client_is_disabled_enabled_and_removed_by_hand(settings: Settings) -> None:
    _run("apply")

    soon = "the factory closes its DAG within five minutes"
    disabled = _run("disable", "tiny", "--why", "holidays").stdout
    assert disabled == f"tiny is disabled; {soon}: revision 2\n"
    assert _json("enable", "tiny", "--by", "ben")["status"] == "active"
    removed = _run("remove", "tiny", "--forget").stdout
    assert removed == f"tiny is draining until its runs have ended; {soon}: revision 4\n"
    assert (
        "tiny is draining; `medallion enable tiny` brings it back" in _run("disable", "tiny", code=1).stderr
    )

    events = [(one["action"], one["actor"]) for one in _json("audit", "tiny")]
    assert events == [
        ("created", "ann"),
        ("disabled", "ann"),
        ("enabled", "ben"),
        ("draining", "ann"),
        ("forget", "ann"),
    ]
    assert "holidays" in _run("audit", "tiny").stdout
    assert len(_json("audit", "--last", "2")) == 2
    assert _run("audit", "nobody").stdout == "there is no event of nobody\n"


def test_show_says_where_values_are_set_while_they_are_the_files(settings: Settings) -> None:
    before = _json("show", "tiny")
    assert (before["status"], before["registry"]) == ("enabled", None)
    assert "not yet: `medallion apply`" in _run("show", "tiny").stdout

    _run("apply")
    after = _json("show", "tiny")
    assert (after["status"], after["registry"]["revision"]) == ("active", 1)
    assert after["origins"]["schedule_interval"]["at"] == "configs/clients/tiny.yml:2"
    assert "revision 1 by ann (file)" in _run("show", "tiny").stdout


def test_a_client_of_the_api_is_listed_shown_and_found(settings: Settings) -> None:
    _run("apply")
    made = _api_client(settings)

    shown = _json("show", "guest")
    assert (shown["file"], shown["registry"]["actor"], shown["config"]["id"]) == (None, "portal", "guest")
    rows = {row["id"]: (row["origin"], row["agrees"]) for row in _json("clients")}
    assert rows["guest"] == ("api", "none")
    assert "none (api)" in _run("clients").stdout
    assert _run("waive", "guest", "--list").stdout == "no waiver was ever signed for guest\n"
    told = _run("show", "gest", code=1).stderr
    assert told == "there is no client 'gest'; did you mean 'guest'?\n"
    (done,) = _json("apply")
    assert (done["totals"]["unchanged"], done["bundle"]["rendered"]) == (2, ["guest"])
    assert made.checksum == open_registry(settings.database_url, "default").heads()["guest"].checksum


def test_commands_work_with_the_clients_that_for_each_makes(settings: Settings) -> None:
    _edit(settings, "1d", "1d\nfor_each: {region: [us-east, eu-west]}")
    _run("apply")

    assert {row["id"] for row in _json("clients")} == {"little", "tiny__eu_west", "tiny__us_east"}
    assert _json("show", "tiny__us_east")["config"]["values"] == {"region": "us-east"}
    assert "region: us-east" in _run("show", "tiny__us_east").stdout
    planted = _json("sample-data", "tiny__us_east", "--from", "2026-01-15", "--rows", "100")
    assert {one["client"] for one in planted} == {"tiny__us_east"}

    _edit(settings, "us-east", "us/east")
    rows = {row["id"]: (row["status"], row["agrees"]) for row in _json("clients")}
    assert rows["tiny__us_east"] == rows["tiny__eu_west"] == ("active", "1 problem")
    assert set(rows) == {"little", "tiny__eu_west", "tiny__us_east"}


# --- The registry itself


def test_keys_are_made_and_rotated(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    _run("apply")
    assert "MEDALLION_FERNET_KEY is not set" in _run("rotate-key", code=1).stderr

    key = _run("registry-key").stdout.strip()
    Fernet(key)
    assert _json("registry-key")["key"] != key
    monkeypatch.setenv("MEDALLION_FERNET_KEY", key)
    assert _json("rotate-key")["rows"] > 6
    assert _run("rotate-key").stdout == "0 rows are encrypted with the newest key now\n"
    assert "Users of an app" not in settings.database_url
    monkeypatch.setenv("MEDALLION_FERNET_KEY", Fernet.generate_key().decode())
    assert "with a key that is not in MEDALLION_FERNET_KEY" in _run("clients", code=1).stderr
