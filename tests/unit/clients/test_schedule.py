from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.clients.problem import NotAllowedError
from medallion.clients.schedule import PRESETS, duration_text, parse_duration, parse_schedule

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("6h", 6 * HOUR),
        ("1d", 24 * HOUR),
        ("2h30m", 2.5 * HOUR),
        ("1w", 168 * HOUR),
        ("15m", HOUR / 4),
        ("120s", HOUR / 30),
        ("PT6H", 6 * HOUR),
        ("P1DT12H", 36 * HOUR),
        (" 6h ", 6 * HOUR),
        (6 * HOUR, 6 * HOUR),
        (None, None),
        ("0 */6 * * *", "0 */6 * * *"),
        ("  30  5 * *  MON-FRI ", "30 5 * * MON-FRI"),
        *((preset, preset) for preset in PRESETS),
    ],
)
def test_a_schedule_is_read(written: object, read: object) -> None:
    assert parse_schedule(written) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "h",
        "P",
        "PT",
        "6 h",
        "1.5h",
        "6H",
        "PT6h",
        "1h1d",
        True,
        6,
        [],
        "@once",
        "@",
        "* * * *",
        "a b c d e",
    ],
)
def test_what_is_no_schedule_is_refused(written: object) -> None:
    with pytest.raises(NotAllowedError):
        parse_schedule(written)


@pytest.mark.parametrize(
    "written", [timedelta(0), -HOUR, timedelta(seconds=61), timedelta.max, "9999d", "0m"]
)
def test_an_interval_is_positive_and_of_whole_minutes(written: object) -> None:
    with pytest.raises(NotAllowedError):
        parse_schedule(written)


@given(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3_660)))
def test_a_duration_reads_back_as_it_was_written(span: timedelta) -> None:
    whole = timedelta(seconds=int(span.total_seconds()))

    assert parse_duration(duration_text(whole)) == whole


@pytest.mark.parametrize("written", [None, 5, "@daily", "0 * * * *", "-5m", "0s"])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(NotAllowedError):
        parse_duration(written)
