"""The page of `losscli report` in a browser: Debian's Chromium, without a display."""

from pathlib import Path

import numpy as np
import pytest

from losscli import evaluate, report
from tests.browser import browser_fixture, emulate, needs_browser

__all__ = ["browser_fixture"]  # which the tests take as `browser`
pytestmark = needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a page with groups and gates, and hostile names in it."""
    folder = tmp_path_factory.mktemp("report")
    target, names = np.arange(60.0), ["<img src=x onerror=document.title='hit'>", "b", "c"]
    by = {"name": np.array(names)[np.arange(60) % 3]}
    evaluate(target + np.arange(60) % 3, target, loss=["mae", "mse"], by=by,
             gate=["mae <= 0.5"], output=str(folder / "eval.json"))  # fmt: skip
    report(folder / "eval.json", output=folder / "report.html")
    return Path(folder / "report.html").as_uri()


def test_nothing_is_logged_or_requested(browser, page):
    """Not even by hostile names; nothing but the page itself was loaded."""
    browser.get(page)
    assert browser.get_log("browser") == []
    loaded = "return performance.getEntriesByType('resource').length"
    assert browser.execute_script(loaded) == 0
    assert "hit" not in browser.title


@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_every_width(browser, page, width, scheme):
    """Tables scroll within themselves; the scheme changes the colours."""
    emulate(browser, width=width, scheme=scheme)
    browser.get(page)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert (browser.execute_script(colour) == "rgb(255, 255, 255)") is (scheme == "light")


def test_a_click_on_a_header_sorts(browser, page):
    """Upwards, then downwards; the header says so to who does not see it."""
    browser.get(page)
    table = "document.querySelector('#s-3 table')"
    click = f"const head = {table}.querySelectorAll('th')[2]; head.querySelector('button').click();"
    values = f"return [...{table}.tBodies[0].rows].map(row => parseFloat(row.cells[2].textContent))"
    for word in ("ascending", "descending"):
        browser.execute_script(click)
        found = browser.execute_script(values)
        assert found == sorted(found, reverse=word == "descending")
        sort = f"return {table}.querySelectorAll('th')[2].getAttribute('aria-sort')"
        assert browser.execute_script(sort) == word
