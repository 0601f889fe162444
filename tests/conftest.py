"""Which tests run beside each other: `make test` has two workers."""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests on a live Airflow on one worker and begin with them, those of any other file together.

    Airflows beside each other would wait for each other; a file's fixtures are built once.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group("live" if _is_live(item) else str(item.path)))
    items.sort(key=_is_live, reverse=True)


def _is_live(item: pytest.Item) -> bool:
    return item.get_closest_marker("live") is not None
