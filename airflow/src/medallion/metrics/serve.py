"""A server of one page, for whoever knows its password: Prometheus."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

PATH, USER = "/metrics", "prometheus"

Answer = tuple[str, Mapping[str, str], bytes]


def answer(environ: Mapping[str, Any], password: str, measure: Callable[[], bytes]) -> Answer:
    """What a request gets.

    Args:
        environ: the request, as WSGI has it.
        password: of the user :data:`USER`.
        measure: makes the page.

    Returns:
        Status, headers and body: 401 without the login, 404 for another path, 503 where the ledger is away.
    """
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    if not _may(str(environ.get("HTTP_AUTHORIZATION", "")), password):
        return "401 Unauthorized", {**plain, "WWW-Authenticate": 'Basic realm="medallion"'}, b"log in\n"
    if environ.get("PATH_INFO") != PATH:
        return "404 Not Found", plain, f"the metrics are at {PATH}\n".encode()
    if environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
        return "405 Method Not Allowed", {**plain, "Allow": "GET, HEAD"}, b"GET it\n"
    try:
        return "200 OK", {"Content-Type": CONTENT_TYPE_LATEST}, measure()
    except Exception as error:  # the database is away: Prometheus sees that the scrape failed, and asks again
        return "503 Service Unavailable", plain, f"{type(error).__name__}\n".encode()


def _may(header: str, password: str) -> bool:
    scheme, _, said = header.partition(" ")
    wanted = base64.b64encode(f"{USER}:{password}".encode()).decode()
    return scheme.lower() == "basic" and hmac.compare_digest(said.strip().encode(), wanted.encode())


def server(port: int, password: str, measure: Callable[[], bytes], host: str = "") -> WSGIServer:
    """Make the server; ``serve_forever`` serves.

    Args:
        port: where it listens; 0 for any.
        password: what a request must know.
        measure: makes the page.
        host: the address to listen at; empty for all, as in a container.
    """

    def page(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        status, headers, body = answer(environ, password, measure)
        start_response(status, [*headers.items(), ("Content-Length", str(len(body)))])
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]

    return make_server(host, port, page, server_class=_Threads, handler_class=_Quiet)


class _Threads(ThreadingMixIn, WSGIServer):
    """Answers one while another waits for the database."""

    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    """Writes no line for every scrape."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""
