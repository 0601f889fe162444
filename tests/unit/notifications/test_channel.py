import logging

from medallion.notifications import Outbox, RecordingChannel, notify


def test_every_channel_is_told(event):
    channels = [RecordingChannel(), RecordingChannel()]
    notify(event(), channels)
    assert [channel.events for channel in channels] == [[event()], [event()]]


def test_a_failing_channel_is_logged_and_stops_no_other(event, caplog):
    broken, well = RecordingChannel(ConnectionError("no route")), RecordingChannel()
    notify(event(), [broken, well])
    assert (broken.events, well.events) == ([], [event()])
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "RecordingChannel could not tell of: acme_corp failed" in record.message
    assert "no route" in caplog.text


def test_an_outbox_that_cannot_be_written_is_logged(tmp_path, event, caplog):
    (tmp_path / "outbox").write_text("a file where the folder should be", encoding="utf-8")
    notify(event(), [Outbox(tmp_path / "outbox")])
    assert "Outbox could not tell of" in caplog.text
