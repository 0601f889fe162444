"""The machine's own Chromium, and the pages as a browser gets them: files that nobody serves."""

import shutil
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from medallion.reports import render_report
from medallion.reports.daily_page import render_daily
from medallion.reports.fleet_page import render_fleet
from pages import samples


# Playwright keeps an event loop running while it is open: other files' tests may want one of their own.
@pytest.fixture(scope="module")
def browser():
    """One browser for all tests; it ends with its driver, which is a child of this process."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe():
    """Axe-core, whose script its package brings: nothing is fetched."""
    return Axe()


@pytest.fixture(scope="module", params=["delivered", "failed", "daily", "fleet"])
def seen(request, browser, tmp_path_factory):
    """A page of each kind, everything unfolded, with what it asked for and what went wrong."""
    draw = {"fleet": render_fleet, "daily": render_daily}.get(request.param, render_report)
    file = tmp_path_factory.mktemp("pages") / f"{request.param}.html"
    file.write_text(draw(getattr(samples, request.param)()), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    seen = SimpleNamespace(page=page, address=file.as_uri(), asked=[], errors=[])
    page.on("request", lambda request: seen.asked.append(request.url))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("console", lambda message: seen.errors.append(message.text))
    page.goto(seen.address)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    yield seen
    context.close()


@pytest.fixture
def look(seen):
    """Look at the page on a screen, or on paper."""

    def look(scheme="light", width=1400, media="screen"):
        seen.page.set_viewport_size({"width": width, "height": 900})
        seen.page.emulate_media(media=media, color_scheme=scheme)
        return seen.page

    return look
