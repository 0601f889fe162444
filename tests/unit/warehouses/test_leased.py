from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from medallion.exceptions import BuildFailed
from medallion.settings import Settings
from medallion.warehouses import warehouse_of, writing
from medallion.warehouses.leased import one_lease


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path, target="sqlserver", database_url=f"sqlite:///{tmp_path}/ledger.db")


def test_writers_of_one_client_take_turns_where_the_target_lets_several_in(settings: Settings) -> None:
    assert warehouse_of(settings).concurrent_writers
    inside, most = [], []

    def write() -> None:
        with writing(settings, "acme"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_warehouse_that_stays_held_is_named_and_other_clients_do_not_wait(settings: Settings) -> None:
    said = "the warehouse of acme is in use by another build; waited 0 s"
    with (
        one_lease(settings, "acme"),
        one_lease(settings, "globex", patience=0.1),
        pytest.raises(BuildFailed, match=said),
        one_lease(settings, "acme", patience=0.1),
    ):
        pass
    with one_lease(settings, "acme", patience=0.1):
        pass


def test_one_writer_is_all_that_a_file_has(settings: Settings) -> None:
    assert not warehouse_of(replace(settings, target="duckdb")).concurrent_writers
