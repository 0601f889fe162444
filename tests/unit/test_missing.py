"""Which intervals did not land, of every active client, as the fleet's page tells it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from medallion.clients import Destination, SourceContract, client_from_dict
from medallion.ledger import RunKey, open_ledger
from medallion.missing import PAGE_DAYS, _intervals, missing_of_fleet
from medallion.pipeline.days import intervals_of_day
from medallion.registry.definition import Definition
from medallion.registry.find import registry_of
from medallion.registry.records import ACTIVE, DISABLED
from medallion.settings import load_settings
from medallion.storage import make_folder

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)
CONFIG = {
    "description": "A client",
    "schedule_interval": "1d",
    "data_sources": ["crm"],
    "transformations": ["clean"],
    "destination": "warehouse",
    "business_rules": {"data_retention_days": 365, "quality_threshold": 0.95},
}
CRM = {"name": "crm", "description": "People", "location": "/data", "format": "csv", "load": "interval"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    return load_settings()


@pytest.fixture
def live(settings):
    """Put a client into the registry that ran first on a day and landed some."""

    def put(client_id, *landed, first=datetime(2026, 1, 10), status=ACTIVE, run_id="backfill__1", **config):
        contract = SourceContract.model_validate(
            CRM | {"entities": {"people": {"path": "p.csv", "keys": ["id"]}}}
        )
        to = Destination.model_validate({"name": "warehouse", "type": "duckdb", "path": "w.duckdb"})
        definition = Definition(client_from_dict(client_id, CONFIG | config), {"crm": contract}, to)
        registry_of(settings).put(
            client_id, definition, status=status, origin="file", actor="test", why="a test"
        )
        values = {"config_version": "x", "interval_start": first, "interval_end": first}
        open_ledger(settings.database_url).start_run(RunKey(client_id, run_id), client_id=client_id, **values)
        for day in landed:
            folder = (
                settings.landing / client_id / "crm/people" / f"year={day:%Y}/month={day:%m}/day={day:%d}"
            )
            make_folder(folder)
            (folder / "part-0.parquet").write_bytes(b"x")

    return put


def days(*numbers):
    return [datetime(2026, 1, number) for number in numbers]


@pytest.fixture
def in_a_store(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_LANDING", f"memory://{tmp_path.name}/landing")
    yield
    MemoryFileSystem().rm(f"/{tmp_path.name}", recursive=True)


def test_what_did_not_land_in_a_store_is_told_as_of_a_disk(in_a_store, settings, live):
    there = [datetime(2025, 12, 30), *days(1, 3), datetime(2026, 1, 18)]
    live("acme", *there, first=datetime(2025, 12, 30))
    hourly = {"schedule_interval": "12h", "first": datetime(2026, 1, 18)}
    live("hourly", **hourly)
    place = settings.landing / "hourly/crm/people/year=2026/month=01/day=18/hour=1200/part-0.parquet"
    place.write_bytes(b"x")
    found = missing_of_fleet(settings, open_ledger(settings.database_url), (), NOW)
    (holes,) = found["acme"]
    assert holes["todo"] == (
        "medallion run acme --date 2025-12-31; medallion run acme --date 2026-01-02; "
        "medallion run acme --from 2026-01-04 --to 2026-01-17 --again all"
    )
    assert [(one["hole"], one["first"], one["last"]) for one in found["hourly"]] == [
        (True, "2026-01-18T00:00:00Z", "2026-01-18T00:00:00Z"),
        (False, "2026-01-19T00:00:00Z", "2026-01-19T00:00:00Z"),
    ]


def test_holes_and_what_was_never_run_are_told_apart(settings, live):
    live("acme", *days(10, 12, 13, 16))
    found = missing_of_fleet(settings, open_ledger(settings.database_url), (), NOW)
    assert found == {
        "acme": [
            {
                "hole": True,
                "intervals": 3,
                "first": "2026-01-11T00:00:00Z",
                "last": "2026-01-15T00:00:00Z",
                "sources": ["crm"],
                "said": ("3 intervals of 2026-01-11 to 2026-01-15 did not land, though later ones did (crm)"),
                "todo": "medallion run acme --date 2026-01-11; "
                "medallion run acme --from 2026-01-14 --to 2026-01-15 --again all",
            },
            {
                "hole": False,
                "intervals": 2,
                "first": "2026-01-17T00:00:00Z",
                "last": "2026-01-18T00:00:00Z",
                "sources": ["crm"],
                "said": "2 intervals of 2026-01-17 to 2026-01-18 have not landed (crm)",
                "todo": "medallion run acme --from 2026-01-17 --to 2026-01-18 --again all",
            },
        ]
    }


@pytest.fixture(params=["disk", "store"])
def anywhere(request):
    if request.param == "store":
        request.getfixturevalue("in_a_store")


def test_what_landed_by_another_schedule_is_not_missing(anywhere, settings, live):
    live("finer", *days(17, 18), first=datetime(2026, 1, 17), schedule_interval="12h")
    hours = [datetime(2026, 1, day, hour) for day in (17, 18) for hour in (0, 12)]
    live("coarser", first=datetime(2026, 1, 17))
    for at in hours:
        day = settings.landing / "coarser/crm/people" / f"{at:year=%Y/month=%m/day=%d}"
        make_folder(day / f"{at:hour=%H%M}")
        (day / f"{at:hour=%H%M}" / "part-0.parquet").write_bytes(b"x")
    found = missing_of_fleet(settings, open_ledger(settings.database_url), (), NOW)
    assert [(one["first"], one["intervals"]) for one in found["finer"]] == [("2026-01-19T00:00:00Z", 1)]
    assert found["coarser"] == []


def test_the_days_of_a_client_are_those_of_its_clocks(settings, live):
    there = [datetime(2026, 3, day) for day in (27, 28, 30)]
    live("shop", *there, first=datetime(2026, 3, 26, 23), timezone="Europe/Berlin")
    now = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # half past midnight there
    (found,) = missing_of_fleet(settings, open_ledger(settings.database_url), (), now)["shop"]
    assert (found["first"], found["intervals"]) == ("2026-03-28T23:00:00Z", 1)
    assert found["todo"] == "medallion run shop --date 2026-03-29"


def test_only_active_clients_are_looked_at_and_none_that_need_not_be(settings, live):
    live("acme", *days(*range(10, 19)))
    live("asleep", status=DISABLED)
    live("known")
    found = missing_of_fleet(settings, open_ledger(settings.database_url), ("known",), NOW)
    assert found == {"acme": []}


@pytest.mark.parametrize(("run_id", "missing"), [("manual__1", 0), ("by_hand__1", 0), ("scheduled__1", 1)])
def test_a_run_that_was_asked_for_by_hand_promises_no_other(settings, live, run_id, missing):
    live("acme", *days(10), run_id=run_id)
    assert len(missing_of_fleet(settings, open_ledger(settings.database_url), (), NOW)["acme"]) == missing


def test_the_page_looks_back_so_many_days(settings, live):
    first = NOW.replace(hour=0) - timedelta(days=200)
    live("acme", first=first.replace(tzinfo=None))
    (found,) = missing_of_fleet(settings, open_ledger(settings.database_url), (), NOW)["acme"]
    assert found["intervals"] == PAGE_DAYS - 2  # today's has not ended, and yesterday's may still run


@pytest.mark.parametrize("period", [{"hours": 2}, {"hours": 24}, {"minutes": 90}, {"hours": 5}, {"days": 2}])
def test_a_schedule_has_the_intervals_that_its_runs_have(period):
    schedule, day = timedelta(**period), date(2027, 3, 28)
    assert _intervals(schedule, day) == tuple(intervals_of_day(schedule, day))
