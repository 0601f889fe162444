import json

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medallion.exceptions import BuildFailed, ConfigError, DamagedError, DataFailed, FailedElsewhere
from medallion.execution.told import LONGEST, MARK, heard, told_line
from medallion.failures import classify

ERRORS = [
    DataFailed("hard tests failed: unique_orders"),
    BuildFailed("orders failed", [duckdb.OutOfMemoryException("Out of Memory Error: no")]),
    BuildFailed("orders failed, 3 nodes were not built\n  IO Error: Could not set lock on file"),
    DamagedError({"a.parquet": "no magic bytes"}),
    ConfigError("MEDALLION_TARGET: must be one of duckdb"),
    ValueError("is none\nof two"),
]


def test_what_ended_well_is_heard_to_have():
    said = heard(f"dbt was here\n{told_line(None)}\n")
    assert said is not None
    assert said.failure is None


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_failure_keeps_its_class_its_reason_and_its_sign(error):
    said = heard(f"words\n{told_line(error)}")
    assert said.failure == classify(error)
    assert said.text == str(error).strip()
    raised = FailedElsewhere(said.text, said.failure)
    assert classify(raised) == classify(error)
    passed_on = RuntimeError("passed on")
    passed_on.__cause__ = raised
    assert classify(passed_on) == classify(error)


@given(st.text(max_size=3000))
@settings(max_examples=25)
def test_a_line_is_one_and_never_too_long(text):
    line = told_line(BuildFailed(text))
    assert len(line.encode()) < LONGEST
    assert len(line.splitlines()) == 1
    assert heard(line).failure.kind == classify(BuildFailed(text)).kind


def test_a_long_text_is_cut_and_as_long_as_it_may_be():
    line = told_line(BuildFailed("x" * 50_000))
    assert LONGEST - 100 < len(line) < LONGEST
    assert heard(line).text.endswith("x …")


def test_a_secret_is_not_told(monkeypatch):
    monkeypatch.setenv("MEDALLION_REGISTRY_URL", "postgresql://medallion:s3cretword@db/medallion")
    line = told_line(BuildFailed("password s3cretword of medallion was not believed"))
    assert "s3cretword" not in line


def test_the_last_word_counts_and_one_that_is_none_does_not():
    first, last = told_line(ConfigError("first")), told_line(ConfigError("last"))
    assert heard(f"{first}\n{last}\nbye").text == "last"
    assert heard(f"{first}\n{MARK}nonsense\n{MARK}[]\n{MARK}{{}}").text == "first"
    made_up = json.dumps({"kind": "of my own", "reason": "", "sign": "", "after": None, "text": ""})
    assert heard(f"{MARK}{made_up}") is None
    assert heard("") is None
