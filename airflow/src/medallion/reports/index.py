"""The fleet's page on disk: rewritten whole after each report, by one process at a time.

``index.json`` is also what the next writer starts from, so that it reads the reports of those clients alone
that have changed since. A client says so with a file in ``.changed/``; whoever holds the lock takes all that
lie there, and those who waited for it find that their own has been taken. What did not land is looked for
with each of these, and of the other clients once an hour. Reports that retention takes leave it at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from medallion.ledger import Ledger
from medallion.reports.files import replace_all
from medallion.reports.fleet import FORMAT, Missing, Statuses, fleet_facts
from medallion.reports.fleet_page import render_fleet
from medallion.reports.history import Facts, folder_of_day, last_runs
from medallion.storage import Root, file_lock, files_in, folders_in, make_folder, move

JSON_FILE, HTML_FILE = "index.json", "index.html"
_CHANGED, _TAKEN, _LOCK = ".changed", ".taken", ".index.lock"


#: Looks for what did not land of all clients but those that are named; facts by id.
Look = Callable[[Collection[str]], Mapping[str, Sequence[Facts]]]
_AGAIN = timedelta(hours=1)


def update_fleet(
    ledger: Ledger,
    root: Root,
    client_id: str,
    statuses: Statuses | None = None,
    look: Look | None = None,
) -> None:
    """Take a client's new report into ``index.json`` and ``index.html``.

    Args:
        ledger: knows of runs that have no report.
        root: the folder of all reports.
        client_id: whose report was written.
        statuses: what the registry says of clients, by id.
        look: looks for what did not land; None leaves what is known of it.

    Raises:
        OSError: if it cannot be written; the earlier page is still there.
    """
    mark = root / _CHANGED / client_id
    make_folder(mark.parent)
    mark.touch()
    with file_lock(root, _LOCK):
        if not mark.exists():
            return  # whoever held the lock before has read the report
        with _changed(root) as changed:
            facts = fleet_facts(ledger, _runs(root, changed), statuses, _missing(root, changed, look))
            text = json.dumps(facts, ensure_ascii=False, separators=(",", ":")) + "\n"
            replace_all({root / JSON_FILE: text, root / HTML_FILE: render_fleet(facts)})


def forget_days(ledger: Ledger, root: Root, client_id: str, days: Collection[date]) -> None:
    """Take out of ``index.json`` and ``index.html`` what stood there of days whose reports are gone.

    Args:
        ledger: knows of runs that have no report.
        root: the folder of all reports.
        client_id: whose reports are gone.
        days: of which days; nothing is written if the page knows none of them.

    Raises:
        OSError: if it cannot be written; the earlier page is still there.
    """
    gone = {folder_of_day(Path(), day.isoformat()).as_posix() for day in days}
    pages = [run["page"] for one in _known(root) if one["id"] == client_id for run in one["runs"]]
    if any(page.startswith(f"{folder}/") for page in pages for folder in gone):
        update_fleet(ledger, root, client_id, _statuses(root))


def read_fleet(
    ledger: Ledger, root: Root, statuses: Statuses | None = None, look: Look | None = None
) -> Facts:
    """The fleet as it is now, for a terminal; nothing is written."""
    return fleet_facts(ledger, _runs(root, ()), statuses, _missing(root, (), look))


def _missing(root: Root, changed: Collection[str], look: Look | None) -> Missing:
    """What did not land: looked for anew of clients that have changed, or were last looked at long ago."""
    now = datetime.now(UTC)
    known = {
        one["id"]: {"missing": one["missing"], "looked_at": one["looked_at"]}
        for one in _known(root)
        if one["looked_at"] and now - datetime.fromisoformat(one["looked_at"]) < _AGAIN
    }
    if look is None:
        return known
    fresh = {name: facts for name, facts in known.items() if name not in changed}
    moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return fresh | {name: {"missing": list(some), "looked_at": moment} for name, some in look(fresh).items()}


def _runs(root: Root, changed: Iterable[str]) -> dict[str, list[Facts]]:
    """The last runs of each client that has a folder, read anew where the index does not know them."""
    known = {one["id"]: one["runs"] for one in _known(root) if one["runs"]}
    read_anew = set(changed)
    folders = [one for one in folders_in(root) if one.name[0] != "."]
    runs = {
        one.name: last_runs(one) if one.name in read_anew or one.name not in known else known[one.name]
        for one in folders
    }
    return {name: found for name, found in runs.items() if found}


def _known(root: Root) -> list[Facts]:
    """What the last writer knew of each client; nothing if there was none, or one of another version."""
    try:
        facts = json.loads((root / JSON_FILE).read_text(encoding="utf-8"))
        known = facts["clients"] if facts["format"] == FORMAT else []
        return [{name: one[name] for name in ("id", "runs", "missing", "looked_at")} for one in known]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _statuses(root: Root) -> dict[str, str]:
    """What the last writer was told of clients."""
    facts = json.loads((root / JSON_FILE).read_text(encoding="utf-8"))
    return {one["id"]: one["status"] for one in facts["clients"] if one["status"] is not None}


@contextmanager
def _changed(root: Root) -> Iterator[list[str]]:
    """The clients that have changed; they are forgotten only once the page is written.

    A file is moved away before its client's reports are read: one that comes later counts again. What a
    killed writer had taken is taken again.
    """
    taken = root / _TAKEN
    make_folder(taken)
    for mark in files_in(root / _CHANGED):
        with suppress(FileNotFoundError):  # another machine, whose locks are not ours, has taken it
            move(mark, taken / mark.name)
    marks = files_in(taken)
    yield [mark.name for mark in marks]
    for mark in marks:
        mark.unlink(missing_ok=True)
