"""What was planted in an extract: counts that tests hold measured counts against."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

DEFAULT_ROWS = 20_000


class Fault(StrEnum):
    """What the demo can let go wrong for one client."""

    GATE = "gate"


@dataclass(frozen=True)
class Recipe:
    """What an extract is made by, beside its client, source and interval.

    Attributes:
        seed: other seeds, other rows.
        rows_a_day: about how many rows of new business all sources of a client bring in a day; what comes
            whole each interval comes on top.
        defects: 0 plants none; 1 breaks at most one row in twenty of any rule that gates, 2 twice as many.
    """

    seed: int = 7
    rows_a_day: int = DEFAULT_ROWS
    defects: float = 1.0


@dataclass(frozen=True)
class Planted:
    """Rows, keys and defects of one source's extract of one interval.

    Attributes:
        counts: entity → what → how many. ``rows`` are the rows in the file, ``keys`` what is left of them
            after the last version of each key; defects are counted in those last versions. What breaks a
            rule bears the rule's name.
    """

    client: str
    source: str
    interval: str
    recipe: Recipe
    counts: Mapping[str, Mapping[str, int]]

    def write(self, path: Path) -> None:
        """Write the counts as JSON, in the same bytes each time."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_planted(path: Path) -> Planted:
    """Read what :meth:`Planted.write` wrote."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return Planted(**said | {"recipe": Recipe(**said["recipe"])})
