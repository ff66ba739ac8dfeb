"""Several texts to HTML, one after the other: work for a process of its own, where some of them may be hostile."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from webapp.rendering.markdown import as_it_is, render

MAX_HTML: Final = 4_000_000  # characters of one text's HTML; 240 kB of footnotes make sixteen million


class Text(Struct, frozen=True):
    """Markdown, and the `anchor` with which the ids in its HTML begin."""

    markdown: str
    anchor: str


class Texts(Struct, frozen=True):
    texts: tuple[Text, ...]


def render_texts(question: Texts) -> Iterator[str]:
    """The HTML of each text, in order."""
    for text in question.texts:
        yield render_bounded(text)


def render_bounded(text: Text) -> str:
    """The HTML of a text; one that would make too much of it stays as it is."""
    html = render(text.markdown, anchor=text.anchor) if text.markdown else ""
    return html if len(html) <= MAX_HTML else as_it_is(text.markdown)
