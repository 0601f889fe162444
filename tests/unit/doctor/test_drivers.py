import sys

import pytest

from medallion.doctor import BAD, OK, WARN
from medallion.doctor.drivers import Driver, driver, drivers


def test_every_driver_of_the_lock_loads(settings, definition):
    found = list(drivers(settings, [definition()]))
    assert {one.level for one in found} == {OK}
    assert any(one.said.startswith("mssql-python ") for one in found)


@pytest.mark.parametrize(("needed", "level"), [(True, BAD), (False, WARN)])
def test_a_driver_that_is_not_there_is_bad_if_it_is_needed(needed, level):
    found = driver(Driver("no-such-driver", None, "sqlserver"), needed=needed)
    assert found.level == level
    assert "no-such-driver cannot be loaded" in found.said


def test_a_driver_whose_library_is_broken_is_bad(tmp_path, monkeypatch):
    (tmp_path / "broken_driver.py").write_text("raise ImportError('libltdl.so.7: cannot open shared object')")
    monkeypatch.syspath_prepend(tmp_path)
    found = driver(Driver("duckdb", "broken_driver", "duckdb"), needed=True)
    assert found.level == BAD
    assert "libltdl.so.7" in found.said
    assert "install that" in found.todo
    assert "broken_driver" not in sys.modules


def test_a_library_that_only_a_session_would_load_is_loaded(tmp_path):
    broken = tmp_path / "libdriver.so"
    broken.write_text("no library")
    one = Driver("duckdb", "duckdb", "sqlserver", lambda: broken)
    found = driver(one, needed=True)
    assert found.level == BAD
    assert "libdriver.so" in found.said
    assert driver(one, needed=False).level == OK


def test_what_a_destination_needs_is_needed(settings, definition, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    to = {"name": "warehouse", "type": "postgres", "env": "WAREHOUSE_URL"}
    levels = [
        next(one.level for one in drivers(settings, [client]) if "psycopg" in one.said)
        for client in (definition(), definition(destination=to))
    ]
    assert levels == [WARN, BAD]
