"""Work that may take no longer than it is given: whoever waits for it goes on, whatever hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Attempt(Generic[T]):
    """Work under way on a thread of its own, which nobody waits for at the end of the process.

    Args:
        work: what is to be done.
        name: of the thread.
    """

    def __init__(self, work: Callable[[], T], name: str = "telling") -> None:
        self._work = work
        self._result: T | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def result(self, until: float) -> T:
        """What came of it.

        Args:
            until: how long to wait, by :func:`time.monotonic`.

        Raises:
            TimeoutError: if it is not done then; it goes on, and nobody hears of it.
            BaseException: what the work raised.
        """
        self._thread.join(max(0.0, until - time.monotonic()))
        if self._thread.is_alive():
            raise TimeoutError("not done in time")
        if self._error:
            raise self._error
        return self._result  # type: ignore[return-value]

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:
            self._error = error
