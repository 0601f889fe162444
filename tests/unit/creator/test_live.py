"""Waiting for Airflow: what it answers decides, so answers of a recorded Airflow stand for it here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from medallion.bundle.live import wait_until_live
from medallion.creator import CreatorError, refuse_foreign
from medallion.exceptions import NotLiveError
from unit.creator.conftest import asked

PATH = "projects/tidy_42.py"
EARLY, LATER = "2026-01-15T00:00:00Z", "2026-01-15T00:00:01Z"


@dataclass
class Recorded:
    """Answers what it was given, the last one for ever."""

    answers: list[dict[str, Any] | None]
    errors: dict[str, str] = field(default_factory=dict)
    parsed: int = 0
    on_ask: Callable[[], Any] = lambda: None  # what others do meanwhile

    def dag(self, _dag_id: str) -> dict[str, Any] | None:
        self.on_ask()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def import_errors(self, _since: float = 0.0) -> dict[str, str]:
        return self.errors

    def parse_again(self, _dag_id: str) -> None:
        self.parsed += 1


def answer(version, latest=None, **changed):
    shown = {"bundle_version": version, "latest_dag_version": {"bundle_version": latest or version}}
    told = {"is_stale": False, "relative_fileloc": PATH, "bundle_name": "clients", "last_parsed_time": EARLY}
    return {**told, **shown, **changed}


def wait(house, airflow, seconds=0.1):
    files = house.dags.files
    version = files.current()[1]
    wait_until_live(airflow, files, "tidy_42", PATH, version=version, since=time.time(), seconds=seconds)


def test_the_version_that_has_it_is_live(house):
    made = house.make()
    wait(house, Recorded([None, answer(made.version)]), 5)


def test_a_later_version_that_still_has_it_is_live_too(house):
    house.make()
    wait(house, Recorded([None, answer(house.make(dag_id="other").version)]))


def test_an_update_is_believed_once_it_was_parsed_again_from_its_beginning(house):
    house.make()
    made = house.make(master_dict={"new": 1})
    half_read, whole = answer(made.version), answer(made.version, last_parsed_time=LATER)
    airflow = Recorded([half_read])
    with pytest.raises(NotLiveError, match="after 0 s"):
        wait(house, airflow)
    assert airflow.parsed == 1
    wait(house, Recorded([answer(made.version, last_parsed_time="2126-01-15T00:00:00Z")]))
    wait(house, Recorded([half_read, half_read, half_read, whole]), 5)


@pytest.mark.parametrize(
    "changed", [{"is_stale": True}, {"relative_fileloc": "other.py"}, {"bundle_version": None}]
)
def test_what_is_not_quite_it_is_waited_for(house, changed):
    made = house.make()
    with pytest.raises(
        NotLiveError, match=r"does not have tidy_42 as it is in projects/tidy_42.py after 0 s"
    ):
        wait(house, Recorded([answer(made.version, **changed)]))


def test_an_older_version_is_waited_for_also_where_only_half_of_airflow_has_it(house):
    old, made = house.make(), house.make(master_dict={"new": 1})
    for halves in ((old.version, old.version), (made.version, old.version), (old.version, made.version)):
        with pytest.raises(NotLiveError, match="after 0 s"):
            wait(house, Recorded([answer(*halves)]))


def test_a_version_of_another_bundle_is_none_of_ours(house):
    house.make()
    with pytest.raises(NotLiveError, match="after 0 s"):
        wait(house, Recorded([answer("1f3a5c7e")]))


def test_who_comes_too_late_is_told_that_it_is_another_one_by_now(house):
    old, _ = house.make(), house.make(master_dict={"new": 1})
    with pytest.raises(NotLiveError, match="was changed or deleted by someone else meanwhile"):
        wait_until_live(
            Recorded([None]),
            house.dags.files,
            "tidy_42",
            PATH,
            version=old.version,
            since=time.time(),
            seconds=5,
        )


def test_what_airflow_cannot_import_is_said(house):
    house.make()
    airflow = Recorded([None], {f"/bundles/live/{PATH}": "ModuleNotFoundError: no_such", "other.py": "x"})
    with pytest.raises(
        NotLiveError, match=r"cannot import projects/tidy_42.py:\nModuleNotFoundError: no_such$"
    ):
        wait(house, airflow)


def test_what_someone_else_changed_meanwhile_never_gets_live(house):
    house.make()
    airflow = Recorded([None])
    airflow.on_ask = lambda: house.make(master_dict={"new": 1})
    with pytest.raises(NotLiveError, match="tidy_42 was changed or deleted by someone else meanwhile"):
        wait(house, airflow, 5)


def test_an_update_that_airflow_left_alone_is_parsed_again(house, monkeypatch):
    monkeypatch.setattr("medallion.bundle.live._PARSE_AGAIN_SECONDS", 0.0)
    old, made = house.make(), house.make(master_dict={"new": 1})
    airflow = Recorded([answer(made.version, old.version)])
    with pytest.raises(NotLiveError):
        wait(house, airflow, 0.2)
    assert airflow.parsed


def test_the_id_of_another_file_is_refused(house):
    request = asked()
    refuse_foreign(Recorded([None]), request)
    refuse_foreign(Recorded([answer("v")]), request)
    refuse_foreign(Recorded([answer("v", relative_fileloc="other.py", is_stale=True)]), request)
    with pytest.raises(CreatorError, match=r"dag_id: tidy_42 is a DAG of the file other.py in clients"):
        refuse_foreign(Recorded([answer("v", relative_fileloc="other.py")]), request)
