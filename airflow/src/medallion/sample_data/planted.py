"""What was planted in an extract: counts that tests hold measured counts against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Planted:
    """Rows, keys and defects of one source's extract of one interval.

    Attributes:
        counts: entity → what → how many. ``rows`` are the rows in the file, ``keys`` what is left of them
            after the last version of each key; defects are counted in those last versions.
    """

    client: str
    source: str
    interval: str
    counts: Mapping[str, Mapping[str, int]]

    def write(self, path: Path) -> None:
        """Write the counts as JSON, in the same bytes each time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_planted(path: Path) -> Planted:
    """Read what :meth:`Planted.write` wrote."""
    return Planted(**json.loads(path.read_text(encoding="utf-8")))
