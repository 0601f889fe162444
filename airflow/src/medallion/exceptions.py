"""Every error Medallion raises on purpose, as one tree.

MedallionError
├── ConfigError              a client, source, destination or defaults file is wrong
├── RegistryError            the registry lacks what was asked for, or cannot be read
│   └── ConflictError        someone else changed it at the same time: nothing was written
├── CreatorError             a request for a DAG, or its template, is wrong: nothing was written
├── NotLiveError             Airflow does not run the new version of a DAG
├── ExtractError             a source could not be landed
│   └── RowsRefusedError     its rows are not what its contract's checks allow
├── TransformError           dbt could not be run, or ended badly
│   ├── BuildFailed          a node failed, or the warehouse is held: its causes say of what
│   │   └── FailedElsewhere  it ran in a container or pod, which said of what it failed, or died
│   └── DataFailed           a hard test failed: another try cannot heal it
├── GateFailed               a gate did not pass: nothing is published
├── DamagedError             a file of ours is damaged: another try cannot heal it
├── WarehouseError           a client's warehouse cannot be read now
├── PublishError             gold could not be delivered; the last good delivery is still there
│   └── DeliveryRefused      gold is no longer what the run's gates judged: another try ends the same way
├── RetentionRefused         a cleanup would delete more than its share
├── RunnerError              the embedded Airflow could not start, or stopped
│   └── ServerFailed         Airflow failed at a request: it may have done a part of it
└── BackupError              a backup could not be made, read or restored
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from medallion.failures import Failure


class MedallionError(Exception):
    """Base of every error Medallion raises on purpose; its text is meant for a person."""


class ConfigError(MedallionError):
    """A file under ``configs/`` is wrong; the text names file, line, key and what is allowed."""


class RegistryError(MedallionError):
    """The registry has no such client or version, or what it holds cannot be read."""


class ConflictError(RegistryError):
    """Someone else changed it since the caller looked; nothing was written."""


class CreatorError(MedallionError):
    """A request for a DAG, or its template, is wrong; nothing was written."""


class NotLiveError(MedallionError):
    """A DAG's file was written, and Airflow does not run its new version; the text says why."""


class ExtractError(MedallionError):
    """A source could not be landed; nothing in landing has changed."""


class RowsRefusedError(ExtractError):
    """A source's rows are not what its contract's checks allow; the same rows are refused again."""


class TransformError(MedallionError):
    """dbt could not be run, or ended badly.

    Args:
        text: what happened, for people.
        causes: what each node failed of, where that is known.
    """

    def __init__(self, text: str, causes: Sequence[BaseException] = ()) -> None:
        super().__init__(text)
        self.causes = tuple(causes)


class BuildFailed(TransformError):
    """A layer's build failed; its causes say whether another try may heal it."""


class FailedElsewhere(BuildFailed):
    """A build in a container or pod failed, or ended without a word.

    Args:
        text: what happened, for people.
        failure: what it failed of, as it was classified where it ran.
    """

    def __init__(self, text: str, failure: Failure) -> None:
        super().__init__(text)
        self.failure = failure


class DataFailed(TransformError):
    """A hard test failed; another try with the same input ends the same way."""


class GateFailed(MedallionError):
    """A gate did not pass, or has not in this run; nothing is published."""


class DamagedError(MedallionError):
    """Files of ours cannot be read; another try cannot heal it.

    Args:
        found: what was found in each file, by its path.
    """

    def __init__(self, found: Mapping[object, object]) -> None:
        self.found = dict(found)
        said = (f"{where} is damaged: {' '.join(str(problem).split())}" for where, problem in found.items())
        super().__init__(f"{'; '.join(said)}; *Damaged files* in docs/operations.md says how to go on")


class WarehouseError(MedallionError):
    """A client's warehouse is not there or no whole file, or a writer holds it; the text says which."""


class PublishError(MedallionError):
    """Gold could not be delivered; the last good delivery is still in place."""


class DeliveryRefused(PublishError):
    """Gold is no longer what the run's gates judged; nothing was delivered."""


class RetentionRefused(MedallionError):
    """A cleanup would delete more than the share it may delete unasked."""


class RunnerError(MedallionError):
    """The embedded Airflow could not be started, or one of its processes could not be kept alive."""


class ServerFailed(RunnerError):
    """Airflow's API server failed at a request, which it may have done a part of."""


class BackupError(MedallionError):
    """A backup could not be made, read or restored; what was there before is as it was."""
