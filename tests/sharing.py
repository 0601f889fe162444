"""What tests share instead of each making it anew: dbt's manifests, ten seconds of a core each."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

#: Names the folder; set by the process that starts the workers, which inherit it.
VARIABLE = "MEDALLION_TEST_MANIFESTS"


def share_manifests(home: Path) -> None:
    """Let a home use, and add to, the manifests of all tests: their names say what they were made from."""
    shared = Path(os.environ.get(VARIABLE) or tempfile.mkdtemp(prefix="medallion-manifests-"))
    link = home / "manifests"
    home.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(shared, target_is_directory=True)
