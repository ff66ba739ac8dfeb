"""What a person sees and does, as verbs. Elements are found by role and label, as a person finds them."""

import re
from typing import Final

from playwright.async_api import Locator, Page, expect

# Chromium logs every refused request, also those that a story is about.
_EXPECTED: Final = re.compile(
    r"Failed to load resource|net::ERR|htmx:sse:error|TypeError: network error|Failed to fetch"
)


# Playwright scrolls before it tries again to click what moves, and a message's menu, which is anchored, follows a frame
# later: the button could be pressed on one item and released on another.
_STANDS: Final = "async (menu) => { await Promise.all(menu.getAnimations().map((animation) => animation.finished)); }"


async def opened_menu(turn: Locator) -> Locator:
    """Opens a message's menu, and returns it when it has unfolded."""
    await turn.get_by_role("button", name="More actions").click()
    menu = turn.locator(".actions")
    await expect(menu).to_be_visible()
    await menu.evaluate(_STANDS)
    return menu


class Screen:
    """One tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self._hear(str(error)))

    def _hear(self, complaint: str) -> None:
        if not _EXPECTED.search(complaint):
            self.complaints.append(complaint)

    # Where

    async def open(self, path: str = "/") -> None:
        await self.page.goto(self.url + path, wait_until="domcontentloaded")

    async def reload(self) -> None:
        await self.page.reload(wait_until="domcontentloaded")

    async def back(self) -> None:
        await self.page.go_back()

    async def forward(self) -> None:
        await self.page.go_forward()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.url)

    # What there is

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    @property
    def model(self) -> Locator:
        return self.page.get_by_role("combobox", name="Model")

    @property
    def answers(self) -> Locator:
        return self.page.get_by_role("article", name="Answer")

    @property
    def questions(self) -> Locator:
        return self.page.get_by_role("article", name="You").locator(".message__bubble")

    @property
    def answer(self) -> Locator:
        return self.answers.last

    @property
    def text(self) -> Locator:
        """The last answer's own text, without what stands around it; of a growing one what has settled."""
        return self.answer.locator("> .prose:not(.prose--tail)")

    @property
    def error(self) -> Locator:
        """What is told of the last answer where it did not end well."""
        return self.answer.locator(".message__error")

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("navigation", name="Conversations")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    # What one does

    async def ask(self, text: str, model: str | None = None) -> None:
        """Types a question and presses Enter."""
        if model is not None:
            await self.choose(model)
        await self.box.fill(text)
        await self.box.press("Enter")

    async def paste(self, text: str) -> None:
        """Puts a long text into the box at once, as pasting does; typing it would take the browser long."""
        await self.box.evaluate("(box, text) => box.setRangeText(text)", text)

    async def choose(self, model: str) -> None:
        """Chooses a model, also one that the list does not show: the stand-in has some for tests only."""
        await self.model.evaluate(
            """(select, id) => {
                if (![...select.options].some((option) => option.value === id)) select.add(new Option(id, id));
                select.value = id;
            }""",
            model,
        )

    # What one expects to see

    async def sees_answer(self, text: str) -> None:
        """The last answer has ended, and says `text` and nothing else."""
        await expect(self.text).to_have_text(text)
        await self.sees_ended()

    async def sees_growing(self, text: str) -> None:
        """The last answer is growing, and has said `text`."""
        await expect(self.answer).to_have_attribute("aria-busy", "true")
        await expect(self.answer).to_contain_text(text)

    async def sees_ended(self) -> None:
        """The last answer has ended; where a question is on its way, its answer has."""
        await expect(self.page.locator("form.htmx-request")).to_have_count(0)
        await expect(self.answer).not_to_have_attribute("aria-busy", "true")

    async def has_all_scripts(self) -> None:
        """Waits for the modules that come with the first message: how messages are copied and printed, and when."""
        await self.page.evaluate(
            """() => {
                const { copying, reading } = document.getElementById("turns").dataset;
                return Promise.all([import(copying), import(reading)]).then(() => {});
            }"""
        )

    async def html(self) -> str:
        """The last answer's text as HTML."""
        return str(await self.text.inner_html())
