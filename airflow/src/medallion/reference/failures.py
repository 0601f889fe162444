"""The page docs/failures.md as text: the classes of failure, and by what each is recognised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from medallion.failures import CLASSES
from medallion.failures.signs import SIGNS, By, Sign
from medallion.reference.template import filled

FAILURES_PAGE = "docs/failures.md"


class Recognised(NamedTuple):
    """By what a class is recognised among the errors of one system; ``last`` where nothing else is known."""

    failure: str
    by: str
    last: str


def failures_text() -> str:
    """Return the text of docs/failures.md."""
    systems = list(dict.fromkeys(sign.of for sign in SIGNS))
    return filled(
        "failures.md.j2",
        classes=list(CLASSES.values()),
        systems=[(system, list(_recognised(system))) for system in systems],
    )


def _recognised(system: str) -> Iterator[Recognised]:
    for failure in CLASSES:
        own = [sign for sign in SIGNS if (sign.of, sign.failure) == (system, failure)]
        if own:
            sure, last = ([_written(one) for one in own if one.last is last] for last in (False, True))
            yield Recognised(failure, "; ".join(sure), "; ".join(last))


def _written(sign: Sign) -> str:
    values = [value.removeprefix("builtins.") for value in sign.values]
    if sign.by is By.SQLSTATE:
        values = [value if len(value) == len("40001") else f"{value}…" for value in values]
    return f"{_KINDS.get(sign.by, f'{sign.by} ')}" + ", ".join(f"`{value}`" for value in values)


#: What stands before a value that says by itself what it is.
_KINDS = {By.TYPE: "", By.SQLITE: ""}
