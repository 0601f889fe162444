import pytest

from medallion.exceptions import ConfigError
from medallion.settings import load_settings


def test_how_long_a_client_drains_is_said_in_seconds(monkeypatch):
    monkeypatch.setenv("MEDALLION_DRAIN_SECONDS", "90")
    assert load_settings().drain_seconds == 90.0


@pytest.mark.parametrize("said", ["6h", "-1", "nan", "inf"])
def test_what_is_no_time_is_said_so(monkeypatch, said):
    monkeypatch.setenv("MEDALLION_DRAIN_SECONDS", said)
    with pytest.raises(ConfigError, match="MEDALLION_DRAIN_SECONDS must be a number from 0 to"):
        load_settings()
