"""Landing's writer: a source's interval is staged as a whole, then takes the place of the one before.

``landing/.staging/<client>/<source>/`` holds ``writing/`` while files are written, one an entity. Renaming
it to ``ready/`` is the moment the interval has landed: from there every file is moved to its place, by this
process or, if it is killed, by the next one. Each entity's interval is one file, so a reader sees the old
or the new one, never a part.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medallion.exceptions import ExtractError
from medallion.interval import partition_start
from medallion.locks import LOCK_SECONDS, one_at_a_time

#: The one file of an entity's interval.
PART = "part-0.parquet"
_STAGING = ".staging"
_TARGET = "partition"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Stage:
    """Where a source's interval is written before it lands."""

    landing: Path
    client_id: str
    source: str

    @property
    def folder(self) -> Path:
        """All of the source's staging."""
        return self.landing / _STAGING / self.client_id / self.source

    @property
    def writing(self) -> Path:
        """Files not yet complete."""
        return self.folder / "writing"

    @property
    def ready(self) -> Path:
        """Complete files on their way to their places."""
        return self.folder / "ready"

    def file(self, entity: str) -> Path:
        """Where an entity's rows are written."""
        return self.writing / f"{checked_name('entity', entity)}.parquet"

    def place(self, entity: str, partition: str) -> Path:
        """Where an entity's rows land."""
        return self.landing / self.client_id / self.source / entity / partition / PART

    def land(self, partition: str) -> None:
        """Put everything that was written into its place.

        Raises:
            ExtractError: if there is no room for it; nothing has changed then.
        """
        try:
            for staged in self.writing.glob("*.parquet"):
                self.place(staged.stem, partition).parent.mkdir(parents=True, exist_ok=True)
            (self.writing / _TARGET).write_text(partition, encoding="utf-8")
            self.writing.rename(self.ready)
        except OSError as error:
            raise ExtractError(
                f"{self.client_id}: {self.source}: landing cannot be written: {error}"
            ) from error
        self.finish()

    def finish(self) -> None:
        """Move what is ready into its place; does nothing where nothing is."""
        if not self.ready.is_dir():
            return
        partition = (self.ready / _TARGET).read_text(encoding="utf-8")
        if partition_start(partition) is None:
            raise ExtractError(
                f"{self.ready}: names no partition of landing: {partition!r}; remove the folder"
            )
        for staged in sorted(self.ready.glob("*.parquet")):
            place = self.place(staged.stem, partition)
            place.parent.mkdir(parents=True, exist_ok=True)
            staged.replace(place)
        # Taken apart under its own name, it would be taken for an interval that has still to land.
        self.ready.rename(self.writing)


def checked_name(what: str, name: str) -> str:
    """Return a name that is safe as a folder.

    Raises:
        ExtractError: if it is not.
    """
    if not _NAME.fullmatch(name):
        raise ExtractError(f"{what}: must be lower-case letters, digits and underscores, is {name!r}")
    return name


@contextmanager
def staging(landing: Path, client_id: str, source: str, patience: float = LOCK_SECONDS) -> Iterator[Stage]:
    """Hold a source's staging for one writer, and clear up after a killed one.

    Args:
        landing: root of landing.
        client_id: whose rows.
        source: of which source.
        patience: seconds to wait for another extract of the source.

    Yields:
        The stage, empty; what was not landed when the block ends is thrown away.

    Raises:
        ExtractError: if another process keeps it, naming that process.
    """
    stage = Stage(landing, checked_name("client", client_id), checked_name("source", source))
    doing = f"extract {source} for {client_id}"
    with one_at_a_time(stage.folder, doing=doing, error=ExtractError, patience=patience):
        shutil.rmtree(stage.writing, ignore_errors=True)
        stage.finish()
        shutil.rmtree(stage.writing, ignore_errors=True)
        stage.writing.mkdir(parents=True)
        try:
            yield stage
        finally:
            shutil.rmtree(stage.writing, ignore_errors=True)
