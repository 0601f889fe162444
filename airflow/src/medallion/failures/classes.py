"""The classes of failure, as data: what each is, what is done, and what a person does about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What is done after a failure, as long as there is a try left."""

    WAIT = "tried again after a growing wait"
    AS_TOLD = "tried again when the other side says, else after a growing wait"
    AT_ONCE = "tried again at once, from then on after a growing wait"
    STOP = "not tried again"


@dataclass(frozen=True)
class FailureClass:
    """One class of failure.

    Attributes:
        name: as task, ledger and report have it.
        meaning: what happened, in a sentence.
        action: what is done.
        advice: what a person does about it, where it does not heal.
    """

    name: str
    meaning: str
    action: Action
    advice: str


_CLASSES = (
    FailureClass(
        "locked",
        "Another process holds a file, a table or a row for too long.",
        Action.WAIT,
        "See who holds it: the message names the process, `medallion doctor` the locks. End it if it hangs.",
    ),
    FailureClass(
        "connection lost",
        "The other side is not there, or hung up.",
        Action.WAIT,
        "See whether the server runs and can be reached from here, and whether its name and port are right.",
    ),
    FailureClass(
        "timed out",
        "The other side, or the task itself, took too long.",
        Action.WAIT,
        "Look what is slow: the other side, a query, or more rows than usual; then raise `task_timeout`.",
    ),
    FailureClass(
        "rate limited",
        "The other side is asked too much, and says so.",
        Action.AS_TOLD,
        "Ask for a higher limit, run less often, or let fewer clients ask at the same time.",
    ),
    FailureClass(
        "server error",
        "The other side failed at the request by a fault of its own.",
        Action.AS_TOLD,
        "Look at the other side's status page or log; tell its owner.",
    ),
    FailureClass(
        "deadlock",
        "Two transactions were in each other's way, and the database gave up this one.",
        Action.AT_ONCE,
        "Find what else writes to these tables at this time, and let one of the two run later.",
    ),
    FailureClass(
        "disk full",
        "There is no room left on a disk, in a quota or in a database.",
        Action.WAIT,
        "Make room: `medallion retention ID --dry-run` says what could go. Then clear the task.",
    ),
    FailureClass(
        "out of memory",
        "There was not memory enough.",
        Action.WAIT,
        "Let fewer tasks run at the same time, give the machine more memory, or run fewer days at once.",
    ),
    FailureClass(
        "credentials refused",
        "Who we are was not believed.",
        Action.STOP,
        "Renew the password, key or token in the Airflow connection or the environment variable.",
    ),
    FailureClass(
        "not allowed",
        "The login is known, and may not do this.",
        Action.STOP,
        "Have the right granted to the login, or the owner of the folder or file changed.",
    ),
    FailureClass(
        "not found",
        "What was asked for by name does not exist.",
        Action.STOP,
        "Compare the path, database, bucket or address in the config with what there is.",
    ),
    FailureClass(
        "refused",
        "The other side understood the request, and said no to it for good.",
        Action.STOP,
        "Read what it answered: the request has to be another one.",
    ),
    FailureClass(
        "not delivered",
        "A source has not brought what its contract expects, or not all of it yet.",
        Action.WAIT,
        "Ask the source's owner for the files or rows, then clear the task.",
    ),
    FailureClass(
        "schema changed",
        "A table, a column or its type is not what the contract or a model says.",
        Action.STOP,
        "Ask whether the change is meant. If so, change the contract or the model; if not, have it undone.",
    ),
    FailureClass(
        "data wrong",
        "Rows do not keep a rule that all of them must keep, or hold what is no value of their type.",
        Action.STOP,
        "Find the rows by the test or check that is named, have them corrected, then clear the task.",
    ),
    FailureClass(
        "SQL wrong",
        "SQL or Jinja that was never valid.",
        Action.STOP,
        "Correct the model that is named; `medallion dbt ID compile` shows the SQL.",
    ),
    FailureClass(
        "config wrong",
        "A config file, a connection or a setting is wrong or missing.",
        Action.STOP,
        "Correct what the message names; `medallion validate` and `medallion doctor` check all of it.",
    ),
    FailureClass(
        "gate breached",
        "A gate did not pass: nothing is published.",
        Action.STOP,
        "Look at the gate's note or the run's report, correct the rows or the rule, or waive the rule.",
    ),
    FailureClass(
        "delivery refused",
        "Gold is no longer what the run's gates judged: somebody else has built since.",
        Action.STOP,
        "Clear everything behind the run's extracts, so that it builds and judges gold again.",
    ),
    FailureClass(
        "deletion refused",
        "A cleanup would delete more than its share.",
        Action.STOP,
        "Look at `medallion retention ID --dry-run`; if it is meant, run it with `--force`.",
    ),
    FailureClass(
        "corrupt",
        "A file or database of ours is damaged.",
        Action.STOP,
        "The message names the file; *Damaged files* in docs/operations.md says how to bring it back.",
    ),
    FailureClass(
        "killed",
        "The try ended without a word: killed, or its worker or machine was lost.",
        Action.WAIT,
        "Look for who killed it: the kernel for want of memory, a deployment, a person.",
    ),
    FailureClass(
        "unknown",
        "Nothing that is in this table.",
        Action.WAIT,
        "Read the task's log. If it is of a class, tell Medallion's maintainers by which sign.",
    ),
)

#: The classes by name, in the order in which people read of them.
CLASSES = {one.name: one for one in _CLASSES}
