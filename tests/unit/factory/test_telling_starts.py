import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from medallion.clients import load_catalog
from medallion.factory import StartsTelling
from medallion.interval import Interval
from medallion.ledger import RunKey, open_ledger
from medallion.notifications import RecordingChannel, Route, Teller, render
from medallion.pipeline import dag_id_of
from medallion.registry import ACTIVE, DISABLED, Definition, open_registry
from medallion.unstarted import Reason, Unstarted

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"
START = datetime(2026, 1, 18, tzinfo=UTC)
DAYS = tuple(Interval(START + timedelta(days=n), START + timedelta(days=n + 1)) for n in range(2))


class Watch:
    """A platform with the clients shop and small, which have other addresses; a look at a time."""

    def __init__(self, folder):
        shutil.copytree(FIXTURES / "configs", folder / "configs")
        shutil.copytree(FIXTURES / "good", folder / "configs" / "clients")
        shutil.copy(FIXTURES / "good" / "shop.yml", folder / "configs" / "clients" / "second.yml")
        self.catalog = load_catalog(folder / "configs")
        url = f"sqlite:///{folder / 'registry.db'}"
        self.registry, self.ledger = open_registry(url, "default"), open_ledger(url)
        self.letters = []
        self.looks = 0
        for name in ("shop", "small", "second"):
            self.put(name)

    def put(self, name, status=ACTIVE):
        definition = Definition.of(self.catalog.clients[name], self.catalog)
        signed = {"origin": "cli", "actor": "ann", "why": "a test"}
        self.registry.put(name, definition, status=status, **signed)

    def teller(self, client):
        channel = RecordingChannel()
        channel.letters = Letters(self.letters, client.notification_email if client else None)
        # A busy machine may take its time.
        return Teller((Route(channel),), lambda: self.ledger, str, bound=60.0, asking=30.0)

    def look(self, **found):
        self.looks += 1
        run = RunKey("medallion_watch", f"scheduled__{self.looks}")
        telling = StartsTelling(self.registry, self.ledger, self.teller, run, datetime.now(UTC))
        telling.tell([Unstarted(name, dag_id_of(name), reason, DAYS) for name, reason in found.items()])

    def said(self):
        return [letter.message.headline for _, letter in self.letters]


class Letters(list):
    """Keeps what a channel carries, with the address."""

    def __init__(self, kept, address):
        super().__init__()
        self.kept, self.address = kept, address

    def append(self, letter):
        self.kept.append((self.address, letter))


@pytest.fixture
def watch(tmp_path):
    return Watch(tmp_path)


def test_a_client_is_told_once_as_long_as_it_does_not_start_and_again_when_it_does(watch):
    for _ in range(3):
        watch.look(shop=Reason.PAUSED)
    for _ in range(2):
        watch.look()
    assert watch.said() == ["shop did not start: its DAG is paused", "shop recovered: its runs start"]
    watch.look(shop=Reason.PAUSED)
    assert watch.said().count("shop did not start: its DAG is paused") == 2


def test_it_says_what_has_no_run_and_what_helps(watch):
    watch.look(shop=Reason.PAUSED)
    ((address, letter),) = watch.letters
    text = render(letter.message).text
    assert address == watch.catalog.clients["shop"].notification_email
    assert (letter.message.severity, letter.message.dag_id) == ("error", "client_shop_pipeline")
    for fact in (
        "- shop: its DAG is paused",
        "    2 intervals from 2026-01-18 00:00 to 2026-01-20 00:00 have no run",
        "What to do: Let client_shop_pipeline go on in Airflow's UI; then what it leaves out: "
        "`medallion run shop --date 2026-01-18`.",
    ):
        assert fact in text


def test_another_reason_is_told_and_the_one_before_has_no_recovery(watch):
    watch.look(shop=Reason.PAUSED)
    watch.look(shop=Reason.IMPORT_ERROR)
    watch.look()
    assert watch.said() == [
        "shop did not start: its DAG is paused",
        "shop did not start: Airflow cannot read its DAG",
        "shop recovered: its runs start",
    ]


def test_one_client_starts_while_another_does_not(watch):
    watch.look(shop=Reason.PAUSED, small=Reason.PAUSED)
    watch.look(small=Reason.PAUSED)
    assert watch.said()[2:] == ["shop recovered: its runs start"]


def test_a_client_that_is_disabled_meanwhile_has_not_recovered(watch):
    watch.look(shop=Reason.PAUSED)
    watch.put("shop", DISABLED)
    watch.look()
    assert len(watch.said()) == 1
    watch.put("shop")
    watch.look(shop=Reason.PAUSED)
    assert len(watch.said()) == 2


def test_what_ails_the_platform_is_one_message_to_those_with_the_same_addresses(watch):
    found = dict.fromkeys(("shop", "second", "small"), Reason.PROCESSOR)
    watch.look(shop=Reason.PROCESSOR, small=Reason.PROCESSOR)
    watch.look(**found)  # more of the same
    assert sorted(watch.said()) == [
        "shop did not start: the DAG processor is away",
        "small did not start: the DAG processor is away",
    ]
    watch.look()
    assert watch.said()[2:] == ["default recovered: its runs start"] * 2


def test_a_scheduler_that_was_away_is_one_message_a_time_and_has_no_recovery(watch):
    for _ in range(2):
        watch.look(shop=Reason.WAS_AWAY, second=Reason.WAS_AWAY)
        watch.look()
    assert watch.said() == ["default: runs of 2 clients did not start: the scheduler was away"] * 2
    rows = watch.letters[0][1].message.rows
    assert [row.name for row in rows] == ["second", "shop"] or [row.name for row in rows] == [
        "shop",
        "second",
    ]


def test_a_look_is_done_whatever_becomes_of_telling(watch, caplog):
    watch.ledger = None
    watch.look(shop=Reason.PAUSED)
    assert "nobody could be told of runs that did not start" in caplog.text
