"""Which tests run beside each other: `make test` has two workers."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_LIVE = "tests/e2e/"
#: Waits for Airflow's parts more than it computes: it runs beside whatever is left at the end.
_LAST = "tests/e2e/test_embedded.py"


class _LiveTogether(LoadScopeScheduling):
    """Keeps the tests on a live Airflow on one worker, and those of any other file together.

    Airflows beside each other would wait for each other; a file's fixtures are built once.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _LIVE if nodeid.startswith(_LIVE) and file != _LAST else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Deal out the tests; xdist's own groups need a pytest before 9.2."""
    return _LiveTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest."""
    items.sort(key=lambda item: (item.nodeid.startswith(_LAST), not item.nodeid.startswith(_LIVE)))
