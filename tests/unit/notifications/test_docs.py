from pathlib import Path

import pytest

from medallion.notifications import render
from pages.messages import KINDS, hostile

PAGE = (Path(__file__).parents[3] / "docs" / "notifications.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [one for one in KINDS if one is not hostile], ids=lambda one: one.__name__)
def test_the_page_shows_each_kind_as_it_is_told(kind):
    assert f"```text\n{render(kind()).text.rstrip()}\n```" in PAGE
