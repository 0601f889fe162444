"""Which files of a folder are config files, and which of them claim the same name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from medallion.clients.problem import Flaw

_ENDINGS = (".yml", ".yaml")


def config_files(folder: Path) -> tuple[list[Path], list[Path]]:
    """List a folder.

    Args:
        folder: ``configs/clients`` or ``configs/sources``.

    Returns:
        Everything named like a config file, whatever it is, and all else that is not hidden; both sorted.

    Raises:
        OSError: there is no such folder.
    """
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    files = [entry for entry in entries if entry.suffix.lower() in _ENDINGS]
    return files, [entry for entry in entries if entry not in files]


def rivals(files: Iterable[Path]) -> dict[Path, Flaw]:
    """Find files that claim the name of another one.

    ``acme.yml`` and ``acme.yaml`` are both at fault, as either could be meant. Of ``acme.yml`` and
    ``Acme.yml`` only the second is: its name is no id.
    """
    same: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        same[file.stem.casefold()].append(file)
    found = {}
    for group in same.values():
        for file in group:
            others = [other for other in group if other is not file]
            twins = [other for other in others if other.stem == file.stem]
            if twins or (others and not file.stem.islower()):
                names = ", ".join(other.name for other in others)
                found[file] = Flaw((), f"names the same as {names}; keep one of them", 1)
    return found
