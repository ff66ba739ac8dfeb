"""Renderings: small texts at once, others in the sandbox; whatever becomes of it, the text is there."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.sandbox import work
from webapp.conversations import renderings
from webapp.conversations.messages import Message, Status, anchor
from webapp.conversations.renderings import RENDER, Made, Renderer, rendering
from webapp.db.types import new_id
from webapp.rendering.weight import SMALL
from webapp.sandbox.sandbox import Sandbox

LONG = "A *word* of many, and `code`. " * 2_000
OWNER = uuid4()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox()
    async with one.running():
        yield one


def answer(text: str, reasoning: str = "") -> Message:
    started = datetime.now(UTC)
    message = Message(new_id(), new_id(), OWNER, None, "assistant", text, Status.COMPLETE, started)
    return replace(message, reasoning=reasoning)


async def made(sandbox: Sandbox, text: str, reasoning: str = "") -> Made:
    one = answer(text, reasoning)
    return await Renderer(sandbox).one(one.owner_id, one.id, one.content, one.reasoning)


async def test_a_small_text_starts_no_process(sandbox: Sandbox) -> None:
    small = await made(sandbox, "*Hello*", "Hm.")
    assert (small.rendering.html, small.rendering.reasoning_html) == ("<p><em>Hello</em></p>\n", "<p>Hm.</p>\n")
    assert small.is_final
    assert sandbox.pids == []


async def test_a_long_one_is_the_same_from_the_sandbox(sandbox: Sandbox) -> None:
    one = answer(LONG + "\n\n[^1] and\n\n[^1]: a note", LONG)
    assert len(LONG) > SMALL
    found = await Renderer(sandbox).one(OWNER, one.id, one.content, one.reasoning)
    assert found == Made(rendering(one.id, one.content, one.reasoning))
    assert f'id="{anchor(one.id)}fn-1"' in found.rendering.html
    assert len(sandbox.pids) == 1


async def test_several_small_ones_that_are_long_together_go_there_together(sandbox: Sandbox) -> None:
    answers = [answer(f"Answer *{number}*, {'word ' * 1_000}", "Hm.") for number in range(8)]
    found = await Renderer(sandbox).several(answers)
    assert found == {one.id: Made(rendering(one.id, one.content, one.reasoning)) for one in answers}
    assert len(sandbox.pids) == 1
    assert await Renderer(sandbox).several([]) == {}


@pytest.mark.parametrize(
    "text",
    ["https://a.b/" + ")" * 250_000, "&" * 600_000, "[^a]" * 60_000 + "\n\n[^a]: x", "$$\na\n$$\n" * 40_000,
     "a@b.c " * 1_900 + "word " * 100_000, "www.a.b " * 100_000],
)  # fmt: skip
async def test_a_hostile_text_is_whole_and_safe_whatever_it_costs(
    sandbox: Sandbox, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = replace(RENDER.limits, wait=120.0)  # on a busy machine four seconds of a processor take longer
    monkeypatch.setattr(renderings, "RENDER", replace(RENDER, limits=limits))
    found = await made(sandbox, f"<script>{text}")
    assert found.is_final
    assert "<script" not in found.rendering.html
    assert "&lt;script&gt;" in found.rendering.html
    assert len(found.rendering.html) < 12_000_000


async def test_what_dies_is_shown_as_it_is_and_kept(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderings, "RENDER", replace(RENDER, work=work.die_of_texts))
    found = await made(sandbox, f"{LONG} <b>")
    assert found.is_final
    assert found.rendering.html.endswith(" &lt;b&gt;</p>\n")
    assert "*word*" in found.rendering.html


async def test_of_several_the_first_without_a_rendering_is_the_one_that_fails(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderings, "RENDER", replace(RENDER, work=work.die_at_the_second_text))
    answers = [answer(f"{number} {LONG}") for number in range(3)]
    found = await Renderer(sandbox).several(answers)
    assert [found[one.id].is_final for one in answers] == [True, True, False]
    assert "*word*" in found[answers[1].id].rendering.html


async def test_what_nobody_had_time_for_is_not_kept(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = replace(RENDER.limits, wait=0.05)
    monkeypatch.setattr(renderings, "RENDER", replace(RENDER, work=work.sleep_over_texts, limits=limits))
    found = await made(sandbox, LONG)
    assert not found.is_final
    assert "*word*" in found.rendering.html
