"""A client made with `medallion new` on sources that are there runs as it is: no code, no SQL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medallion.cli import app
from medallion.clients import load_catalog
from medallion.interval import Interval
from medallion.settings import load_settings
from warehouse.retailer import Retailer

pytestmark = pytest.mark.slow

DAY = Interval.parse("2026-01-15T00:00:00+00:00/2026-01-16T00:00:00+00:00")


def test_a_new_client_runs_by_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configs = tmp_path / "project" / "configs"
    shutil.copytree(load_settings().configs, configs)
    monkeypatch.setenv("MEDALLION_PROJECT", str(configs.parent))
    assert CliRunner().invoke(app, ["new", "bakery"]).exit_code == 0
    file = configs / "clients" / "bakery.yml"
    said = file.read_text(encoding="utf-8")
    source = next(line for line in said.splitlines() if line.startswith("data_sources:"))
    changed = said.replace(source, "data_sources: [inventory, user_data]").replace(
        "enabled: false", "enabled: true"
    )
    file.write_text(changed, encoding="utf-8")
    assert CliRunner().invoke(app, ["validate"]).exit_code == 0
    catalog = load_catalog(configs)
    monkeypatch.undo()

    run = Retailer(tmp_path / "home", catalog).run(catalog.clients["bakery"], DAY, rows_a_day=4000)

    for layer in ("bronze", "silver", "gold"):
        assert run.verdict(layer).passed, str(run.verdict(layer))
    assert {"retail_stock", "retail_warehouse_position", "run_summary_user_data"} <= set(run.plan.marts)
    assert run.query("select count(*) from {gold}.retail_stock")[0][0] > 0
