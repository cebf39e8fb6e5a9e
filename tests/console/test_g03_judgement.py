"""An operator finds the worst thing, acknowledges it, and decides; by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def alert(page, name):
    return page.locator(f"[data-alert={name}]")


def test_the_worst_alert_stands_first_and_is_numbered_as_on_the_map(window):
    page = window.open()
    first = page.locator("[data-alert]").first
    expect(first).to_have_attribute("data-alert", "jam-1")
    expect(first.locator("svg text").first).to_have_text("1")
    expect(first).to_contain_text("severe")
    assert window.count("--level-4", 6) > 60, "its pin is on the map"


def test_a_visitor_is_asked_to_log_in_first(window):
    page = window.open()
    alert(page, "jam-1").get_by_role("button", name="Acknowledge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("ana")
    dialog.get_by_label("Password").fill("wrong")
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog.get_by_role("alert")).to_contain_text("wrong")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert not window.served.city.hub.alerts()[0].acknowledged_by


def test_an_operator_acknowledges_and_the_city_knows(window):
    page = window.open()
    window.log_in()
    alert(page, "jam-1").get_by_role("button", name="Acknowledge").click()
    expect(alert(page, "jam-1")).to_contain_text("Acknowledged by ana")
    expect(page.locator("[data-alert]").first).to_have_attribute("data-alert", "slow-1")
    known = {one.id: one.acknowledged_by for one in window.served.city.hub.alerts()}
    assert known == {"jam-1": "ana", "slow-1": ""}


def test_an_alert_that_arrives_is_shown_and_one_that_ends_leaves(window):
    import msgspec

    page = window.open()
    hub = window.served.city.hub
    hub.put_alerts([window.served.city.alert("new-1", "extreme", 20.0)], "traffic")
    expect(alert(page, "new-1")).to_be_visible()
    now = window.served.city.clock.now()
    ended = msgspec.structs.replace(window.served.city.alert("new-1", "extreme", 20.0), ended=now)
    hub.put_alerts([ended], "traffic")
    expect(alert(page, "new-1")).to_be_hidden()
    page.get_by_role("button", name="Show ended").click()
    expect(alert(page, "new-1")).to_contain_text("ended")


def test_a_decision_reads_as_a_sentence_with_its_interval_and_is_approved(window):
    page = window.open()
    window.log_in()
    card = page.locator("[data-decision=plan-1]")
    expect(card).to_contain_text("Run the peak plan (plan-1)")
    expect(card).to_contain_text("−180")
    expect(card).to_contain_text("Side streets wait 9 s longer")
    card.get_by_role("button", name="Why").click()
    expect(card).to_contain_text("Occupancy of the northern arm")
    expect(card).to_contain_text("Stay as it is")
    card.get_by_role("button", name="Approve").click()
    expect(card).to_be_hidden()
    decided = window.served.city.hub.decision("plan-1")
    assert (decided.state, decided.decided_by) == ("approved", "ana")
    page.get_by_role("button", name="Earlier").click()
    expect(page.locator("[data-decision=plan-1]")).to_contain_text("approved")


def test_not_now_takes_a_reason(window):
    page = window.open()
    window.log_in()
    card = page.locator("[data-decision=plan-2]")
    card.get_by_role("button", name="Not now").click()
    card.get_by_placeholder("Reason").fill("race day")
    page.keyboard.press("Enter")
    expect(card).to_be_hidden()
    decided = window.served.city.hub.decision("plan-2")
    assert (decided.state, decided.reason) == ("rejected", "race day")


def test_the_desk_is_run_from_the_keyboard(window):
    page = window.open()
    window.log_in()
    for key in ("j", "j", "j"):
        page.keyboard.press(key)
    expect(page.locator("[data-mark=true]")).to_have_attribute("data-alert", "jam-1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="jam-1 Street: slow")).to_be_visible()
    page.keyboard.press("a")
    expect(page.locator("#panel")).to_contain_text("Acknowledged by ana")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(page.locator("[data-decision]")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("approve, or acknowledge")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()


def test_search_finds_a_stop_and_opens_its_departures(window):
    page = window.open()
    page.keyboard.press("/")
    page.keyboard.type(window.served.city.stop_name)
    expect(page.get_by_role("option").first).to_contain_text(window.served.city.stop_name)
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("Departures")


def test_health_shows_feeds_and_what_was_refused(window):
    import numpy as np

    from guia.core.columns import Batch

    city = window.served.city
    city.hub.ingest(Batch.of(city.speed[:1], city.clock.now(), np.array([np.nan])), "detectors")
    page = window.open()
    page.get_by_role("button", name="Health").click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("detectors")
    expect(panel.locator("li strong").first).to_be_visible()
    expect(panel).to_contain_text("Sources")
