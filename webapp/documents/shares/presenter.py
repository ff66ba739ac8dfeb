"""Fills the pages of a share: the turns of its branch, without anything that is for their owner alone."""

from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.messages import Message
from webapp.conversations.pages import Turn
from webapp.conversations.presenter import WEIGHT, WINDOW, Presenter
from webapp.conversations.store import Conversations
from webapp.documents.shares.pages import SharedPage, SharedTurn
from webapp.documents.shares.store import Shared


class SharePresenter:
    def __init__(self, presenter: Presenter, conversations: Conversations) -> None:
        self._presenter = presenter
        self._conversations = conversations

    async def page(self, shared: Shared, before: UUID | None) -> SharedPage:
        """The last turns of the branch, or those above the message `before`."""
        branch = shared.branch
        if before is not None:
            shared.require(before)
            branch = branch[: branch.index(before)]
        messages, earlier = await self._messages(shared, branch)
        is_cut = bool(messages) and messages[-1].is_live and not shared.is_live
        turns = await self.turns(messages[:-1] if is_cut else messages)
        return SharedPage(
            shared.title,
            f"/s/{shared.token}",
            tuple(replace(turn, is_on_whole_page=True) for turn in turns),
            earlier,
            before is not None,
            is_cut,
        )

    async def turn(self, shared: Shared, message: Message) -> SharedTurn:
        return SharedTurn(f"/s/{shared.token}", (await self.turns([message]))[0])

    async def turns(self, messages: list[Message]) -> tuple[Turn, ...]:
        """What was asked and answered. What the model was told before, and what answers cost, is nobody else's."""
        shown = [_without_private(one) for one in messages if one.role != "system"]
        return await self._presenter.turns(shown)

    async def _messages(self, shared: Shared, branch: tuple[UUID, ...]) -> tuple[list[Message], UUID | None]:
        """The messages of a window at the end of `branch`, and the first of them if there are more above."""
        if not branch:
            return [], None
        window = await self._conversations.window_up_to(
            shared.owner_id, shared.conversation_id, branch[-1], WINDOW, WEIGHT
        )
        return list(window.messages), window.messages[0].id if window.has_earlier else None


def _without_private(message: Message) -> Message:
    """Why an answer failed is told to its owner: it may be about their account."""
    receipt = replace(message.receipt, cost=None, provider="", generation_id="")
    return replace(message, error_message="", error_code="", receipt=receipt)
