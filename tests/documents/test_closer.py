"""What is open at the end of an answer: found at once in small texts, and in the sandbox in all others."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.fakes.documents import message
from webapp.documents.closer import CLOSE, Closer
from webapp.documents.document import DocumentMessage
from webapp.rendering.weight import SMALL
from webapp.sandbox.sandbox import Sandbox

OWNER = uuid4()
LONG = "Some words.\n\n" * (SMALL // 10)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox()
    async with one.running():
        yield one


def answer(text: str) -> DocumentMessage:
    return message(2, 1, "assistant", text)


@pytest.mark.parametrize("before", ["", LONG])
@pytest.mark.parametrize(
    ("end", "closing"), [("Done.", ""), ("```py\nx", "```"), ("<!-- a", "-->"), ("~~~~\nx", "~~~~")]
)
async def test_what_is_open_is_found_in_texts_of_any_length(
    sandbox: Sandbox, before: str, end: str, closing: str
) -> None:
    one = answer(before + end)
    assert await Closer(sandbox).closing(OWNER, one) == await Closer().closing(OWNER, one) == closing


async def test_a_small_text_starts_no_process_and_a_question_has_no_end(sandbox: Sandbox) -> None:
    closer = Closer(sandbox)
    assert await closer.closing(OWNER, answer("```")) == "```"
    assert await closer.closing(OWNER, message(1, None, "user", LONG + "```")) is None
    assert not sandbox.pids


async def test_an_answer_for_which_the_sandbox_has_no_result_has_no_closing_line(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(CLOSE.limits, output=0)
    monkeypatch.setattr("webapp.documents.closer.CLOSE", replace(CLOSE, limits=limits))
    assert await Closer(sandbox).closing(OWNER, answer(LONG + "```")) is None
