import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from medallion.clients import load_catalog
from medallion.factory import Line, Report, Telling
from medallion.factory import report as say
from medallion.ledger import RunKey, open_ledger
from medallion.notifications import RecordingChannel, Route, Teller
from medallion.registry import ACTIVE, DISABLED, DRAINING, REMOVED, Definition, open_registry

FIXTURES = Path(__file__).parents[2] / "fixtures" / "clients"


class Factory:
    """A platform with the clients shop and small; a round a report."""

    def __init__(self, folder):
        shutil.copytree(FIXTURES / "configs", folder / "configs")
        shutil.copytree(FIXTURES / "good", folder / "configs" / "clients")
        self.catalog = load_catalog(folder / "configs")
        url = f"sqlite:///{folder / 'registry.db'}"
        self.registry, self.ledger = open_registry(url, "default"), open_ledger(url)
        self.told = {}
        self.rounds = 0
        for name in ("shop", "small"):
            self.put(name)

    def put(self, name, status=ACTIVE):
        definition = Definition.of(self.catalog.clients[name], self.catalog)
        signed = {"origin": "cli", "actor": "ann", "why": "a test"}
        self.registry.put(name, definition, status=status, **signed)

    def teller(self, client):
        channel = self.told.setdefault(client.id if client else None, RecordingChannel())
        return Teller((Route(channel),), lambda: self.ledger, str)

    def round(self, *lines):
        self.rounds += 1
        run = RunKey("medallion_factory", f"scheduled__{self.rounds}")
        telling = Telling(self.registry, self.ledger, self.teller, run, datetime.now(UTC))
        telling.tell(Report.of("default", "v1", [Line(*line) for line in lines]))

    def said(self, client):
        return [letter.message.headline for letter in self.told.get(client, RecordingChannel()).letters]


@pytest.fixture
def factory(tmp_path):
    return Factory(tmp_path)


SHOP = ("shop", say.INVALID, "configs/clients/shop.yml:3: schedule_interval: must be …")
SMALL = ("small", say.FAILED, "Airflow cannot read its DAG")
NOBODY = ("fresh", say.INVALID, "configs/clients/fresh.yml:1: …")


def test_the_clients_own_addresses_are_told_once(factory):
    for _ in range(3):
        factory.round(SHOP)
    assert factory.said("shop") == ["default: shop needs a look"]
    (row,) = factory.told["shop"].letters[0].message.rows
    assert (row.state, row.said) == ("invalid", SHOP[2])
    assert factory.said(None) == []


def test_each_is_told_of_theirs_and_who_is_unknown_of_the_platforms(factory):
    factory.round(SHOP, SMALL, NOBODY)
    assert factory.said("shop") == ["default: shop needs a look"]
    assert factory.said("small") == ["default: small needs a look"]
    assert factory.said(None) == ["default: fresh needs a look"]


def test_many_with_one_cause_are_one_message(factory):
    factory.round(*((f"client_{one}", say.INVALID, "crm has problems of its own") for one in range(12)))
    assert factory.said(None) == ["default: 12 clients need a look"]
    assert len(factory.told[None].letters[0].message.rows) == 12


def test_another_problem_is_told_and_its_end_once(factory):
    factory.round(SHOP)
    factory.round(("shop", say.INVALID, "another problem"))
    for _ in range(2):
        factory.round(("shop", say.UNCHANGED))
    assert factory.said("shop") == [
        "default: shop needs a look",
        "default: shop needs a look",
        "default recovered: its clients are in order",
    ]


def test_what_comes_back_is_told_again(factory):
    for lines in ([SHOP], [], [SHOP]):
        factory.round(*lines)
    assert factory.said("shop").count("default: shop needs a look") == 2


def test_one_group_recovers_while_another_does_not(factory):
    factory.round(SHOP, NOBODY)
    factory.round(NOBODY)
    assert factory.said("shop") == [
        "default: shop needs a look",
        "default recovered: its clients are in order",
    ]
    assert factory.said(None) == ["default: fresh needs a look"]


def test_a_client_that_goes_is_told_once_and_again_if_it_came_back_meanwhile(factory):
    factory.put("shop", DRAINING)
    factory.round(("shop", say.DRAINING, "waits for manual__1"))
    factory.put("shop", REMOVED)
    factory.round(("shop", say.REMOVED, "no run is in flight"))
    assert factory.said("shop") == ["shop is removed: it takes no new runs"]
    factory.put("shop", ACTIVE)
    factory.round(("shop", say.CREATED, "configs/clients/shop.yml"))
    factory.put("shop", DRAINING)
    factory.round(("shop", say.DRAINING, ""))
    assert factory.said("shop") == ["shop is removed: it takes no new runs"] * 2


def test_a_client_that_is_disabled_does_not_go(factory):
    factory.put("shop", DISABLED)
    factory.round(("shop", say.DRAINING, "disabled: no new runs"))
    assert factory.said("shop") == []


def test_a_round_is_done_whatever_becomes_of_telling(factory, caplog):
    factory.ledger = None
    factory.round(SHOP)
    assert "nobody could be told of the round" in caplog.text
