"""The reports' folder over HTTP, for people who may read the runs of the clients that a page tells of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from html import escape
from urllib.parse import urlencode

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.batch_apis import IsAuthorizedDagRequest
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy import select

from medallion.orchestration.connections import airflow_settings
from medallion.orchestration.plugin import PREFIX, in_airflow
from medallion.pipeline.plan import dag_id_of
from medallion.settings import Settings
from medallion.storage import Root

#: The pages hold their own CSS and pictures, and nothing that runs or is fetched.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
_TYPES = {".html": "text/html; charset=utf-8", ".json": "application/json"}
_FLEET = re.compile(r"index\.(?:html|json)")
_REPORT = re.compile(
    r"(?P<client>[a-z][a-z0-9_]*)/(?:latest_daily_report\.json|year=\d{4}/month=\d{2}/day=\d{2}/"
    r"(?:daily_report|(?:hour=\d{2}b?\d{2}/)?(?:dry_)?run_report)\.(?:html|json))"
)
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;"
    "max-width:40rem;margin:15vh auto;padding:0 1rem}}</style>"
    '<h1>{title}</h1><p>{text}</p><p><a href="{airflow}">Airflow</a></p>'
)


@cache
def report_pages() -> FastAPI:
    """Make the app."""
    app = FastAPI(title="Medallion's reports", docs_url=None, redoc_url=None, openapi_url=None)
    app.exception_handler(HTTPException)(_not_logged_in)
    app.add_api_route("/{path:path}", _page, methods=["GET", "HEAD"])
    return app


def _page(path: str, user: GetUserDep) -> Response:
    """A file of the reports' folder; only names that Medallion writes are looked for at all."""
    settings = airflow_settings()
    name = path or "index.html"
    report = _REPORT.fullmatch(name)
    if not report and not _FLEET.fullmatch(name):
        return _told(
            404, "No such page", "There are the page of all clients, and the reports of their runs and days."
        )
    clients = [report["client"]] if report else _clients(settings.reports)
    if not _may_read(user, clients, settings):
        return _told(403, "Not allowed", f"You may not read the runs of {_whose(clients)} in this Airflow.")
    file = settings.reports.resolve() / name
    if file.resolve() != file or not file.is_file():  # behind a link may be what another client's people read
        return _told(
            404, "No report yet", "It is written at the end of the run; look again once that has ended."
        )
    return Response(file.read_bytes(), headers=_HEADERS, media_type=_TYPES[file.suffix])


def _clients(reports: Root) -> list[str]:
    """Whom the page of all clients tells of, also of runs that have no report."""
    index = reports / "index.json"
    return [one["id"] for one in json.loads(index.read_bytes())["clients"]] if index.is_file() else []


def _whose(clients: list[str]) -> str:
    return clients[0] if len(clients) == 1 else "all clients"


def _may_read(user: object, clients: Iterable[str], settings: Settings) -> bool:
    """Whether somebody may read these clients' runs; of one whose DAG is gone, who may read every DAG's."""
    named = [[dag_id_of(client, platform) for platform in settings.platforms] for client in clients]
    ids = [dag_id for some in named for dag_id in some]
    with create_session() as session:
        known = set(session.scalars(select(DagModel.dag_id).where(DagModel.dag_id.in_(ids))))
        teams = DagModel.get_dag_id_to_team_name_mapping(ids, session=session)
    asked = [one for some in named for one in (known.intersection(some) or some[:1])]
    wanted: list[IsAuthorizedDagRequest] = [
        {
            "method": "GET",
            "access_entity": DagAccessEntity.RUN,
            "details": DagDetails(id=dag_id, team_name=teams.get(dag_id)),
        }
        for dag_id in asked
    ]
    return bool(get_auth_manager().batch_is_authorized_dag(wanted, user=user))


def _not_logged_in(request: Request, error: HTTPException) -> Response:
    """A browser is sent to the login, and comes back; a program is told. Nothing but the login raises it."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"detail": error.detail}, error.status_code, headers=_HEADERS)
    wanted = in_airflow(f"{PREFIX}/{request.path_params['path']}")
    login = in_airflow(f"/api/v2/auth/login?{urlencode({'next': wanted})}")
    return RedirectResponse(login, 303, headers=_HEADERS)


def _told(status: int, title: str, text: str) -> HTMLResponse:
    page = _PAGE.format(title=title, text=escape(text), airflow=in_airflow("/"))
    return HTMLResponse(page, status, headers=_HEADERS)
