"""Names of Kubernetes objects. Never for a host name, a URL or a database: those are what they are."""

from __future__ import annotations

import hashlib
import re

#: The longest label of RFC 1123.
LIMIT = 63
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_DIGITS = 8


def to_k8s_name(text: str, *, limit: int = LIMIT) -> str:
    """Make a name for a Kubernetes object (a pod, a job, a secret) of any text.

    A text that is such a name already comes back as it is. Any other one ends with a hash of itself, so that
    two texts that differ only in what had to be changed or cut have two names.

    Args:
        text: what the object is about: a client's id, a DAG's, a task's.
        limit: how long the name may be, at most 63 characters.

    Returns:
        A label of RFC 1123: lower-case letters, digits and dashes, a letter or digit first and last.

    Raises:
        ValueError: if the limit is none that a name with a hash fits, or longer than Kubernetes allows.
    """
    if not _DIGITS <= limit <= LIMIT:
        raise ValueError(f"limit must be from {_DIGITS} to {LIMIT}, is {limit}")
    if len(text) <= limit and _LABEL.fullmatch(text):
        return text
    # Texts from outside may hold lone surrogates, which UTF-8 has no bytes for.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    readable = re.sub(r"[^a-z0-9]+", "-", text.lower())[: max(0, limit - _DIGITS - 1)].strip("-")
    return f"{readable}-{digest}" if readable else digest
