"""The colours of 10-tokens.css: readable in both schemes, by the measure of WCAG 2.2."""

import math
import re
from typing import Final, NamedTuple

import pytest

from webapp.app import ROOT

TOKENS: Final = (ROOT / "static" / "css" / "10-tokens.css").read_text()
RAW: Final = re.findall(r"--([\w-]+): light-dark\(oklch\(([^)/]+)\), oklch\(([^)/]+)\)\);", TOKENS)
MEANING: Final = dict(re.findall(r"--([\w-]+): var\(--([\w-]+)\);", TOKENS))
SCHEMES: Final = ("light", "dark")


class Colour(NamedTuple):
    """Linear light, from 0 to 1."""

    red: float
    green: float
    blue: float

    @property
    def luminance(self) -> float:
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue

    @property
    def hex(self) -> str:
        return "#" + "".join(f"{round(255 * _encoded(part)):02x}" for part in self)


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def oklch(text: str) -> Colour:
    """A colour as CSS writes it: "62% 0.014 85". The matrices are those of CSS Color 4."""
    lightness, chroma, hue = (float(part.rstrip("%")) for part in text.split())
    lightness /= 100
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return Colour(*(min(1.0, max(0.0, part)) for part in linear))


COLOURS: Final = {
    (name, scheme): oklch(text) for name, *both in RAW for scheme, text in zip(SCHEMES, both, strict=True)
}


def colour(meaning: str, scheme: str) -> Colour:
    return COLOURS[MEANING[meaning], scheme]


def contrast(one: Colour, other: Colour) -> float:
    """From 1, the same, to 21, black on white."""
    dark, light = sorted((one.luminance, other.luminance))
    return (light + 0.05) / (dark + 0.05)


GROUNDS: Final = ("page", "panel", "raised")
READ: Final = [
    *((text, ground) for text in ("text", "text-soft", "accent", "danger") for ground in GROUNDS),
    ("text", "accent-wash"),
    ("text", "danger-wash"),
    ("text", "warning-wash"),
    ("danger", "danger-wash"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("page", "danger"),
]
SEEN: Final = [(mark, ground) for mark in ("outline", "focus") for ground in GROUNDS]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), READ)
def test_what_is_read_stands_out_from_its_ground(text: str, ground: str, scheme: str) -> None:
    assert contrast(colour(text, scheme), colour(ground, scheme)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("mark", "ground"), SEEN)
def test_what_can_be_filled_in_or_has_the_focus_is_seen(mark: str, ground: str, scheme: str) -> None:
    assert contrast(colour(mark, scheme), colour(ground, scheme)) >= 3


def test_the_bar_of_a_browser_has_the_colour_of_the_page() -> None:
    look = (ROOT / "templates" / "layouts" / "_look.html").read_text()
    told = dict(re.findall(r'\("(light|dark)", "(#\w+)"\)', look))
    assert told == {scheme: colour("page", scheme).hex for scheme in SCHEMES}
