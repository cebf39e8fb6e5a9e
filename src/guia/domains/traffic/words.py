"""Sentences of the traffic domain in English, Traditional Chinese and Portuguese."""

from datetime import UTC, datetime, tzinfo

from guia.core.alert import Text
from guia.core.clock import MINUTE, SECOND

PLAN_NAMES = {
    "peak": {"en": "peak", "zh": "繁忙時段", "pt": "hora de ponta"},
    "off-peak": {"en": "off-peak", "zh": "非繁忙時段", "pt": "fora de ponta"},
    "night": {"en": "night", "zh": "夜間", "pt": "noite"},
}


def hour(instant: int, zone: tzinfo) -> str:
    """Local time of day, `17:42`."""
    return datetime.fromtimestamp(instant // SECOND, UTC).astimezone(zone).strftime("%H:%M")


def about(instant: int, zone: tzinfo) -> str:
    """Local time of day to the nearest five minutes."""
    return hour((instant + 150 * SECOND) // (5 * MINUTE) * (5 * MINUTE), zone)


def congestion(
    street: Text, towards: Text, standing: bool, since: int, until: int, delay_min: float, zone: tzinfo
) -> Text:
    """A jam as a sentence: where, which way, since when, how bad, until when (0: longer than an hour)."""
    minutes = max(1, round(delay_min))
    start = hour(since, zone)
    to = {
        k: f" towards {v}" if k == "en" else f"往{v}方向" if k == "zh" else f" em direcção a {v}"
        for k, v in towards.items()
    }
    end = about(until, zone) if until else ""
    en = f"{street['en']}: {'at a standstill' if standing else 'slow'}{to.get('en', '')} since {start}, "
    zh = f"{street['zh']}：{to.get('zh', '')}自{start}起{'交通癱瘓' if standing else '行車緩慢'}，"
    pt = f"{street['pt']}: trânsito {'parado' if standing else 'lento'}{to.get('pt', '')} desde as {start}, "
    return {
        "en": en + (f"until about {end}" if end else "for more than an hour yet") + f"; {minutes} min longer",
        "zh": zh + (f"預計{end}前後恢復" if end else "預計持續一小時以上") + f"；行車時間多約{minutes}分鐘",
        "pt": pt + (f"até cerca das {end}" if end else "por mais de uma hora") + f"; mais {minutes} min",
    }


def plan_name(name: str) -> Text:
    """A stored plan's name in each language."""
    return PLAN_NAMES.get(name, {"en": name, "zh": name, "pt": name})
