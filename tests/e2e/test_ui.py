"""What Airflow's UI has of Medallion: reports for people who may read them, links to them, and notes."""

import json
import shutil
from urllib.parse import unquote

import httpx
import jwt
import pytest
from live_airflow import until
from playwright.sync_api import sync_playwright
from shop import DAY

from medallion.pipeline import dag_id_of

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    # Airflow signs with SHA-512, whatever its secret's length.
    pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning"),
]

#: One delivers; the other is blocked by its gate of silver, and somebody wrote a note on its run before.
CLIENTS = ("steady", "strict")
REPORT = "{}/year=2026/month=01/day=15/run_report.html"
DAILY = "{}/year=2026/month=01/day=15/daily_report.html"
BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture(scope="module")
def runs(airflow, shop):
    """The id of each client's run, once it has ended."""
    (shop.settings.home / "secret.html").write_text("not for anybody")
    client = airflow.client
    runs = {name: client.trigger(dag_id_of(name), DAY) for name in CLIENTS}
    client.note(dag_id_of("strict"), runs["strict"], None, "asked the vendor")
    for name, run_id in runs.items():
        until(f"{name} to end", lambda name=name, run=run_id: ended(client, dag_id_of(name), run), 300)
    return runs


def ended(client, dag, run_id):
    """A run ends with its last task, and that may be the report or the end."""
    return {client.run(dag, run_id)["state"], client.tasks(dag, run_id)["daily_report"]["state"]} <= {
        "success",
        "failed",
    }


@pytest.fixture(scope="module")
def token(airflow):
    """Somebody's token: the administrator's, or the same of a user with another role."""
    secrets = json.loads((airflow.home / "secrets.json").read_text())
    login = {"username": "admin", "password": secrets["password"]}
    given = httpx.post(f"{airflow.client.url}/auth/token", json=login).json()["access_token"]
    claims = jwt.decode(given, options={"verify_signature": False})
    head = jwt.get_unverified_header(given)

    def token(role="ADMIN"):
        return jwt.encode(claims | {"role": role}, secrets["jwt"], algorithm=head["alg"], headers=head)

    return token


@pytest.fixture
def get(airflow, runs):
    """Ask for a page below /medallion as a program or a browser does, logged in or not."""

    def get(path, token=None, **headers):
        sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
        return httpx.get(f"{airflow.client.url}/medallion/{path}", headers=sent)

    return get


@pytest.mark.parametrize(
    "path",
    ["", "index.json", REPORT.format("steady"), DAILY.format("steady"), "nothing", "%2e%2e/secret.html"],
)
def test_nobody_reads_anything_without_a_login(get, path):
    assert get(path).status_code == 401
    assert get(path, "not.a.token").status_code == 403
    sent = get(path, **BROWSER)
    assert sent.status_code == 303
    assert unquote(sent.headers["location"]).endswith(f"/api/v2/auth/login?next=/medallion/{unquote(path)}")


@pytest.mark.parametrize("role", ["ADMIN", "VIEWER"])
def test_whoever_may_read_runs_reads_reports(get, token, role):
    fleet, report = get("", token(role)), get(REPORT.format("strict"), token(role))
    assert (fleet.status_code, report.status_code) == (200, 200)
    assert f'href="{REPORT.format("strict")}"' in fleet.text
    assert "amount_is_positive" in report.text
    assert "default-src 'none'" in report.headers["content-security-policy"]
    assert report.headers["cache-control"] == "private, no-store"
    assert (
        get(REPORT.format("steady").replace(".html", ".json"), token(role)).json()["client"]["id"] == "steady"
    )


@pytest.mark.parametrize("role", ["ADMIN", "VIEWER"])
def test_whoever_may_read_runs_reads_their_days(get, token, role):
    page, figures = (
        get(DAILY.format("steady").replace(".html", end), token(role)) for end in (".html", ".json")
    )
    assert 'href="../../../../steady/year=2026/month=01/day=15/run_report.html"' in page.text
    assert figures.json() == get("steady/latest_daily_report.json", token(role)).json()
    assert figures.json()["totals"] | {"score": 0, "seconds": 0} == {
        "outcome": "delivered",
        "runs": 1,
        "delivered": 1,
        "failed": 0,
        "no_report": 0,
        "score": 0,
        "threshold": 0.5,
        "seconds": 0,
    }
    assert figures.json()["not_read"] == ""
    assert [(one["entity"], one["rows"]) for one in figures.json()["extraction"]] == [
        ("orders", 10),
        ("people", 2),
    ]
    assert f'href="{DAILY.format("steady")}"' in get("", token(role)).text


@pytest.mark.parametrize(
    "path",
    ["", "index.json", REPORT.format("steady"), DAILY.format("steady"), "steady/latest_daily_report.json"],
)
def test_whoever_may_not_read_runs_reads_no_report(get, token, path):
    refused = get(path, token(role=None))
    assert refused.status_code == 403
    assert "steady</td>" not in refused.text


@pytest.mark.parametrize(
    "path",
    [
        "%2e%2e/secret.html",
        "steady%2F..%2F..%2Fsecret.html",
        "/etc/passwd",
        "steady/",
        ".index.lock",
        "steady/.daily.lock",
        "steady/year=2026/",
        "steady/year=2026/month=01/day=15/hour=0600/daily_report.html",
        f"..%2F{REPORT.format('reports/steady')}",
    ],
)
def test_there_is_nothing_but_reports(get, token, path):
    refused = get(path, token())
    assert refused.status_code == 404
    assert "No such page" in refused.text


def test_a_report_that_is_not_there_yet_says_when_it_will_be(get, token):
    for path in (REPORT.format("steady").replace("day=15", "day=16"), REPORT.format("nobody")):
        missing = get(path, token())
        assert missing.status_code == 404
        assert "written at the end of the run" in missing.text


def test_the_navigation_has_the_page_of_all_clients(airflow, token):
    answer = httpx.get(
        f"{airflow.client.url}/api/v2/plugins", headers={"Authorization": f"Bearer {token()}"}
    ).json()
    (ours,) = [one for one in answer["plugins"] if one["name"] == "medallion"]
    (view,) = ours["external_views"]
    assert (view["name"], view["href"], view["destination"]) == ("Medallion", "/medallion/", "nav")


def test_tasks_link_to_the_report_of_their_run(airflow, runs, get, token):
    def link(client, task_id):
        path = f"/api/v2/dags/{dag_id_of(client)}/dagRuns/{runs[client]}/taskInstances/{task_id}/links"
        answer = httpx.get(airflow.client.url + path, headers={"Authorization": f"Bearer {token()}"})
        return answer.json()["extra_links"]["Run report"]

    tasks = ["start", "extract_shop", "silver.build", "silver.gate", "quality_validation", "daily_report"]
    for client, ran in (
        ("steady", [*tasks, "load_to_data_warehouse", "cleanup_old_data"]),
        ("strict", tasks),
    ):
        assert {link(client, task_id) for task_id in ran} == {f"/medallion/{REPORT.format(client)}"}
    assert link("strict", "load_to_data_warehouse") is None  # it never ran


def test_gates_leave_their_verdict_and_the_report_what_became_of_the_run(airflow, runs):
    def noted(client, task_id=None):
        return airflow.client.noted(dag_id_of(client), runs[client], task_id)

    assert noted("steady", "bronze.gate") == "Medallion: **passed**. bronze: 4 nodes"
    blocked = noted("strict", "silver.gate")
    assert blocked.startswith("Medallion: **blocked**. silver: ")
    assert "| `amount_is_positive` | 0.90000 | 0.95 | 1 of 10 | **breached** |" in blocked
    assert noted("strict", "quality_validation").startswith(
        "Medallion: **blocked**. bronze: 4 nodes; silver: "
    )
    assert "[Report](/medallion/steady/year=2026/month=01/day=15/run_report.html)" in noted("steady")
    assert noted("steady").startswith(
        "Medallion: **delivered**. 2026-01-15 00:00 to 2026-01-16 00:00, score 0.9"
    )
    assert noted("strict").startswith("asked the vendor\n\nMedallion: **failed**. ")


def test_a_browser_logs_in_on_the_way_and_the_pages_keep_their_looks(airflow, runs):
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    secrets = json.loads((airflow.home / "secrets.json").read_text())
    said = []
    with sync_playwright() as driver:
        page = driver.chromium.launch(executable_path=program, args=["--no-sandbox"]).new_page(
            color_scheme="dark"
        )
        page.goto(f"{airflow.client.url}/medallion/")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", secrets["password"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/medallion/")
        page.on("console", lambda message: said.append(message.text))
        page.click("text=strict")
        page.wait_for_url(f"**/medallion/{REPORT.format('strict')}")
        # The page's own CSS is in force, and so are the lengths that its elements carry themselves.
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgba(0, 0, 0, 0)"
        assert page.evaluate("document.querySelector('.tick').style.left").endswith("%")
        assert page.evaluate("getComputedStyle(document.querySelector('.tick')).left") != "auto"
        page.click("text=The whole day")
        page.wait_for_url(f"**/medallion/{DAILY.format('strict')}")
        assert page.locator("figure svg").count() > 0
        page.click("text=All clients")
        page.wait_for_url("**/medallion/index.html")
    assert said == []
