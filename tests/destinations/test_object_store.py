"""Deliveries of Parquet files to a real S3 server."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import s3fs

from gold import build_gold
from medallion.clients import Destination
from medallion.exceptions import PublishError
from servers import s3, s3_login

pytestmark = pytest.mark.slow
Publish = Callable[..., Any]
LAKE = Destination(name="lake", type="parquet", path="s3://lake/gold", connection="lake_login")
KEY, SECRET = "a-key", "a/secret+key"
BREAKS = "select case when range = 900 then error('the disk is on fire') else range end as n from range(1000)"
NEVER_ENDS = "select sum(a.range * b.range) as n from range(100000000) a, range(100000000) b"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3() as url:
        yield url


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[s3fs.S3FileSystem]:
    """The consumer's view of the store; the test's bucket is new."""
    monkeypatch.setenv("AIRFLOW_CONN_LAKE_LOGIN", s3_login(server, KEY, SECRET))
    options = {"endpoint_url": server, "region_name": "eu-west-1"}
    files = s3fs.S3FileSystem(
        key="other",
        secret="reader",
        client_kwargs=options,
        skip_instance_cache=True,
        use_listings_cache=False,
    )
    files.mkdir("lake")
    yield files
    files.rm("lake", recursive=True)


def _current(store: s3fs.S3FileSystem) -> dict[str, Any]:
    return json.loads(store.cat_file("lake/gold/acme/current.json"))


def _numbers(store: s3fs.S3FileSystem, table: str) -> list[int]:
    """Read a table as a consumer does: the pointer, then the version it names."""
    import pyarrow.parquet as parquet

    with store.open(f"lake/gold/acme/{_current(store)['version']}/{table}.parquet") as file:
        return sorted(parquet.read_table(file).column("n").to_pylist())


def _versions(store: s3fs.S3FileSystem) -> list[str]:
    return [path.rpartition("/")[2] for path in sorted(store.ls("lake/gold/acme/versions"))]


def test_the_pointer_leads_to_all_tables(deliver: Publish, store: s3fs.S3FileSystem, tmp_path: Path) -> None:
    build_gold(tmp_path, "acme", {"daily": "select unnest([1, 2]) as n", "none": "select 1 as n where false"})
    delivery = deliver(LAKE, "daily", "none")
    current = _current(store)
    assert delivery.place == f"s3://lake/gold/acme/{current['version']}"
    assert (current["run_id"], current["tables"]) == ("run_1", {"daily": 2, "none": 0})
    assert [_numbers(store, table) for table in ("daily", "none")] == [[1, 2], []]
    assert delivery.bytes == sum(
        store.size(path) for path in store.glob("lake/gold/acme/versions/*/*.parquet")
    )


def test_the_version_before_stays_and_older_ones_go(
    deliver: Publish, store: s3fs.S3FileSystem, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    seen = []
    for _ in range(4):
        deliver(LAKE, "daily")
        seen.append(_current(store)["version"].rpartition("/")[2])
    assert _versions(store) == seen[-2:]


def test_a_delivery_that_breaks_midway_leaves_the_last_good_one(
    deliver: Publish, store: s3fs.S3FileSystem, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(LAKE, "daily")
    build_gold(tmp_path, "acme", {"daily": "select 2 as n"}, {"boom": BREAKS})
    with pytest.raises(PublishError, match=r"^acme: lake: acme_gold\.boom could not.*the disk is on fire"):
        deliver(LAKE, "daily", "boom")
    assert _numbers(store, "daily") == [1]
    assert len(_versions(store)) == 2
    deliver(LAKE, "daily")
    assert _numbers(store, "daily") == [2]
    assert len(_versions(store)) == 2  # the last two: what broke is gone


KILLED = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime
    from pathlib import Path

    from medallion.clients import Destination
    from medallion.publish import publish

    home = Path(sys.argv[1])
    run = {"run_id": "run_2", "interval_start": datetime(2026, 1, 16, tzinfo=UTC), "config_version": "x"}
    lake = Destination(name="lake", type="parquet", path="s3://lake/gold", connection="lake_login")
    publish(
        "acme", lake, warehouse=home / "acme.duckdb", schema="acme_gold", tables=["daily", "endless"],
        root=home / "destinations", run=run,
    )
    """
)


def test_a_delivery_killed_midway_leaves_the_last_good_one(
    deliver: Publish, store: s3fs.S3FileSystem, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(LAKE, "daily")
    build_gold(tmp_path, "acme", {"daily": "select range as n from range(20000)"}, {"endless": NEVER_ENDS})
    with subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)]) as process:
        try:
            end = time.monotonic() + 30
            while len(store.glob("lake/gold/acme/versions/*/daily.parquet")) < 2:
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            process.kill()
    assert _numbers(store, "daily") == [1]
    deliver(LAKE, "daily")
    assert len(_numbers(store, "daily")) == 20_000


def test_the_login_may_be_what_the_environment_holds(
    deliver: Publish, store: s3fs.S3FileSystem, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {"ACCESS_KEY_ID": KEY, "SECRET_ACCESS_KEY": SECRET, "ENDPOINT_URL": server, "REGION": "eu-west-1"}
    for name, value in held.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    deliver(Destination(name="lake", type="parquet", path="s3://lake/gold/"), "daily")
    assert _numbers(store, "daily") == [1]


def test_a_bucket_that_is_not_there_is_named_without_the_secret(
    deliver: Publish, store: s3fs.S3FileSystem, tmp_path: Path
) -> None:
    build_gold(tmp_path, "acme", {"daily": "select 1 as n"})
    gone = LAKE.model_copy(update={"path": "s3://pond"})
    with pytest.raises(PublishError) as caught:
        deliver(gone, "daily")
    said = (
        "acme: lake: acme_gold.daily could not be delivered: FileNotFoundError: The specified bucket does not"
    )
    assert str(caught.value).startswith(said)
    assert SECRET not in str(caught.value)
