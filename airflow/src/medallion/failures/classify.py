"""An exception → its class, by the signs of the whole chain of causes behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from medallion.exceptions import FailedElsewhere, MedallionError, TransformError
from medallion.failures.classes import CLASSES, Action, FailureClass
from medallion.failures.facts import Fact, facts_of, retry_after, types_of
from medallion.failures.signs import SIGNS, By, Sign
from medallion.masking import masked

#: Characters of a reason: a line for people. All of it stands in the task's log.
LONGEST_REASON = 400
#: Exceptions of a chain that are looked at: more is a loop, or no use.
_DEEPEST = 50


@dataclass(frozen=True)
class Failure:
    """What an exception is.

    Attributes:
        kind: the name of its class.
        reason: what it says, in a line or few, without secrets.
        sign: by what it was recognised, such as ``HTTP 429``; empty if by nothing.
        after: how long the other side said to wait; None if it did not.
    """

    kind: str
    reason: str
    sign: str = ""
    after: timedelta | None = None

    @property
    def of(self) -> FailureClass:
        """Its class."""
        return CLASSES[self.kind]

    @property
    def action(self) -> Action:
        """What is done about it."""
        return self.of.action

    @property
    def advice(self) -> str:
        """What a person does about it."""
        return self.of.advice

    def __str__(self) -> str:
        """Class, sign and reason."""
        by = f" ({self.sign})" if self.sign else ""
        return f"{self.kind}{by}: {self.reason}"


def classify(error: BaseException) -> Failure:
    """Say what an exception is; what nothing is known of is ``unknown``.

    The nearest exception of its chain that has a sign decides, a sign of the ``last`` resort only where there
    is no other. Of several failures in one (a build's nodes, a group) what no try can heal decides. A build
    that ran elsewhere was classified there, where its exceptions were.
    """
    if told := next((one for one in chain_of(error) if isinstance(one, FailedElsewhere)), None):
        return told.failure
    reason = _reason(error)
    if several := _several(error):
        worst = max((classify(one) for one in several), key=_weight)
        return replace(worst, reason=reason)
    chain = list(chain_of(error))
    after = next((wait for one in chain if (wait := retry_after(one)) is not None), None)
    # Of what says least, the first cause still says more than those who only passed it on.
    for last, order in ((False, chain), (True, chain[::-1])):
        for look in (_by_itself, _by_text):
            for one in order:
                if found := look(one, last):
                    return Failure(found[0].failure, reason, found[1], after)
    return Failure("unknown", reason, after=after)


def lost() -> Failure:
    """What is left to say of a try that ended without a word."""
    return Failure("killed", "the try ended without a word: it was killed, or its worker or machine was lost")


def _several(error: BaseException) -> Sequence[BaseException]:
    """The failures of which this one is made up: a build's nodes, or a group's exceptions."""
    for one in chain_of(error):
        if isinstance(one, BaseExceptionGroup):
            return one.exceptions
        if isinstance(one, TransformError) and one.causes:
            return one.causes
    return ()


def _weight(failure: Failure) -> tuple[bool, bool, bool, timedelta]:
    """What decides among several: first what ends it all, then what is known, then what takes longest."""
    return (
        failure.action is Action.STOP,
        failure.kind != "unknown",
        failure.action is not Action.AT_ONCE,
        failure.after or timedelta(0),
    )


def chain_of(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it was raised from, also where that was hidden from people for its secrets."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen and len(seen) < _DEEPEST:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


# --- Signs of one exception

Found = tuple[Sign, str]


def _by_itself(error: BaseException, last: bool) -> Found | None:
    """What its codes and numbers mean, or else its type."""
    return _by_facts(error, last) or _by_type(error, last)


def _by_facts(error: BaseException, last: bool) -> Found | None:
    for fact in facts_of(error):
        if sign := _sign_of(fact, last):
            return sign, " ".join(fact)
    return None


def _sign_of(fact: Fact, last: bool) -> Sign | None:
    by, value = fact
    known = _index(by, last)
    for written in _written(by, value):
        if written in known:
            return known[written]
    return None


def _written(by: By, value: str) -> Iterable[str]:
    """How a table may have a value, what says most first."""
    if by is By.SQLSTATE:
        return [value[:length] for length in range(5, 1, -1)]
    if by is By.SQLITE:  # SQLITE_BUSY_SNAPSHOT is a SQLITE_BUSY
        return [value, "_".join(value.split("_")[:2])]
    if by in (By.HTTP, By.SMTP):
        return [value, f"{value[0]}xx"]
    return [value]


def _by_type(error: BaseException, last: bool) -> Found | None:
    known = _index(By.TYPE, last)
    for name in types_of(error):
        if name in known:
            return known[name], name.removeprefix("builtins.")
    return None


def _by_text(error: BaseException, last: bool) -> Found | None:
    # Ours quote what a source's rows hold, which says nothing; dbt's errors are known by nothing else.
    if isinstance(error, MedallionError) and not isinstance(error, TransformError):
        return None
    text = str(error)
    for sign in SIGNS:
        if sign.by is By.TEXT and sign.last is last:
            for pattern in sign.values:
                if re.search(pattern, text):
                    return sign, "by its text"
    return None


def _index(by: By, last: bool) -> dict[str, Sign]:
    return _INDEX.get((by, last), {})


def _indexed() -> dict[tuple[By, bool], dict[str, Sign]]:
    found: dict[tuple[By, bool], dict[str, Sign]] = {}
    for sign in SIGNS:
        found.setdefault((sign.by, sign.last), {}).update(dict.fromkeys(sign.values, sign))
    return found


_INDEX = _indexed()


# --- In words


def _reason(error: BaseException) -> str:
    """What it says; errors raised on purpose are written for people, the others need their kind."""
    said = " ".join(str(error).split())
    if not isinstance(error, MedallionError):
        name = type(error).__name__
        said = f"{name}: {said}" if said else name
    said = masked(said)
    return said if len(said) <= LONGEST_REASON else f"{said[: LONGEST_REASON - 1]}…"
