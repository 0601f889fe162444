import pytest

from medallion.exceptions import ConfigError
from medallion.settings import PRODUCTION, load_settings


def test_how_long_a_client_drains_is_said_in_seconds(monkeypatch):
    monkeypatch.setenv("MEDALLION_DRAIN_SECONDS", "90")
    assert load_settings().drain_seconds == 90.0


@pytest.mark.parametrize("said", ["6h", "-1", "nan", "inf"])
def test_what_is_no_time_is_said_so(monkeypatch, said):
    monkeypatch.setenv("MEDALLION_DRAIN_SECONDS", said)
    with pytest.raises(ConfigError, match="MEDALLION_DRAIN_SECONDS must be a number from 0 to"):
        load_settings()


def test_prods_clients_go_by_their_own_names(monkeypatch):
    monkeypatch.delenv("MEDALLION_ENVIRONMENT", raising=False)
    settings = load_settings()
    assert settings.environment == PRODUCTION
    assert settings.schema_of("acme_corp", "silver") == "acme_corp_silver"


def test_another_environments_names_and_home_are_its_own(monkeypatch):
    monkeypatch.delenv("MEDALLION_HOME", raising=False)
    prods = load_settings()
    monkeypatch.setenv("MEDALLION_ENVIRONMENT", "staging")
    settings = load_settings()
    assert settings.name_of("acme_corp") == "staging__acme_corp"
    assert settings.schema_of("acme_corp", "silver") == "staging__acme_corp_silver"
    assert settings.home == prods.home.with_name("var-staging")
    assert settings.database_url != prods.database_url


@pytest.mark.parametrize("name", ["Staging", "1st", "a-b", "x" * 17, "a b", "../x"])
def test_what_is_no_environments_name_is_said_so(monkeypatch, name):
    monkeypatch.setenv("MEDALLION_ENVIRONMENT", name)
    with pytest.raises(ConfigError, match="MEDALLION_ENVIRONMENT must be a letter and at most 15 lower-case"):
        load_settings()


def test_prod_tells_clients_own_people_and_nobody_instead(monkeypatch):
    monkeypatch.setenv("MEDALLION_NOTIFY", "us@example.com")
    with pytest.raises(ConfigError, match="MEDALLION_NOTIFY is only for environments other than prod"):
        load_settings()


@pytest.mark.parametrize("address", ["us", "us@example.com, you@example.com", "us@@example.com"])
def test_who_is_told_instead_is_one_address(monkeypatch, address):
    monkeypatch.setenv("MEDALLION_ENVIRONMENT", "dev")
    monkeypatch.setenv("MEDALLION_NOTIFY", address)
    with pytest.raises(ConfigError, match="MEDALLION_NOTIFY must be one mail address"):
        load_settings()


def test_how_much_a_cleanup_may_take_is_a_share(monkeypatch):
    monkeypatch.setenv("MEDALLION_CLEANUP_SHARE", "0.2")
    assert load_settings().cleanup_share == 0.2
    monkeypatch.setenv("MEDALLION_CLEANUP_SHARE", "20")
    with pytest.raises(ConfigError, match="MEDALLION_CLEANUP_SHARE must be"):
        load_settings()
