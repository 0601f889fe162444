"""Builds in pods, by Kubernetes's own client."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from medallion.exceptions import FailedElsewhere
from medallion.execution.elsewhere import OUT_OF_TIME, End
from medallion.execution.job import BuildJob
from medallion.execution.lines import whole_lines
from medallion.execution.options import KubernetesOptions
from medallion.execution.pod import CONTAINER, pod_labels, pod_of
from medallion.failures import Failure

if TYPE_CHECKING:
    from kubernetes.client import CoreV1Api

#: Seconds in which a pod must have been given a node and an image; and in which a deleted one must be gone.
START_SECONDS, GONE_SECONDS = 900.0, 60.0
_LOOK_SECONDS = 1.0
#: Seconds to reach the cluster for a log, and between two of its lines.
_LOG_TIMEOUT = (60, 3600)
_NOT_FOUND = 404
_TAIL = 5


@dataclass(frozen=True)
class Pod:
    """A build's pod.

    Attributes:
        api: of the cluster.
        namespace: where it is.
        name: for people, and for the cluster.
        since: when it was started, by this process's monotonic clock.
    """

    api: CoreV1Api
    namespace: str
    name: str
    since: float = field(default_factory=time.monotonic)

    def lines(self) -> Iterator[str]:
        """Its log's lines as they are written, until it ends; none of one that never began."""
        while (pod := self._read()) and _waits(pod):
            if time.monotonic() - self.since > START_SECONDS:
                return
            time.sleep(_LOOK_SECONDS)
        if pod is not None:
            how = {"follow": True, "_preload_content": False, "_request_timeout": _LOG_TIMEOUT}
            answer = self.api.read_namespaced_pod_log(self.name, self.namespace, container=CONTAINER, **how)
            with closing(answer):
                yield from whole_lines(answer.stream(amt=None, decode_content=True))

    def look(self) -> End | None:
        """How it ended; None while it waits for a node or runs."""
        pod = self._read()
        if pod is None:
            return End(None, "deleted")
        if pod.status.phase in ("Succeeded", "Failed"):
            return self._end(pod)
        if _waits(pod) and time.monotonic() - self.since > START_SECONDS:
            return End(None, f"{OUT_OF_TIME}: not started after {START_SECONDS:.0f} s: {_waits_for(pod)}")
        return None

    def remove(self) -> None:
        """Delete it and wait until it is gone: two of them would write at once.

        Raises:
            FailedElsewhere: if it is still there.
        """
        from kubernetes.client import ApiException

        try:
            self.api.delete_namespaced_pod(self.name, self.namespace)
        except ApiException as error:
            if error.status != _NOT_FOUND:
                raise
        until = time.monotonic() + GONE_SECONDS
        while self._read() is not None:
            if time.monotonic() > until:
                said = f"{self.name} was deleted, and is still there after {GONE_SECONDS:.0f} s"
                raise FailedElsewhere(said, Failure("locked", said))
            time.sleep(_LOOK_SECONDS)

    def _read(self) -> Any:
        from kubernetes.client import ApiException

        try:
            return self.api.read_namespaced_pod(self.name, self.namespace)
        except ApiException as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def _end(self, pod: Any) -> End:
        state = _state(pod)
        ended = state.terminated if state else None
        reasons = [ended.reason if ended else None, pod.status.reason, pod.status.message]
        reason = ": ".join(one for one in reasons if one and one not in ("Error", "Completed"))
        tail = (ended.message if ended else None) or self._tail()
        return End(ended.exit_code if ended else None, reason, tail)

    def _tail(self) -> str:
        """The end of its log, where it can still be had."""
        from kubernetes.client import ApiException

        try:
            return str(
                self.api.read_namespaced_pod_log(
                    self.name, self.namespace, container=CONTAINER, tail_lines=_TAIL
                )
            )
        except ApiException:
            return ""


@dataclass(frozen=True)
class KubernetesEngine:
    """A namespace of a cluster.

    Attributes:
        options: how pods are set up.
        api: of the cluster.
        namespace: where they are.
    """

    options: KubernetesOptions
    api: CoreV1Api
    namespace: str

    def left_over(self, job: BuildJob) -> Sequence[Pod]:
        """Pods of the same layer and run that are still there."""
        selector = ",".join(f"{name}={value}" for name, value in pod_labels(job.place).items())
        found = self.api.list_namespaced_pod(self.namespace, label_selector=selector).items
        return [Pod(self.api, self.namespace, one.metadata.name) for one in found]

    def start(self, job: BuildJob, file: str, environment: Mapping[str, str]) -> Pod:
        """Ask for a build's pod.

        Raises:
            kubernetes.client.ApiException: if the cluster does not take it.
        """
        self.api.create_namespaced_pod(self.namespace, pod_of(self.options, job, file, environment))
        return Pod(self.api, self.namespace, job.name)


def _waits(pod: Any) -> bool:
    return pod.status is None or pod.status.phase in (None, "Pending")


def _state(pod: Any) -> Any:
    found = [one for one in pod.status.container_statuses or () if one.name == CONTAINER]
    return found[0].state if found else None


def _waits_for(pod: Any) -> str:
    """Why a pod has not begun: no node has room for it, or its image cannot be had."""
    state = _state(pod)
    if state and state.waiting:
        return ": ".join(filter(None, (state.waiting.reason, state.waiting.message)))
    said = [one.message for one in pod.status.conditions or () if one.status == "False" and one.message]
    return "; ".join(said) or "nothing is said of why"
