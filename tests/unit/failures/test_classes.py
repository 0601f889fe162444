"""The tables are whole, and every sign in them means its class."""

import errno
import importlib
import importlib.util
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medallion.exceptions import BuildFailed, MedallionError, TransformError
from medallion.failures import CLASSES, LONGEST_REASON, Action, Backoff, classify, decide
from medallion.failures.facts import types_of
from medallion.failures.signs import SIGNS, By

#: Where a package has its exceptions, if neither at its root nor in ``exceptions``.
WHERE = dict.fromkeys(("builtins", "smtplib", "socket", "ssl"), ()) | {
    "airflow": ("sdk.exceptions",),
    "aiosmtplib": ("errors",),
    "dlt": tuple(
        f"{part}.exceptions" for part in ("common", "common.configuration", "common.schema", "destinations")
    ),
    "medallion": ("exceptions", "extract.reader", "extract.files"),
    "psycopg": ("errors",),
    "pyarrow": ("lib",),
    "sqlalchemy": ("exc",),
}


@pytest.mark.parametrize("one", CLASSES.values(), ids=list(CLASSES))
def test_every_class_says_what_happened_what_is_done_and_what_to_do(one):
    assert re.fullmatch(r"[a-zA-Z ]{4,40}", one.name)  # the ledger's column
    for said in (one.meaning, one.advice):
        assert said[0].isupper()
        assert said.endswith(".")
    assert isinstance(one.action, Action)


def test_every_class_but_unknown_has_a_sign_and_every_sign_a_class():
    assert {sign.failure for sign in SIGNS} == set(CLASSES) - {"unknown"}


def test_no_value_means_two_classes():
    values = [
        (sign.by, sign.last, value) for sign in SIGNS if sign.by is not By.TEXT for value in sign.values
    ]
    assert sorted({one for one in values if values.count(one) > 1}) == []


def test_every_errno_and_expression_is_one():
    for sign in SIGNS:
        for value in sign.values:
            if sign.by is By.ERRNO:
                assert hasattr(errno, value)
            if sign.by is By.TEXT:
                re.compile(value)


@pytest.mark.parametrize("value", [value for sign in SIGNS if sign.by is By.TYPE for value in sign.values])
def test_every_type_is_one_that_its_library_has(value):
    package, _, name = value.rpartition(".")
    places = [package, *(f"{package}.{inside}" for inside in WHERE.get(package, ("exceptions",)))]
    found = [
        getattr(importlib.import_module(place), name, None)
        for place in places
        if importlib.util.find_spec(place)
    ]
    (kind,) = {one for one in found if one}
    assert issubclass(kind, BaseException)
    assert value in types_of(kind.__new__(kind))


@given(
    st.sampled_from([ValueError, KeyError, RuntimeError, LookupError, ZeroDivisionError, MedallionError]),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=2000).filter(
        lambda text: not any(re.search(value, text) for s in SIGNS if s.by is By.TEXT for value in s.values)
    ),
    st.integers(0, 10),
)
def test_what_is_unknown_stays_unknown_and_is_tried_a_bounded_number_of_times(kind, text, retries):
    failure = classify(kind(text))
    assert (failure.kind, failure.sign, failure.after) == ("unknown", "", None)
    assert len(failure.reason) <= LONGEST_REASON
    backoff, tries = Backoff(), 0
    while decide(failure, tries + 1, retries - tries, backoff).again:
        tries += 1
    assert tries == retries


@given(
    st.floats(1, 86_400),
    st.floats(1, 10),
    st.floats(1, 86_400),
    st.integers(1, 5_000),
)
def test_waits_grow_up_to_the_longest_and_never_end_in_an_error(first, factor, longest, tries):
    from datetime import timedelta

    backoff = Backoff(timedelta(seconds=first), factor, timedelta(seconds=longest))
    assert backoff.after(1) == min(backoff.first, backoff.longest)
    assert backoff.after(tries) <= backoff.after(tries + 1) <= backoff.longest


def test_the_default_waits_are_5_10_20_and_at_most_30_minutes():
    minutes = [Backoff().after(tries).total_seconds() / 60 for tries in range(1, 6)]
    assert minutes == [5, 10, 20, 30, 30]


def test_each_action_is_done():
    def said(error, tries=1, left=2):
        return str(decide(classify(error), tries, left, Backoff()))

    deadlock, unknown = BuildFailed("b", [_deadlock()]), ValueError("x")
    assert said(deadlock) == "tried again at once"
    assert said(deadlock, tries=2) == "tried again in 10 min"
    assert said(unknown, tries=3) == "tried again in 20 min"
    assert said(unknown, tries=3, left=0) == "not tried again: no try is left"
    assert said(TransformError("Parser Error: syntax error")) == (
        "not tried again: another try cannot heal it"
    )


def _deadlock():
    import psycopg

    return psycopg.errors.DeadlockDetected("deadlock detected")
