import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_window import PASSWORD, Served, Window
from playwright.sync_api import Browser, sync_playwright
from recorded_city import RecordedCity

from guia.benchmarks.console import FLAGS, chromium
from guia.web.accounts import Accounts
from guia.web.routes.console import STATIC


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as scripts/browser.sh sees to it.

    It ends with the file: while it is open, its event loop keeps asynchronous tests of the process from running.
    """
    path = chromium()
    assert path, "no Chromium: run scripts/browser.sh"
    assert (STATIC / "index.html").is_file(), "the console is not built: run scripts/console.sh"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def accounts_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("console-accounts")
    accounts = Accounts(folder)
    accounts.add("ana", PASSWORD, "operator", "roads")
    accounts.close()
    return folder / "accounts.db"


@pytest.fixture
def served(accounts_db: Path) -> Iterator[Served]:
    folder = Path(tempfile.mkdtemp(prefix="guia-console-"))
    data = folder / "tiny"
    data.mkdir()
    shutil.copy(accounts_db, data)
    city = RecordedCity(data)
    served = Served(city)
    yield served
    served.stop()
    city.hub.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def window(browser: Browser, served: Served) -> Iterator[Window]:
    window = Window(browser, served, color_scheme="light", locale="en-GB")
    yield window
    window.close()


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Window]:
    window = Window(
        browser,
        served,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        locale="en-GB",
    )
    yield window
    window.close()
