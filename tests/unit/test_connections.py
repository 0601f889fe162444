from __future__ import annotations

import pytest
from sqlalchemy import make_url

from medallion.connections import parsed, shown, url_of, without_secret
from medallion.exceptions import ConfigError

SHOP = "postgresql://loader:s3cret@db:5432/shop"


def test_a_variable_holds_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", SHOP)
    assert url_of(None, "SHOP_URL") == SHOP


def test_a_connection_is_found_where_airflow_looks_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_DB", SHOP)
    assert url_of("shop_db", None) == SHOP


def test_a_task_asks_airflow() -> None:
    assert url_of("shop_db", None, {"shop_db": SHOP}.get) == SHOP


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ("shop_db", None),
            "Airflow connection shop_db is not there: .* or set AIRFLOW_CONN_SHOP_DB to a URL",
        ),
        ((None, "SHOP_URL"), "environment variable SHOP_URL is not set to a URL such as postgresql://"),
    ],
)
def test_what_is_missing_says_what_to_set(names: tuple[str | None, str | None], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        url_of(*names)


def test_what_is_no_url_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed("Server=db;PWD=s3cret")
    assert "s3cret" not in str(caught.value)


def test_a_url_is_shown_without_login_and_options() -> None:
    assert shown(make_url(f"{SHOP}?sslpassword=s3cret")) == "postgresql://db:5432/shop"


@pytest.mark.parametrize(
    "written", ["p}a@s/s w", "p}}a@s/s w", "p%7Da%40s/s%20w", "p%7Da%40s%2Fs%20w", "p%7Da%40s%2Fs+w"]
)
def test_a_password_is_blotted_out_however_it_is_written(written: str) -> None:
    url = make_url("postgresql://loader:p%7Da%40s%2Fs%20w@db/shop")
    assert without_secret(f"cannot log in with {written}!", url) == "cannot log in with ***!"
