import json
import shutil
import socket
from pathlib import Path

from medallion.database import engine_of
from medallion.ledger import open_ledger

CHECKS = [
    "python",
    "rights",
    "disk",
    "ports",
    "airflow",
    "database",
    "clients",
    "clock",
    "drivers",
    "connections",
    "locks",
    "runs",
    "partitions",
]


def test_a_new_installation_is_well_and_nothing_is_written(doctor, settings):
    told = doctor("--json")
    findings = json.loads(told.output)["findings"]
    assert told.exit_code == 0
    assert list(dict.fromkeys(one["check"] for one in findings)) == CHECKS
    assert {one["level"] for one in findings} == {"ok"}
    assert not any(settings.home.iterdir())


def test_anything_bad_ends_with_1_and_says_what_to_do(doctor, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("MEDALLION_PORT", str(taken.getsockname()[1]))
        told = doctor()
    assert told.exit_code == 1
    assert "✗ ports       port" in told.output
    assert "→ stop what listens there" in told.output
    assert "1 bad" in told.output
    assert "\x1b" not in told.output


def test_a_registry_that_does_not_answer_is_bad(doctor, monkeypatch):
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", "postgresql://me:s3cret@127.0.0.1:1/registry")
    told = doctor("--json")
    (found,) = [one for one in json.loads(told.output)["findings"] if one["check"] == "database"]
    assert (told.exit_code, found["level"]) == (1, "bad")
    assert "s3cret" not in told.output


def test_a_registry_that_is_there_is_read(doctor, settings):
    open_ledger.cache_clear()
    engine_of.cache_clear()
    open_ledger(settings.database_url)
    findings = json.loads(doctor("--json").output)["findings"]
    assert [one["said"].endswith("answers") for one in findings if one["check"] == "database"] == [True]


def test_broken_config_files_are_told(doctor, settings, tmp_path, monkeypatch):
    project = tmp_path / "project"
    shutil.copytree(settings.configs, project / "configs")
    Path(project / "configs/clients/acme_corp.yml").write_text("description: 3")
    (project / "dbt").symlink_to(settings.dbt_project)
    monkeypatch.setenv("MEDALLION_PROJECT", str(project))
    findings = json.loads(doctor("--json").output)["findings"]
    (found,) = [one for one in findings if one["check"] == "clients"]
    assert (found["level"], found["todo"]) == ("warn", "medallion validate")
