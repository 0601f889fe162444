from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from medallion.sample_data.cli import sample_data
from medallion.terminal import Commands

app = typer.Typer(cls=Commands)
app.command()(sample_data)


@app.callback()
def _main() -> None:
    """Makes a group of the one command, as it stands in the whole."""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, ["sample-data", *words, "--rows", "1000"])

    return invoke


@pytest.mark.slow
def test_a_day_has_all_intervals_of_the_clients_schedule(run, tmp_path: Path) -> None:
    result = run("acme_corp", "--from", "2026-01-15", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [one["interval"] for one in told[::3]] == [
        f"20260115T{hour}00" for hour in ("00", "06", "12", "18")
    ]
    assert len(list((tmp_path / "samples" / "acme_corp" / "sales" / "orders").iterdir())) == 4


@pytest.mark.slow
def test_people_get_a_table_of_what_was_planted(run) -> None:
    result = run("acme_corp", "--from", "2026-01-15", "--to", "2026-01-15")
    assert "order_lines" in result.stdout
    assert "sales_line_quantity_is_positive" in result.stdout


def test_without_days_the_last_complete_interval_is_written(run, tmp_path: Path) -> None:
    assert run("acme_corp").exit_code == 0
    assert len(list((tmp_path / "samples" / "acme_corp" / "crm" / "customers").iterdir())) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "there is no client"),
        (("adventure_works",), "adventure_works: none of its sources is generated"),
        (("acme_corp", "--to", "2026-01-15"), "--to needs --from"),
        (("acme_corp", "--from", "2026-01-15", "--to", "2026-01-14"), "no interval starts from 2026-01-15"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run, words: tuple[str, ...], told: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert told in result.stderr
    assert "Traceback" not in result.stderr
