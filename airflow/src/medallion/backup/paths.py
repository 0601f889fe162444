"""The names inside an archive: where each leads, and what none may say."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from os import walk
from pathlib import Path

from medallion.exceptions import BackupError
from medallion.settings import Settings

#: Registry and ledger, as a SQLite file whatever database they were in.
DATABASE = "registry.db"
#: A line for each file of landing, whether the files are in the archive or not.
LANDING_LIST = "landing.jsonl"
MANIFEST = "medallion_backup.json"
LANDING = "landing"
DESTINATIONS, REPORTS, OUTBOX = "destinations", "reports", "outbox"
#: Folders of a home that are archived as they are.
FOLDERS = ("warehouse", DESTINATIONS, REPORTS, OUTBOX, LANDING)
#: What locks leave beside the files they guard.
_OF_LOCKS = (".lock", ".holder")


def checked(name: str) -> str:
    """Return the name of a file in one of an archive's folders, if it can be nothing else.

    Raises:
        BackupError: if it could lead out of its folder.
    """
    parts = name.split("/")
    inside = len(parts) > 1 and parts[0] in FOLDERS and not {"", ".", ".."} & set(parts)
    if not inside or "\\" in name or not name.isprintable():
        raise BackupError(f"the archive names {name!r}: every file must lie in one of {', '.join(FOLDERS)}")
    return name


def checked_link(name: str, target: str) -> str:
    """Return where a link leads, if that is inside its destination.

    Raises:
        BackupError: if it could lead elsewhere.
    """
    folder = posixpath.dirname(checked(name))
    leads_to = posixpath.normpath(posixpath.join(folder, target))
    if not name.startswith(f"{DESTINATIONS}/") or not leads_to.startswith(f"{folder}/"):
        raise BackupError(f"the archive's link {name!r} leads to {target!r}: must stay beside it")
    return target


def kept_elsewhere(settings: Settings) -> dict[str, str]:
    """Which of an installation's folders are not in its home, and where they are."""
    named = {REPORTS: settings.reports_at, LANDING: settings.landing_at}
    return {name: at for name, at in named.items() if at and at != str(settings.home / name)}


def some(names: Sequence[str], most: int = 8) -> str:
    """Write names down for a person: the first few, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def files_in(folder: Path, *, deep: bool = True) -> Iterator[Path]:
    """The regular files under a folder in order; nothing hidden, no lock, and no link is followed."""
    for parent, folders, names in walk(folder):
        folders[:] = sorted(name for name in folders if deep and not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and not name.endswith(_OF_LOCKS) and _is_regular(path):
                yield path


def _is_regular(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
