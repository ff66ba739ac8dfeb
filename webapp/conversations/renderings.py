"""Finished messages as HTML: small ones at once, others in the sandbox, where they keep nobody else waiting."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.conversations.messages import Message, Rendering, anchor
from webapp.rendering.markdown import as_it_is
from webapp.rendering.texts import Text, Texts, render_bounded, render_texts
from webapp.rendering.weight import SMALL, weight
from webapp.sandbox.job import Job, Limits
from webapp.sandbox.process import SandboxError
from webapp.sandbox.sandbox import Sandbox

logger = logging.getLogger(__name__)

RENDER: Final = Job(
    render_texts,
    Texts,
    str,
    Limits(processor=4, wait=15.0, patience=10.0, memory=400_000_000, output=24_000_000),
)


class Made(Struct, frozen=True):
    """A rendering. One that isn't `final` shows the text as it is, as nobody had time for it, and isn't to be kept."""

    rendering: Rendering
    is_final: bool = True


class Renderer:
    """Makes HTML of what answers say, and of what was thought before it. Never fails: plain text is the last resort."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def one(self, owner: UUID, message_id: UUID, text: str, reasoning: str) -> Made:
        """The rendering of one answer, by the present renderer."""
        [made] = await self._all(owner, _texts_of(message_id, text, reasoning))
        return made

    async def several(self, answers: Sequence[Message]) -> dict[UUID, Made]:
        """Those of several answers of one owner, by their ids."""
        if not answers:
            return {}
        texts = [text for one in answers for text in _texts_of(one.id, one.content, one.reasoning)]
        made = await self._all(answers[0].owner_id, texts)
        return {one.id: made for one, made in zip(answers, made, strict=True)}

    async def _all(self, owner: UUID, texts: list[Text]) -> list[Made]:
        """A rendering for each two texts: what is said, and what was thought."""
        if sum(weight(one.markdown) for one in texts) <= SMALL:
            return list(_pairs(texts, map(render_bounded, texts)))
        asked = [one for one in texts if one.markdown]
        htmls = iter(await self._ask(owner, asked))
        return list(_pairs(texts, (next(htmls, None) if one.markdown else "" for one in texts)))

    async def _ask(self, owner: UUID, texts: list[Text]) -> list[str]:
        """The HTML of each, as far as the sandbox comes. The one at which it fails stays as it is."""
        htmls = list[str]()
        try:
            async with aclosing(self._sandbox.stream(RENDER, Texts(tuple(texts)), owner=owner)) as answers:
                async for html in answers:
                    htmls.append(html)
        except SandboxError as error:
            logger.warning("A message is shown as plain text: %s", error)
            if error.is_of_the_input and len(htmls) < len(texts):
                htmls.append(as_it_is(texts[len(htmls)].markdown))
        return htmls


def rendering(message_id: UUID, text: str, reasoning: str) -> Rendering:
    """What an answer says, and what was thought before it, as safe HTML; for texts that nobody has to wait for."""
    return Rendering(*map(render_bounded, _texts_of(message_id, text, reasoning)))


def _texts_of(message_id: UUID, text: str, reasoning: str) -> list[Text]:
    name = anchor(message_id)
    return [Text(text, name), Text(reasoning, f"{name}-thoughts")]


def _pairs(texts: Sequence[Text], htmls: Iterable[str | None]) -> Iterator[Made]:
    """A rendering of each two; one without HTML shows its text, and isn't final."""
    found = list(zip(texts, htmls, strict=True))
    for pair in zip(found[::2], found[1::2], strict=True):
        shown = [as_it_is(text.markdown) if html is None else html for text, html in pair]
        yield Made(Rendering(*shown), all(html is not None for _, html in pair))
