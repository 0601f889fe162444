import json
import time
from dataclasses import replace

import pytest

from medallion.clients import client_from_dict
from medallion.ledger import RunKey, open_ledger
from medallion.ledger.told import channels_told, open_causes
from medallion.notifications import TaskFailed
from medallion.orchestration.routes import teller_of
from medallion.settings import load_settings
from receivers import mail_server, receiver, silent_server
from servers import free_port
from unit.notifications.conftest import FACTS
from unit.orchestration.notified import CONFIG

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDALLION_HOME", str(tmp_path))
    return load_settings()


@pytest.fixture
def told(settings):
    """Tell an ACME of its own of a failure; return how each channel fared, and how long it took."""

    def told(where=settings, **changed):
        client = client_from_dict("acme_corp", CONFIG | changed)
        before = time.monotonic()
        teller_of(where, client).tell([TaskFailed(**FACTS)])
        took = time.monotonic() - before
        ledger = open_ledger(settings.database_url)
        (cause,) = open_causes(ledger, RunKey(FACTS["dag_id"], FACTS["run_id"]))
        return channels_told(ledger, [cause.id]), took

    return told


def mails(settings):
    return list(settings.outbox.rglob("*.eml"))


def test_mail_goes_to_the_server_of_airflows_connection(told, settings, monkeypatch):
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection())
        channels, _ = told()
    assert channels == {"email": ("sent", "")}
    (mail,) = server.mails
    assert (mail["From"], mail["To"]) == ("medallion@example.com", "acme@example.com")
    assert mail["Subject"] == "[medallion] acme_corp failed: silver.build"
    assert "clean_crm__people: error, 4 of 10 rows" in mail.get_body(["plain"]).get_content()
    assert "<strong>clean_crm__people</strong>" in mail.get_body(["html"]).get_content()
    assert mails(settings) == []


def test_another_connection_may_be_named(told, monkeypatch):
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_RETAIL_MAIL", server.connection())
        channels, _ = told(notifications=[{"to": "email", "connection": "retail_mail"}])
    assert channels == {"email retail_mail": ("sent", "")}
    assert len(server.mails) == 1


def test_without_a_server_mail_goes_to_the_outbox(told, settings):
    channels, _ = told()
    assert channels == {"email": ("sent", "")}
    assert b"To: acme@example.com" in mails(settings)[0].read_bytes()


def test_of_another_environment_a_clients_own_people_hear_nothing(told, settings, monkeypatch):
    monkeypatch.setenv("RETAIL_SLACK_URL", "slack://tokenA/tokenB/tokenC")
    slack = {"notifications": [{"to": "slack", "env": "RETAIL_SLACK_URL", "minimum": "info"}]}
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection())
        channels, _ = told(replace(settings, environment="staging"), **slack)
    assert channels == {"email": ("sent", "")}
    assert server.mails == []
    (mail,) = mails(settings)
    assert b"\nTo:" not in mail.read_bytes()
    assert b"Subject: [medallion staging] acme_corp failed" in mail.read_bytes()


def test_of_another_environment_its_own_people_hear(told, settings, monkeypatch):
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection())
        told(replace(settings, environment="staging", notify="us@example.com"))
    (mail,) = server.mails
    assert mail["To"] == "us@example.com"
    assert mail["Subject"].startswith("[medallion staging] ")
    assert "environment staging" in mail.get_body(["plain"]).get_content()


def test_who_has_no_address_is_told_of_in_the_outbox_alone(told, settings, monkeypatch):
    with mail_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection())
        told(notification_email=None)
    assert server.mails == []
    assert b"\nTo:" not in mails(settings)[0].read_bytes()


def test_mail_is_told_from_its_severity_on(told, settings):
    with receiver() as one:
        environment = {"to": "webhook", "env": "ACME_URL"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ACME_URL", f"http://127.0.0.1:{one.port}/")
            channels, _ = told(notifications=[{"to": "email", "minimum": "critical"}, environment])
    assert set(channels) == {"webhook ACME_URL"}
    assert mails(settings) == []


@pytest.mark.parametrize("answer", ["550 no such user", "451 try later", "nonsense"])
def test_a_server_that_refuses_is_written_down(told, monkeypatch, answer):
    with mail_server(answer) as server:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", server.connection(retry_limit=0))
        channels, _ = told()
    state, problem = channels["email"]
    assert state == "failed"
    assert answer.split()[-1] in problem or "SMTP" in problem


def test_a_server_that_is_away_is_written_down(told, monkeypatch):
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": free_port(), "extra": {"disable_ssl": True}}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(gone))
    channels, took = told()
    assert channels["email"][0] == "failed"
    assert "refused" in channels["email"][1]
    assert took < 5


def test_a_url_that_is_not_there_is_written_down_and_says_what_to_set(told, monkeypatch):
    monkeypatch.delenv("ACME_SLACK_URL", raising=False)
    channels, _ = told(notifications=[{"to": "slack", "env": "ACME_SLACK_URL"}])
    state, problem = channels["slack ACME_SLACK_URL"]
    assert state == "failed"
    assert "ACME_SLACK_URL is not set" in problem
    assert channels["email"] == ("sent", "")


def test_a_webhook_may_stand_in_an_airflow_connection(told, monkeypatch):
    with receiver() as one:
        hook = {"conn_type": "generic", "password": f"http://127.0.0.1:{one.port}/hooks/TOPSECRET"}
        monkeypatch.setenv("AIRFLOW_CONN_ACME_HOOK", json.dumps(hook))
        monkeypatch.setenv("AIRFLOW_CONN_ACME_URL", f"http://127.0.0.1:{one.port}/hooks/other")
        told(notifications=[{"to": "webhook", "connection": name} for name in ("acme_hook", "acme_url")])
    assert sorted(path.partition("?")[0] for _, path, _ in one.asked) == ["/hooks/TOPSECRET", "/hooks/other"]


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_ten_seconds_are_never_passed_whatever_hangs(told, monkeypatch):
    """A mail server that takes the call and says nothing, and a webhook whose answer never ends."""
    with silent_server() as port, receiver(drip=0.2) as slow, receiver() as well:
        hangs = {"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": {"disable_ssl": True}}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(hangs))
        monkeypatch.setenv("SLOW_URL", f"http://127.0.0.1:{slow.port}/")
        monkeypatch.setenv("WELL_URL", f"http://127.0.0.1:{well.port}/")
        channels, took = told(
            notifications=[{"to": "webhook", "env": name} for name in ("SLOW_URL", "WELL_URL")]
        )
    assert 5 < took < 10
    assert channels["webhook WELL_URL"] == ("sent", "")
    for name in ("email", "webhook SLOW_URL"):
        assert channels[name][0] == "failed"
        assert "no answer within" in channels[name][1]
