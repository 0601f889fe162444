import email
import logging
import resource
from concurrent.futures import ThreadPoolExecutor
from email import policy
from threading import Barrier

import pytest

from medallion.notifications import Outbox


def mails(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=policy.default)


def test_a_mail_says_who_what_when_and_why(tmp_path, event):
    Outbox(tmp_path / "outbox").send(event())
    (path,) = mails(tmp_path)
    mail = read(path)
    assert path.parent == tmp_path / "outbox" / "acme_corp"
    assert (mail["To"], mail["Subject"]) == ("acme@example.com", "acme_corp failed: silver.gate")
    assert mail["Date"].datetime == event().at
    assert mail.get_content() == "score 0.90000 < 0.95\n"


def test_a_run_is_told_of_once_and_the_first_cause_wins(tmp_path, event, caplog):
    outbox = Outbox(tmp_path)
    with caplog.at_level(logging.INFO):
        outbox.send(event(task_id="silver.build", subject="the cause"))
        outbox.send(event(subject="what came of it"))
    assert [read(path)["Subject"] for path in mails(tmp_path)] == ["the cause"]
    assert "held back" in caplog.messages[-1]
    assert "what came of it" in caplog.messages[-1]


def test_runs_and_clients_are_told_of_apart(tmp_path, event):
    outbox = Outbox(tmp_path)
    for changed in ({}, {"run_id": "manual__2"}, {"client_id": "other"}):
        outbox.send(event(**changed))
    assert len(mails(tmp_path)) == 3


def test_of_tasks_that_fail_at_once_just_one_is_told(tmp_path, event):
    at_once = Barrier(8)

    def fail(number):
        at_once.wait()
        Outbox(tmp_path).send(event(task_id=f"task_{number}", text=f"{number}\n" * 1000))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fail, range(8)))
    (path,) = mails(tmp_path)
    assert len(set(read(path).get_content().split())) == 1


def test_run_ids_that_differ_only_in_odd_letters_have_files_of_their_own(tmp_path, event):
    outbox = Outbox(tmp_path)
    paths = {outbox.path_of(event(run_id=run_id)) for run_id in ("a:b", "a+b", "a-b", "a" * 400, "a" * 401)}
    assert len(paths) == 5
    assert all(len(path.name) < 120 for path in paths)


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "..", "/", "", "a/../../b", ".", "a\x00b", "\udcff"])
def test_no_id_leaves_the_outbox(tmp_path, event, hostile):
    folder = tmp_path / "outbox"
    Outbox(folder).send(event(run_id=hostile, client_id=hostile))
    (path,) = mails(tmp_path)
    assert path.resolve().is_relative_to(folder.resolve())
    assert len(path.relative_to(folder).parts) == 2


def test_a_subject_cannot_add_headers(tmp_path, event):
    Outbox(tmp_path).send(event(subject="failed\r\nBcc: everybody@example.com"))
    mail = read(mails(tmp_path)[0])
    assert mail["Bcc"] is None
    assert mail["Subject"] == "failed Bcc: everybody@example.com"


def test_a_recipient_cannot_add_headers(tmp_path, event):
    with pytest.raises(ValueError, match="linefeed"):
        Outbox(tmp_path).send(event(recipient="a@example.com\r\nBcc: everybody@example.com"))
    assert not mails(tmp_path)


def test_a_mail_to_nobody_is_written_all_the_same(tmp_path, event):
    Outbox(tmp_path).send(event(recipient=None))
    assert read(mails(tmp_path)[0])["To"] is None


@pytest.mark.parametrize("text", ["score ≥ 0.95: " + "x" * 300, "y" * 5000, "broken \udcff name", "nul \x00"])
def test_any_text_can_be_told(tmp_path, event, text):
    Outbox(tmp_path).send(event(text=text))
    said = read(mails(tmp_path)[0]).get_content()
    assert said == text.encode("utf-8", "backslashreplace").decode() + "\n"


def test_text_stays_readable_in_the_file(tmp_path, event):
    line = "line_has_order: 41 of 5,716 rows fail, score 0.99283 ≥ 0.95, " + "and so on " * 10
    Outbox(tmp_path).send(event(text=line))
    assert line in mails(tmp_path)[0].read_text(encoding="utf-8")


def test_half_a_mail_does_not_stand_in_the_way_of_the_next(tmp_path, event):
    outbox = Outbox(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as a full disk does, writing fails half-way
    try:
        with pytest.raises(OSError, match="too large"):
            outbox.send(event())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    outbox.send(event())
    assert "0.90000" in mails(tmp_path)[0].read_text(encoding="utf-8")
