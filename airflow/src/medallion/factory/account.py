"""What a round leaves in the audit log beside the changes: what could not be done, what is in order again."""

from __future__ import annotations

from medallion.factory.asked import Asked
from medallion.factory.report import TROUBLE, Line, Report
from medallion.registry import Registry

#: The audit log's words for a client with which nothing is wrong any more, and for what was not done.
_IN_ORDER, _REFUSED = "in order", "request refused"
#: So many events are looked through for what was last said of each client.
_LAST = 10_000


def account(registry: Registry, report: Report, *, actor: str) -> None:
    """Write down what is wrong with whom, once as long as it is the same, and who is in order again.

    Args:
        registry: whose audit log; of the report's platform.
        report: what the round found.
        actor: who had it go round.
    """
    events = registry.events(actions={*TROUBLE, _IN_ORDER}, last=_LAST)
    before = {event.subject: (event.action, event.detail.get("reason")) for event in events}
    wrong: dict[str, list[Line]] = {}
    for line in report.trouble:
        wrong.setdefault(line.subject, []).append(line)
    for subject, lines in wrong.items():
        word, reason = lines[0].word, "; ".join(line.detail for line in lines)
        if before.get(subject) != (word, reason):
            registry.audit(subject, word, actor, {"reason": reason})
    for subject, (word, _) in before.items():
        if word != _IN_ORDER and subject not in wrong:
            registry.audit(subject, _IN_ORDER, actor)


def account_refusal(registry: Registry, asked: Asked, error: Exception, *, actor: str) -> None:
    """Write down that what somebody asked for was refused.

    Args:
        registry: whose audit log.
        asked: what was asked for, and of whom.
        error: why it was not done.
        actor: who asked.
    """
    detail = {"asked": asked.action.value, "why": asked.why, "reason": str(error)}
    registry.audit(asked.client or registry.platform, _REFUSED, actor, detail)
