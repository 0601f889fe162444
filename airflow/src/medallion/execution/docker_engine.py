"""Builds in containers, by Docker's SDK."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from medallion.execution.container import container_labels, container_name, container_of
from medallion.execution.elsewhere import OUT_OF_MEMORY, End
from medallion.execution.job import BuildJob
from medallion.execution.lines import whole_lines
from medallion.execution.options import DockerOptions

if TYPE_CHECKING:
    from docker import APIClient

#: Lines of the end of a log that are looked at for the word of the build.
_TAIL = 5


@dataclass(frozen=True)
class Container:
    """A build's container.

    Attributes:
        connect: a client of the engine; a killed task ends its build in the middle of another request.
        id: the engine's.
        name: for people.
    """

    connect: Callable[[], APIClient]
    id: str
    name: str

    def lines(self) -> Iterator[str]:
        """Its log's lines as they are written, until it ends."""
        with closing(self.connect()) as client:
            yield from whole_lines(client.logs(self.id, stream=True, follow=True))

    def look(self) -> End | None:
        """How it ended; None while it runs."""
        from docker.errors import NotFound

        with closing(self.connect()) as client:
            try:
                state = client.inspect_container(self.id)["State"]
                if state["Running"]:
                    return None
                tail = client.logs(self.id, tail=_TAIL).decode("utf-8", "replace")
            except NotFound:
                return End(None)
        reason = OUT_OF_MEMORY if state.get("OOMKilled") else str(state.get("Error") or "")
        return End(int(state["ExitCode"]), reason, tail)

    def remove(self) -> None:
        """Kill it if it still runs, and remove it; it may be gone already."""
        from docker.errors import APIError, NotFound

        with closing(self.connect()) as client:
            try:
                client.remove_container(self.id, force=True)
            except NotFound:
                pass
            except APIError as error:
                if error.status_code != HTTPStatus.CONFLICT:  # somebody removes it already
                    raise


@dataclass(frozen=True)
class DockerEngine:
    """An engine, or what stands before it.

    Attributes:
        options: how containers are set up.
        connect: makes a client of it.
    """

    options: DockerOptions
    connect: Callable[[], APIClient]

    def left_over(self, job: BuildJob) -> Sequence[Container]:
        """Containers of the same layer and run that are still there."""
        wanted = container_labels(self.options, job.place)
        labels = [f"{name}={value}" for name, value in wanted.items()]
        with closing(self.connect()) as client:
            found = client.containers(all=True, filters={"label": labels})
        return [Container(self.connect, one["Id"], one["Names"][0].lstrip("/")) for one in found]

    def start(self, job: BuildJob, file: str, environment: Mapping[str, str]) -> Container:
        """Start a build's container; one that could not be started is not left behind.

        Raises:
            docker.errors.APIError: if the engine does not start it: the image or the network is not there.
        """
        name = container_name(self.options, job)
        # Docker names a container's host after it unless told otherwise.
        facts = container_of(self.options, job, file, environment, socket.gethostname())
        with closing(self.connect()) as client:
            made = Container(self.connect, client.create_container_from_config(facts, name)["Id"], name)
            try:
                client.start(made.id)
            except BaseException:
                made.remove()
                raise
        return made
