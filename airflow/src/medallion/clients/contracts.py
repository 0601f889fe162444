"""What the operator declares beside the clients: contracts of sources."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from medallion.clients.fields import Column, Count, EachOnce, Frozen, Name, NotEmpty, NotRepeated, Text
from medallion.clients.places import EntityPath, Location
from medallion.clients.schedule import Duration

#: interval: the interval's rows; snapshot: all rows each time; history: all on the first run, then intervals.
Load = Literal["interval", "snapshot", "history"]
_Columns = Annotated[tuple[Annotated[Column, NotRepeated], ...], EachOnce]


class Entity(Frozen):
    """One table of a source: where its files are and what must be in them."""

    description: Text = ""
    path: EntityPath = Field(description="Relative to the location; {interval} is the interval's start.")
    keys: _Columns = Field(description="Columns that tell one row from another.")
    event_time: Column | None = Field(None, description="Column that says when a row happened.")
    required: _Columns = Field((), description="Columns that must be present.")
    min_rows: Count = Field(0, description="Fewer rows than this are taken for a broken delivery.")
    load: Load | None = Field(None, description="Which rows a run lands; null: as the source says.")


class SourceContract(Frozen):
    """One source: the shape of ``configs/sources/<name>.yml``."""

    name: Name
    description: Text
    connector: Literal["files"] = "files"
    location: Location = Field(
        description="Folder or URL; {samples}, {adventureworks}, {client} are filled in."
    )
    format: Literal["csv", "jsonl", "parquet"]
    load: Load = Field(
        description=(
            "interval: the interval's rows; snapshot: all rows each time; "
            "history: all rows on the first run, then the interval's."
        )
    )
    freshness: Duration | None = Field(None, description="Age at which the newest delivery is late.")
    entities: Annotated[dict[Name, Entity], NotEmpty]

    def load_of(self, entity: str) -> Load:
        """Return which rows of an entity a run lands: its own ``load``, or the source's."""
        return self.entities[entity].load or self.load
