"""What pages show of the tree of messages: branches that take another's place, texts being edited, the overview."""

import asyncio
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.conversations import pages
from webapp.conversations.messages import Conversation, Message
from webapp.conversations.overview import Drawing, drawing_of
from webapp.conversations.presenter import WEIGHT, WINDOW, Place, Presenter, later_url
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches


class Branch(Struct, frozen=True):
    """What takes the place of a turn and of all below it, and what else that changes on the page."""

    turns: tuple[pages.Turn, ...]
    list: pages.ConversationList
    composer: pages.Composer
    later_url: str | None
    is_branched: bool
    conversation: Conversation

    @property
    def latest(self) -> pages.Latest | None:
        """None where the branch goes on below."""
        return None if self.later_url else pages.Latest(self.conversation.id, self.turns[-1].message.id)


class EditedTurn(Struct, frozen=True):
    """A turn that is being edited."""

    turn: pages.Turn


class OverviewPage(Struct, frozen=True):
    title: str
    list: pages.ConversationList
    is_demo: bool
    conversation: Conversation
    drawing: Drawing


class RetryPage(Struct, frozen=True):
    """The choice of another model for an answer."""

    title: str
    list: pages.ConversationList
    is_demo: bool
    message: Message
    composer: pages.Composer


class TreePresenter:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(
        self, presenter: Presenter, conversations: Conversations, branches: Branches, *, is_demo: bool
    ) -> None:
        self._presenter = presenter
        self._conversations = conversations
        self._branches = branches
        self._is_demo = is_demo

    async def branch(self, owner: UUID, message_id: UUID) -> Branch:
        """The shown branch from a message down."""
        window = await self._conversations.window_from(owner, message_id, WINDOW, WEIGHT)
        conversation = await self._conversations.find(owner, window.messages[0].conversation_id)
        live_answer = pages.live_answer_of(window.messages)
        return Branch(
            turns=await self._presenter.turns(window.messages),
            list=await self._presenter.sidebar(owner, conversation.id),
            composer=pages.make_composer((), conversation.model, conversation.id, live_answer=live_answer),
            later_url=later_url(conversation.id, window),
            is_branched=await self._branches.is_branched(owner, conversation.id),
            conversation=conversation,
        )

    async def edited_turn(self, owner: UUID, message_id: UUID, refused: pages.Editing | None = None) -> EditedTurn:
        """A message as a form. After a refusal with the text that was sent, to be sent again over what is there now."""
        message = await self._conversations.turn(owner, message_id)
        [turn] = await self._presenter.turns((message,))
        return EditedTurn(replace(turn, editing=replace(_editing(message, refused), owner=owner)))

    async def edit_page(self, owner: UUID, message_id: UUID, refused: pages.Editing | None = None) -> pages.ChatPage:
        """The conversation with one of its messages as a form."""
        edited = (await self.edited_turn(owner, message_id, refused)).turn
        page = await self._presenter.chat_page(owner, edited.message.conversation_id, Place(at=message_id))
        turns = tuple(edited if turn.message.id == message_id else turn for turn in page.turns)
        return replace(page, turns=turns)

    async def retry_page(self, owner: UUID, message_id: UUID) -> RetryPage:
        message = await self._conversations.find_message(owner, message_id)
        conversation = await self._conversations.find(owner, message.conversation_id)
        return RetryPage(
            title="Another model",
            list=await self._presenter.sidebar(owner, conversation.id),
            is_demo=self._is_demo,
            message=message,
            composer=self._presenter.composer(owner, message.receipt.model or conversation.model, conversation.id),
        )

    async def overview_page(self, owner: UUID, conversation_id: UUID) -> OverviewPage:
        found = await self._branches.overview(owner, conversation_id)
        conversation = found.conversation
        # Pure, and long for thousands of messages: in a thread others have their turn every few milliseconds.
        drawing = await asyncio.to_thread(drawing_of, found.tree, conversation.active_leaf_id, found.beginnings)
        return OverviewPage(
            title=f"Branches of {conversation.title}",
            list=await self._presenter.sidebar(owner, conversation.id),
            is_demo=self._is_demo,
            conversation=conversation,
            drawing=drawing,
        )


def _editing(message: Message, refused: pages.Editing | None) -> pages.Editing:
    if refused is None:
        return pages.Editing(message.content, message.run)
    return replace(refused, run=message.run)
