"""A browser that all tests of this folder share, with the commands that they need."""

import pytest

from tests.browser import CHROMIUM, DRIVER, chromium, emulate


def pytest_collection_modifyitems(items):
    """Every test here is of a browser, and of one process, which starts it once."""
    for item in items:
        if "/tests/pages/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="package")
def driver():
    """The browser, which logs what pages complain of."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("needs Debian's chromium and chromium-driver")
    yield from chromium()


class Browser:
    """The browser with the commands that tests need."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, path, width=1280, scheme="light", media="screen"):
        """Show a file, in so many pixels and in a colour scheme."""
        emulate(self.driver, width=width, scheme=scheme)
        if media != "screen":
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.command("Emulation.setEmulatedMedia", media=media, features=features)
        self.driver.get(path.as_uri())
        return self

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def run(self, script, *arguments):
        """The value of an expression of JavaScript."""
        return self.driver.execute_script(f"return {script}", *arguments)

    def log(self):
        """The lines that the page wrote to the console, errors among them."""
        return self.driver.get_log("browser")


@pytest.fixture
def browser(driver):
    driver.get_log("browser")  # those of other tests
    return Browser(driver)
