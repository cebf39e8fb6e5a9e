"""Sentences of the traffic domain in English, Traditional Chinese and Portuguese."""

from datetime import UTC, datetime, tzinfo

from guia.core.alert import Text
from guia.core.clock import MINUTE, SECOND
from guia.core.decision import Effect
from guia.domains.traffic.streets import complete
from guia.packs.signals import Plan

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


def run_plan(junction: Text, new: Plan, old: Plan, until: str, effect: Effect) -> Text:
    """A proposal to run another stored plan until the timetable changes, with what it should change."""
    names = complete(junction)
    to, was = plan_name(new.name), plan_name(old.name)
    saved = f"{-effect.value:.1f} ({-effect.high:.1f}-{-effect.low:.1f})"
    return {
        "en": f"{names['en']}: run the {to['en']} plan (cycle {new.cycle_s} s) instead of {was['en']} "
        f"({old.cycle_s} s) from now until {until}; saves about {saved} vehicle-hours of waiting an hour",
        "zh": f"{names['zh']}：由現在起至{until}以「{to['zh']}」方案（週期{new.cycle_s}秒）取代「{was['zh']}」方案"
        f"（{old.cycle_s}秒）；預計每小時減少約{saved}車小時等候",
        "pt": f"{names['pt']}: usar já e até às {until} o plano {to['pt']} (ciclo de {new.cycle_s} s) em vez de "
        f"{was['pt']} ({old.cycle_s} s); poupa cerca de {saved.replace('.', ',')} veículos-hora de espera por hora",
    }


def plan_cost(street: Text, longer_s: float, cycle_s: int) -> Text:
    """What another plan costs the arm that loses most, and people on foot."""
    parts: dict[str, list[str]] = {"en": [], "zh": [], "pt": []}
    if longer_s >= 1:
        parts["en"].append(f"{street['en']}: each vehicle waits about {longer_s:.0f} s longer")
        parts["zh"].append(f"{street['zh']}：每輛車多等約{longer_s:.0f}秒")
        parts["pt"].append(f"{street['pt']}: cada veículo espera mais cerca de {longer_s:.0f} s")
    if cycle_s > 0:
        parts["en"].append(f"people on foot wait up to {cycle_s} s longer")
        parts["zh"].append(f"行人最多多等{cycle_s}秒")
        parts["pt"].append(f"os peões esperam até mais {cycle_s} s")
    if not parts["en"]:
        return {
            "en": "No arm waits longer.",
            "zh": "各方向均不會等得更久。",
            "pt": "Nenhum sentido espera mais.",
        }
    return {
        "en": "; ".join(parts["en"]) + ".",
        "zh": "；".join(parts["zh"]) + "。",
        "pt": "; ".join(parts["pt"]) + ".",
    }


def arm_flow(street: Text, flow_h: float, how: str) -> Text:
    """The flow on an arm, and how it is known: `counted`, `upstream`, `assumed` or `queue`."""
    known = {
        "counted": ("counted here", "本路段點算", "contados aqui"),
        "upstream": ("from a detector upstream", "按上游偵測器推算", "a partir de um detector a montante"),
        "queue": (
            "as many as its green lets through: it queues",
            "車龍未清，按綠燈容量計",
            "tantos quantos o verde deixa passar: há fila",
        ),
        "assumed": ("assumed from the other arms", "按其他方向假設", "supostos a partir dos outros sentidos"),
    }[how]
    return {
        "en": f"{street['en']}: about {flow_h:.0f} vehicles an hour expected, {known[0]}",
        "zh": f"{street['zh']}：預計每小時約{flow_h:.0f}輛，{known[1]}",
        "pt": f"{street['pt']}: esperam-se cerca de {flow_h:.0f} veículos por hora, {known[2]}",
    }
