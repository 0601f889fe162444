import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from medallion.database import engine_of
from medallion.doctor import BAD, OK
from medallion.doctor.clock import clock
from medallion.ledger import Ledger, RunKey

HOUR = timedelta(hours=1)


@pytest.fixture
def ledger(settings):
    engine_of.cache_clear()
    ledger = Ledger(engine_of(settings.database_url))
    values = {"interval_start": datetime(2026, 1, 1), "interval_end": datetime(2026, 1, 2)}
    ledger.start_run(RunKey("dag", "run"), client_id="acme", config_version="x", **values)
    yield ledger
    ledger.engine.dispose()


def test_a_clock_that_went_on_is_fine(settings, ledger):
    assert clock(settings.home, ledger).level == OK
    assert clock(settings.home, None).level == OK


def test_a_file_from_the_future_is_bad(settings):
    report = settings.home / "reports" / "index.html"
    report.parent.mkdir()
    report.touch()
    os.utime(report, times=(time.time() + 7200,) * 2)
    found = clock(settings.home, None)
    assert (found.level, "reports/index.html is of" in found.said, "NTP" in found.todo) == (BAD, True, True)


def test_a_run_that_began_in_the_future_is_bad(tmp_path, ledger):
    found = clock(tmp_path / "empty", ledger, now=datetime.now(UTC) - HOUR)
    assert (found.level, "the ledger's last run" in found.said) == (BAD, True)
