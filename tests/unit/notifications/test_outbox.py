import email
import resource
from email import policy

import pytest

from medallion.notifications import Outbox, Recovered, render


def mails(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=policy.default)


def plain(path):
    return read(path).get_body(["plain"]).get_content()


@pytest.fixture
def letter(message):
    return lambda *kind, **changed: render(message(*kind, **changed))


def test_a_mail_says_who_what_when_and_why(tmp_path, letter, message):
    Outbox(tmp_path / "outbox", "acme@example.com").send(letter())
    (path,) = mails(tmp_path)
    mail = read(path)
    assert path.parent == tmp_path / "outbox" / "acme_corp"
    assert (mail["To"], mail["Subject"]) == (
        "acme@example.com",
        "[medallion] acme_corp failed: silver.build",
    )
    assert mail["Date"].datetime == message().at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert plain(path) == letter().text
    assert mail.get_body(["html"]).get_content().rstrip() == letter().html


def test_each_letter_has_a_file(tmp_path, letter):
    outbox = Outbox(tmp_path)
    changes = ({}, {"run_id": "manual__2"}, {"client_id": "other"}, {"cause": "other"}, {"run_id": ""})
    for changed in changes:
        outbox.send(letter(**changed))
    outbox.send(letter(Recovered))
    assert len(mails(tmp_path)) == 6


def test_run_ids_that_differ_only_in_odd_letters_have_files_of_their_own(tmp_path, letter):
    outbox = Outbox(tmp_path)
    paths = {outbox.path_of(letter(run_id=run_id)) for run_id in ("a:b", "a+b", "a-b", "a" * 400, "a" * 401)}
    assert len(paths) == 5
    assert all(len(path.name) < 140 for path in paths)


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "..", "/", "", "a/../../b", ".", "a\x00b", "\udcff"])
def test_no_id_leaves_the_outbox(tmp_path, letter, hostile):
    folder = tmp_path / "outbox"
    Outbox(folder).send(letter(run_id=hostile, client_id=hostile))
    (path,) = mails(tmp_path)
    assert path.resolve().is_relative_to(folder.resolve())
    assert len(path.relative_to(folder).parts) == 2


def test_a_subject_cannot_add_headers(tmp_path, letter):
    Outbox(tmp_path).send(letter(task_id="build\r\nBcc: everybody@example.com"))
    mail = read(mails(tmp_path)[0])
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[medallion] acme_corp failed: build Bcc: everybody@example.com"


def test_a_recipient_cannot_add_headers(tmp_path, letter):
    with pytest.raises(ValueError, match="linefeed"):
        Outbox(tmp_path, "a@example.com\r\nBcc: everybody@example.com").send(letter())
    assert not mails(tmp_path)


def test_a_mail_to_nobody_is_written_all_the_same(tmp_path, letter):
    Outbox(tmp_path).send(letter())
    assert read(mails(tmp_path)[0])["To"] is None


def test_text_stays_readable_in_the_file(tmp_path, letter):
    line = "line_has_order: 41 of 5,716 rows fail, score 0.99283 ≥ 0.95, " + "and so on " * 10
    Outbox(tmp_path).send(letter(reason=line))
    assert line.strip() in mails(tmp_path)[0].read_text(encoding="utf-8")


def test_half_a_mail_is_none(tmp_path, letter):
    outbox = Outbox(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))  # as a full disk does, writing fails half-way
    try:
        with pytest.raises(OSError, match="too large"):
            outbox.send(letter())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not mails(tmp_path)
    outbox.send(letter())
    assert "not built" in plain(mails(tmp_path)[0])
