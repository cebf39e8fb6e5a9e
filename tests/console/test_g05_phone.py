"""The phone page: find a stop, see what moves there, what is disturbed, and the way."""

import re

import pytest
from browser_window import DRAWN
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_search_departures_and_route(phone):
    page = phone.open("/go")
    city = phone.served.city
    page.get_by_role("button", name="Where to?").click()
    page.get_by_role("searchbox").fill(city.stop_name)
    page.locator("main li button", has_text=city.stop_name).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(city.stop_name)
    page.get_by_role("button", name="Route to here").click()
    page.get_by_role("tab", name="Car").click()
    expect(page.locator("main")).to_contain_text("Arrive", timeout=60_000)
    expect(page.locator("main")).to_contain_text(re.compile("most likely|min"))
    page.get_by_role("tab", name="On foot").click()
    expect(page.locator("main")).to_contain_text("Arrive", timeout=60_000)


def test_disturbances_are_told(phone):
    page = phone.open("/go")
    page.locator("main li button", has_text="jam-1 Street: slow").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("jam-1 Street")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("button", name="Where to?")).to_be_visible()


def test_targets_are_large_enough_for_a_thumb(phone):
    page = phone.open("/go")
    small = page.evaluate(
        """[...document.querySelectorAll('button, select, input')].filter(e => e.offsetParent)
           .map(e => [e.getBoundingClientRect(), e, getComputedStyle(e, '::before')])
           .filter(([r, e, before]) => Math.max(r.height, parseFloat(before.height) || 0) < 44 || r.width < 44)
           .map(([r, e]) => e.outerHTML.slice(0, 80) + r.width + 'x' + r.height)"""
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"


def test_it_can_be_put_on_the_home_screen(phone):
    page = phone.open("/go")
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then(r => r.json())")
    assert (manifest["start_url"], manifest["display"]) == ("/go", "standalone")
    for icon in manifest["icons"]:
        assert page.evaluate("src => fetch(src).then(r => r.status)", icon["src"]) == 200


def test_it_speaks_chinese(phone):
    page = phone.open("/go?lang=zh")
    expect(page.get_by_role("button", name="想去哪裡？")).to_be_visible()
    page.wait_for_selector(DRAWN)
    assert phone.count("--level-2") > 50
