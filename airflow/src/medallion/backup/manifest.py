"""What an archive says of itself; its last member, so an archive without it was cut off."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from medallion.backup.paths import DATABASE, LANDING_LIST, checked, checked_link
from medallion.exceptions import BackupError

#: Counts up whenever an older Medallion could no longer restore what a newer one writes.
FORMAT = 1


class _Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Facts):
    """One file: in the archive, or of landing's list."""

    bytes: int
    sha256: str


class Origin(_Facts):
    """Where a backup was made; no login is in it."""

    host: str
    home: str
    database: str
    target: str


class Manifest(_Facts):
    """All there is in an archive.

    Attributes:
        format: what the archive's form is called.
        medallion: the version that wrote it.
        schema_revision: the last migration of its database.
        made_at: when it was begun.
        made_from: where.
        encrypted: whether the registry in it needs a key.
        tables: the rows of each table.
        members: every other member by its path.
        links: links of destinations, and where each leads.
        skipped: what was left out, and why.
        elsewhere: folders that are not in the home, and where they are; their files stay there.
    """

    format: int
    medallion: str
    schema_revision: str
    made_at: datetime
    made_from: Origin
    encrypted: bool
    tables: dict[str, int]
    members: dict[str, Member]
    links: dict[str, str]
    skipped: dict[str, str]
    elsewhere: dict[str, str] = {}

    def holds(self, folder: str) -> list[Member]:
        """The members of one folder."""
        return [one for path, one in self.members.items() if path.startswith(f"{folder}/")]


def read_manifest(text: bytes) -> Manifest:
    """Read a manifest, and check every path in it.

    Raises:
        BackupError: if it is of another format, or is none.
    """
    try:
        facts = json.loads(text)
        _check_format(facts)
        manifest = Manifest.model_validate(facts)
    except (ValueError, ValidationError) as error:
        first = " ".join(str(error).strip().splitlines()[:3])
        raise BackupError(f"its manifest is not one of Medallion's: {first}") from error
    for path in set(manifest.members) - {DATABASE, LANDING_LIST}:
        checked(path)
    for path, target in manifest.links.items():
        checked_link(path, target)
    return manifest


def _check_format(facts: Any) -> None:
    said = facts.get("format") if isinstance(facts, dict) else None
    if said != FORMAT:
        by = f" by Medallion {facts['medallion']}" if isinstance(facts, dict) and "medallion" in facts else ""
        raise BackupError(
            f"it is of format {said}, written{by}; this Medallion reads format {FORMAT}: "
            "restore it with the version that wrote it, or a newer one"
        )
