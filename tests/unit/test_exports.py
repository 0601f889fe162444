"""No output of Medallion's is opened by a spreadsheet: in one, a cell that begins with = is a formula."""

import re
from pathlib import Path

import medallion

PACKAGE = Path(medallion.__file__).parent
#: Ways to write CSV or workbooks, in Python, Arrow, pandas and DuckDB.
WRITES = re.compile(
    r"to_csv|to_excel|write_csv|csv\.(?:writer|DictWriter)|xlsx|openpyxl|format\s+csv|text/csv|\.csv\b.{0,40}write",
    re.I,
)
#: Extracts to try a client on: made up here, and read back by Medallion alone.
SAMPLES = PACKAGE / "sample_data"


def test_nothing_but_sample_extracts_is_written_as_csv_or_workbook():
    """Whoever adds such an export quotes what begins with =, +, -, @, tab or return, and tests that here."""
    files = {*PACKAGE.rglob("*.py"), *(PACKAGE.parents[2] / "dbt").rglob("*.sql")}
    found = {path for path in files if WRITES.search(path.read_text("utf-8"))}
    assert len(files) > 200
    assert {path for path in found if SAMPLES not in path.parents} == set()
    assert SAMPLES / "generate.py" in found  # the pattern finds what there is
