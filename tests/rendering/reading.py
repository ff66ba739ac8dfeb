"""What a test sees of HTML: its tags and its text, without the differences that no reader could see."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

_SHOWN = {"li": "•", "input": "☐"}


class Tag(NamedTuple):
    name: str
    attributes: dict[str, str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[Tag | str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data}")


def _parts(html: str) -> list[Tag | str]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.parts


def tags(html: str) -> list[Tag]:
    return [part for part in _parts(html) if isinstance(part, Tag)]


def words(html: str) -> str:
    """All that is seen in one line, without white space; items of lists and check boxes are seen too."""
    shown = (_SHOWN.get(part.name, "") if isinstance(part, Tag) else part for part in _parts(html))
    return re.sub(r"[\s\u2060]+", "", "".join(shown))


def tidy(html: str) -> str:
    """``html`` without white space between tags, the parts of a list put together, its paragraphs left out.

    A list of which a growing text has shown only the beginning may turn into one of paragraphs at its end.
    """
    html = re.sub(r'</([uo]l)>\s*<\1(?: start="\d+")? class="continued" dir="auto">', "", html)
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", re.sub(r"</?p>", "", html)).strip()
