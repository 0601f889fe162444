"""A resource of a REST interface, fetched page by page by dlt, which waits as the interface asks it to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from medallion.clients import Entity, Pages
from medallion.extract.files_reader import FilesReader
from medallion.extract.reader import BadSourceError, Span

#: A page is asked for so often, with growing waits or those that the interface names, before it is given up.
_ATTEMPTS = 6
_LONGEST_WAIT = 60
_TIMEOUT = 60


@dataclass
class RestReader:
    """Reads one resource: its pages are kept as JSON lines, and then read as such a file.

    Args:
        base: the interface's address.
        token: sent as bearer token; None sends none.
        entity: its path, parameters, records and cursor.
        pages: how rows come page by page.
        span: the rows that are wanted, by the cursor; both ends open keep all.
        expected: columns that must be there.
        scratch: the file to keep the rows in.
    """

    base: str
    token: str | None = field(repr=False)
    entity: Entity
    pages: Pages
    span: Span
    expected: Sequence[str]
    scratch: Path
    parts: int = 0

    @property
    def name(self) -> str:
        """The resource's path."""
        return str(self.entity.path)

    def schema(self) -> pa.Schema:
        """Fetch all rows, and say what columns they have."""
        with self.scratch.open("w", encoding="utf-8") as lines:
            for page in self._fetched():
                self.parts += 1
                for row in page:
                    if self._is_wanted(row):
                        lines.write(json.dumps(row) + "\n")
        return self._file.schema()

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """The rows that were fetched."""
        yield from self._file.batches(schema)

    @property
    def _file(self) -> FilesReader:
        return FilesReader(str(self.scratch.parent), self.scratch.name, "jsonl", self.expected)

    def _fetched(self) -> Iterator[list[Any]]:
        from medallion.extract.quiet_dlt import Client, HTTPError, RESTClient

        session = Client(
            request_timeout=_TIMEOUT,
            raise_for_status=False,
            request_max_attempts=_ATTEMPTS,
            request_max_retry_delay=_LONGEST_WAIT,
        ).session
        client = RESTClient(
            self.base,
            auth=self._authorized,  # asked for each page, before anything is sent
            paginator=_paginator(self.pages),
            data_selector=self.entity.records or "$",
            session=session,
        )
        try:
            for page in client.paginate(self.name, params=self._params()):
                # A body that is a list comes as it is, or as the one thing that `$` selects.
                yield page[0] if len(page) == 1 and isinstance(page[0], list) else list(page)
        except HTTPError as error:
            if error.response is not None:
                error.response.close()
            raise BadSourceError(self.name, self._refusal(error)) from None
        except (ValueError, LookupError) as error:
            raise BadSourceError(
                self.name, f"is no JSON with rows ({error}); expected a list of objects"
            ) from error
        except OSError as error:  # what requests raises for a server that is not there, slow or cut off
            raise BadSourceError(self.name, f"{self._host} cannot be read: {type(error).__name__}") from error
        finally:
            session.close()

    def _authorized(self, request: Any) -> Any:
        """Put the token into a request to the interface; the answer's links must lead to no other server."""
        if _origin(request.url) != _origin(self.base):
            told = f"its next page would be at {_shown(request.url)}; expected it at {_shown(self.base)}"
            raise BadSourceError(self.name, f"{told}: nothing was sent there, for it might take the token")
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    @property
    def _host(self) -> str:
        return urlsplit(self.base).netloc

    def _refusal(self, error: Any) -> str:
        """What the interface said, in words that say what to do; its URL may hold what nobody should read."""
        status = error.response.status_code
        told = f"{self._host} answered {status} {error.response.reason}"
        if status in (401, 403):
            sent = "the token that was sent was not accepted" if self.token else "no token was sent"
            return f"{told}: {sent}; name it under connection or env"
        return told

    def _params(self) -> dict[str, str]:
        """The request's parameters; one that asks for the start of an open span is left out."""
        known: Mapping[str, datetime | None] = {"start": self.span.start, "end": self.span.end}
        params = {}
        for name, value in self.entity.params.items():
            if any(f"{{{what}}}" in value and moment is None for what, moment in known.items()):
                continue
            for what, moment in known.items():
                if moment is not None:
                    value = value.replace(f"{{{what}}}", f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
            params[name] = value
        return params

    def _is_wanted(self, row: Any) -> bool:
        if not isinstance(row, dict):
            raise BadSourceError(self.name, f"has a row that is no object ({str(row)[:50]})")
        if self.span == Span(None, None):
            return True
        cursor = self.entity.cursor or self.entity.event_time or ""
        try:
            moment = datetime.fromisoformat(row[cursor])
        except (KeyError, TypeError, ValueError):
            found = f"{cursor} of a row is {str(row.get(cursor))[:50]!r}"
            raise BadSourceError(
                self.name, f"{found}; expected a time such as 2026-01-15T06:00:00Z"
            ) from None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        after = self.span.start is None or moment >= self.span.start
        return after and (self.span.end is None or moment < self.span.end)


def _origin(url: str) -> tuple[str, str, int | None]:
    """What a token is for: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _shown(url: str) -> str:
    """An origin for people, without login, path and options."""
    scheme, host, port = _origin(url)
    return f"{scheme}://{host}:{port}"


def _paginator(pages: Pages) -> Any:
    from medallion.extract import quiet_dlt as dlt

    if pages.type == "link_header":
        return dlt.HeaderLinkPaginator()
    if pages.type == "next_url":
        return dlt.JSONLinkPaginator(next_url_path=pages.next)
    if pages.type == "page_number":
        return dlt.PageNumberPaginator(base_page=pages.first, page_param=pages.page, total_path=None)
    if pages.type == "offset":
        names = {"offset_param": pages.offset, "limit_param": pages.limit}
        return dlt.OffsetPaginator(limit=pages.size, total_path=None, **names)
    return dlt.SinglePagePaginator()
