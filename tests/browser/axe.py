"""Looks for breaches of WCAG 2.2 A and AA and of good practice, with axe-core."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from playwright.async_api import Page

from tests.fakes.app_server import ROOT

SOURCE: Final = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
COLOURS: Final = ("color-contrast", "link-in-text-block")  # the rules that look at them, of these

_RUN: Final = """async ([type, values]) => {
    const options = { runOnly: { type, values }, resultTypes: ["violations"] };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.html.slice(0, 150)) }));
}"""


class Look(NamedTuple):
    """One size of window in one colour scheme. `rules`: all of them, or those on colours where the rest was seen."""

    width: int
    height: int
    scheme: Any
    rules: tuple[str, Sequence[str]] = ("tag", TAGS)

    def __str__(self) -> str:
        return f"{self.width}, {self.scheme}"


LOOKS: Final = (
    Look(1280, 800, "light"),
    Look(1280, 800, "dark", ("rule", COLOURS)),
    Look(390, 844, "light", ("rule", COLOURS)),
    Look(390, 844, "dark"),
)


async def breaches(page: Page, looks: tuple[Look, ...] = LOOKS) -> list[str]:
    """What is wrong with the page as it stands, in each look. Nothing moves meanwhile: a colour on its way is none."""
    await page.evaluate(SOURCE)
    found = []
    for look in looks:
        await page.set_viewport_size({"width": look.width, "height": look.height})
        await page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
        for breach in await page.evaluate(_RUN, list(look.rules)):
            found += [f"{look}: {breach['id']}: {node}" for node in breach["nodes"]]
    return found
