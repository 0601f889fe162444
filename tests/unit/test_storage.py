"""Folders and URLs: what may name landing and reports, and what is asked of a store in place of a disk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url
from upath import UPath

from medallion.doctor.finding import BAD
from medallion.doctor.storage import storage as doctor_of_storage
from medallion.exceptions import ConfigError, RetentionRefused
from medallion.reports.files import replace_all
from medallion.retention import apply_cleanup, plan_cleanup
from medallion.settings import load_settings
from medallion.storage import (
    Root,
    checked_root,
    files_by_folder,
    folders_in,
    opened_root,
    options_of,
    store_errors,
)

LOGIN = "aws://a-key:s3cret@/?endpoint_url=http%3A%2F%2F127.0.0.1%3A1&region_name=eu-west-1"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UPath]:
    """A folder of fsspec's file system in memory; locks go to a home of its own."""
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path / "home"))
    root = UPath(f"memory://{tmp_path.name}")
    yield root
    if root.exists():
        root.fs.rm(root.path, recursive=True)


@pytest.fixture(params=["disk", "store"])
def root(request: pytest.FixtureRequest, tmp_path: Path, store: UPath) -> Root:
    return store if request.param == "store" else tmp_path / "root"


def _write(root: Root, *names: str) -> None:
    for name in names:
        path = root / name
        if isinstance(path, Path):
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"0123456789")


def test_landing_and_reports_are_in_the_home_unless_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    assert (load_settings().landing, load_settings().reports) == (tmp_path / "landing", tmp_path / "reports")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEDALLION_LANDING", "disk/landing")
    monkeypatch.setenv("MEDALLION_REPORTS", f"file://{tmp_path}/disk/reports/")
    assert load_settings().landing == tmp_path / "disk/landing"
    assert load_settings().reports == tmp_path / "disk/reports"


def test_a_url_becomes_a_path_without_a_slash_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_LANDING", "s3://lake/landing/")
    landing = load_settings().landing
    assert isinstance(landing, UPath)
    assert str(landing / "acme") == "s3://lake/landing/acme"
    assert landing.storage_options == {"use_listings_cache": False}


def test_a_connection_gives_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", LOGIN)
    landing = opened_root("MEDALLION_LANDING", "s3://lake/landing", "lake")
    assert isinstance(landing, UPath)
    assert landing.storage_options["secret"] == "s3cret"
    assert landing.storage_options["client_kwargs"]["endpoint_url"] == "http://127.0.0.1:1"
    assert "s3cret" not in f"{landing} {landing!r} {load_settings()!r}"


def test_a_login_of_another_protocol_is_what_fsspec_calls_it() -> None:
    url = make_url("ftp://me:s3cret@host:2121/?tls=yes")
    assert options_of("ftp", url) == {"username": "me", "password": "s3cret", "port": 2121, "tls": "yes"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("s5a://lake/landing", "such as s3, gs, abfs or sftp, is 's5a://lake/landing'; did you mean 's3a'?"),
        ("https://lake/landing", "a URL that fsspec can write"),
        ("quux9://lake", "a URL that fsspec can write"),
        ("s3://", "must be a folder or a URL such as s3://bucket/folder, is 's3://'"),
        ("s3://lake/*", "must be a folder or a URL such as"),
        ("s3://lake/../other", "must be a folder or a URL such as"),
        ("://lake", "must be a folder or a URL such as"),
        ("simplecache::s3://lake", "must be a folder or a URL such as"),
    ],
)
def test_a_bad_url_is_refused_by_name(said: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_REPORTS", said)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert str(caught.value).startswith("MEDALLION_REPORTS must be a folder or a URL ")
    assert told in str(caught.value)
    assert repr(said) in str(caught.value)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError, match="name a connection in MEDALLION_LANDING_CONNECTION") as caught:
        checked_root("MEDALLION_LANDING", "sftp://me:s3cret@host/landing")
    assert "s3cret" not in str(caught.value)


def test_landing_and_reports_are_not_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_LANDING", "s3://lake/all")
    monkeypatch.setenv("MEDALLION_REPORTS", "s3://lake/all/")
    with pytest.raises(ConfigError, match="MEDALLION_REPORTS must not be the place"):
        load_settings()


def test_a_library_or_login_that_is_not_there_is_named() -> None:
    with pytest.raises(
        ConfigError, match=r"^MEDALLION_LANDING: gs://lake needs a library that is not installed"
    ):
        opened_root("MEDALLION_LANDING", "gs://lake", "")
    with pytest.raises(ConfigError, match=r"^MEDALLION_LANDING_CONNECTION: .* or set AIRFLOW_CONN_NOWHERE"):
        opened_root("MEDALLION_LANDING", "s3://lake", "nowhere")


def test_what_a_store_raises_names_the_place_without_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_LAKE", LOGIN)
    landing = opened_root("MEDALLION_LANDING", "s3://lake/landing", "lake")
    with (
        pytest.raises(ConfigError, match=r"^landing cannot be written: RuntimeError: \*\*\* is not allowed$"),
        store_errors(landing, ConfigError, "landing cannot be written"),
    ):
        raise RuntimeError("s3cret is not allowed")


def test_folders_and_files_are_found_alike(root: Root) -> None:
    assert folders_in(root) == []
    assert list(files_by_folder(root, [])) == []
    _write(root, "b/x", "a/deep/x", "a/deep/y", "c")
    assert [folder.name for folder in folders_in(root)] == ["a", "b"]
    found = {folder.relative_to(root).as_posix(): sizes for folder, sizes in files_by_folder(root, [])}
    assert found == {".": [10], "a/deep": [10, 10], "b": [10]}


def test_retention_of_landing_is_alike(root: Root) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(4)]
    parts = [f"acme/shop/orders/year=2026/month=01/day={day:%d}/part-0.parquet" for day in days]
    _write(
        root,
        *parts,
        "acme/shop/orders/notes.txt",
        "other/shop/orders/year=2026/month=01/day=01/part-0.parquet",
    )
    plan = plan_cleanup(root, "acme", days=1, today=date(2026, 1, 4))
    assert (plan.files, plan.bytes, plan.present) == (2, 20, {"shop.orders": 4})
    apply_cleanup(plan)
    apply_cleanup(plan)  # what is gone already is no error
    left = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert left - {"acme/shop/orders/notes.txt"} == {
        *parts[2:],
        "other/shop/orders/year=2026/month=01/day=01/part-0.parquet",
    } | {one for one in left if ".staging" in one}
    again = plan_cleanup(root, "acme", days=1, today=date(2026, 1, 9))
    assert again.too_many == ()
    with pytest.raises(RetentionRefused):
        apply_cleanup(plan_cleanup(root, "acme", days=1, today=date(2026, 1, 9), share=0.1))


def test_texts_are_replaced_and_leave_nothing_beside_them(root: Root) -> None:
    _write(root, "index.json")
    replace_all({root / "index.json": "one", root / "index.html": "two"})
    assert {path.name: path.read_text() for path in root.iterdir()} == {
        "index.json": "one",
        "index.html": "two",
    }


def test_the_doctor_tries_a_store(store: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDALLION_LANDING", str(store))
    monkeypatch.setenv("MEDALLION_REPORTS", "s3://lake/reports")
    monkeypatch.setenv("MEDALLION_REPORTS_CONNECTION", "nowhere")
    landing, reports = doctor_of_storage(load_settings())
    assert landing.said == f"landing at {store} may be written"
    assert list(store.iterdir()) == []
    assert (reports.level, reports.todo) == (
        BAD,
        "correct MEDALLION_REPORTS, or the login: MEDALLION_REPORTS_CONNECTION",
    )
