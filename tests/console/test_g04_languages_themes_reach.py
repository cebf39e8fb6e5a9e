"""Three languages, two themes, and a city that goes away and comes back."""

import re

import pytest
from browser_window import DRAWN, Served, Window
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_languages_are_chosen_and_kept(window):
    page = window.open()
    page.get_by_role("combobox", name="Language").select_option("zh")
    expect(page.get_by_role("heading", name=re.compile("警報"))).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("警報"))).to_be_visible()
    page.get_by_role("combobox", name="語言").select_option("pt")
    expect(page.get_by_role("heading", name=re.compile("Alertas"))).to_be_visible()
    expect(page.locator("[data-alert=jam-1]")).to_contain_text("Rua jam-1")


def test_chinese_is_drawn_by_the_fonts_that_ship(window):
    page = window.open("/?lang=zh")
    page.evaluate("document.fonts.ready")
    shipped = page.evaluate(
        "[...document.fonts].filter(f => f.status === 'loaded' && f.family.includes('Noto Sans TC')).length"
    )
    assert shipped > 0


def test_street_names_are_on_the_map(window):
    """The same view in two languages differs where the names stand, so glyphs were drawn for both."""
    shots = []
    for lang in ("zh", "pt"):
        page = window.open(f"/?lang={lang}")
        page.locator(".maplibregl-canvas").focus()
        for _ in range(2):
            page.keyboard.press("+")
            page.wait_for_timeout(900)
        page.wait_for_selector(DRAWN)
        page.wait_for_timeout(500)
        shots.append(window.count("--ink", 70))
    assert min(shots) > 40
    assert shots[0] != shots[1]


def test_dark_follows_the_system_and_the_button(browser, served):
    window = Window(browser, served, color_scheme="dark", locale="en-GB")
    page = window.open()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert window.count("--land", 4) > 5000
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.wait_for_timeout(1500)
    page.wait_for_selector(DRAWN)
    assert window.count("--land", 4) > 5000
    assert window.count("--level-2") > 200, "roads keep their state"
    window.close()


def test_reduced_motion_is_honoured(browser, served):
    window = Window(browser, served, reduced_motion="reduce", locale="en-GB")
    page = window.open()
    assert page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--quick')") in (
        "0ms",
        "0s",
    )
    window.close()


def test_a_city_that_goes_away_says_so_and_comes_back(window):
    page = window.open()
    port = window.served.port
    window.served.stop()
    expect(page.get_by_role("status")).to_contain_text("does not answer", timeout=20_000)
    expect(page.locator("[data-alert=jam-1]")).to_be_visible()
    again = Served(window.served.city, port)
    try:
        expect(page.get_by_role("status")).to_be_hidden(timeout=20_000)
    finally:
        again.stop()


def test_everything_that_acts_has_a_name_and_shows_its_focus(window):
    page = window.open()
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, a, input, select, [role=slider]')]
           .filter(e => !(e.innerText || e.ariaLabel || e.labels?.[0]?.innerText || e.title || '').trim())
           .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
