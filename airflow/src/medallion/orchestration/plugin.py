"""What Medallion adds to Airflow: the reports' pages, the way to them, and quieter nodes."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

from medallion.orchestration import callback_requests, light_triggers, masking
from medallion.orchestration.local_cron import LocalCronTimetable
from medallion.orchestration.whole_period import WholePeriodTimetable

#: Where the API server has the reports; Airflow's own pages are never below it.
PREFIX = "/medallion"
#: Three layers, as wide as what is left of the rows.
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="{}">'
    '<rect x="1" y="3" width="18" height="4" rx="1"/><rect x="4" y="8" width="12" height="4" rx="1"/>'
    '<rect x="7" y="13" width="6" height="4" rx="1"/></svg>'
)


def in_airflow(path: str) -> str:
    """A path of this Airflow's API server, also where that is not at the root of its address."""
    base: str = conf.get("api", "base_url", fallback="")
    return urlsplit(base).path.rstrip("/") + path


class ReportPages:
    """The pages' app, made at the first request.

    Schedulers, workers and triggerers load plugins, too, and never get one: they import nothing for it.
    """

    @property
    def routes(self) -> list[Any]:
        """The routes that there are."""
        from medallion.orchestration.report_pages import report_pages

        return [*report_pages().routes]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as ASGI asks for."""
        from medallion.orchestration.report_pages import report_pages

        await report_pages()(scope, receive, send)


class MedallionPlugin(AirflowPlugin):
    """The reports, below :data:`PREFIX`, the fleet's page in the navigation, no callbacks for nodes, no
    secrets in logs, and the timetables of clients with a time zone, and of periods that divide no day."""

    name = "medallion"
    listeners: ClassVar[list[Any]] = [callback_requests, light_triggers, masking]
    timetables: ClassVar[list[Any]] = [LocalCronTimetable, WholePeriodTimetable]
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": ReportPages(), "url_prefix": PREFIX, "name": "Medallion's reports"}
    ]
    # A page of its own (no url_route): in a frame, a report's link to its run would open Airflow in Airflow.
    external_views: ClassVar[list[Any]] = [
        {
            "name": "Medallion",
            "href": in_airflow(f"{PREFIX}/"),
            "destination": "nav",
            "nav_top_level": True,
            "icon": f"data:image/svg+xml,{quote(_ICON.format('#52525b'))}",
            "icon_dark_mode": f"data:image/svg+xml,{quote(_ICON.format('#d4d4d8'))}",
        }
    ]
