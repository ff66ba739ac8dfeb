"""Makes what the templates of a temporary chat are given: from what the page has said, and from nothing else."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from webapp.conversations import pages
from webapp.conversations.messages import Message
from webapp.conversations.presenter import Presenter
from webapp.conversations.renderings import Made
from webapp.conversations.reply import Reply
from webapp.temporary.chat import Asked
from webapp.temporary.pages import EndedTurn, NewTurns, TemporaryPage
from webapp.web.refusals import RefusalError

ADDRESS: Final = "/temporary"


class TemporaryPresenter:
    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter

    async def page(self, owner: UUID, model: str = "", messages: Sequence[Message] = ()) -> TemporaryPage:
        """The chat with these messages."""
        page = await self._presenter.new_page(owner, model)
        said = tuple(one.content for one in messages)
        turns = await self._turns(messages)
        return TemporaryPage(
            "Temporary chat", page.list, _composer(page.composer, said), page.is_demo, turns, page.spent
        )

    async def growing_page(self, owner: UUID, model: str, messages: Sequence[Message]) -> TemporaryPage:
        """The same, where the last answer's text is not rendered: it is sent as it grows, in a place left for it."""
        return replace(await self.page(owner, model, messages), is_growing=True)

    async def refused(
        self, owner: UUID, messages: Sequence[Message], refusal: RefusalError, text: str, model: str
    ) -> TemporaryPage:
        """The page that a refused question came from, with the question still in its box."""
        page = await self.page(owner, model, messages)
        return replace(page, composer=replace(page.composer, text=text, error=refusal.sentence))

    async def new_turns(self, asked: Asked) -> NewTurns:
        """What a question adds to its page."""
        return NewTurns(await self._turns((asked.question, asked.answer)))

    async def ended(self, owner: UUID, asked: Asked, answer: Message) -> EndedTurn:
        """What the end of an answer changes on its page."""
        month = await self._presenter.month(owner)
        composer = replace(pages.make_composer((), "", None), note=month.note)
        [turn] = await self._turns([answer])
        return EndedTurn(turn, (asked.question.content, answer.content), composer, month.spent)

    async def _turns(self, messages: Sequence[Message]) -> tuple[pages.Turn, ...]:
        ended = [one for one in messages if one.role != "user" and not one.is_live]
        renderings = await self._presenter.renderer.several(ended)
        return tuple([self._turn(one, renderings.get(one.id)) for one in messages])

    def _turn(self, message: Message, made: Made | None) -> pages.Turn:
        if message.role == "user":
            return pages.question_turn(message)
        name = self._presenter.model_name(message) if message.receipt.model else ""
        if made is None:
            return pages.growing_turn(message, Reply(message), name)
        return pages.finished_turn(message, made.rendering, name)


def _composer(composer: pages.Composer, said: tuple[str, ...]) -> pages.Composer:
    return replace(composer, action=ADDRESS, starts_conversation=False, is_temporary=True, said=said)
