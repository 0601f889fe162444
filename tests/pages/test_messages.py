"""Mails as a browser shows them: light and dark, on a telephone and on a desk."""

import pytest

from medallion.notifications import render
from pages.messages import KINDS, hostile
from pages.samples import HOSTILE
from pages.test_pages import CUT

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (380, 1000)]


@pytest.fixture(scope="module")
def mail(browser):
    """Show a message; what it asks for beside itself and what it complains of is gathered."""
    context = browser.new_context()
    page = context.new_page()
    page.asked, page.errors = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))

    def mail(message, scheme="light", width=1000):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        page.set_content(render(message).html)
        return page

    yield mail
    context.close()


@pytest.mark.parametrize("message", [pytest.param(kind(), id=kind.__name__) for kind in KINDS])
def test_a_mail_fits_its_window_and_axe_finds_nothing_serious(mail, axe, message):
    for scheme, width in LOOKS:
        page = mail(message, scheme, width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(CUT) == []
        found = axe.run(page).response["violations"]
        assert [one["help"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert (page.asked, page.errors) == ([], [])


def test_light_and_dark_are_different(mail):
    colour = "getComputedStyle(document.querySelector('main')).backgroundColor"
    assert len({mail(KINDS[0](), scheme).evaluate(colour) for scheme in ("light", "dark")}) == 2


def test_hostile_names_stay_text(mail):
    page = mail(hostile())
    assert page.title() != "stolen"
    assert page.locator("script, img, iframe, a").count() == 0
    assert HOSTILE in page.locator("body").inner_text()
