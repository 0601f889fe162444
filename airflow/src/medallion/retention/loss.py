"""What a cleanup takes from one object: a table of a layer, an entity of landing, or a client's reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

#: The key of the log events in which the macro ``apply_retention`` tells a table's loss; its value names it.
EVENT = "medallion_retention"


@dataclass(frozen=True)
class Loss:
    """What one object loses, or would.

    Attributes:
        layer: landing, bronze, silver, gold or reports.
        object: ``source.entity`` in landing, ``runs_and_days`` of reports, else the table's name.
        cutoff: the first day that stays; None for a table without ``_run_date``, which follows others.
        held: how much there is, in rows (in landing: partitions, of reports: days); None if not counted.
        gone: how much of it is from before the cutoff.
        share: what goes, as a share of what is there; rows that came back (see ``cleaned``) count in neither.
        too_many: True if that is more than may go unasked.
        files, bytes: of landing and reports, else None.
    """

    layer: str
    object: str
    cutoff: date | None
    held: int | None
    gone: int
    share: float
    too_many: bool
    files: int | None = None
    bytes: int | None = None

    @property
    def in_files(self) -> bool:
        """True if ``held`` and ``gone`` count folders and not rows."""
        return self.files is not None

    @property
    def unit(self) -> str:
        """What ``held`` and ``gone`` count."""
        return {"landing": "partitions", "reports": "days"}.get(self.layer, "rows")

    @property
    def facts(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "layer": self.layer,
            "object": self.object,
            "cutoff": self.cutoff.isoformat() if self.cutoff else None,
            "held": self.held,
            "gone": self.gone,
            "unit": self.unit,
            "files": self.files,
            "bytes": self.bytes,
            "share": round(self.share, 6),
            "too_many": self.too_many,
        }

    def __str__(self) -> str:
        size = f", {self.files} files, {self.bytes:,} bytes" if self.files is not None else ""
        return (
            f"{self.layer} {self.object}: {self.gone:,} of {self.held:,} {self.unit} "
            f"before {self.cutoff}, {self.share:.1%}{size}"
        )

    @classmethod
    def of_table(cls, told: Mapping[str, Any]) -> Loss:
        """Read one log event of the macro ``apply_retention``."""
        return cls(
            layer=told["layer"],
            object=told[EVENT],
            cutoff=date.fromisoformat(told["cutoff"]) if told["cutoff"] else None,
            held=told["held"],
            gone=told["gone"],
            share=told["share"],
            too_many=told["too_many"],
        )
