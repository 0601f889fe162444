import time

import pytest

from medallion.clients.addresses import Address
from medallion.exceptions import ConfigError
from medallion.notifications import (
    ClientsInvalid,
    ClientsRecovered,
    NeverStarted,
    Recovered,
    Row,
    StartsAgain,
    TaskFailed,
    render,
)
from medallion.notifications.chat import ChatChannel
from medallion.severity import Severity
from receivers import far_ends, receiver, silent_server
from servers import free_port

#: Apprise imports all it knows, of which something warns.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")

HOSTILE = "<!channel> <@U12345> [click](http://evil.example) <img src=x> *bold* `code`"
SLACK = "https://hooks.slack.com/services/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"
TEAMS = (
    "https://prod-1.westeurope.logic.azure.com:443/workflows/643e69f83c8944438d68119179a10a64/triggers/manual"
    "/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=TOPSECRETKEYofTheChannel"
)
PAGER = "pagerduty://TOPSECRETKEYofTheChannel@apikey0123456789"
ENDS = ("hooks.slack.com", "prod-1.westeurope.logic.azure.com", "events.pagerduty.com")


def channel(to, url):
    return ChatChannel(Address(to=to, env="URL"), lambda: url)


@pytest.fixture
def letter(message):
    return lambda *kind, **changed: render(message(*kind, **changed))


def test_a_webhook_gets_all_but_the_trace(letter):
    with receiver() as one:
        channel("webhook", f"http://127.0.0.1:{one.port}/hook/key?to=us").send(letter(trace="Traceback …"))
    ((_, path, said),) = one.asked
    assert path.startswith("/hook/key")
    assert said["title"] == "[medallion] acme_corp failed: silver.build"
    assert said["type"] == "failure"
    for fact in ("clean_crm__people: error, 4 of 10 rows", "2 of 3", "http://localhost:8080/dags/x"):
        assert fact in said["message"]
    assert "Traceback" not in said["message"]


@pytest.fixture(scope="module")
def ends(tmp_path_factory):
    with far_ends(tmp_path_factory.mktemp("far"), *ENDS) as (one, leading):
        yield one, leading


@pytest.fixture
def far(ends, monkeypatch):
    one, leading = ends
    one.asked.clear()
    for name, value in leading.items():
        monkeypatch.setenv(name, value)
    return one


def test_slack_gets_text_that_calls_nobody(far, letter):
    row = Row(HOSTILE, "error", HOSTILE)
    channel("slack", SLACK).send(letter(reason=HOSTILE, rows=(row,)))
    ((host, path, said),) = far.asked
    assert (host, path) == ("hooks.slack.com", "/services/T1234ABCD/B1234ABCD/TOPSECRETKEYofTheChannel")
    text = str(said)
    assert "silver.build" in text
    assert "&lt;!channel&gt;" in text
    for call in ("<!channel>", "<@U12345>", "<img"):
        assert call not in text
    assert said["mrkdwn"] is False


def test_teams_gets_text_that_is_no_link(far, letter):
    channel("teams", TEAMS).send(letter(reason=HOSTILE))
    ((host, path, said),) = far.asked
    assert host.startswith("prod-1.westeurope.logic.azure.com")
    assert "/workflows/643e69f83c8944438d68119179a10a64/" in path
    assert "sig=TOPSECRETKEYofTheChannel" in path
    text = "".join(block.get("text", "") for block in said["attachments"][0]["content"]["body"])
    assert "silver.build" in text
    assert "[click](http://evil.example)" not in text


def test_pagerduty_opens_an_incident_and_closes_it(far, letter):
    pager = channel("pagerduty", PAGER)
    pager.send(letter(severity=Severity.CRITICAL))
    pager.send(letter(Recovered, severity=Severity.INFO, cause="recovered"))
    (_, _, opened), (_, _, closed) = far.asked
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["payload"]["severity"] == "critical"
    assert opened["payload"]["summary"].startswith("[medallion] acme_corp failed: silver.build")
    assert opened["dedup_key"] == closed["dedup_key"]


@pytest.mark.parametrize(
    ("wrong", "well", "changed"),
    [
        (ClientsInvalid, ClientsRecovered, {}),
        (NeverStarted, StartsAgain, {}),
        (TaskFailed, Recovered, {"lasting": True}),
    ],
)
def test_an_incident_of_all_runs_is_closed_by_a_later_one(far, letter, wrong, well, changed):
    pager = channel("pagerduty", PAGER)
    pager.send(letter(wrong, run_id="scheduled__1", **changed))
    pager.send(letter(well, run_id="scheduled__2", severity=Severity.INFO, cause="recovered", **changed))
    (_, _, opened), (_, _, closed) = far.asked
    assert (opened["event_action"], closed["event_action"]) == ("trigger", "resolve")
    assert opened["dedup_key"] == closed["dedup_key"]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_what_is_refused_is_told_with_what_was_said(letter, status):
    with receiver(status) as one, pytest.raises(ConnectionError, match=str(status)):
        channel("webhook", f"http://127.0.0.1:{one.port}/TOPSECRETKEY").send(letter())


@pytest.mark.parametrize(
    ("to", "url"),
    [
        ("slack", SLACK),
        ("teams", TEAMS),
        ("pagerduty", PAGER),
        ("webhook", "https://127.0.0.1:1/TOPSECRETKEYofTheChannel"),
    ],
)
def test_what_cannot_be_reached_is_told_without_its_key(letter, monkeypatch, to, url, caplog):
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ConnectionError) as told:
        channel(to, url).send(letter())
    for secret in ("TOPSECRET", "apikey0123456789"):
        assert secret not in str(told.value) + caplog.text


def test_what_never_answers_ends_by_itself(letter):
    before = time.monotonic()
    with silent_server() as port, pytest.raises(ConnectionError):
        channel("webhook", f"http://127.0.0.1:{port}/?cto=0.3&rto=0.3").send(letter())
    assert time.monotonic() - before < 5


@pytest.mark.parametrize(
    ("to", "url"),
    [
        ("slack", TEAMS),
        ("teams", SLACK),
        ("pagerduty", "https://events.pagerduty.com/TOPSECRETKEYofTheChannel"),
        ("webhook", PAGER),
        ("webhook", "TOPSECRETKEYofTheChannel"),
        ("slack", "slack://TOPSECRETKEYofTheChannel"),
        ("webhook", "file:///etc/passwd"),
    ],
)
def test_the_url_of_another_kind_is_refused_without_being_repeated(letter, to, url, caplog):
    with pytest.raises(ConfigError, match=f"the URL of {to} URL is none of a {to}, such as ") as told:
        channel(to, url).send(letter())
    assert "TOPSECRET" not in str(told.value) + caplog.text
