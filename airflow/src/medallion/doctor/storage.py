"""Landing and reports, where they are not in the home: whether they can be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

from medallion.doctor.finding import BAD, OK, Finding
from medallion.exceptions import ConfigError
from medallion.settings import Settings
from medallion.storage import Root, make_folder, store_errors


def storage(settings: Settings) -> Iterator[Finding]:
    """Write a file where landing is, and where reports are, and take it away again."""
    if settings.landing_at:
        yield _tried("landing", settings.landing_at, lambda: settings.landing)
    if settings.reports_at:
        yield _tried("reports", settings.reports_at, lambda: settings.reports)


def _tried(what: str, at: str, root: Callable[[], Root]) -> Finding:
    try:
        place = root()
        with store_errors(place, ConfigError, f"{what} at {at} cannot be written"):
            make_folder(place)
            trial = place / f".doctor-{uuid4().hex}"
            trial.write_bytes(b"")
            trial.unlink()
    except ConfigError as error:
        variable = f"MEDALLION_{what.upper()}"
        return Finding("storage", BAD, str(error), f"correct {variable}, or the login: {variable}_CONNECTION")
    return Finding("storage", OK, f"{what} at {at} may be written")
