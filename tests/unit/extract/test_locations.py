"""Where files come from, and that dlt brings nothing else along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest

from medallion.clients import load_catalog
from medallion.exceptions import ExtractError
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.settings import load_settings

Land = Callable[..., list[Any]]
Rows = Callable[..., list[dict[str, Any]]]


def test_files_are_read_from_any_file_system(land: Land, landed_rows: Rows) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/shop-acme/orders.csv", b"id\nfrom memory\n")
    land(location="memory://shop-{client}")
    assert landed_rows() == [{"id": "from memory"}]


def test_a_file_url_is_a_folder(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "orders.csv").write_text("id\nlocal\n")
    land(location=f"file://{inbox}")
    assert landed_rows() == [{"id": "local"}]


def test_a_server_that_does_not_answer_is_named(land: Land) -> None:
    with pytest.raises(ExtractError, match=r"^acme: shop\.orders: orders\.csv: "):
        land(location="https://127.0.0.1:9")


def test_a_missing_folder_is_named(land: Land, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match=r"orders\.csv: no such file; expected below .*/nowhere"):
        land(location=str(tmp_path / "nowhere"))


def test_a_file_that_may_not_be_read_is_named(inbox: Path, land: Land) -> None:
    (inbox / "orders.csv").symlink_to(inbox / "gone.csv")
    with pytest.raises(ExtractError, match=r"^acme: shop\.orders: orders\.csv: "):
        land()


@pytest.mark.parametrize("linked", ["orders.csv", "day", "day/orders.csv"])
@pytest.mark.parametrize("as_url", [False, True])
def test_a_link_that_leads_out_of_its_location_is_refused(
    inbox: Path, land: Land, landing: Path, tmp_path: Path, linked: str, as_url: bool
) -> None:
    other = tmp_path / "inbox_of_another"
    (other / "deep").mkdir(parents=True)
    for folder in (other, other / "deep"):
        (folder / "orders.csv").write_text("id\nanother client's\n")
    link = inbox / linked
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(other / "orders.csv" if linked.endswith(".csv") else other)
    path = linked if linked.endswith(".csv") else f"{linked}/orders.csv"
    with pytest.raises(ExtractError, match=r"is a link that leads out of its location"):
        land(
            location=f"file://{inbox}" if as_url else str(inbox),
            entities={"orders": {"path": path, "keys": ["id"]}},
        )
    assert not list(landing.rglob("*.parquet"))


def test_a_link_within_its_location_and_a_location_that_is_one_are_followed(
    inbox: Path, land: Land, landed_rows: Rows, tmp_path: Path
) -> None:
    (inbox / "2026.csv").write_text("id\n1\n")
    (inbox / "orders.csv").symlink_to("2026.csv")
    (tmp_path / "mounted").symlink_to(inbox)
    land(location=str(tmp_path / "mounted"))
    assert landed_rows() == [{"id": "1"}]


@pytest.mark.parametrize("linked", ["acme", "acme/shop", "acme/shop/orders", "acme/shop/orders/year=2026"])
def test_rows_land_behind_no_link(
    inbox: Path, land: Land, landing: Path, tmp_path: Path, linked: str
) -> None:
    (inbox / "orders.csv").write_text("id\n1\n")
    other = tmp_path / "another"
    other.mkdir()
    (landing / linked).parent.mkdir(parents=True, exist_ok=True)
    (landing / linked).symlink_to(other)
    with pytest.raises(ExtractError, match="a link leads out of"):
        land()
    assert not list(other.iterdir())


def test_a_relative_location_is_refused(land: Land) -> None:
    with pytest.raises(
        ExtractError, match=r"acme: shop: location: must be an absolute folder.*is 'extracts'"
    ):
        land(location="extracts")


def test_samples_and_client_are_filled_in(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "acme").mkdir()
    (inbox / "acme" / "orders.csv").write_text("id\nmine\n")
    land(location="{samples}/{client}")
    assert landed_rows() == [{"id": "mine"}]


def test_a_clients_values_are_filled_in(inbox: Path, land: Land, landed_rows: Rows) -> None:
    (inbox / "eu west").mkdir()
    (inbox / "eu west" / "orders.csv").write_text("id\nregional\n")
    land(location=f"{inbox}/{{region}}", values={"region": "eu west", "tier": "gold"})
    assert landed_rows() == [{"id": "regional"}]


def test_adventureworks_without_its_files_says_what_to_do(land: Land) -> None:
    with pytest.raises(ExtractError, match=r"adventureworks files are not here; .* MEDALLION_ADVENTUREWORKS"):
        land(location="{adventureworks}/sales")


@pytest.mark.adventureworks
def test_adventureworks_lands_as_counted(tmp_path: Path, january_15: Interval) -> None:
    settings = load_settings()
    if settings.adventureworks is None:
        pytest.skip("no AdventureWorks files: set MEDALLION_ADVENTUREWORKS")
    landed = extract_source(
        load_catalog(settings.configs).sources["adventureworks_sales"],
        client_id="adventure_works",
        interval=january_15,
        sub_daily=False,
        landing=tmp_path,
        samples=tmp_path,
        adventureworks=settings.adventureworks,
    )
    rows = {one.entity: one.rows for one in landed}
    assert (rows["orders"], rows["order_lines"], rows["customers"]) == (1_566, 5_716, 19_820)


ALONE = """
import json, os, sys
from pathlib import Path
from medallion.clients import SourceContract
from medallion.extract import extract_source
from medallion.interval import Interval

loaded = [name for name in ("dlt", "airflow") if name in sys.modules]
contract = SourceContract(**json.loads(sys.argv[1]))
extract_source(
    contract, client_id="acme", interval=Interval.parse(sys.argv[2]), sub_daily=False,
    landing=Path("landing").absolute(), samples=Path.cwd(),
)
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.configuration.container import Container
dlt = Container()[PluggableRunContext].context
print(json.dumps({
    "before": loaded, "airflow": "airflow" in sys.modules,
    "telemetry": dlt.runtime_config.dlthub_telemetry, "data": dlt.data_dir,
}))
"""


@pytest.mark.slow
def test_dlt_stays_quiet_and_writes_nothing_but_landing(tmp_path: Path, january_15: Interval) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "orders.csv").write_text("id\n1\n")
    contract = {
        "name": "shop",
        "description": "a shop",
        "location": str(tmp_path),
        "format": "csv",
        "load": "snapshot",
        "entities": {"orders": {"path": "orders.csv", "keys": ["id"]}},
    }
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE, json.dumps(contract), str(january_15)],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "MEDALLION_HOME": str(tmp_path / "var")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.stderr == ""
    assert json.loads(ended.stdout) == {
        "before": [],
        "airflow": False,
        "telemetry": False,
        "data": str(tmp_path / "var" / "dlt"),
    }
    assert list(home.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {"home", "landing", "orders.csv"}
