"""How runs look to whoever waits for them: a live table on a terminal, a line a change elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from medallion.embedded.follow import Progress
from medallion.embedded.live_screen import live_screen
from medallion.pipeline import LAYERS

_TOLD_STAGES = ("extract", *LAYERS)
_STYLES = {"success": "green", "failed": "red", "running": "cyan"}


def screen(console: Console) -> AbstractContextManager[Callable[[Sequence[Progress]], None]]:
    """Open a screen that shows how far runs are."""
    return live_screen(console, progress_table, _News().of)


class _News:
    """A run's line when it enters another layer, has to try something again, or ends."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def of(self, progresses: Sequence[Progress]) -> Iterator[str]:
        for one in progresses:
            now = _where(one)
            told = one.ended or one.retrying or one.stage in _TOLD_STAGES
            if told and self._told.get(one.run.run_id) != now:
                self._told[one.run.run_id] = now
                yield progress_line(one)


def progress_line(one: Progress) -> str:
    """Say how far a run is in one line."""
    parts = [f"{one.done} of {one.total} nodes", *_scores_texts(one), duration(one.seconds)]
    where = _where(one).replace("\n", ", ")
    return f"{one.run.client_id}: {where}, {', '.join(parts)}"


def progress_table(progresses: Sequence[Progress]) -> Table:
    """Draw how far runs are."""
    table = Table("client", "layer", "nodes", "", "score / threshold", "elapsed")
    for one in progresses:
        table.add_row(
            one.run.client_id,
            Text(_where(one), "yellow" if one.retrying else _STYLES.get(one.state, "")),
            f"{one.done} of {one.total}",
            ProgressBar(total=max(one.total, 1), completed=one.done, width=20),
            _latest_score(one),
            duration(one.seconds),
        )
    return table


def results_table(progresses: Sequence[Progress]) -> Table:
    """Draw what became of runs; what failed has a column only where something did."""
    whole = [Column(name, no_wrap=True) for name in ("client", "run", "nodes", "score / threshold", "took")]
    failed = ["\n".join(breaches(one) or one.failed[:3]) for one in progresses]
    table = Table(*whole, *([Column("what failed", overflow="fold")] if any(failed) else []))
    for one, what in zip(progresses, failed, strict=True):
        cells: list[str | Text] = [
            one.run.client_id,
            Text(one.state, _STYLES.get(one.state, "")),
            f"{one.done} of {one.total}",
            Text("\n".join(_scores_texts(one))),
            duration(one.seconds),
        ]
        table.add_row(*cells, *([Text(what)] if any(failed) else []))
    return table


def breaches(one: Progress) -> list[str]:
    """List the rules that blocked a run, by layer; what came after them failed for their sake."""
    return [f"{layer}: {', '.join(score.breaches)}" for layer, score in one.scores.items() if score.breaches]


def _where(one: Progress) -> str:
    """Name the layer that a run is in, and what there failed and will be tried again."""
    if one.ended:
        return one.state
    return one.stage + "".join(f"\n{name} failed and will be tried again" for name in one.retrying)


def _latest_score(one: Progress) -> Text:
    measured = [(layer, one.scores[layer]) for layer in LAYERS if _is_measured(one, layer)]
    if not measured:
        return Text("")
    layer, (score, threshold, _) = measured[-1]
    return Text(_score_text(layer, score or 0, threshold), "green" if (score or 0) >= threshold else "red")


def _scores_texts(one: Progress) -> list[str]:
    return [
        _score_text(layer, one.scores[layer].score or 0, one.scores[layer].threshold)
        for layer in LAYERS
        if _is_measured(one, layer)
    ]


def _is_measured(one: Progress, layer: str) -> bool:
    return layer in one.scores and one.scores[layer].score is not None


def _score_text(layer: str, score: float, threshold: float) -> str:
    return f"{layer} {score:.5f} / {threshold:g}"  # as the gate and the report say it


def duration(seconds: float) -> str:
    """Write seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
