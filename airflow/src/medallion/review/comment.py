"""A review as the Markdown of one comment; whatever it names is data, and stays text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from medallion.registry.render import outlook_lines
from medallion.review.client import ClientReview, Score
from medallion.review.review import Review

#: GitHub takes 65,536 characters.
_MOST = 60_000
_MOST_LINES, _MOST_ROWS, _MOST_NAMES = 120, 60, 12


def comment_of(told: Review) -> str:
    """Write a review as Markdown.

    Args:
        told: what became of it.

    Returns:
        At most as much as a comment on GitHub may hold.
    """
    text, left_out = "", False
    for part in _parts(told):
        if len(text) + len(part) > _MOST:
            left_out = True
        else:
            text += f"{part}\n\n"
    return text + ("_The rest is left out: a comment holds no more._\n" if left_out else "")


def _parts(told: Review) -> Iterator[str]:
    count = len(told.problems)
    verdict = f"❌ {count} problem{'s' * (count != 1)}" if count else "✅ nothing speaks against it"
    yield f"## Medallion review: {verdict}"
    files = len(told.base.changed)
    differ = f"{files} file{'s' * (files != 1)} of models and configs differ{'s' * (files == 1)}"
    against = f"{code(told.base.commit[:12])} ({code(told.base.ref)})"
    yield f"Compared with {against}: {differ}. {told.seconds:.0f} s."
    if told.problems:
        yield block(told.problems)
    if not told.base.changed:
        yield "Nothing that decides which rows a client has is changed: nothing was built."
    yield "### Validation"
    yield block(told.validation)
    yield "### Plan"
    yield _plan(told)
    if told.base.changed:
        yield "### Models"
        yield from _models(told)
    yield from _scores(told.clients)


def _plan(told: Review) -> str:
    if not told.outlooks:
        return "No config differs: `medallion apply` would change no client."
    return block(line.plain for outlook in told.outlooks for line in outlook_lines(outlook))


def _models(told: Review) -> Iterator[str]:
    if told.clients:
        yield table(
            ("client", "models changed", "models built", "tests run", "read from the base", "seconds"),
            (_row(one) for one in told.clients),
        )
    for one in told.clients:
        notes = [*one.notes, *([f"gone: {', '.join(one.changed.removed)}"] if one.changed.removed else [])]
        if notes:
            yield f"{code(one.client_id)}:\n\n{block(notes)}"
    if told.others:
        yield f"Not concerned: {_names(told.others)}."


def _row(one: ClientReview) -> Sequence[str]:
    return (
        code(one.client_id),
        _names(one.changed.models) or "none",
        f"{one.count('model')} of {one.models}",
        f"{one.count('test')} of {one.tests}",
        str(one.deferred),
        f"{one.seconds:.0f}",
    )


def _scores(clients: Iterable[ClientReview]) -> Iterator[str]:
    rows = [(one, score) for one in clients for score in one.scores]
    if not rows:
        return
    yield "### Scores"
    headings = ("client", "rule", "rows failing", "score", "threshold", "base", "moved")
    yield table(headings, (_score_row(one, score) for one, score in rows[:_MOST_ROWS]))
    if len(rows) > _MOST_ROWS:
        yield f"{len(rows) - _MOST_ROWS} more; `medallion review --json` has them all."


def _score_row(one: ClientReview, score: Score) -> Sequence[str]:
    now, moved = score.now, score.moved
    return (
        code(one.client_id),
        code(now.rule) + ("" if now.passed else " ❌"),
        f"{now.failing:,} of {now.population:,}",
        _number(now.score),
        f"{now.threshold:g}" if now.gates else "reported",
        _number(score.before.score) if score.before else "new",
        f"{moved:+.5f}" if moved else ("" if moved is None else "="),
    )


def _number(score: float | None) -> str:
    return "not measured" if score is None else f"{score:.5f}"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(code(name) for name in names[:_MOST_NAMES]) + more


# --- Data in Markdown: always as code, in which nothing is read as Markdown, HTML or the name of a person


def code(text: str) -> str:
    """Write text as a code span, also where it stands in a table."""
    flat = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (_longest(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat else ""
    return f"{ticks}{pad}{flat or ' '}{pad}{ticks}"


def block(lines: Iterable[str]) -> str:
    """Write lines as a block of code."""
    all_lines = [line for one in lines for line in one.splitlines()]
    if len(all_lines) > _MOST_LINES:
        all_lines = [*all_lines[:_MOST_LINES], f"… and {len(all_lines) - _MOST_LINES} lines more"]
    text = "\n".join(line[:1000] for line in all_lines)
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; its cells are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _longest(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
