"""A page that watches an answer grow: does with frames what htmx does with them, on strings in place of elements."""

import re
from typing import Final

from markupsafe import escape

from webapp.conversations.pages import Turn
from webapp.conversations.views import Cursor

PREFIX: Final = "m-1"
_PARTIAL: Final = re.compile(
    rf'<hx-partial hx-target="#{PREFIX}-([a-z ]+)" hx-swap="(beforeend|innerHTML)">(.*?)</hx-partial>', re.DOTALL
)


class Page:
    """Has the parts of a message by name, and the cursor of the last frame that it got."""

    def __init__(self) -> None:
        self.parts = dict.fromkeys(("body", "tail", "reasoning", "thinking", "notice", "source"), "")
        self.cursor = str(Cursor())

    def load(self, turn: Turn) -> None:
        """What a reload of the page does."""
        parts = {
            "body": str(turn.body),
            "tail": str(turn.tail),
            "reasoning": str(escape(turn.reasoning)),
            "thinking": "",
            "notice": "",
            "source": "",
        }
        self.parts = {part: _as_elements_have_it(html) for part, html in parts.items()}
        self.cursor = turn.cursor

    @property
    def html(self) -> str:
        """The answer's text as it is shown."""
        return self.parts["body"] + self.parts["tail"]

    def apply(self, frame: str) -> None:
        """Swaps in a frame. AssertionError for anything in it that htmx would not understand as meant."""
        assert _PARTIAL.sub("", frame) == "", f"there is more than partials in {frame}"
        for part, swap, html in _PARTIAL.findall(_as_elements_have_it(frame)):
            if part in ("tail code", "tail tbody"):
                self._append_inside(part.removeprefix("tail "), html)
            elif swap == "beforeend":
                self.parts[part] += html
            else:
                self.parts[part] = html

    def _append_inside(self, element: str, html: str) -> None:
        """The selector finds the one such element of the tail, and `beforeend` its end."""
        before, closing, after = self.parts["tail"].rpartition(f"</{element}>")
        assert before.count(f"<{element}") == 1, f"the frame is for the one {element} in the tail"
        self.parts["tail"] = before + html + closing + after


def _as_elements_have_it(html: str) -> str:
    """Quotation marks in text may be escaped or not: an element that they are put into knows no difference."""
    return html.replace("&#34;", '"').replace("&#39;", "'").replace("&quot;", '"')
