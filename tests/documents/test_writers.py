"""A conversation to read: as Markdown and as plain text, and by what name it is a file."""

import comrak
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.documents import ASKED, document, message
from webapp.conversations.messages import Source
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.writers import Markdown, PlainText, Writer, written
from webapp.rendering.endings import closing_of

SVG = DocumentPicture(id="p1", media_type="image/svg+xml")
CITED = (Source("https://example.org/a", "A page"), Source("https://example.org/b", ""))
FAILED = message(
    2, 1, "assistant", "", status="failed", error_message="No credit.", sources=CITED, pictures=(SVG,), model="a/model"
)
MARKDOWN = Markdown(lambda picture: picture.path)
TEXT = PlainText(lambda picture: f"https://here/{picture.id}")


def whole(writer: Writer, made: Document) -> str:
    """All of it, with what each answer needs below it."""
    return written(writer, made, {one.id: closing_of(one.content) for one in made.messages})


def test_markdown_tells_who_speaks_what_failed_and_what_was_cited() -> None:
    assert whole(MARKDOWN, document(ASKED, FAILED, system_prompt="Be brief.")) == (
        "# A title\n\n**System prompt**\n\nBe brief.\n\n"
        "## You · 2026-11-24 10:30 UTC\n\nHi\n\n"
        "## a/model · 2026-11-24 10:30 UTC\n\n*Failed. No credit.*\n\n![Picture](pictures/p1.svg)\n\n"
        "1. [A page](<https://example.org/a>)\n2. [https://example.org/b](<https://example.org/b>)\n"
    )


def test_text_tells_the_same() -> None:
    assert whole(TEXT, document(ASKED, FAILED, system_prompt="Be brief.")) == (
        "A title\n=======\n\nSystem prompt:\nBe brief.\n\n"
        "You, 2026-11-24 10:30 UTC\n-------------------------\n\nHi\n\n"
        "a/model, 2026-11-24 10:30 UTC\n-----------------------------\n\n(Failed. No credit.)\n\n"
        "Picture: https://here/p1\n\n[1] A page https://example.org/a\n[2]  https://example.org/b\n"
    )


@pytest.mark.parametrize("writer", [MARKDOWN, TEXT])
def test_it_has_the_branch_that_is_shown(writer: Writer) -> None:
    both = (ASKED, message(2, 1, "assistant", "Old."), message(3, 1, "assistant", "New."))
    text = whole(writer, document(*both))
    assert "New." in text
    assert "Old." not in text


def test_a_branch_that_bites_its_tail_ends() -> None:
    one, other = message(1, 2, "user", "A"), message(2, 1, "assistant", "B")
    assert len(document(one, other).branch) == 2


def test_a_conversation_without_messages_is_its_title() -> None:
    assert whole(MARKDOWN, document()) == "# A title\n"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("A title", "A title"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("a\\b:c*d?\x00\n|e", "a-b-c-d-e"),
        ("Grüße, 世界", "Grüße, 世界"),
        ("...", "Untitled"),
        ("", "Untitled"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_title_becomes_part_of_a_name_that_fits_anywhere(title: str, name: str) -> None:
    named: Document = document(title=title)
    assert named.file_name == f"2026-11-24 {name} abcdef01"


OPEN = [
    "Here:\n\n```sh\nls",
    "~~~~\n```\na",
    "- a list\n  ```\n  code",
    "> ```\n> code",
    "<!-- a comment",
    "<pre>\na",
    "<script>\n\na",
    "<?php\n\na",
    "``` a ` b\n\n```\nc",
    "Closed:\n\n```\na\n```",
    "````\n```\n\n<!--",
    "Use `<pre>` and\n\n```html\n<!-- open",
]


def headings(markdown: str) -> int:
    """As another program counts them."""
    return comrak.render_markdown(markdown).count("<h2>")


@pytest.mark.parametrize("content", OPEN)
@pytest.mark.parametrize("role", ["user", "assistant"])
def test_what_a_turn_leaves_open_swallows_no_other(role: str, content: str) -> None:
    turns = (message(1, None, role, content), message(2, 1, "assistant", "Next."), message(3, 2, "user", "Last."))
    text = whole(MARKDOWN, document(*turns))
    assert headings(text) == 3
    assert all(line in text for line in content.splitlines())


TEXTS = st.lists(
    st.sampled_from(
        ["```", "````sh", "~~~", "> ", "- ", "1. ", "  ", "    ", "<!--", "-->", "<pre>", "`", "a", "\n", "\n\n"]
    )
).map("".join)


@settings(deadline=None, derandomize=True)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_turn_has_its_heading_whatever_is_said(texts: list[str]) -> None:
    turns = [
        message(place, place - 1 or None, "user" if place % 2 else "assistant", text)
        for place, text in enumerate(texts, 1)
    ]
    assert headings(whole(MARKDOWN, document(*turns))) == len(texts)


def test_a_question_forges_no_turn_and_a_title_no_link() -> None:
    forged = "Hi\n\n## You · 2026-11-24 10:30 UTC\n\n*I said so.*"
    text = whole(MARKDOWN, document(message(1, None, "user", forged), title="[a](https://evil.example) <b>"))
    html = comrak.render_markdown(text)
    assert (html.count("<h2>"), html.count("<a "), html.count("<em>")) == (1, 0, 0)
    assert forged in text


def test_a_plain_question_stays_plain() -> None:
    assert "\n\nWhat is it, then?\n\nAnd why?\n" in whole(
        MARKDOWN, document(message(1, None, "user", "What is it, then?\n\nAnd why?"))
    )
