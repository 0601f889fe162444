"""Landing in a real S3: wherever its writer is killed, nobody reads a part of an interval."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import s3fs

from medallion.clients import SourceContract
from medallion.exceptions import ExtractError
from medallion.extract import extract_source
from medallion.interval import Interval
from medallion.settings import load_settings
from servers import s3, s3_login

pytestmark = pytest.mark.slow

ENTITIES = {name: {"path": f"{name}.csv", "keys": ["id"]} for name in ("customers", "orders")}
DAYS = [
    Interval(datetime(2026, 1, day, tzinfo=UTC), datetime(2026, 1, day + 1, tzinfo=UTC)) for day in (15, 16)
]
ROWS = 1_000


class Killer:
    """An S3 that ends a writer right after the n-th change it asked for, before it hears of it.

    A writer tells its process's number, and n, with ``/kill/<bucket>/<process>/<n>``.
    """

    def __init__(self) -> None:
        self._writers: dict[str, tuple[int, int]] = {}
        self.changes = Counter[str]()

    def __call__(self, application: Any) -> Any:
        def around(environ: dict[str, Any], respond: Any) -> Any:
            path, method = environ["PATH_INFO"].split("/"), environ["REQUEST_METHOD"]
            if path[1] == "kill":
                self._writers[path[2]] = (int(path[3]), int(path[4]))
                respond("200 OK", [])
                return []
            answer = list(application(environ, respond))
            if method != "GET" and method != "HEAD" and path[1] in self._writers:
                self.changes[path[1]] += 1
                process, last = self._writers[path[1]]
                if self.changes[path[1]] == last:
                    os.kill(process, signal.SIGKILL)
            return answer

        return around


@pytest.fixture(scope="module")
def killer() -> Killer:
    return Killer()


@pytest.fixture(scope="module")
def server(killer: Killer) -> Iterator[str]:
    with s3(killer) as url:
        yield url


@pytest.fixture
def store(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> s3fs.S3FileSystem:
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", s3_login(server, "a-key", "a/secret+key"))
    monkeypatch.setenv("MEDALLION_LANDING_CONNECTION", "lake")
    options = {"endpoint_url": server, "region_name": "eu-west-1"}
    return s3fs.S3FileSystem(key="other", secret="reader", client_kwargs=options, use_listings_cache=False)


@pytest.fixture
def land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Land both entities of a day in a bucket, with one text in all rows."""

    def make(bucket: str, text: str, day: Interval = DAYS[0]) -> None:
        monkeypatch.setenv("MEDALLION_LANDING", f"s3://{bucket}/landing")
        _write(tmp_path, text)
        extract_source(
            _contract(tmp_path),
            client_id="acme",
            interval=day,
            sub_daily=False,
            landing=load_settings().landing,
            samples=tmp_path,
        )

    return make


def _write(folder: Path, text: str) -> None:
    for name in ENTITIES:
        lines = "".join(f"{number},{text}\n" for number in range(ROWS))
        (folder / f"{name}.csv").write_text(f"id,note\n{lines}")


def _contract(folder: Path) -> SourceContract:
    return SourceContract(
        name="shop", description="x", location=str(folder), format="csv", load="snapshot", entities=ENTITIES
    )


def _landed(store: s3fs.S3FileSystem, bucket: str) -> dict[str, bytes]:
    """What a reader of landing finds."""
    root = f"{bucket}/landing/acme"
    return {path.removeprefix(f"{root}/"): store.cat_file(path) for path in store.find(root)}


def _notes(store: s3fs.S3FileSystem, bucket: str, entity: str) -> list[tuple[str, int]]:
    """What bronze would read of an entity, as dbt reads it."""
    with duckdb.connect() as connection:
        connection.register_filesystem(store)
        files = f"s3://{bucket}/landing/acme/shop/{entity}/**/*.parquet"
        return connection.sql(f"select note, count(*) from read_parquet('{files}') group by note").fetchall()  # noqa: S608


WRITERS = textwrap.dedent(
    """
    import os, sys, urllib.request

    import s3fs  # once, for all children
    from datetime import UTC, datetime
    from pathlib import Path

    from medallion.clients import SourceContract
    from medallion.extract import extract_source
    from medallion.extract.files import find_files
    from medallion.interval import Interval
    from medallion.settings import load_settings

    inbox, server, kills, entities = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), eval(sys.argv[4])
    contract = SourceContract(
        name="shop", description="x", location=str(inbox), format="csv", load="snapshot", entities=entities
    )
    find_files(str(inbox), "orders.csv")  # imports dlt once, for all children
    for number in range(1, kills + 1):
        child = os.fork()
        if not child:
            urllib.request.urlopen(f"{server}/kill/killed-{number}/{os.getpid()}/{number}").close()
            os.environ["MEDALLION_LANDING"] = f"s3://killed-{number}/landing"
            extract_source(
                contract, client_id="acme", samples=inbox, sub_daily=False, landing=load_settings().landing,
                interval=Interval(datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 1, 16, tzinfo=UTC)),
            )
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
)
KILLS = 9


@pytest.mark.soak  # of landing on a disk a sample is in warehouse/test_idempotence.py
def test_wherever_a_writer_is_killed_no_part_of_an_interval_is_read(
    land: Callable[..., None], store: s3fs.S3FileSystem, server: str, tmp_path: Path
) -> None:
    for bucket in ("old", "new", *(f"killed-{number}" for number in range(1, KILLS + 1))):
        store.mkdir(bucket)
    land("old", "old")
    land("new", "new")
    old, new = _landed(store, "old"), _landed(store, "new")
    assert len(old) == 2
    for number in range(1, KILLS + 1):
        for path, content in old.items():
            store.pipe_file(f"killed-{number}/landing/acme/{path}", content)

    script = [sys.executable, "-c", WRITERS, str(tmp_path), server, str(KILLS), repr(ENTITIES)]
    ended = subprocess.run(script, capture_output=True, text=True, timeout=300, check=True)
    kills = ended.stdout.split().count("-9")
    assert ended.stdout.split() == ["-9"] * kills + ["0"] * (KILLS - kills)
    assert kills == KILLS - 1, "the last writer comes to its end"

    seen = Counter[str]()
    for number in range(1, kills + 1):
        bucket = f"killed-{number}"
        left = _landed(store, bucket)
        assert set(left) == set(old)
        assert all(left[path] in (old[path], new[path]) for path in left)
        assert all(_notes(store, bucket, one) in ([("old", ROWS)], [("new", ROWS)]) for one in ENTITIES)
        seen["old" if left == old else "new" if left == new else "mixed"] += 1
        again = number % 2
        land(bucket, "new" if again else "newer", DAYS[0] if again else DAYS[1])
        healed = {path: content for path, content in _landed(store, bucket).items() if "day=15" in path}
        assert healed == new if again else healed in (old, new)
        # What is half-written of another interval may have a writer on another machine: it stays.
        assert not again or store.find(f"{bucket}/landing/.staging") == []
    assert set(seen) == {"old", "mixed", "new"}  # mixed: `complete` is there, and the next writer goes on


def test_a_bucket_that_is_not_there_is_named_and_not_made(
    land: Callable[..., None], store: s3fs.S3FileSystem
) -> None:
    with pytest.raises(ExtractError, match=r"landing cannot be finished: .*bucket does not exist"):
        land("pond", "x")
    assert not store.exists("pond")


def test_a_store_that_does_not_answer_is_named_without_the_login(
    land: Callable[..., None], store: s3fs.S3FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", s3_login("http://127.0.0.1:1", "a-key", "a/secret+key"))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ExtractError, match=r"^acme: shop: landing cannot be .*Could not connect") as caught:
        land("lake", "x")
    assert "a/secret+key" not in str(caught.value)
