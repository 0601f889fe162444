"""An installation in a folder of its own, and a client that can be told where its data is."""

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from medallion.clients import Destination, SourceContract, client_from_dict
from medallion.doctor.cli import app
from medallion.registry.definition import Definition
from medallion.settings import Settings
from medallion.terminal import Commands

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith(("MEDALLION_", "AIRFLOW"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    return Settings(project=PROJECT, home=home, database_url=f"sqlite:///{home / 'registry.db'}")


@pytest.fixture
def definition():
    """Make a client with one source and its destination."""

    def make(source=None, destination=None, **changed):
        config = {
            "description": "A client",
            "schedule_interval": "1d",
            "data_sources": ["crm"],
            "transformations": ["clean"],
            "destination": "warehouse",
            "business_rules": {"data_retention_days": 30, "quality_threshold": 0.95},
        }
        files = {"connector": "files", "location": "/data", "format": "csv", "load": "interval"}
        people = {"path": "people.csv", "keys": ["id"]}
        contract = {"name": "crm", "description": "People", "entities": {"people": people}}
        to = {"name": "warehouse", "type": "duckdb", "path": "warehouse.duckdb"}
        return Definition(
            client_from_dict("acme", config | changed),
            {"crm": SourceContract.model_validate(contract | (source or files))},
            Destination.model_validate(destination or to),
        )

    return make


@pytest.fixture
def doctor(settings, monkeypatch):
    whole = typer.Typer(cls=Commands)
    whole.add_typer(app)
    whole.command("other")(lambda: None)
    monkeypatch.setenv("MEDALLION_HOME", str(settings.home))
    return lambda *words: CliRunner().invoke(whole, ["doctor", *words])
