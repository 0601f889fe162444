"""What a round leaves in the audit log beside the changes themselves."""

import pytest

from medallion.exceptions import ConfigError
from medallion.factory import Line, Report, read_asked
from medallion.factory import report as say
from medallion.factory.account import account, account_refusal
from medallion.registry import open_registry

BROKEN = Line("shop", say.INVALID, "configs/clients/shop.yml:3: schedule_interval: must be \u2026")


@pytest.fixture
def registry(tmp_path):
    return open_registry(f"sqlite:///{tmp_path / 'registry.db'}", "default")


def told(registry, *rounds):
    """The audit log behind rounds with these lines."""
    for lines in rounds:
        account(registry, Report.of("default", "v1", lines), actor="medallion_factory")
    return [(event.subject, event.action, event.detail.get("reason")) for event in registry.events()]


def test_what_is_wrong_is_written_once_as_long_as_it_is_the_same(registry):
    other = Line("shop", say.FAILED, "Airflow cannot read its DAG")
    assert told(registry, [BROKEN], [BROKEN], [other], [other]) == [
        ("shop", "invalid", BROKEN.detail),
        ("shop", "failed", other.detail),
    ]


def test_all_that_is_wrong_with_one_client_is_one_event(registry):
    other = Line("shop", say.FAILED, "Airflow cannot read its DAG")
    both = ("shop", "invalid", f"{BROKEN.detail}; {other.detail}")
    assert told(registry, [other, BROKEN], [BROKEN, other]) == [both]


def test_what_is_in_order_again_is_written_once_and_may_be_wrong_anew(registry):
    fine = Line("shop", say.UNCHANGED)
    assert told(registry, [fine], [BROKEN], [fine], [fine], [BROKEN]) == [
        ("shop", "invalid", BROKEN.detail),
        ("shop", "in order", None),
        ("shop", "invalid", BROKEN.detail),
    ]


def test_a_refused_request_is_written_with_who_asked_for_what_and_why_not(registry):
    asked = read_asked({"action": "rollback", "client": "shop", "revision": 7, "why": "it was better"})
    account_refusal(registry, asked, ConfigError("none of number 7"), actor="ann")
    (event,) = registry.events()
    assert (event.subject, event.action, event.actor) == ("shop", "request refused", "ann")
    assert event.detail == {"asked": "rollback", "why": "it was better", "reason": "none of number 7"}
    assert told(registry, [Line("shop", say.UNCHANGED)]) == [("shop", "request refused", "none of number 7")]
