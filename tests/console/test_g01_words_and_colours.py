"""What needs no browser: every word in three languages, every colour legible."""

import re
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "ui" / "src"
TEXT_ON = [
    ("ink", "panel"), ("ink", "paper"), ("ink", "sunk"), ("muted", "panel"), ("muted", "paper"), ("muted", "sunk"),
    ("azulejo", "panel"), ("azulejo", "sunk"), ("azulejo", "azulejo-soft"), ("on-azulejo", "azulejo"),
    ("terracotta", "panel"), ("ink", "terracotta-soft"), ("pine", "panel"), ("panel", "level-4"),
    ("panel", "terracotta"), ("panel", "muted"), ("ink", "azulejo-soft"), ("ink", "land"),
]  # fmt: skip
SHAPE_ON = [("line-strong", "panel"), ("level-3", "land"), ("level-4", "land"), ("level-5", "land")]


def tokens(theme: str) -> dict[str, str]:
    text = (UI / "tokens.css").read_text()
    light, dark = text.split(":root[data-theme='dark']")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark)) if theme == "dark" else found


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_legible(theme):
    palette = tokens(theme)
    weak = {(f, b): round(contrast(palette[f], palette[b]), 2) for f, b in TEXT_ON}
    assert not {pair: ratio for pair, ratio in weak.items() if ratio < 4.5}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shapes_that_matter_stand_out(theme):
    palette = tokens(theme)
    assert all(contrast(palette[f], palette[b]) >= 3 for f, b in SHAPE_ON)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_worse_is_always_further_from_the_ground(theme):
    palette = tokens(theme)
    ratios = [contrast(palette[f"level-{level}"], palette["land"]) for level in range(6)]
    assert ratios == sorted(ratios)


def words() -> dict[str, list[str]]:
    text = (UI / "lib" / "words.ts").read_text()
    entry = r"^  '?([\w-]+)'?: \[\s*((?:'(?:[^'\\]|\\.)*'\s*,?\s*){3})\],"
    return {k: re.findall(r"'((?:[^'\\]|\\.)*)'", v) for k, v in re.findall(entry, text, re.M)}


def test_every_word_is_said_in_three_languages_with_the_same_parts():
    found = words()
    assert len(found) > 150
    for key, said in found.items():
        assert [bool(text) for text in said] == [True] * 3, key
        parts = [sorted(re.findall(r"\{\w+\}", text)) for text in said]
        assert parts[0] == parts[1] == parts[2], key


def test_chinese_is_written_with_its_own_punctuation():
    for key, (_, zh, _) in words().items():
        assert not re.search(r"[\u4e00-\u9fff][,:;?!]", zh), key


def test_every_word_is_used():
    source = "\n".join(
        f.read_text() for f in UI.rglob("*") if f.suffix in {".svelte", ".ts"} and f.name != "words.ts"
    )
    spoken_by_value = {"real", "other-city", "synthetic"} | {f"level{n}" for n in range(6)}
    by_data = {"speed", "flow", "level", "count", "occupancy", "stage", "plan", "expired", "withdrawn"}
    known = spoken_by_value | by_data
    unused = [k for k in words() if k not in known and not re.search(rf"['\"`]{k}['\"`]|\b{k}\b", source)]
    assert not unused
