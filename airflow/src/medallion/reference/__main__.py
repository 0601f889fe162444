"""Writes the pages made from code: ``python -m medallion.reference``; with ``--check`` it only compares."""

from __future__ import annotations

import sys

from medallion.reference.failures import FAILURES_PAGE, failures_text
from medallion.reference.page import PAGE, page_text
from medallion.settings import load_settings


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say whether they are what the code says.

    Args:
        arguments: nothing, or ``--check``.

    Returns:
        The exit code; 1 if a page is behind.
    """
    project = load_settings().project
    pages = {project / PAGE: page_text(project), project / FAILURES_PAGE: failures_text()}
    if "--check" in arguments:
        behind = [
            path for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text
        ]
        for path in behind:
            sys.stderr.write(
                f"{path.relative_to(project)} is behind the code; run `python -m medallion.reference`\n"
            )
        return int(bool(behind))
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
