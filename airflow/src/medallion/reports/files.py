"""Files that are replaced whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from medallion.storage import Root, move


def replace_all(texts: Mapping[Root, str]) -> None:
    """Write all files beside their places first, and only then put them there.

    Raises:
        OSError: if one cannot be written; the earlier files are still there.
    """
    own = uuid4().hex[:12]  # processes of two machines may have one number
    staged = {path: path.with_name(f".{path.name}.{own}") for path in texts}
    try:
        for path, text in texts.items():
            try:
                staged[path].write_text(text, encoding="utf-8")
            except OSError as error:  # of a full disk it says not where
                raise OSError(error.errno, error.strerror, str(path)) from error
        for path, temporary in staged.items():
            move(temporary, path)
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
