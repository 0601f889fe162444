"""How runs look to whoever waits for them: a live table on a terminal, a line a change elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from medallion.embedded.follow import Progress, Score
from medallion.terminal import line

_STYLES = {"success": "green", "failed": "red", "running": "cyan"}


class Screen(Protocol):
    """Shows the progress of runs, again and again."""

    def show(self, progresses: Sequence[Progress]) -> None:
        """Show how far the runs are now."""


@contextmanager
def screen(console: Console) -> Iterator[Screen]:
    """Open the screen that suits the console."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            yield _Table(live)
    else:
        yield _Lines(console)


class _Table:
    def __init__(self, live: Live) -> None:
        self._live = live

    def show(self, progresses: Sequence[Progress]) -> None:
        self._live.update(progress_table(progresses))


class _Lines:
    """Prints a run's line when its stage or state is another one."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, tuple[str, str]] = {}

    def show(self, progresses: Sequence[Progress]) -> None:
        for one in progresses:
            now = (one.state, one.stage)
            if self._told.get(one.run.client_id) != now:
                self._told[one.run.client_id] = now
                line(self._console, progress_line(one))


def progress_line(one: Progress) -> str:
    """Say how far a run is in one line."""
    stage = one.state if one.ended else f"{one.stage} ({one.state})"
    return (
        f"{one.run.client_id}: {stage}, {one.done} of {one.total} nodes, "
        f"{_scores_text(one) or 'no score yet'}, {duration(one.seconds)}"
    )


def progress_table(progresses: Sequence[Progress]) -> Table:
    """Draw how far runs are."""
    table = Table("client", "layer", "nodes", "", "score / threshold", "elapsed")
    for one in progresses:
        table.add_row(
            one.run.client_id,
            Text(one.state if one.ended else one.stage, _STYLES.get(one.state, "")),
            f"{one.done} of {one.total}",
            ProgressBar(total=max(one.total, 1), completed=one.done, width=20),
            _latest_score(one),
            duration(one.seconds),
        )
    return table


def results_table(progresses: Sequence[Progress]) -> Table:
    """Draw what became of runs."""
    table = Table("client", "run", "nodes", "scores / thresholds", "took", "what failed")
    for one in progresses:
        table.add_row(
            one.run.client_id,
            Text(one.state, _STYLES.get(one.state, "")),
            f"{one.done} of {one.total}",
            Text(_scores_text(one)),
            duration(one.seconds),
            Text(", ".join(one.failed[:3])),
        )
    return table


def _latest_score(one: Progress) -> Text:
    for layer in ("gold", "silver", "bronze"):
        if layer in one.scores:
            score = one.scores[layer]
            return Text(f"{layer} {_score_text(score)}", "green" if _held(score) else "red")
    return Text("")


def _scores_text(one: Progress) -> str:
    return ", ".join(f"{layer} {_score_text(score)}" for layer, score in one.scores.items())


def _score_text(one: Score) -> str:
    # Rounded down: a score below its threshold must not look as if it had reached it.
    measured = "not measured" if one.score is None else f"{int(one.score * 1e4) / 1e4:.4f}"
    return f"{measured} / {one.threshold:g}"


def _held(one: Score) -> bool:
    return one.score is None or one.score >= one.threshold


def duration(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
