import subprocess
import sys
from contextlib import contextmanager

import duckdb
import pytest

from medallion.doctor import OK, WARN
from medallion.doctor.locks import holder_of, locks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who holds a file")
HOLD = """
import duckdb, sys
held = duckdb.connect(sys.argv[1], read_only=len(sys.argv) > 2)
print("held", flush=True)
input()
"""


@contextmanager
def held(path, *mode):
    """Another process has the file open with DuckDB, to write, or just to read."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, *mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
    finally:
        holder.communicate("\n")


@pytest.fixture
def warehouse(settings):
    path = settings.warehouse("acme")
    path.parent.mkdir()
    duckdb.connect(path).close()
    return path


def test_files_nobody_has_open_are_free(settings, warehouse):
    (found,) = locks(settings)
    assert (found.level, found.said) == (OK, "none of 1 DuckDB files is in use")


@pytest.mark.parametrize("mode", [(), ("read only",)])
def test_whoever_holds_a_file_is_named(settings, warehouse, mode):
    with held(warehouse, *mode) as pid:
        (found,) = locks(settings)
        assert found.level == WARN
        assert f"acme.duckdb is in use by process {pid} (" in found.said
        assert f"end process {pid}" in found.todo
    assert holder_of(warehouse) is None


def test_a_build_of_ours_is_no_fault(settings, warehouse):
    with held(warehouse) as pid:
        warehouse.with_name("acme.duckdb.holder").write_text(f"process {pid} on here (building, since now)")
        (found,) = locks(settings)
    assert (found.level, "building, since now" in found.said) == (OK, True)


def test_destinations_are_looked_at_too(settings, warehouse):
    settings.destinations.mkdir()
    with held(settings.destinations / "gold.duckdb"):
        assert [one.said.split()[0] for one in locks(settings)] == ["gold.duckdb"]
