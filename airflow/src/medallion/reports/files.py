"""Files that are replaced whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def replace_all(texts: Mapping[Path, str]) -> None:
    """Write all files beside their places first, and only then put them there.

    Raises:
        OSError: if one cannot be written; the earlier files are still there.
    """
    staged = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, text in texts.items():
            staged[path].write_text(text, encoding="utf-8")
        for path, temporary in staged.items():
            temporary.replace(path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
