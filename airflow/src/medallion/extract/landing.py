"""Landing's writer: a source's interval is staged as a whole, then takes the place of the one before.

Files are written in ``writing/``, one an entity, on this machine. Complete ones are brought to
``landing/.staging/<client>/<source>/ready/<partition>/``, and ``complete`` beside them, written last, is the
moment the interval has landed: from there every file is moved to its place, by this process or, if it is
killed, by the next one. Without it they are what a killed writer left, and nobody's. Each entity's interval
is one file, so a reader sees the old or the new one, never a part.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from medallion.exceptions import ExtractError
from medallion.interval import partition_start
from medallion.locks import LOCK_SECONDS, one_at_a_time
from medallion.storage import (
    Root,
    below,
    beside,
    bring,
    clear,
    found_below,
    is_link,
    leads_out,
    make_folder,
    move,
    store_errors,
)

#: The one file of an entity's interval, and what events brought that came between batches.
PART, STREAM_PART = "part-0.parquet", "stream-0.parquet"
_STAGING, _READY = ".staging", "ready"
_COMPLETE = "complete"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Stage:
    """Where a source's interval is written before it lands."""

    landing: Root
    client_id: str
    source: str
    stream: bool = False

    @property
    def folder(self) -> Path:
        """The source's staging on this machine; that of its events is beside it."""
        return beside(self.landing) / _STAGING / self.client_id / self._staged

    @property
    def writing(self) -> Path:
        """Files not yet complete."""
        return self.folder / "writing"

    @property
    def ready(self) -> Root:
        """Complete files on their way to their places, by partition."""
        return self.landing / _STAGING / self.client_id / self._staged / _READY

    @property
    def _staged(self) -> str:
        return f"{self.source}.stream" if self.stream else self.source

    def file(self, entity: str) -> Path:
        """Where an entity's rows are written."""
        return self.writing / f"{checked_name('entity', entity)}.parquet"

    def place(self, entity: str, partition: str) -> Root:
        """Where an entity's rows land."""
        name = STREAM_PART if self.stream else PART
        return self.landing / self.client_id / self.source / entity / partition / name

    def land(self, partition: str) -> None:
        """Put everything that was written into its place.

        Raises:
            ExtractError: if there is no room for it; nothing has changed then.
        """
        ready = self.ready / partition
        with self._said("landing cannot be written"):
            staged = sorted(self.writing.glob("*.parquet"))
            for file in staged:
                self._make_folder(self.place(file.stem, partition).parent)
            clear(ready)
            make_folder(ready)
            for file in staged:
                bring(file, ready / file.name)
            (ready / _COMPLETE).write_bytes(b"")
        self.finish()

    def finish(self) -> None:
        """Move what is ready into its place; does nothing where nothing is.

        Raises:
            ExtractError: if it cannot be moved; the next extract goes on with it.
        """
        with self._said("landing cannot be finished"):
            for complete in found_below(self.ready, _COMPLETE):
                self._move(complete.parent, below(complete.parent, self.ready))
                complete.unlink(missing_ok=True)
            if isinstance(self.ready, Path):
                clear(self.ready)  # in a store another machine may be bringing an interval of its own

    def _move(self, ready: Root, partition: str) -> None:
        if partition_start(partition) is None:
            raise ExtractError(f"{ready}: names no partition of landing: {partition!r}; remove the folder")
        for staged in found_below(ready, "*.parquet"):
            place = self.place(staged.stem, partition)
            self._make_folder(place.parent)
            try:
                move(staged, place)
            except FileNotFoundError:
                if staged.exists():  # else another machine, whose locks are not ours, has moved it
                    raise

    def _make_folder(self, folder: Root) -> None:
        """Make a folder of the source; one that a link leads out of is not the source's any more."""
        own = self.landing / self.client_id / self.source
        if is_link(own) or is_link(own.parent) or leads_out(folder, own):
            raise ExtractError(f"{folder}: a link leads out of {own}; rows must land below it")
        make_folder(folder)

    def _said(self, problem: str) -> AbstractContextManager[None]:
        return store_errors(self.landing, ExtractError, f"{self.client_id}: {self.source}: {problem}")


def checked_name(what: str, name: str) -> str:
    """Return a name that is safe as a folder.

    Raises:
        ExtractError: if it is not.
    """
    if not _NAME.fullmatch(name):
        raise ExtractError(f"{what}: must be lower-case letters, digits and underscores, is {name!r}")
    return name


@contextmanager
def staging(
    landing: Root, client_id: str, source: str, patience: float = LOCK_SECONDS, *, stream: bool = False
) -> Iterator[Stage]:
    """Hold a source's staging for one writer, and clear up after a killed one.

    Args:
        landing: root of landing.
        client_id: whose rows.
        source: of which source.
        patience: seconds to wait for another extract of the source.
        stream: of events that come between batches; these have a writer of their own.

    Yields:
        The stage, empty; what was not landed when the block ends is thrown away.

    Raises:
        ExtractError: if another process keeps it, naming that process.
    """
    stage = Stage(landing, checked_name("client", client_id), checked_name("source", source), stream)
    doing = f"{'stream' if stream else 'extract'} {source} for {client_id}"
    with one_at_a_time(stage.folder, doing=doing, error=ExtractError, patience=patience):
        stage.finish()
        shutil.rmtree(stage.writing, ignore_errors=True)
        stage.writing.mkdir(parents=True)
        try:
            yield stage
        finally:
            shutil.rmtree(stage.writing, ignore_errors=True)
