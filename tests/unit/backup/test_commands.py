"""What the two commands say, and how they end."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from medallion.cli import app
from medallion.exceptions import MedallionError
from medallion.locks import one_at_a_time
from medallion.settings import Settings
from unit.backup.conftest import ROWS, TABLES, tree

FILLED = f"{ROWS} rows in {TABLES} tables"


@pytest.fixture
def here(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MEDALLION_HOME", str(settings.home))
    return settings


@pytest.fixture
def there(empty: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MEDALLION_HOME", str(empty.home))
    return empty


def _run(*words: str | Path, typed: str = "") -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], input=typed)


def test_a_backup_says_what_is_in_it(here: Settings) -> None:
    result = _run("backup")

    (made,) = (here.home / "backups").iterdir()
    assert re.fullmatch(r"medallion_\d{8}T\d{6}Z\.tar\.gz", made.name)
    assert made.stat().st_mode & 0o777 == 0o600
    assert result.exit_code == 0
    first, *said = result.stdout.splitlines()
    assert first == f"{made}: {made.stat().st_size:,} bytes"
    assert re.fullmatch(rf"  registry     {FILLED}, schema \d{{4}}, [\d.]+ kB", said[0])
    assert [text.partition(",")[0] for text in said[1:5]] == [
        "  warehouse    1 file",
        "  destinations 2 files",
        "  reports      2 files",
        "  outbox       1 file",
    ]
    assert said[5] == "  landing      just the list of its files; --with-landing takes the files"


def test_its_facts_are_json(here: Settings, tmp_path: Path) -> None:
    facts = json.loads(_run("backup", tmp_path / "x.tar.gz", "--with-landing", "--json").stdout)

    assert facts["file"] == str(tmp_path / "x.tar.gz")
    assert facts["folders"] == {"warehouse": 1, "destinations": 2, "reports": 2, "outbox": 1, "landing": 1}
    assert (facts["rows"], facts["skipped"], facts["encrypted"]) == (ROWS, {}, False)


def test_what_is_kept_elsewhere_stays_there(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_REPORTS", "s3://lake/reports")
    monkeypatch.setenv("MEDALLION_LANDING", str(tmp_path / "disk"))
    result = _run("backup", tmp_path / "x.tar.gz", "--with-landing")
    assert result.exit_code == 0
    said = result.stdout.splitlines()[4:]
    assert (said[0], said[2]) == (
        "  reports      not in it: they stay at s3://lake/reports",
        f"  landing      not in it: they stay at {tmp_path / 'disk'}",
    )


def test_a_restore_says_what_belongs_elsewhere(
    there: Settings, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = tmp_path / "disk/acme/crm/people/year=2026/month=01/day=15/part-0.parquet"
    landed.parent.mkdir(parents=True)
    landed.write_text("landed")
    monkeypatch.setenv("MEDALLION_LANDING", str(tmp_path / "disk"))
    monkeypatch.setenv("MEDALLION_REPORTS", str(tmp_path / "reports"))
    result = _run("restore", archive, "--yes")
    assert result.exit_code == 0
    assert "landing:" not in result.stdout
    said = f"! reports: restored into the home, but kept at {tmp_path / 'reports'}: copy them there"
    assert said in result.stdout


def test_a_backup_is_never_written_over_another_file(here: Settings, archive: Path) -> None:
    before = archive.read_bytes()
    result = _run("backup", archive)
    assert result.exit_code == 1
    assert result.stderr == f"{archive} is there already: name another file, or none\n"
    assert archive.read_bytes() == before


def test_what_had_to_be_left_out_is_said_and_ends_with_3(here: Settings, tmp_path: Path) -> None:
    with one_at_a_time(here.warehouse("acme"), doing="building", error=MedallionError):
        result = _run("backup", tmp_path / "x.tar.gz", "--wait", "0.1")
    assert result.exit_code == 3
    assert "acme.duckdb is in use by process" in result.stderr
    assert "waiting up to 0.1 s" in result.stderr
    assert "✗ warehouse/acme.duckdb is not in it: acme.duckdb is in use by process" in result.stdout


def test_a_failed_backup_leaves_nothing_under_its_name(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", f"sqlite:///{here.reports / 'index.html'}")
    result = _run("backup", tmp_path / "to" / "x.tar.gz")
    assert result.exit_code == 1
    assert "index.html cannot be copied: file is not a database" in result.stderr
    assert tree(tmp_path / "to") == {}


def test_a_restore_asks_first(there: Settings, archive: Path) -> None:
    result = _run("restore", archive, typed="n\n")
    assert result.exit_code == 1
    assert "a backup of 20" in result.stdout
    assert result.stderr.strip() == f"Restore it into {there.home}? [y/N]:"
    assert result.stdout.splitlines()[-1] == "nothing was written"
    assert not there.home.exists()

    result = _run("restore", archive, typed="y\n")
    assert result.exit_code == 0
    landed = "landing/acme/crm/people/year=2026/month=01/day=15/part-0.parquet"
    assert f"! landing: 1 file missing: {landed}" in result.stdout
    assert result.stdout.splitlines()[-1].startswith(f"restored into {there.home}; `medallion apply` makes")


def test_a_restore_without_anybody_to_ask_writes_nothing(there: Settings, archive: Path) -> None:
    assert _run("restore", archive).exit_code == 1
    assert not there.home.exists()


def test_a_dry_run_says_what_is_in_it(there: Settings, archive: Path) -> None:
    result = _run("restore", archive, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "a dry run: nothing was written"
    assert FILLED in result.stdout
    assert not there.home.exists()


def test_the_facts_of_a_restore_are_json(there: Settings, archive: Path) -> None:
    facts = json.loads(_run("restore", archive, "--yes", "--json").stdout)
    assert (facts["restored"], facts["rows"], facts["sealed"]) == (True, ROWS, None)
    assert len(facts["landing"]["missing"]) == 1


def test_a_refusal_is_a_sentence(here: Settings, archive: Path) -> None:
    result = _run("restore", archive, "--yes")
    assert result.exit_code == 1
    assert "is in use already, by airflow, destinations, outbox, reports, warehouse: " in result.stderr
    assert "move it away, or name another home with MEDALLION_HOME" in result.stderr
