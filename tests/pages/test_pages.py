import pytest

from pages.samples import HOSTILE

#: Every way to look at a page: light and dark, on a telephone and on a desk.
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (380, 1400)]

#: Elements that stick out of the window, or whose text is cut off by their own edges.
CUT = """
() => [...document.body.querySelectorAll('*')].filter(one => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one)
  const hidden = one.closest('thead') && getComputedStyle(one.closest('thead')).clipPath !== 'none'
  if (!box.width || hidden || one.closest('svg, [style*=left]')) return false
  const clipped = style.overflowX !== 'visible' && one.scrollWidth > one.clientWidth + 1
  return clipped || box.right > innerWidth + 1
}).map(one => one.tagName + ' ' + one.textContent.trim().slice(0, 60))
"""


@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_a_page_fits_its_window_and_axe_finds_nothing_serious(look, axe, scheme, width):
    page = look(scheme, width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(CUT) == []
    found = axe.run(page).response["violations"]
    assert [one["help"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_a_page_asks_for_nothing_but_itself(seen):
    assert seen.asked == [seen.address]
    assert seen.errors == []


def test_light_and_dark_are_different(look):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert len({look(scheme).evaluate(colour) for scheme in ("light", "dark")}) == 2


def test_hostile_names_stay_text(look):
    page = look()
    assert page.title() != "stolen"
    assert page.locator("script, img, iframe").count() == 0
    assert HOSTILE in page.locator("body").inner_text()


def test_the_keyboard_reaches_links_and_folded_parts(look):
    page = look()
    tags = page.eval_on_selector_all("a, summary, pre", "all => all.map(one => one.tagName)")
    reached = set()
    for _ in tags:
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert reached == set(tags)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_shows_everything_dark_on_white(look, scheme):
    page = look(scheme, width=718, media="print")  # a sheet of A4 between its margins
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = false })")
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    assert page.evaluate(CUT) == []
    shade = page.evaluate("getComputedStyle(document.body).color").removeprefix("rgb(").split(",")[0]
    assert int(shade) < 80
    folded = "all => all.filter(one => one.closest('details').offsetHeight < one.offsetHeight).length"
    assert page.eval_on_selector_all("details table", folded) == 0
    tall = "all => all.filter(one => one.scrollHeight > one.clientHeight + 1).length"
    assert page.eval_on_selector_all("pre", tall) == 0
    assert page.pdf().startswith(b"%PDF")
