"""Landing changes whole or not at all: through errors, kills and repeats."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from medallion.exceptions import ExtractError
from medallion.interval import Interval

Land = Callable[..., list[Any]]

TWO = {
    "customers": {"path": "customers.csv", "keys": ["id"]},
    "orders": {"path": "orders.csv", "keys": ["id"]},
}
JANUARY_16 = Interval(datetime(2026, 1, 16, tzinfo=UTC), datetime(2026, 1, 17, tzinfo=UTC))


def _write(inbox: Path, text: str) -> None:
    for entity in TWO:
        (inbox / f"{entity}.csv").write_text(f"id,note\n1,{text}\n2,{text}\n")


def _files(landing: Path) -> dict[str, str]:
    """Every landed file below its client, with the hash of what is in it."""
    return {
        path.relative_to(landing).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((landing / "acme").rglob("*"))
        if path.is_file()
    }


def _leftovers(landing: Path) -> list[str]:
    return sorted(path.name for path in (landing / ".staging" / "acme" / "shop").iterdir())


def test_every_row_carries_its_intervals_start_and_day(inbox: Path, land: Land) -> None:
    _write(inbox, "x")
    six = Interval(datetime(2026, 1, 15, 6, tzinfo=UTC), datetime(2026, 1, 15, 12, tzinfo=UTC))
    (landed,) = land(interval=six, sub_daily=True)
    assert landed.path.parent.as_posix().endswith("/acme/shop/orders/year=2026/month=01/day=15/hour=0600")
    (row,) = pq.ParquetFile(landed.path).read(["_interval_start", "_run_date"]).slice(1).to_pylist()
    assert row == {"_interval_start": datetime(2026, 1, 15, 6), "_run_date": date(2026, 1, 15)}


def test_what_landed_is_told_as_it_is(inbox: Path, land: Land, landing: Path) -> None:
    _write(inbox, "x")
    told = land(entities=TWO)
    assert [(one.entity, one.rows, one.files) for one in told] == [("customers", 2, 1), ("orders", 2, 1)]
    assert [one.bytes for one in told] == [one.path.stat().st_size for one in told]
    assert {one.path.relative_to(landing).as_posix() for one in told} == set(_files(landing))


def test_the_same_extract_twice_gives_the_same_files(inbox: Path, land: Land, landing: Path) -> None:
    rows = "".join(f"{number},{number % 7}\n" for number in range(200_000))
    (inbox / "orders.csv").write_text("id,note\n" + rows)
    land()
    before = _files(landing)
    land()
    assert _files(landing) == before
    assert len(before) == 1


def test_another_extract_of_an_interval_replaces_it(
    inbox: Path, land: Land, landed_rows: Callable[..., Any]
) -> None:
    _write(inbox, "old")
    land()
    (inbox / "orders.csv").write_text("id,note\n1,new\n")
    land()
    assert landed_rows() == [{"id": "1", "note": "new"}]


def test_intervals_land_side_by_side(inbox: Path, land: Land, landing: Path) -> None:
    _write(inbox, "x")
    land(interval=JANUARY_16)
    first = _files(landing)
    land()
    assert first.items() < _files(landing).items()
    assert len(_files(landing)) == 2


@pytest.mark.parametrize("broken", list(TWO))
def test_one_bad_entity_keeps_all_others_out(inbox: Path, land: Land, landing: Path, broken: str) -> None:
    _write(inbox, "old")
    land(entities=TWO)
    before = _files(landing)
    _write(inbox, "new")
    (inbox / f"{broken}.csv").unlink()
    with pytest.raises(
        ExtractError, match=rf"^acme: shop\.{broken}: {broken}\.csv: no such file; expected below"
    ):
        land(entities=TWO)
    assert _files(landing) == before
    assert "writing" not in _leftovers(landing)


def test_too_few_rows_are_refused(inbox: Path, land: Land, landing: Path) -> None:
    _write(inbox, "x")
    with pytest.raises(ExtractError, match=r"orders\.csv: 2 rows; expected at least 3 \(min_rows\)"):
        land(entities={"orders": TWO["orders"] | {"min_rows": 3}})
    assert _files(landing) == {}
    assert land(entities={"orders": TWO["orders"] | {"min_rows": 2}})[0].rows == 2


def test_event_time_and_required_columns_must_be_there(inbox: Path, land: Land) -> None:
    _write(inbox, "x")
    entity = TWO["orders"] | {"event_time": "at", "required": ["NOTE", "total"]}
    with pytest.raises(ExtractError, match="columns missing: at, total; expected them beside id, note"):
        land(entities={"orders": entity})


def test_the_intervals_stamp_picks_the_file(inbox: Path, land: Land, landed_rows: Callable[..., Any]) -> None:
    (inbox / "orders").mkdir()
    (inbox / "orders" / "20260115T0000.csv").write_text("id\nfifteenth\n")
    (inbox / "orders" / "20260116T0000.csv").write_text("id\nsixteenth\n")
    land(entities={"orders": {"path": "orders/{interval}.csv", "keys": ["id"]}})
    assert landed_rows() == [{"id": "fifteenth"}]


def test_a_landing_that_cannot_be_written_stays_as_it_was(inbox: Path, land: Land, landing: Path) -> None:
    _write(inbox, "old")
    land(entities=TWO)
    in_the_way = landing / "acme" / "shop" / "orders" / "year=2026" / "month=01" / "day=16"
    in_the_way.write_text("a file where a folder belongs")
    before = _files(landing)
    with pytest.raises(ExtractError, match="landing cannot be written"):
        land(entities=TWO, interval=JANUARY_16)
    assert _files(landing) == before


def test_a_second_extract_waits_and_then_names_the_holder(inbox: Path, land: Land, landing: Path) -> None:
    folder = landing / ".staging" / "acme"
    folder.mkdir(parents=True)
    (folder / "shop.holder").write_text("process 7 on db1 (extract shop for acme)")
    with (
        FileLock(folder / "shop.lock"),
        pytest.raises(ExtractError, match=r"shop is in use by process 7 on db1"),
    ):
        land(patience=0.1)


def test_extracts_of_one_source_at_once_leave_one_of_them_whole(
    inbox: Path, land: Land, landing: Path
) -> None:
    _write(inbox, "x")
    threads = [threading.Thread(target=land, kwargs={"entities": TWO}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_files(landing)) == 2
    assert not {"writing", "ready"} & set(_leftovers(landing))


@pytest.mark.parametrize(
    ("what", "name"), [("client", "../acme"), ("client", ".staging"), ("client", "Acme")]
)
def test_names_that_are_no_folder_of_landing_are_refused(
    inbox: Path, land: Land, landing: Path, what: str, name: str
) -> None:
    _write(inbox, "x")
    with pytest.raises(ExtractError, match=f"{what}: must be lower-case letters"):
        land(client_id=name)
    assert not landing.exists()


# Kills itself at the n-th change of a file or folder, counting from the outside in: no code is replaced.
KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from datetime import UTC, datetime
    from pathlib import Path

    from medallion.clients import SourceContract
    from medallion.extract import extract_source
    from medallion.extract.files import find_files
    from medallion.interval import Interval

    inbox, landing, entities = Path(sys.argv[1]), Path(sys.argv[2]), eval(sys.argv[3])
    interval = Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC))
    contract = SourceContract(
        name="shop", description="x", location=str(inbox), format="csv", load="snapshot", entities=entities
    )

    def extract(into):
        extract_source(
            contract, client_id="acme", interval=interval, sub_daily=False, landing=into, samples=inbox
        )

    def kill_at(number, into):
        seen = 0

        def hook(event, args):
            nonlocal seen
            if event in {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}:
                if any(str(into) in str(arg) or "parquet" in str(arg) for arg in args[:2]):
                    seen += 1
                    if seen == number:
                        os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)

    find_files(str(inbox), "orders.csv")  # imports dlt once, for all children
    for number in range(1, 40):
        child = os.fork()
        if not child:
            kill_at(number, landing / str(number))
            extract(landing / str(number))
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            break
    print(number - 1)
    """
)


@pytest.mark.soak
def test_wherever_an_extract_is_killed_the_next_one_makes_landing_whole(
    inbox: Path, land: Land, tmp_path: Path
) -> None:
    _write(inbox, "old")
    land(entities=TWO, landing=tmp_path / "old")
    old = _files(tmp_path / "old")
    for number in range(1, 40):
        shutil.copytree(tmp_path / "old", tmp_path / "killed" / str(number))
    _write(inbox, "new")
    land(entities=TWO, landing=tmp_path / "new")
    new = _files(tmp_path / "new")

    script = [sys.executable, "-c", KILLED, str(inbox), str(tmp_path / "killed"), repr(TWO)]
    ended = subprocess.run(script, capture_output=True, text=True, timeout=300, check=True)
    kills = int(ended.stdout)
    assert kills > 8

    mixed = 0
    for number in range(1, kills + 1):
        landing = tmp_path / "killed" / str(number)
        left = _files(landing)
        assert set(left) == set(old)
        assert all(left[path] in (old[path], new[path]) for path in left)
        mixed += left not in (old, new)
        land(entities=TWO, landing=landing, interval=JANUARY_16)
        healed = {path: digest for path, digest in _files(landing).items() if "day=15" in path}
        assert healed in (old, new)
        assert _leftovers(landing) == []
    assert mixed  # killed between the two moves: the journal is what heals it
