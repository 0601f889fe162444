"""What a build's process says at its end to who started it: the last line that it writes.

An exit code has no words, and the ledger has nodes alone, not what dbt could not be started for. Kubernetes
keeps the last 2,048 bytes of a container's log with its pod, so that one line holds where the log is gone:
https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from medallion.failures import CLASSES, Failure, classify
from medallion.masking import masked

MARK = "medallion-build: "
#: Bytes that a line may have, its end included, to be kept by Kubernetes as a whole.
LONGEST = 2000
_CUT = " …"


@dataclass(frozen=True)
class Told:
    """What became of a build.

    Attributes:
        failure: what it failed of; None if all of it ended well.
        text: the same in all its words, as far as a line holds them.
    """

    failure: Failure | None = None
    text: str = ""


def told_line(error: BaseException | None) -> str:
    """Write down how a build ended, in one line without secrets.

    Args:
        error: what it raised; None if nothing.
    """
    if error is None:
        return MARK + json.dumps({"kind": None})
    failure = classify(error)
    said: dict[str, Any] = {
        "kind": failure.kind,
        "reason": failure.reason,
        "sign": failure.sign,
        "after": failure.after.total_seconds() if failure.after is not None else None,
        "text": masked(str(error).strip()) or failure.reason,
    }
    for part in ("text", "reason"):
        while len(line := MARK + json.dumps(said)) >= LONGEST and len(said[part]) > len(_CUT):
            beyond = len(line) - LONGEST + 1
            said[part] = said[part].removesuffix(_CUT)[: -max(1, beyond // 12 + len(_CUT))] + _CUT
    return MARK + json.dumps(said)


def heard(text: str) -> Told | None:
    """Find in the end of a log what became of a build; None where it does not say so."""
    for line in reversed(text.splitlines()):
        if line.startswith(MARK) and (said := _of(line.removeprefix(MARK))):
            return said
    return None


def _of(text: str) -> Told | None:
    try:
        said = json.loads(text)
        if said["kind"] is None:
            return Told()
        after = timedelta(seconds=said["after"]) if said["after"] is not None else None
        failure = Failure(CLASSES[said["kind"]].name, said["reason"], said["sign"], after)
        return Told(failure, str(said["text"]))
    except (ValueError, KeyError, TypeError):
        return None
