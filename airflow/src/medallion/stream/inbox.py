"""The inbox: a folder that files of events are moved into, and that they leave once they have landed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from medallion.pipeline import Streamed
from medallion.stream.channel import BadEventError, Event, Gathered, events_of

_REFUSED = "refused"
_ENDING = ".jsonl"


def waiting_files(folder: Path) -> list[Path]:
    """The files of events in a folder, the oldest first.

    One that is written there would be read half: write it elsewhere, or with a dot before its name, and
    rename it.
    """
    found = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_ENDING) and entry.name[0] != "." and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    found.append((entry.stat().st_mtime_ns, entry.name))
    return [folder / name for _, name in sorted(found)]


@dataclass(frozen=True)
class Inbox:
    """An entity's folder in the inbox of a client.

    Attributes:
        folder: where it is.
        streamed: the entity.
        required: columns that its contract counts on.
    """

    folder: Path
    streamed: Streamed
    required: Sequence[str]
    name: str = "inbox"

    @classmethod
    def of(cls, root: Path, client_id: str, streamed: Streamed, required: Sequence[str]) -> Inbox:
        """The folder of an entity; made where it is missing, so that producers find it."""
        folder = root / client_id / streamed.source / streamed.entity
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, streamed, required)

    def gather(self, position: str, limit: int) -> Gathered:  # noqa: ARG002  (a file that is there has not landed)
        """Read the oldest files, whole, up to a number of events; one file at least."""
        events: list[Event] = []
        names: list[str] = []
        for file in waiting_files(self.folder):
            try:
                arrived = datetime.fromtimestamp(file.stat().st_mtime, UTC)
                found = events_of(file.read_bytes(), self.streamed, self.required, arrived)
            except FileNotFoundError:
                continue  # its producer took it back
            except BadEventError as error:
                self._set_aside(file, str(error))
                continue
            if names and len(events) + len(found) > limit:
                return Gathered(events, names[-1], names, more=True)
            events += found
            names.append(file.name)
        return Gathered(events, names[-1] if names else "", names)

    def done(self, gathered: Gathered) -> None:
        """Delete the files: their events have landed."""
        for name in gathered.sources:
            (self.folder / name).unlink(missing_ok=True)

    def refuse(self, gathered: Gathered, why: str) -> None:
        """Move the files into ``refused/``, each with a file beside it that says why."""
        for name in gathered.sources:
            self._set_aside(self.folder / name, why)

    def _set_aside(self, file: Path, why: str) -> None:
        refused = self.folder / _REFUSED
        refused.mkdir(exist_ok=True)
        (refused / f"{file.name}.why").write_text(f"{why}\n", encoding="utf-8")
        file.replace(refused / file.name)


def refused_files(root: Path, client_id: str) -> list[Path]:
    """The files of a client that were set aside, oldest first."""
    found = (root / client_id).glob(f"*/*/{_REFUSED}/*{_ENDING}")
    return sorted(found, key=lambda one: one.stat().st_mtime_ns)
