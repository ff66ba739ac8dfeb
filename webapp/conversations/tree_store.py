"""What is done to the tree of messages: show a branch, edit, delete and take back, copy, judge.

Each is one transaction and takes the owner first. Nothing is destroyed: an edit keeps the earlier text beside the new
one, a deletion can be taken back for a while.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, and_, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.storage_store import UNLIMITED, Quota
from webapp.background import Turns, by_turns
from webapp.conversations.messages import Conversation, Feedback, Rendering, Status
from webapp.conversations.rows_store import (
    as_conversation,
    check_unchanged,
    copy_messages,
    copy_of,
    copy_pictures,
    find_conversation,
    find_message,
    new_conversation,
)
from webapp.conversations.tree import Copied, Node, Tree, fork_plan
from webapp.db.engine import Database
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError

EXCERPT: Final = 120  # characters of a message that an overview has
ROWS: Final = 200  # of messages that one statement copies


class Removal(Struct, frozen=True):
    """What was deleted, by its highest message, and the message next to it that is there to be looked at."""

    conversation_id: UUID
    message_id: UUID
    beside: UUID | None


class Overview(Struct, frozen=True):
    """All of a conversation: its tree, and how each message begins."""

    conversation: Conversation
    tree: Tree
    beginnings: dict[UUID, str]


class Branches:
    def __init__(self, database: Database, *, renderer_version: int, quota: Quota = UNLIMITED) -> None:
        """`renderer_version` made the HTML that comes with edits. Copies are held to the owner's `quota`."""
        self._database = database
        self._quota = quota
        self._renderer_version = renderer_version

    async def show(self, owner: UUID, message_id: UUID) -> UUID:
        """Shows the branch with the message, to its newest end; returns the conversation."""
        async with self._database.write(owner) as session:
            row = await find_message(session, owner, message_id)
            conversation = await find_conversation(session, owner, row.conversation_id)
            tree = await _tree(session, conversation)
            if message_id not in tree.path(conversation.active_leaf_id):
                conversation.active_leaf_id = tree.leaf(message_id)
            return conversation.id

    async def edit(self, owner: UUID, message_id: UUID, run: int, text: str, rendering: Rendering | None) -> UUID:
        """Changes a text in place; what stands below it stays there. The earlier text is kept beside it, as a version.

        `rendering` is the HTML of an answer. Raises ConflictError if the message has been edited since it was read in
        `run`, or is growing, and NoRoomError as `fork` does. Returns the conversation.
        """
        async with self._database.write(owner) as session:
            row = await find_message(session, owner, message_id)
            check_unchanged(row, run)
            if row.content == text:
                return row.conversation_id
            earlier = copy_of(row, Copied(row.id, new_id(), row.parent_id), row.conversation_id)
            session.add(earlier)
            row.content, row.edited_at = text, datetime.now(UTC)
            row.run += 1  # whoever edits it as well is told; an answer's writer that was taken for dead writes no more
            row.html = rendering.html if rendering else None
            row.renderer_version = self._renderer_version if rendering else None
            if rendering and row.reasoning:
                row.reasoning_html = rendering.reasoning_html
            await copy_pictures(session, {row.id: earlier.id})
            await self._quota.check(session, owner)
            return row.conversation_id

    async def delete(self, owner: UUID, message_id: UUID, *, with_branch: bool) -> Removal:
        """Deletes a message, or it and all below it, so that it can be restored. ConflictError while one is growing."""
        async with self._database.write(owner) as session:
            row = await find_message(session, owner, message_id)
            conversation = await find_conversation(session, owner, row.conversation_id)
            tree = await _tree(session, conversation)
            gone = tree.below(message_id) if with_branch else (message_id,)
            await _check_ended(session, conversation, gone)
            leaf = tree.leaf_without(message_id, gone, conversation.active_leaf_id)
            conversation.active_leaf_id = leaf
            await session.execute(
                update(MessageRow).where(_among(gone), _of(conversation)).values(deleted_at=datetime.now(UTC))
            )
            return Removal(conversation.id, message_id, _beside(tree, message_id, leaf))

    async def deleted_with(self, owner: UUID, conversation_id: UUID, message_id: UUID) -> int:
        """How many messages of the conversation were deleted with the message, itself included; 0 if it is there."""
        async with self._database.read() as session:
            conversation = await find_conversation(session, owner, conversation_id)
            moment = select(MessageRow.deleted_at).where(MessageRow.id == message_id, _of(conversation))
            query = select(func.count()).where(MessageRow.deleted_at == moment.scalar_subquery(), _of(conversation))
            return await session.scalar(query) or 0

    async def restore(self, owner: UUID, message_id: UUID) -> UUID:
        """Takes a deletion back, all of it, and shows what is there again; returns the conversation."""
        async with self._database.write(owner) as session:
            row = await session.scalar(
                select(MessageRow).where(MessageRow.id == message_id, MessageRow.owner_id == owner)
            )
            if row is None:
                raise NotFoundError("That cannot be undone any more: it was deleted too long ago.")
            conversation = await find_conversation(session, owner, row.conversation_id)
            if row.deleted_at is not None:
                together = (MessageRow.deleted_at == row.deleted_at, _of(conversation))
                await session.execute(update(MessageRow).where(*together).values(deleted_at=None))
                tree = await _tree(session, conversation)
                if message_id not in tree.path(conversation.active_leaf_id):
                    conversation.active_leaf_id = tree.leaf(message_id)
            return conversation.id

    async def fork(self, owner: UUID, message_id: UUID) -> Conversation:
        """A new conversation with copies of the messages from the top down to this one, pictures included.

        NoRoomError where the owner has more here with them than may be: then there is none of them.
        """
        async with self._database.write(owner) as session:
            await self._quota.check(session, owner, 1)
            row = await find_message(session, owner, message_id)
            old = await find_conversation(session, owner, row.conversation_id)
            path = (await _tree(session, old)).path(message_id)
            await _check_ended(session, old, path)
            fork = new_conversation(session, owner, old.model, f"{old.title[:190]} (fork)")
            fork.title_is_given = True
            fork.system_prompt, fork.parameters = old.system_prompt, dict(old.parameters)
            await session.flush()
            turns, plan = Turns(), [one async for one in by_turns(fork_plan(path, new_id))]
            for start in range(0, len(plan), ROWS):
                await copy_messages(session, plan[start : start + ROWS], old.id, fork.id)
                await turns.pass_on()
            fork.active_leaf_id = plan[-1].id
            await self._quota.check(session, owner)
            return as_conversation(fork)

    async def rate(self, owner: UUID, answer_id: UUID, feedback: Feedback, note: str) -> UUID:
        """Keeps what a reader thinks of an answer; returns the conversation."""
        async with self._database.write(owner) as session:
            row = await find_message(session, owner, answer_id, role="assistant")
            if row.status == Status.STREAMING:
                raise ConflictError("This answer is still growing. Wait for its end, then judge it.")
            row.feedback, row.feedback_note = feedback, note if feedback else ""
            if row.feedback_note:
                await self._quota.check(session, owner)
            return row.conversation_id

    async def is_branched(self, owner: UUID, conversation_id: UUID) -> bool:
        """Whether there are messages of which one is shown in the place of another."""
        same = select(literal(1)).where(
            MessageRow.conversation_id == conversation_id,
            MessageRow.deleted_at.is_(None),
            ConversationRow.id == MessageRow.conversation_id,
            ConversationRow.owner_id == owner,
        )
        several = same.group_by(MessageRow.parent_id).having(func.count() > 1).limit(1)
        async with self._database.read() as session:
            return await session.scalar(several) is not None

    async def overview(self, owner: UUID, conversation_id: UUID) -> Overview:
        async with self._database.read() as session:
            conversation = await find_conversation(session, owner, conversation_id)
            beginnings = dict[UUID, str]()
            tree = await _tree(session, conversation, beginnings)
            return Overview(as_conversation(conversation), tree, beginnings)


async def _tree(
    session: AsyncSession, conversation: ConversationRow, beginnings: dict[UUID, str] | None = None
) -> Tree:
    """The whole tree, deleted messages too, made by turns. `beginnings` get how each message begins."""
    at = func.coalesce(MessageRow.edited_at, MessageRow.created_at)
    text = literal("") if beginnings is None else func.substr(MessageRow.content, 1, EXCERPT)
    query = select(MessageRow.id, MessageRow.parent_id, MessageRow.role, at, MessageRow.deleted_at, text)
    connection = await session.connection()  # which reads a row when it's asked for, and a session reads all
    nodes = list[Node]()
    async for key, parent, role, when, deleted, begins in by_turns(
        await connection.execute(query.where(_of(conversation)))
    ):
        nodes.append(Node(key, parent, role, when, deleted is not None))
        if beginnings is not None and deleted is None:
            beginnings[key] = begins
    tree = Tree(nodes)
    async for _ in by_turns(tree.link()):
        pass
    return tree


async def _check_ended(session: AsyncSession, conversation: ConversationRow, message_ids: Sequence[UUID]) -> None:
    growing = select(MessageRow.id).where(_of(conversation), MessageRow.status == Status.STREAMING)
    if not set(await session.scalars(growing)).isdisjoint(message_ids):
        raise ConflictError("An answer here is still growing. Wait for its end or stop it.")


def _of(conversation: ConversationRow) -> ColumnElement[bool]:
    return and_(MessageRow.conversation_id == conversation.id, MessageRow.owner_id == conversation.owner_id)


def _among(message_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return MessageRow.id.in_(message_ids)


def _beside(tree: Tree, message_id: UUID, leaf: UUID | None) -> UUID | None:
    """Where a reader looks after a deletion: what stood above the message, if that is shown, else the top."""
    above, shown = tree.parent(message_id), tree.path(leaf)
    return above if above in shown else next(iter(shown), None)
