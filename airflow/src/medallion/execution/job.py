"""All that a build is, as data that another process can read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from medallion.exceptions import ConfigError, TransformError
from medallion.kubernetes_names import to_k8s_name
from medallion.ledger import RunKey
from medallion.settings import Settings
from medallion.transform import BuildRequest

#: Below the home, which a container or pod shares: files with a build each, there while it runs.
FOLDER = "builds"
#: Labels of our containers and pods. The first marks them, and those behind it say what they build.
LABEL = "medallion.build"


@dataclass(frozen=True)
class BuildJob:
    """A build of a layer.

    Attributes:
        run: whose rows it writes.
        layer: bronze, silver or gold.
        attempt: the number of its task's try.
        request: what to build. Its ``build_id`` is the ledger's.
    """

    run: RunKey
    layer: str
    attempt: int
    request: BuildRequest

    @property
    def name(self) -> str:
        """The name of its container or pod, and of its file: another one for each build."""
        client = self.request.plan.client.id
        run = f"{self.run.dag_id} {self.run.run_id}"
        # The run last: of a name that is too long the end is cut, and stands in the hash alone.
        return to_k8s_name(f"build {client} {self.layer} {self.request.build_id} {run}")

    @property
    def place(self) -> Mapping[str, str]:
        """Labels of all builds of this layer in this run: there is one at a time.

        A run's id is any text, and a label's value is not: it is told by a name with a hash.
        """
        return {
            f"{LABEL}/client": to_k8s_name(self.request.plan.client.id),
            f"{LABEL}/layer": self.layer,
            f"{LABEL}/run": to_k8s_name(f"{self.run.dag_id} {self.run.run_id}"),
        }

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of its container or pod, which :attr:`place` is a part of."""
        own = {f"{LABEL}/try": str(self.attempt), f"{LABEL}/id": str(self.request.build_id)}
        return {**self.place, **own}


@cache
def _adapter() -> TypeAdapter[BuildJob]:
    return TypeAdapter(BuildJob)


def to_text(job: BuildJob) -> str:
    """Write a build as JSON: the client's revision, all nodes of its plan, intervals, releases."""
    facts = _adapter().dump_python(job, mode="json")
    return json.dumps({"medallion": version("medallion"), "job": facts})


def from_text(text: str) -> BuildJob:
    """Read what :func:`to_text` wrote.

    Raises:
        ConfigError: if another version of Medallion wrote it, or it is something else.
    """
    try:
        said = json.loads(text)
        by, facts = said["medallion"], said["job"]
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"what is to be built is not a build as Medallion writes it: {error!r}") from error
    if by != (own := version("medallion")):
        raise ConfigError(
            f"the image for builds has Medallion {own}, and the task's {by}: build both of one checkout"
        )
    try:
        return _adapter().validate_python(facts, strict=False)
    except ValidationError as error:
        raise ConfigError(f"what is to be built cannot be read: {error}") from error


@contextmanager
def handed_over(settings: Settings, job: BuildJob) -> Iterator[str]:
    """Lay a build down in the home, for as long as the block runs; it may name what a client's rows are.

    Yields:
        The file, as a path below the home: a container may have that at another place.

    Raises:
        TransformError: if it cannot be written.
    """
    path = settings.home / FOLDER / f"{job.name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "w") as file:
            file.write(to_text(job))
    except OSError as error:
        raise TransformError(f"{path}: what is to be built cannot be written: {error}") from error
    try:
        yield f"{FOLDER}/{path.name}"
    finally:
        path.unlink(missing_ok=True)


def taken_over(settings: Settings, file: str) -> BuildJob:
    """Read a build that was laid down in the home.

    Args:
        settings: where the home is.
        file: what :func:`handed_over` gave.

    Raises:
        ConfigError: if it is not there, because this process has another home, or cannot be read.
    """
    path = Path(settings.home, file)
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror or error}; a build's container or pod needs the home of the task"
        ) from error
