import logging
import multiprocessing
import socket
import sqlite3
import threading
import time
from threading import Thread

import pytest
from sqlalchemy import select

from medallion.ledger import RunKey, open_ledger
from medallion.ledger import told as known
from medallion.ledger.tables import notification, notification_channel
from medallion.ledger.told import SENDING_FOR, open_causes
from medallion.notifications import Outbox, RecordingChannel, Recovered, Route
from medallion.severity import Severity
from receivers import silent_server
from unit.notifications.conftest import FACTS
from unit.notifications.one_of_several import tell

KEY = RunKey(FACTS["dag_id"], FACTS["run_id"])


def rows(ledger, table):
    with ledger().engine.connect() as connection:
        return [row._mapping for row in connection.execute(select(table))]


def subjects(channel):
    return [letter.message.task_id for letter in channel.letters]


def test_a_cause_is_told_once_and_its_repeats_are_counted(teller, message, ledger):
    channel = RecordingChannel()
    for task in ("silver.build", "silver.gate", "quality_validation"):
        teller(Route(channel)).tell([message(task_id=task)])
    assert subjects(channel) == ["silver.build"]
    (row,) = rows(ledger, notification)
    assert (row["held"], row["kind"], row["subject"]) == (
        2,
        "task failed",
        "[medallion] acme_corp failed: silver.build",
    )
    (told,) = rows(ledger, notification_channel)
    assert (told["channel"], told["state"], told["tries"]) == ("recording", "sent", 1)


def test_another_cause_another_run_and_another_client_are_told(teller, message):
    channel = RecordingChannel()
    for changed in ({}, {"cause": "other"}, {"run_id": "other"}, {"dag_id": "other"}):
        teller(Route(channel)).tell([message(**changed)])
    assert len(channel.letters) == 4


def test_what_follows_from_a_cause_is_not_told_unless_nothing_was(teller, message, ledger):
    channel = RecordingChannel()
    follows = {"consequence": True, "cause": "layer:gold", "task_id": "gold.gate"}
    teller(Route(channel)).tell([message()])
    teller(Route(channel)).tell([message(**follows)])
    teller(Route(channel)).tell([message(**follows, run_id="killed")])
    assert subjects(channel) == ["silver.build", "gold.gate"]
    assert [row["held"] for row in rows(ledger, notification)] == [1, 0]


def test_a_channel_is_told_from_its_severity_on(teller, message):
    chat, pager = RecordingChannel("chat"), RecordingChannel("pager")
    told = teller(Route(chat, Severity.WARNING), Route(pager, Severity.CRITICAL))
    told.tell([message(cause="a", severity=Severity.INFO), message(cause="b", severity=Severity.WARNING)])
    told.tell([message(cause="c", severity=Severity.CRITICAL)])
    assert [one.message.cause for one in chat.letters] == ["b", "c"]
    assert [one.message.cause for one in pager.letters] == ["c"]


def test_what_gets_worse_is_told_again(teller, message, ledger):
    chat, mail = RecordingChannel("chat"), RecordingChannel("mail")
    told = teller(Route(chat, Severity.WARNING), Route(mail, Severity.ERROR))
    for severity in (Severity.WARNING, Severity.WARNING, Severity.ERROR, Severity.ERROR):
        told.tell([message(severity=severity)])
    assert [one.message.severity for one in chat.letters] == ["warning", "error"]
    assert [one.message.severity for one in mail.letters] == ["error"]
    assert [(row["held"], row["severity"]) for row in rows(ledger, notification)] == [(2, "error")]


def recovered(message, **changed):
    facts = {"severity": Severity.INFO, "cause": "recovered", "rows": (), "reason": ""}
    return message(Recovered, **facts | changed)


def test_a_recovery_is_told_once_where_the_failure_was_told(teller, message, ledger):
    chat, pager = RecordingChannel("chat"), RecordingChannel("pager")
    told = teller(Route(chat, Severity.WARNING), Route(pager, Severity.CRITICAL))
    told.tell([message(severity=Severity.WARNING)])
    told.tell([message(severity=Severity.WARNING)])
    for _ in range(2):
        told.tell_recovery(KEY, recovered(message))
    assert [one.message.kind for one in chat.letters] == ["task failed", "recovered"]
    assert pager.letters == []
    (row,) = chat.letters[1].message.rows
    assert row.name == "acme_corp failed: silver.build"
    assert row.said == "1 repeat was held back"
    assert open_causes(ledger(), KEY) == []


def test_a_recovery_is_told_where_telling_the_failure_was_tried(teller, message):
    chat = RecordingChannel(error=ConnectionError("away"))
    teller(Route(chat)).tell([message()])
    chat.error = None
    teller(Route(chat)).tell_recovery(KEY, recovered(message))
    assert [one.message.kind for one in chat.letters] == ["recovered"]


class Slow(RecordingChannel):
    """A channel that takes the first letter, and only that, after a while."""

    def __init__(self, go_on):
        super().__init__("slow")
        self.go_on, self.at_it = go_on, threading.Event()

    def send(self, letter):
        if not self.at_it.is_set():
            self.at_it.set()
            self.go_on.wait(60)
        super().send(letter)


@pytest.mark.parametrize(
    ("bound", "told"),
    [(60.0, ["task failed", "recovered"]), (4.0, ["recovered", "task failed"])],
    ids=["goes first", "but not for ever"],
)
def test_a_failure_that_somebody_is_still_telling_of(teller, message, bound, told, monkeypatch):
    looked, channels_told = threading.Event(), known.channels_told

    def looking(*arguments):
        found = channels_told(*arguments)
        looked.set()
        return found

    monkeypatch.setattr(known, "channels_told", looking)
    slow = Slow(threading.Event())
    failure = Thread(target=teller(Route(slow), bound=60.0, asking=30.0).tell, args=([message()],))
    failure.start()
    assert slow.at_it.wait(30)
    recovery = Thread(target=teller(Route(slow), bound=bound).tell_recovery, args=(KEY, recovered(message)))
    recovery.start()
    assert looked.wait(30)
    recovery.join(30 if told[0] == "recovered" else 0.5)  # time for it to go wrong
    slow.go_on.set()
    failure.join(30)
    recovery.join(30)
    assert [one.message.kind for one in slow.letters] == told


@pytest.mark.parametrize("changed", [{"task_id": "gold.build"}, {"run_id": "other"}])
def test_nobody_is_told_of_a_recovery_from_nothing(teller, message, changed):
    chat = RecordingChannel()
    teller(Route(chat)).tell([message(**changed)])
    teller(Route(chat)).tell_recovery(KEY, recovered(message))
    assert [one.message.kind for one in chat.letters] == ["task failed"]


def test_what_comes_back_after_a_recovery_is_told_again(teller, message, ledger):
    chat = RecordingChannel()
    told = teller(Route(chat))
    for _ in range(2):
        told.tell([message()])
        told.tell_recovery(KEY, recovered(message))
    assert [one.message.kind for one in chat.letters] == ["task failed", "recovered"] * 2


def test_a_failing_channel_keeps_it_from_no_other_and_is_written_down(teller, message, ledger, caplog):
    broken, well = RecordingChannel("broken", ConnectionRefusedError("away")), RecordingChannel("well")
    teller(Route(broken), Route(well)).tell([message()])
    assert len(well.letters) == 1
    assert "broken could not be told of" in caplog.text
    found = {row["channel"]: (row["state"], row["detail"]) for row in rows(ledger, notification_channel)}
    assert found == {"broken": ("failed", "ConnectionRefusedError: away"), "well": ("sent", "")}


def test_a_channel_that_failed_is_tried_with_the_next_repeats_but_not_for_ever(teller, message, ledger):
    broken, well = RecordingChannel("broken", OSError("away")), RecordingChannel("well")
    told = teller(Route(broken), Route(well))
    told.tell([message()])
    broken.error = None
    told.tell([message()])
    assert (len(broken.letters), len(well.letters)) == (1, 1)
    broken.error = OSError("away")
    for _ in range(6):
        told.tell([message(cause="again")])
    tries = [row["tries"] for row in rows(ledger, notification_channel) if row["channel"] == "broken"]
    assert tries == [2, 3]


def test_whoever_was_killed_at_sending_is_replaced(teller, message, ledger):
    chat = RecordingChannel()
    teller(Route(chat)).tell([message()])
    with ledger().engine.begin() as connection:
        long_ago = rows(ledger, notification_channel)[0]["told_at"] - 2 * SENDING_FOR
        connection.execute(notification_channel.update().values(state="sending", told_at=long_ago))
    teller(Route(chat)).tell([message()])
    assert len(chat.letters) == 2


# -- ten seconds


class Hanging:
    """A channel whose other side takes the call and never answers."""

    name = "hanging"

    def __init__(self, port):
        self.port = port

    def send(self, letter):  # noqa: ARG002
        with socket.create_connection(("127.0.0.1", self.port)) as caller:
            caller.recv(1)


def test_a_channel_that_hangs_delays_nothing_by_more_than_it_may(teller, message, ledger):
    well = RecordingChannel("well")
    with silent_server() as port:
        before = time.monotonic()
        teller(Route(Hanging(port)), Route(well), bound=2.0).tell([message()])
        took = time.monotonic() - before
    assert took < 2.0
    assert len(well.letters) == 1
    found = {row["channel"]: (row["state"], row["detail"]) for row in rows(ledger, notification_channel)}
    assert found["well"] == ("sent", "")
    assert found["hanging"][0] == "failed"
    assert "no answer within" in found["hanging"][1]


def test_a_ledger_that_hangs_delays_nothing_and_all_is_told(teller, message, ledger, tmp_path, caplog):
    channel = RecordingChannel()
    ledger()
    with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as holder:
        holder.execute("begin exclusive")
        before = time.monotonic()
        teller(Route(channel), bound=4.0).tell([message()])
        took = time.monotonic() - before
        holder.execute("rollback")
    assert took < 4.2
    assert len(channel.letters) == 1
    assert "the ledger does not say what was told, so all is" in caplog.text


def test_without_a_ledger_all_is_told(teller, message, tmp_path):
    channel = RecordingChannel()
    (tmp_path / "file").touch()
    away = f"sqlite:///{tmp_path / 'file' / 'ledger.db'}"
    teller(Route(channel), ledger=lambda: open_ledger(away)).tell([message()])
    assert len(channel.letters) == 1


def test_nothing_that_goes_wrong_is_raised(teller, message, caplog):
    told = teller(Route(RecordingChannel()), mask=lambda text: 1 / 0 if "clean" in text else text)
    told.tell([message()])
    assert "nobody could be told: ZeroDivisionError" in caplog.text


# -- secrets


def test_a_planted_secret_is_in_no_letter_no_log_and_no_ledger(teller, message, ledger, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "hunter2&<secret>"
    chat = RecordingChannel("chat", ConnectionError(f"no {secret} for you"))
    well = RecordingChannel("well")
    said = message(
        reason=secret,
        trace=f"line\n{secret}",
        advice=secret,
        log_url=f"http://x/{secret}",
        rows=tuple(type(one)(name=secret, state=secret, said=secret, sql=secret) for one in FACTS["rows"]),
        task_id=secret,
    )
    told = teller(
        Route(chat),
        Route(well),
        Route(Outbox(tmp_path / "outbox")),
        mask=lambda text: text.replace(secret, "***"),
    )
    told.tell([said])
    told.tell([said])
    (letter,) = well.letters
    mails = [path.read_text() for path in (tmp_path / "outbox").rglob("*.eml")]
    (failed,) = [row["detail"] for row in rows(ledger, notification_channel) if row["channel"] == "chat"]
    seen = [letter.text, letter.html, letter.brief, letter.subject, caplog.text, *mails, failed]
    seen += [str(row) for row in rows(ledger, notification)]
    assert len(mails) == 1
    assert all("***" in text for text in seen)
    for half in ("hunter2", "&lt;secret", "<secret>"):
        assert not any(half in text for text in seen)


# -- several processes at once


def test_of_several_processes_one_tells(tmp_path, ledger):
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger()
    spawn = multiprocessing.get_context("spawn")  # a fork would have the locks of this process's threads
    start = spawn.Barrier(6)
    facts = [{**FACTS, "task_id": f"task_{one}"} for one in range(6)]
    several = [spawn.Process(target=tell, args=(url, tmp_path / "out", one, start)) for one in facts]
    for one in several:
        one.start()
    for one in several:
        one.join(90)
    assert [one.exitcode for one in several] == [0] * 6
    assert len(list((tmp_path / "out").rglob("*.eml"))) == 1
    (row,) = rows(ledger, notification)
    assert row["held"] == 5


def test_who_wrote_a_cause_down_first_but_was_slower_to_tell_is_held_back(
    teller, message, ledger, monkeypatch
):
    first, second = RecordingChannel(), RecordingChannel()
    note = known.note

    def note_and_let_another_tell(*args, **said):
        noted = note(*args, **said)
        monkeypatch.setattr(known, "note", note)
        teller(Route(second)).tell([message()])
        return noted

    monkeypatch.setattr(known, "note", note_and_let_another_tell)
    teller(Route(first)).tell([message()])
    assert not first.letters
    assert len(second.letters) == 1
    (row,) = rows(ledger, notification)
    assert row["held"] == 1
