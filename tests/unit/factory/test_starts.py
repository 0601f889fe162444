"""Which runs should exist and do not, from a registry, a ledger and an Airflow's answers."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from medallion.bundle import client_path
from medallion.clients import Destination, SourceContract, client_from_dict
from medallion.exceptions import RunnerError
from medallion.factory import Starts
from medallion.factory.starts import EVERY, WATCH, watch_id
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.pipeline import dag_id_of
from medallion.registry import ACTIVE, DISABLED, Definition
from medallion.registry.find import registry_of
from medallion.settings import load_settings
from medallion.unstarted import Reason
from unit.factory.airflow_of import FewAnswers

NOW = datetime(2026, 1, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = {
    "description": "A client",
    "schedule_interval": "1d",
    "data_sources": ["crm"],
    "transformations": ["clean"],
    "destination": "warehouse",
    "business_rules": {"data_retention_days": 365, "quality_threshold": 0.95},
}
ENTITIES = {"entities": {"people": {"path": "p.csv", "keys": ["id"]}}}
CRM = {"name": "crm", "description": "People", "location": "/data", "format": "csv", "load": "interval"}


def day(number):
    return Interval(start := datetime(2026, 1, number, tzinfo=UTC), start + DAY)


class Platform:
    """The platform's clients, each with the days that it ran."""

    def __init__(self, settings):
        self.settings = settings
        self.ledger = open_ledger(settings.database_url)
        self.registry = registry_of(settings)
        self.airflow = FewAnswers("v1")

    def put(self, client_id, *days, status=ACTIVE, kind="scheduled", dry_run=0, **config):
        contract = SourceContract.model_validate(CRM | ENTITIES)
        to = Destination.model_validate({"name": "warehouse", "type": "duckdb", "path": "w.duckdb"})
        definition = Definition(client_from_dict(client_id, CONFIG | config), {"crm": contract}, to)
        signed = {"origin": "file", "actor": "test", "why": "a test"}
        self.registry.put(client_id, definition, status=status, **signed)
        for number in days:
            self.ran(client_id, number, kind=kind, dry_run=dry_run)
        self.airflow.dag(client_id)

    def ran(self, client_id, number, last=None, kind="scheduled", dry_run=0):
        first, end = day(number).start, day(last or number).end
        values = {"config_version": "x", "dry_run": dry_run}
        values |= {"interval_start": first.replace(tzinfo=None), "interval_end": end.replace(tzinfo=None)}
        key = RunKey(dag_id_of(client_id), f"{kind}__{number}")
        self.ledger.start_run(key, client_id=client_id, **values)

    def watched(self, *ago, run_type="scheduled"):
        for minutes in ago:
            at = NOW - timedelta(minutes=minutes)
            self.airflow.run(WATCH, Interval(at, at), run_type=run_type)

    def look(self, looking="", now=NOW):
        return Starts(self.settings, self.ledger, self.airflow.client(), now, looking).unstarted()

    def reasons(self, **how):
        return {one.client_id: (one.reason, [i.start.day for i in one.intervals]) for one in self.look(**how)}


@pytest.fixture
def platform(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    monkeypatch.delenv("MEDALLION_REGISTRY_URL", raising=False)
    # The bundle is another room's: here the newest version is the one that Airflow says it has.
    monkeypatch.setattr("medallion.factory.starts.is_live", live)
    found = Platform(load_settings())
    found.watched(3)
    return found


def live(airflow, files, dag_id, path):
    dag = airflow.dag(dag_id)
    return dag is not None and dag["bundle_version"] == "v1"


def test_clients_that_ran_need_no_question_to_airflow(platform):
    platform.put("shop", 18, 19)
    platform.put("by_hand", schedule_interval=None)
    assert platform.look() == []
    assert not any("client_" in path for path in platform.airflow.asked)


def test_each_reason_is_found(platform):
    for name in ("paused", "broken", "stale", "unknown", "not_made"):
        platform.put(name, 17)
    platform.airflow.dag("paused", is_paused=True)
    platform.airflow.dag("stale", bundle_version="v0")
    platform.airflow.errors[f"x/{client_path('broken')}"] = "Traceback …\nKeyError: 'sales'"
    del platform.airflow.dags[dag_id_of("unknown")]
    assert platform.reasons() == {
        "paused": (Reason.PAUSED, [18, 19]),
        "broken": (Reason.IMPORT_ERROR, [18, 19]),
        "stale": (Reason.STALE, [18, 19]),
        "unknown": (Reason.STALE, [18, 19]),
        "not_made": (Reason.NOT_MADE, [18, 19]),
    }
    (broken,) = [one for one in platform.look() if one.client_id == "broken"]
    assert broken.detail == "KeyError: 'sales'"


@pytest.mark.parametrize(
    ("part", "reason"), [("scheduler", Reason.SCHEDULER), ("dag_processor", Reason.PROCESSOR)]
)
def test_a_part_that_is_away_is_the_reason(platform, part, reason):
    platform.put("shop", 18)
    platform.airflow.dag("shop", bundle_version="v0")
    platform.airflow.parts[part] = "unhealthy"
    assert platform.reasons() == {"shop": (reason, [19])}


def test_a_run_that_airflow_made_exists_whatever_becomes_of_it(platform):
    platform.put("shop", 18)
    platform.airflow.run(dag_id_of("shop"), day(19), state="queued")
    assert platform.look() == []


def test_runs_of_its_own_hold_the_next_one_up(platform):
    platform.put("waits", 18)
    platform.airflow.run(dag_id_of("waits"), day(18), state="running")
    platform.put("done_now", 18)
    platform.airflow.run(dag_id_of("done_now"), day(18), ended=NOW - timedelta(minutes=2))
    platform.put("done", 18)
    platform.airflow.run(dag_id_of("done"), day(18), ended=NOW - timedelta(hours=2))
    assert platform.reasons() == {"done": (Reason.NOT_MADE, [19])}


def test_a_run_over_several_days_covers_them_and_a_dry_one_none(platform):
    platform.put("wide", 17)
    platform.ran("wide", 18, last=19, kind="manual")
    platform.put("dry", 18)
    platform.ran("dry", 19, kind="manual", dry_run=1)
    assert platform.reasons() == {"dry": (Reason.NOT_MADE, [19])}


def test_a_run_is_due_ten_minutes_after_its_interval(platform):
    platform.put("shop", 18)
    midnight = day(19).end
    early, late = midnight + timedelta(minutes=9), midnight + timedelta(minutes=11)
    platform.airflow.run(WATCH, Interval(midnight, midnight))
    assert platform.look(now=early) == []
    assert [one.reason for one in platform.look(now=late)] == [Reason.NOT_MADE]


def test_only_active_clients_are_expected_to_run(platform):
    platform.put("off", 17, status=DISABLED)
    platform.put("never_by_schedule", 17, kind="by_hand")
    platform.airflow.runs.clear()  # no schedules here: nobody looked lately
    platform.airflow.dag("never_by_schedule", is_paused=True)
    assert platform.look() == []


def test_a_new_client_is_expected_since_it_is_there_where_schedules_run(platform):
    """Its row is of today, by the machine's clock: what was due before it is nobody's."""
    now = datetime.now(UTC)
    platform.put("fresh")
    platform.airflow.dag("fresh", is_paused=True)
    platform.put("later", start_date=str((now + DAY).date()))
    platform.airflow.dag("later", is_paused=True)
    platform.airflow.run(WATCH, Interval(now, now))
    look = now + 2 * DAY
    platform.airflow.run(WATCH, Interval(look, look))
    (fresh,) = [one for one in platform.look(now=look + EVERY) if one.client_id == "fresh"]
    assert fresh.reason is Reason.PAUSED
    assert fresh.intervals[0].end <= now < fresh.intervals[1].end


def test_where_no_schedule_runs_only_what_a_person_did_is_told(platform):
    platform.airflow.runs.clear()
    platform.put("paused", 18)
    platform.airflow.dag("paused", is_paused=True)
    platform.put("not_made", 18)
    platform.put("stale", 18)
    platform.airflow.dag("stale", bundle_version="v0")
    assert platform.reasons() == {"paused": (Reason.PAUSED, [19])}


def test_the_first_look_after_a_gap_tells_what_was_left_out(platform):
    platform.put("shop", 16)
    platform.put("well", 16, 17, 18)
    platform.put("catches_up", 16, catchup=True)
    platform.airflow.runs.clear()
    platform.watched(0, 4 * 24 * 60)  # the one that looks, and one four days ago
    looking = platform.airflow.runs[WATCH][0]["dag_run_id"]
    assert platform.reasons(looking=looking) == {"shop": (Reason.WAS_AWAY, [17, 18])}
    platform.watched(5)
    assert Reason.WAS_AWAY not in [one.reason for one in platform.look(looking=looking)]
    assert Reason.WAS_AWAY not in [one.reason for one in platform.look()]


def test_a_look_by_hand_is_no_sign_of_the_scheduler(platform):
    platform.airflow.runs.clear()
    platform.watched(1, run_type="manual")
    platform.put("not_made", 18)
    assert platform.look(looking="manual__2") == []


def test_airflow_that_is_away_is_no_judgement(platform):
    platform.put("shop", 18)
    platform.airflow.__class__ = type("Away", (FewAnswers,), {"__call__": away})
    with pytest.raises(RunnerError):
        platform.look()


def away(self, request):
    raise httpx.ConnectError("refused", request=request)


def test_every_platform_has_its_own_watch():
    assert (watch_id("default"), watch_id("west")) == ("medallion_watch", "west__medallion_watch")
