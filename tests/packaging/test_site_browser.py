"""The documentation site in a browser, as `make docs` built it."""

import functools
import http.server
import threading

import pytest

from tests.browser import browser_fixture, emulate, needs_browser
from tests.packaging.test_files import ROOT

__all__ = ["browser_fixture"]  # which the tests take as `browser`
SITE = ROOT / "build" / "site"
PAGES = ["index.html", "reference/losses/smooth_l1.html", "reference/commands.html"]
pytestmark = [
    needs_browser,
    pytest.mark.skipif(not SITE.exists(), reason="`make docs` builds the site"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, *_):
        """Ignore a request."""


@pytest.fixture(scope="module")
def address():
    """The address at which the site is served."""
    handler = functools.partial(Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_from_its_own_host_and_fits_a_phone(browser, address, page):
    """Nothing is logged; tables and code scroll within themselves."""
    emulate(browser, width=360)
    browser.get(f"{address}/{page}")
    assert browser.get_log("browser") == []
    loaded = "return performance.getEntriesByType('resource').map(each => each.name)"
    assert [name for name in browser.execute_script(loaded) if not name.startswith(address)] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360


def test_curves_follow_the_scheme_of_the_page(browser, address):
    """A black line could not be seen on a dark page."""
    colour = "return getComputedStyle(document.querySelector('.curve')).stroke"
    found = []
    for scheme in ("light", "dark"):
        emulate(browser, width=1280, scheme=scheme)
        browser.get(f"{address}/{PAGES[1]}")
        found.append(browser.execute_script(colour))
    assert found[0] != found[1]
    assert browser.execute_script("return document.querySelectorAll('.curves svg').length") == 2
