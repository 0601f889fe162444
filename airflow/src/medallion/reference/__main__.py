"""Writes docs/configuration.md: ``python -m medallion.reference``; with ``--check`` it only compares."""

from __future__ import annotations

import sys

from medallion.reference.page import PAGE, page_text
from medallion.settings import load_settings


def main(arguments: list[str]) -> int:
    """Write the page, or with ``--check`` say whether it is what the code says.

    Args:
        arguments: nothing, or ``--check``.

    Returns:
        The exit code; 1 if the page is behind.
    """
    project = load_settings().project
    path, text = project / PAGE, page_text(project)
    if "--check" in arguments:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return 0
        sys.stderr.write(f"{PAGE} is behind the code; run `python -m medallion.reference`\n")
        return 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
