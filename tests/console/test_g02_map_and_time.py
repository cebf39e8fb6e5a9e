"""The map is drawn, says what lies under the pointer, and follows the time line."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
ROADS = 250


def click_a_road(page):
    """Move over the map until the legend names a road, and click there."""
    box = page.locator(".maplibregl-canvas").bounding_box()
    for row in range(4, 36):
        for column in range(4, 36):
            page.mouse.move(box["x"] + box["width"] * column / 40, box["y"] + box["height"] * row / 40)
            if page.locator(".legend strong", has_text="km/h").count():
                page.mouse.down()
                page.mouse.up()
                return
    raise AssertionError("no road under any point of the map")


def test_the_city_is_there_and_its_roads_are_drawn(window):
    page = window.open()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tiny")
    assert window.count("--level-2") > ROADS, "at half of free speed the roads are slow"
    assert window.count("--land") > 20 * ROADS
    expect(page.locator(".chip.synthetic").first).to_be_visible()


def test_half_an_hour_ahead_is_another_picture(window):
    page = window.open()
    page.get_by_role("button", name="+30 min").click()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuenow", "30")
    expect(page.locator(".strip strong")).to_have_text("10:30")
    page.wait_for_timeout(1500)
    page.wait_for_selector("[data-state=idle]")
    assert window.count("--level-2") < ROADS / 2
    solid = window.count("--level-4") + window.count("--level-5")
    assert solid > ROADS, "the forecast is a jam"
    expect(page.locator(".legend")).to_contain_text("forecast")
    page.keyboard.press("n")
    page.wait_for_timeout(1500)
    page.wait_for_selector("[data-state=idle]")
    assert window.count("--level-2") > ROADS


def test_yesterday_comes_from_history(window):
    page = window.open()
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "-1440")
    page.wait_for_timeout(1500)
    page.wait_for_selector("[data-state=idle]")
    assert window.count("--level-0") > ROADS, "yesterday was free"


def test_the_slider_answers_to_keys_and_to_the_pointer(window):
    page = window.open()
    slider = page.get_by_role("slider")
    slider.focus()
    for key, value in [("ArrowRight", "5"), ("ArrowRight", "10"), ("Shift+ArrowLeft", "-5"), ("End", "60")]:
        page.keyboard.press(key)
        expect(slider).to_have_attribute("aria-valuenow", value)
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.64, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "0")


def test_a_click_on_a_road_shows_its_past_and_its_forecast(window):
    page = window.open()
    click_a_road(page)
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", level=2)).to_have_text(re.compile(r"\w"))
    expect(panel).to_contain_text("km/h")
    expect(panel.locator("canvas").first).to_be_visible()
    expect(panel.get_by_role("img").first).to_have_attribute("aria-label", re.compile("Speed"))
    panel.get_by_role("button", name="24 h").click()
    expect(panel.locator("canvas").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel.get_by_role("heading", name="Alerts")).to_be_visible()


def test_the_map_is_interactive_soon(window):
    page = window.open()
    ready = page.evaluate("performance.getEntriesByName('map-ready')[0].startTime")
    assert ready < 15_000, "generous: other tests share the machine; the figure is measured alone"
