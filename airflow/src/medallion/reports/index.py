"""The fleet's page on disk: rewritten whole after each report, by one process at a time.

``index.json`` is also what the next writer starts from, so that it reads the reports of those clients alone
that have changed since. A client says so with a file in ``.changed/``; whoever holds the lock takes all that
lie there, and those who waited for it find that their own has been taken.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from medallion.ledger import Ledger
from medallion.reports.files import replace_all
from medallion.reports.fleet import FORMAT, Statuses, fleet_facts
from medallion.reports.fleet_page import render_fleet
from medallion.reports.history import Facts, last_runs

JSON_FILE, HTML_FILE = "index.json", "index.html"
_CHANGED, _TAKEN, _LOCK = ".changed", ".taken", ".index.lock"


def update_fleet(ledger: Ledger, root: Path, client_id: str, statuses: Statuses | None = None) -> None:
    """Take a client's new report into ``index.json`` and ``index.html``.

    Args:
        ledger: knows of runs that have no report.
        root: the folder of all reports.
        client_id: whose report was written.
        statuses: what the registry says of clients, by id.

    Raises:
        OSError: if it cannot be written; the earlier page is still there.
    """
    mark = root / _CHANGED / client_id
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    with FileLock(root / _LOCK):
        if not mark.exists():
            return  # whoever held the lock before has read the report
        with _changed(root) as changed:
            facts = fleet_facts(ledger, _runs(root, changed), statuses)
            text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"
            replace_all({root / JSON_FILE: text, root / HTML_FILE: render_fleet(facts)})


def read_fleet(ledger: Ledger, root: Path, statuses: Statuses | None = None) -> Facts:
    """The fleet as it is now, for a terminal; nothing is written."""
    return fleet_facts(ledger, _runs(root, ()), statuses)


def _runs(root: Path, changed: Iterable[str]) -> dict[str, list[Facts]]:
    """The last runs of each client that has a folder, read anew where the index does not know them."""
    known = _known(root)
    read_anew = set(changed)
    folders = [one for one in root.iterdir() if one.is_dir() and one.name[0] != "."] if root.is_dir() else []
    runs = {
        one.name: last_runs(one) if one.name in read_anew or one.name not in known else known[one.name]
        for one in folders
    }
    return {name: found for name, found in runs.items() if found}


def _known(root: Path) -> dict[str, list[Facts]]:
    """What the last writer knew; nothing if there was none, or one of another version."""
    try:
        facts = json.loads((root / JSON_FILE).read_text(encoding="utf-8"))
        known = facts["clients"] if facts["format"] == FORMAT else []
        return {one["id"]: one["runs"] for one in known if one["runs"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


@contextmanager
def _changed(root: Path) -> Iterator[list[str]]:
    """The clients that have changed; they are forgotten only once the page is written.

    A file is moved away before its client's reports are read: one that comes later counts again. What a
    killed writer had taken is taken again.
    """
    taken = root / _TAKEN
    taken.mkdir(exist_ok=True)
    for mark in (root / _CHANGED).iterdir():
        mark.replace(taken / mark.name)
    marks = list(taken.iterdir())
    yield [mark.name for mark in marks]
    for mark in marks:
        mark.unlink()
