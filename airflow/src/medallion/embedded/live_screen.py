"""A screen for what is at work: drawn again and again on a terminal, a line a change elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console, RenderableType
from rich.live import Live

from medallion.terminal import line

Shown = TypeVar("Shown")


@contextmanager
def live_screen(
    console: Console, draw: Callable[[Shown], RenderableType], news: Callable[[Shown], Iterable[str]]
) -> Iterator[Callable[[Shown], None]]:
    """Open the screen that suits the console.

    Args:
        console: a terminal, or anything else that lines can be printed to.
        draw: draws how things are now.
        news: says what has changed since it was asked last, a line each.

    Returns:
        What shows how things are now.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            yield lambda now: live.update(draw(now))
    else:

        def tell(now: Shown) -> None:
            for text in news(now):
                line(console, text)

        yield tell
