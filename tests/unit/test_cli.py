from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from medallion.cli import app
from medallion.clients.schema import schema_text

FIXTURES = Path(__file__).parents[1] / "fixtures" / "clients"


@pytest.fixture
def clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The clients' folder of a project of the test's own, which the command works on."""
    shutil.copytree(FIXTURES / "configs", tmp_path / "configs")
    shutil.copytree(FIXTURES / "good", tmp_path / "configs" / "clients")
    monkeypatch.setenv("MEDALLION_PROJECT", str(tmp_path))
    monkeypatch.setenv("MEDALLION_ADVENTUREWORKS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("MEDALLION_HOME", raising=False)
    return tmp_path / "configs" / "clients"


def _run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def _break(clients: Path) -> None:
    shutil.copy(FIXTURES / "broken" / "several_at_once.yml", clients)


def test_validate_passes_good_clients_and_prints_notes(clients: Path) -> None:
    result = _run("validate")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "note: configs/clients/shop.yml:8: transformations: will run in this order: clean, validate",
        "note: configs/clients/shop.yml:12: business_rules.data_retention_days.gold: "
        "365 days, of tables with a _run_date alone: the other marts hold what silver holds, 90",
        "✓ no problems: shop (enabled), small (enabled)",
    ]


def test_validate_says_of_whom_no_factory_here_takes_care(clients: Path) -> None:
    path = clients / "small.yml"
    path.write_text(path.read_text() + "platform: west\nfor_each: {region: [eu, us]}\n")

    told = "small.yml:10: platform: west is none of this installation's platforms (default): not run here"
    result = _run("validate")
    assert result.exit_code == 0
    assert [line.startswith("note: ") for line in result.stdout.splitlines() if line.endswith(told)] == [True]


def test_validate_prints_every_problem_on_a_line_of_its_own_and_fails(clients: Path) -> None:
    _break(clients)

    result = _run("validate")

    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    place = "configs/clients/several_at_once.yml:17: business_rules.quality_threshold: "
    assert place + "must be between 0 and 1, is 1.5" in lines
    assert lines[-1] == "✗ 7 problems in 1 file"


def test_validate_of_one_file_says_nothing_of_others(clients: Path) -> None:
    _break(clients)

    assert _run("validate", str(clients / "small.yml")).exit_code == 0
    assert _run("validate", str(clients / "several_at_once.yml")).exit_code == 1


def test_validate_of_a_path_that_is_not_there_is_a_usage_error(clients: Path) -> None:
    assert _run("validate", str(clients / "nowhere.yml")).exit_code == 2


def test_validate_gives_its_facts_as_json(clients: Path) -> None:
    _break(clients)

    result = _run("validate", "--json")

    facts = json.loads(result.stdout)
    assert result.exit_code == 1
    assert facts["clients"] == {"shop": "enabled", "small": "enabled"}
    assert facts["problems"][-1] == {
        "file": "configs/clients/several_at_once.yml",
        "line": 18,
        "key": "business_rules.enable_real_time",
        "message": "must be true or false, is 'maybe'",
    }
    assert [note["key"] for note in facts["notes"]] == [
        "transformations",
        "business_rules.data_retention_days.gold",
    ]


def test_what_a_file_says_is_never_read_as_markup(clients: Path) -> None:
    path = clients / "small.yml"
    path.write_text(path.read_text().replace("As little", "'[red]As[/] little").replace("say", "say'"))

    assert "[red]As[/] little" in _run("show", "small").stdout
    assert "data_sources[1]" in _run("validate", str(FIXTURES / "broken" / "unknown_source.yml")).stdout


def test_clients_lists_broken_ones_and_those_without_data(clients: Path) -> None:
    _break(clients)
    crm = clients.parent / "sources" / "crm.yml"
    crm.write_text(crm.read_text().replace("{samples}", "{adventureworks}"))

    rows = {
        line.split()[0]: " ".join(line.split())
        for line in _run("clients").stdout.splitlines()
        if line.strip()
    }

    assert rows["several_at_once"] == "several_at_once broken 7 problems"
    assert rows["small"] == "small disabled: no data null crm warehouse not applied"


def test_clients_gives_its_facts_as_json(clients: Path) -> None:
    _break(clients)

    facts = {fact["id"]: fact for fact in json.loads(_run("clients", "--json").stdout)}

    assert {name: fact["status"] for name, fact in facts.items()} == {
        "several_at_once": "broken",
        "shop": "enabled",
        "small": "enabled",
    }
    assert facts["shop"]["config"]["schedule_interval"] == "PT6H"
    assert len(facts["several_at_once"]["problems"]) == 7


def test_show_prints_values_and_where_they_are_set(clients: Path) -> None:
    result = _run("show", "shop")

    rows = [" ".join(line.strip("│ ").split()) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert "status enabled" in rows
    assert "file configs/clients/shop.yml" in rows
    assert "schedule_interval 6h line 3" in rows
    assert "retry_delay 1m configs/defaults.yml:2" in rows
    assert "max_retry_delay 30m built in" in rows


def test_show_gives_its_facts_as_json(clients: Path) -> None:
    facts = json.loads(_run("show", "shop", "--json").stdout)

    assert facts["config"]["owner"] == "shop-team"
    assert facts["locations"] == {"crm": "{samples}/{client}/crm", "sales": "s3://bucket/sales"}
    assert facts["origins"]["owner"] == {"layer": "client", "at": "configs/clients/shop.yml:15"}


def test_show_of_an_unknown_client_names_the_nearest(clients: Path) -> None:
    result = _run("show", "smal")

    assert result.exit_code == 1
    assert result.stderr == "there is no client 'smal'; did you mean 'small'?\n"


def test_show_of_a_broken_client_lists_its_problems(clients: Path) -> None:
    _break(clients)

    result = _run("show", "several_at_once")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 7


def test_new_writes_a_client_once(clients: Path) -> None:
    first, second = _run("new", "hat_shop"), _run("new", "hat_shop")

    assert first.exit_code == 0
    assert "configs/clients/hat_shop.yml" in first.stdout
    assert second.exit_code == 1
    assert "nothing was written" in second.stderr
    assert _run("validate").exit_code == 0
    assert json.loads(_run("new", "cap_shop", "--json").stdout) == {
        "id": "cap_shop",
        "file": "configs/clients/cap_shop.yml",
    }


def test_schema_is_written_and_checked(clients: Path) -> None:
    behind = _run("schema", "--check")
    written = _run("schema")

    assert (behind.exit_code, written.exit_code, _run("schema", "--check").exit_code) == (1, 0, 0)
    assert "is behind the model" in behind.stderr
    assert (clients.parent / "client.schema.json").read_text(encoding="utf-8") == schema_text()


def test_every_command_explains_itself(clients: Path) -> None:
    groups = [group.typer_instance for group in app.registered_groups if group.typer_instance]
    commands = [command for group in (app, *groups) for command in group.registered_commands]
    names = [command.name or command.callback.__name__ for command in commands if command.callback]

    assert {"validate", "clients", "show", "new", "schema", "plan", "apply", "rollback"} <= set(names)
    assert len(names) == len(set(names))
    assert all(command.callback and command.callback.__doc__ for command in commands)


def test_a_registry_that_does_not_answer_is_told_without_its_password(
    clients: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", "postgresql://me:s3cret@127.0.0.1:1/registry")

    result = _run("clients")
    assert result.exit_code == 1
    assert result.stderr.startswith("the registry at postgresql://127.0.0.1:1/registry cannot be reached: ")
    assert "s3cret" not in result.stderr
