from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from medallion.clients import Transformation, client_from_dict
from medallion.clients.weekdays import Weekday
from medallion.exceptions import ConfigError


def _config(**changed: Any) -> dict[str, Any]:
    rules = {"data_retention_days": 365, "quality_threshold": 0.95, "enable_real_time": True}
    config = {
        "description": "ACME Corporation data pipeline",
        "schedule_interval": timedelta(hours=6),
        "data_sources": ["crm", "sales"],
        "transformations": ["clean"],
        "destination": "data_warehouse",
        "business_rules": rules,
    }
    return {**config, **changed}


def test_a_plain_dict_becomes_a_client() -> None:
    client = client_from_dict("acme_corp", _config())

    assert client.id == "acme_corp"
    assert client.schedule_interval == timedelta(hours=6)
    assert client.business_rules.data_retention_days.landing == 365
    assert client.retry_delay == timedelta(minutes=5)


def test_defaults_stand_behind_the_dict() -> None:
    client = client_from_dict("acme_corp", _config(retries=1), {"retries": 5, "owner": "somebody"})

    assert (client.retries, client.owner) == (1, "somebody")


def test_every_problem_is_in_the_error() -> None:
    with pytest.raises(ConfigError) as raised:
        client_from_dict("acme_corp", _config(retries=-1, id="acme", destnation="x"))

    assert str(raised.value).splitlines() == [
        "client 'acme_corp': id: must be 'acme_corp' as its place says, is 'acme'",
        "client 'acme_corp': retries: must be between 0 and 10, is -1",
        "client 'acme_corp': destnation: is not a known key; did you mean 'destination'?",
    ]


@pytest.mark.parametrize("config", [None, [], "x", {1: 2}, {}])
def test_what_is_no_config_is_a_config_error(config: Any) -> None:
    with pytest.raises(ConfigError):
        client_from_dict("acme_corp", config)


@pytest.mark.parametrize("client_id", ["", "Acme", "1st", "a-b", "../x", "a" * 51, "a\n", None, "_a"])
def test_an_id_that_could_be_more_than_a_name_is_refused(client_id: Any) -> None:
    with pytest.raises(ConfigError, match="id: must be"):
        client_from_dict(client_id, _config())


def test_a_client_does_not_change_after_reading() -> None:
    client = client_from_dict("acme_corp", _config())

    with pytest.raises(ValidationError, match="frozen"):
        client.owner = "me"


_steps = st.lists(st.sampled_from([step.value for step in Transformation]), unique=True)
_sources = st.lists(
    st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), unique=True, min_size=1, max_size=5
)


@pytest.mark.slow
@given(
    steps=_steps,
    sources=_sources,
    days=st.integers(1, 36_500),
    score=st.floats(0, 1),
    minutes=st.integers(1, 9_999),
)
def test_a_client_reads_back_from_what_it_dumps(
    steps: list[str], sources: list[str], days: int, score: float, minutes: int
) -> None:
    rules = {"data_retention_days": days, "quality_threshold": score}
    interval = timedelta(minutes=minutes)
    config = _config(
        transformations=steps, data_sources=sources, business_rules=rules, schedule_interval=interval
    )

    client = client_from_dict("acme_corp", config)

    assert client_from_dict("acme_corp", client.model_dump()) == client
    assert client_from_dict("acme_corp", client.model_dump(mode="json")) == client
    assert [step.value for step in client.transformations] == sorted(steps, key=list(Transformation).index)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        (None, list(Weekday)),
        ("daily", list(Weekday)),
        ("sunday", ["sunday"]),
        (["thursday", "monday"], ["monday", "thursday"]),
    ],
)
def test_days_of_cleanups_are_days_of_the_week_in_their_order(written: Any, days: list[str]) -> None:
    said = {} if written is None else {"cleanup_on": written}
    client = client_from_dict("acme_corp", _config(**said))

    assert list(client.cleanup_on) == days
    assert client_from_dict("acme_corp", client.model_dump(mode="python") | {"id": "acme_corp"}) == client


@pytest.mark.parametrize(
    ("days", "reports"),
    [
        (365, 365),
        ({"landing": 30, "bronze": 30, "silver": 400, "gold": 365}, 400),
        ({"landing": 30, "bronze": 30, "silver": 400, "gold": 365, "reports": 7}, 7),
    ],
)
def test_reports_are_kept_as_long_as_the_longest_layer_unless_told(days: Any, reports: int) -> None:
    rules = {"data_retention_days": days, "quality_threshold": 0.9}

    kept = client_from_dict("acme_corp", _config(business_rules=rules)).business_rules.data_retention_days

    assert kept.reports == reports
