"""What is configured and who changed it: clients, their revisions, the files of their DAGs, the audit."""

from medallion.registry.definition import Definition
from medallion.registry.files import DagFiles, FileChange
from medallion.registry.records import (
    ACTIVE,
    API,
    CLI,
    DISABLED,
    DRAINING,
    FILE,
    REMOVED,
    Configuration,
    Event,
    Head,
    Revision,
)
from medallion.registry.store import Registry, open_registry

__all__ = [
    "ACTIVE",
    "API",
    "CLI",
    "DISABLED",
    "DRAINING",
    "FILE",
    "REMOVED",
    "Configuration",
    "DagFiles",
    "Definition",
    "Event",
    "FileChange",
    "Head",
    "Registry",
    "Revision",
    "open_registry",
]
