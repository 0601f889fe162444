"""What came against what the contract allows, before any of it lands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from medallion.clients import Checks, Entity, Freshness, OnBreach, SourceContract, duration_text
from medallion.clients.checks import TimesUsual
from medallion.exceptions import ExtractError, RowsRefusedError
from medallion.extract.measure import Files, Measured, measuring
from medallion.extract.parts import is_whole, rows_of
from medallion.interval import Interval
from medallion.storage import Root

PASSED, WARNED, FAILED, NOT_MEASURED = "passed", "warned", "failed", "not measured"
#: The worst of several intervals is the one that is told.
_RANK = {NOT_MEASURED: 0, PASSED: 1, WARNED: 2, FAILED: 3}
_DAY = timedelta(days=1)
TIMES_USUAL = "times_usual"
#: Intervals that say what is usual, and how many of them it takes to say so.
_USUAL, _ENOUGH = 7, 3


@dataclass(frozen=True)
class Arrived:
    """One entity's interval, staged and not landed yet.

    Attributes:
        where: the file, table or resource it was read from.
        load: which rows a run lands.
        path: the staged file.
        whole: whether it holds all rows there were, on an entity's first run.
        before: what landed of other intervals, by their start, oldest first; empty where no check asks.
    """

    name: str
    entity: Entity
    load: str
    where: str
    rows: int
    path: Path
    whole: bool
    before: Sequence[tuple[datetime, Root]]

    @property
    def checks(self) -> Checks:
        """What the contract holds the entity to."""
        return self.entity.checks or Checks()


@dataclass(frozen=True)
class Checked:
    """What one check found in one interval.

    Attributes:
        entity: whose rows; empty for all of the source's.
        check: freshness, min_rows, rows_a_day, times_usual, not_null or outside_interval.
        column: the column that not_null is about.
        found: seconds of age, or rows; None where nothing says.
        population: of how many rows; None where that has no meaning.
        allowed: seconds or rows at most, rows at least, or a share of the rows at most.
        breached: None if there was nothing to measure.
        said: the same as a sentence.
    """

    source: str
    entity: str
    check: str
    on_breach: OnBreach
    interval: Interval
    found: int | None
    population: int | None
    allowed: float
    breached: bool | None
    said: str
    column: str | None = None

    @property
    def state(self) -> str:
        """passed, warned, failed or not measured."""
        if self.breached is None:
            return NOT_MEASURED
        return {"fail": FAILED, "warn": WARNED}[self.on_breach] if self.breached else PASSED

    def __str__(self) -> str:
        return f"{self.source}.{self.entity}: {self.said}" if self.entity else f"{self.source}: {self.said}"


def check_arrived(contract: SourceContract, interval: Interval, arrived: Sequence[Arrived]) -> list[Checked]:
    """Hold a source's staged interval against its contract.

    Args:
        contract: the source's.
        interval: whose rows arrived.
        arrived: its entities, all of them.

    Returns:
        What each check found, the source's own first, then entity by entity.
    """
    with measuring() as files:
        measured = [(one, _measured(files, contract, interval, one)) for one in arrived]
        source = _Source(contract, interval, files)
        found = [source.freshness("", contract.freshness, measured)] if contract.freshness else []
        for one, figures in measured:
            found += source.of_entity(one, figures)
    return found


def refuse(client_id: str, checked: Iterable[Checked]) -> None:
    """Stop where a check failed that the contract lets nothing land with.

    Raises:
        RowsRefusedError: if one of them judges the rows themselves, which are the same at the next try.
        ExtractError: if rows are too few or too old, of which the next try may find more. Both name, for each
            check, client, source and entity, what was found and what is allowed.
    """
    if failed := [one for one in checked if one.state == FAILED]:
        kind = RowsRefusedError if any(map(_of_the_rows, failed)) else ExtractError
        raise kind(f"{client_id}: {'; '.join(map(str, failed))}")


def _of_the_rows(checked: Checked) -> bool:
    """True of a check that judges rows which are the same at the next try."""
    return checked.population is not None or checked.check == TIMES_USUAL


def worst(checked: Iterable[Checked]) -> list[dict[str, Any]]:
    """What some intervals' checks found together: of each check its worst interval, and how many breached."""
    groups: dict[tuple[str, str, str | None], list[Checked]] = {}
    for one in checked:
        groups.setdefault((one.entity, one.check, one.column), []).append(one)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[Checked]) -> dict[str, Any]:
    one = max(group, key=lambda checked: (_RANK[checked.state], checked.interval.start))
    names = "source entity check column on_breach state found population allowed said"
    return {name: getattr(one, name) for name in names.split()} | {
        "intervals": len(group),
        "breaches": sum(bool(checked.breached) for checked in group),
        "interval_start": one.interval.start.replace(tzinfo=None),
    }


def _measured(files: Files, contract: SourceContract, interval: Interval, one: Arrived) -> Measured:
    """Scan a file for what its checks ask; where none asks, it is not read."""
    checks = one.checks
    dated = contract.freshness or checks.freshness or checks.outside_interval
    event_time = one.entity.event_time if dated else None
    columns = [column.name for column in checks.not_null]
    return files.measure(one.path, interval, columns, event_time, later=one.load == "snapshot")


@dataclass(frozen=True)
class _Source:
    """The checks of one source's interval."""

    contract: SourceContract
    interval: Interval
    files: Files

    def of_entity(self, one: Arrived, measured: Measured) -> Iterator[Checked]:
        """An entity's checks, in the order that the contract names them."""
        checks, rows = one.checks, one.rows
        if checks.freshness:
            yield self.freshness(one.name, checks.freshness, [(one, measured)])
        if least := one.entity.min_rows:
            yield self._least(one, "min_rows", "fail", rows, least, "min_rows")
        if a_day := checks.rows_a_day:
            least = int(a_day.at_least * (self.interval.end - self.interval.start) / _DAY)
            span = duration_text(self.interval.end - self.interval.start)
            why = f"rows_a_day: {a_day.at_least}, of {span}"
            yield self._least(one, "rows_a_day", a_day.on_breach, None if one.whole else rows, least, why)
        if times := checks.times_usual:
            yield self._most(one, times)
        for column in checks.not_null:
            said = f"{column.name} is null or blank"
            counts = measured.blanks[column.name], rows
            yield self._share(one, "not_null", column.on_breach, counts, column.share, said, column.name)
        if outside := checks.outside_interval:
            said = f"{one.entity.event_time} lies outside {self.interval.said}"
            counts = (0, 0) if one.whole else (measured.outside, measured.timed)
            yield self._share(one, "outside_interval", outside.on_breach, counts, outside.share, said)

    def freshness(
        self, entity: str, limit: Freshness, measured: Sequence[tuple[Arrived, Measured]]
    ) -> Checked:
        """Hold the newest event of some entities against the interval's end."""
        end = self.interval.end.replace(tzinfo=None)
        since = end - limit.at_most
        dated = [(one, figures) for one, figures in measured if one.entity.event_time]
        looked = [self._newest(one, figures.newest, since, end) for one, figures in dated]
        newest = max((found for found, _ in looked if found), default=None)
        columns = ", ".join(dict.fromkeys(str(one.entity.event_time) for one, _ in dated))
        wanted = f"expected at most {duration_text(limit.at_most)} before the interval's end (freshness)"
        if newest is not None:
            age = end - newest
            old = f"{duration_text(age)} before" if age >= timedelta(seconds=1) else "not before"
            said = f"newest {columns} is {newest:%Y-%m-%d %H:%M:%S}, {old} {end:%Y-%m-%d %H:%M}; {wanted}"
            breached: bool | None = newest < since
        else:
            unread = any(figures.timed for _, figures in dated)
            silent = any(reaches for _, reaches in looked)
            lacking = f"{columns} names no moment"
            lacking += f" since {since:%Y-%m-%d %H:%M}" if silent and not unread else ""
            said = f"{lacking if columns else 'no entity has an event_time'}; {wanted}"
            age, breached = None, True if unread or silent else None
        return self._checked(
            entity,
            "freshness",
            limit.on_breach,
            found=None if age is None else max(0, int(age.total_seconds())),
            population=None,
            allowed=limit.at_most.total_seconds(),
            breached=breached,
            said=said,
        )

    def _newest(
        self, one: Arrived, own: datetime | None, since: datetime, end: datetime
    ) -> tuple[datetime | None, bool]:
        """An entity's newest event, and whether what landed reaches back to ``since``.

        An interval without rows is no sign of age by itself: what landed before it is asked, as far back as
        it could still be fresh.
        """
        newest = own
        for start, path in reversed(one.before if one.load != "snapshot" else ()):
            if newest and newest >= since:
                break
            if start >= self.interval.start:
                continue
            found = self.files.newest(path, str(one.entity.event_time), end)
            newest = max(filter(None, (newest, found)), default=None)
            if start <= since.replace(tzinfo=UTC):
                return newest, True
        return newest, False

    def _least(
        self, one: Arrived, check: str, on_breach: OnBreach, rows: int | None, least: int, why: str
    ) -> Checked:
        return self._checked(
            one.name,
            check,
            on_breach,
            found=rows,
            population=None,
            allowed=least,
            breached=None if rows is None else rows < least,
            said=f"{one.where}: {one.rows} rows; expected at least {least} ({why})",
        )

    def _most(self, one: Arrived, times: TimesUsual) -> Checked:
        """Hold the rows against those of the intervals before, of which empty and whole ones say nothing."""
        counts = islice(self._rows_before(one), _USUAL)
        usual = sorted([] if one.whole else counts)
        enough = len(usual) >= _ENOUGH
        middle = median(usual) if enough else 0
        most = int(times.at_most * middle)
        lacking = f"{len(usual)} intervals before brought rows, {_ENOUGH} say what is usual"
        wanted = f"expected at most {most}" if enough else f"expected nothing yet, {lacking}"
        return self._checked(
            one.name,
            TIMES_USUAL,
            times.on_breach,
            found=one.rows if enough else None,
            population=None,
            allowed=most,
            breached=one.rows > most if enough else None,
            said=f"{one.where}: {one.rows} rows; {wanted} ({TIMES_USUAL}: {times.at_most:g}, of {middle:g})",
        )

    def _rows_before(self, one: Arrived) -> Iterator[int]:
        """The rows of the intervals before, the last first."""
        for start, path in reversed(one.before):
            if start < self.interval.start and (rows := rows_of(path)) and not is_whole(path):
                yield rows

    def _share(
        self,
        one: Arrived,
        check: str,
        on_breach: OnBreach,
        counts: tuple[int, int],
        share: float,
        said: str,
        column: str | None = None,
    ) -> Checked:
        found, population = counts
        most = int(share * population + 1e-9)  # 0.29 of 100 are 29 rows, not 28.999999999999996
        return self._checked(
            one.name,
            check,
            on_breach,
            found=found if population else None,
            population=population,
            allowed=share,
            breached=found > most if population else None,
            said=f"{one.where}: {said} in {found} of {population} rows; expected at most {most} ({check})",
            column=column,
        )

    def _checked(self, entity: str, check: str, on_breach: OnBreach, **found: Any) -> Checked:
        return Checked(self.contract.name, entity, check, on_breach, self.interval, **found)
