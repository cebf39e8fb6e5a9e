"""Macau's public and mandatory holidays of 2026 and 2027, and the GTFS services that depend on them.

Public holidays: Executive Order 60/2000; mandatory ones: Law 7/2008, article 44, as amended in 2020. The lunar and
Easter dates were worked out by hand from these rules: for review against the bureau's yearly list.
"""

from datetime import date

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
MANDATORY = frozenset(
    date.fromisoformat(d)
    for d in (
        "2026-01-01", "2026-02-17", "2026-02-18", "2026-02-19", "2026-04-05", "2026-05-01", "2026-09-26",
        "2026-10-01", "2026-10-18", "2026-12-20",
        "2027-01-01", "2027-02-06", "2027-02-07", "2027-02-08", "2027-04-05", "2027-05-01", "2027-09-16",
        "2027-10-01", "2027-10-08", "2027-12-20",
    )
)  # fmt: skip
PUBLIC = MANDATORY | frozenset(
    date.fromisoformat(d)
    for d in (
        "2026-04-03", "2026-04-04", "2026-05-24", "2026-06-19", "2026-10-02", "2026-11-02", "2026-12-08",
        "2026-12-22", "2026-12-24", "2026-12-25",
        "2027-03-26", "2027-03-27", "2027-05-13", "2027-06-09", "2027-10-02", "2027-11-02", "2027-12-08",
        "2027-12-22", "2027-12-24", "2027-12-25",
    )
)  # fmt: skip

SERVICES = {
    "daily": ("1111111", frozenset(), False),
    "mon-sat": ("1111110", PUBLIC, False),
    "mon-fri": ("1111100", PUBLIC, False),
    "sat": ("0000010", PUBLIC, False),
    "sun-hol": ("0000001", PUBLIC, True),
    "sat-sun-hol": ("0000011", PUBLIC, True),
    "mon-sat-mandatory": ("1111110", MANDATORY, False),
    "mon-fri-mandatory": ("1111100", MANDATORY, False),
    "mon-thu": ("1111000", PUBLIC, False),
    "fri": ("0000100", PUBLIC, False),
    "sat-sun": ("0000011", frozenset(), False),
}
"""Per service: weekdays from Monday, the holidays that matter, and whether it runs on them (or rests)."""

PERIODS = {
    "每日": "daily",
    "星期一至六（公眾假期除外）": "mon-sat",
    "星期一至五（公眾假期除外）": "mon-fri",
    "星期六（公眾假期除外）": "sat",
    "星期日及公眾假期": "sun-hol",
    "星期六、日及公眾假期": "sat-sun-hol",
    "星期一至六（強制性假日除外）": "mon-sat-mandatory",
    "星期一至五（強制性假日除外）": "mon-fri-mandatory",
    "星期一至五（公眾假期及澳門大學休假日除外）": "mon-fri",
}
"""Service of each period text; the university's own holidays are not published and left out."""

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def calendar(used: set[str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of calendar.txt and calendar_dates.txt for the services in use."""
    weekly, exceptions = [], []
    for service in sorted(used):
        days, holidays, runs = SERVICES[service]
        weekly.append({
            "service_id": service, **dict(zip(_WEEKDAYS, map(int, days), strict=True)),
            "start_date": f"{FIRST:%Y%m%d}", "end_date": f"{LAST:%Y%m%d}",
        })  # fmt: skip
        for day in sorted(holidays):
            usual = days[day.weekday()] == "1"
            if usual != runs:
                kind = 1 if runs else 2
                exceptions.append({"service_id": service, "date": f"{day:%Y%m%d}", "exception_type": kind})
    return weekly, exceptions
