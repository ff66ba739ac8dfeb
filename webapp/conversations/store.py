"""Conversations and their messages: queries and commands. Each is one transaction and takes the owner first."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.conversations.messages import (
    Beginning,
    Conversation,
    Exchange,
    Message,
    PromptMessage,
    Receipt,
    Source,
    Status,
    Window,
    title_from,
)
from webapp.conversations.pictures import Picture
from webapp.db.engine import Database
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError, TooManyError

PAGE: Final = 40


class Conversations:
    def __init__(self, database: Database, *, max_live: int, renderer_version: int) -> None:
        """`max_live` answers may grow at once for one owner. HTML of another `renderer_version` is not handed out."""
        self._database = database
        self._max_live = max_live
        self._renderer_version = renderer_version

    # Conversations

    async def add(self, owner: UUID, model: str, title: str = "New conversation") -> Conversation:
        async with self._database.write() as session:
            return _conversation(_new_conversation(session, owner, model, title))

    async def find(self, owner: UUID, conversation_id: UUID) -> Conversation:
        async with self._database.read() as session:
            return _conversation(await _find_conversation(session, owner, conversation_id))

    async def page(
        self, owner: UUID, before: tuple[datetime, UUID] | None = None, limit: int = PAGE
    ) -> list[Conversation]:
        """The owner's conversations, the last used first; `before` is the place of the last one of the page above."""
        place = (ConversationRow.updated_at, ConversationRow.id)
        query = select(ConversationRow).where(ConversationRow.owner_id == owner, ConversationRow.archived.is_(False))
        if before is not None:
            query = query.where(tuple_(*place) < tuple_(*before))
        async with self._database.read() as session:
            rows = await session.scalars(query.order_by(*(column.desc() for column in place)).limit(limit))
            return [_conversation(row) for row in rows]

    async def rename(self, owner: UUID, conversation_id: UUID, title: str) -> Conversation:
        async with self._database.write() as session:
            row = await _find_conversation(session, owner, conversation_id)
            row.title, row.title_is_given = title, True
            return _conversation(row)

    async def delete(self, owner: UUID, conversation_id: UUID) -> list[UUID]:
        """Deletes a conversation with all its messages; returns the ids of answers that were still growing."""
        async with self._database.write() as session:
            row = await _find_conversation(session, owner, conversation_id)
            live = await session.scalars(
                select(MessageRow.id).where(MessageRow.conversation_id == row.id, MessageRow.status == Status.STREAMING)
            )
            growing = list(live)
            await session.execute(delete(MessageRow).where(MessageRow.conversation_id == row.id))
            await session.execute(delete(ConversationRow).where(ConversationRow.id == row.id))
            return growing

    # Messages

    async def find_message(self, owner: UUID, message_id: UUID) -> Message:
        async with self._database.read() as session:
            row = await _find_message(session, owner, message_id)
            return self._message(row, (await _pictures(session, [row.id])).get(row.id, ()))

    async def picture(self, owner: UUID, picture_id: UUID) -> Picture:
        """A picture of one of the owner's messages."""
        query = (
            select(AttachmentRow.media_type, AttachmentRow.data)
            .join(MessageRow, MessageRow.id == AttachmentRow.message_id)
            .where(AttachmentRow.id == picture_id, MessageRow.owner_id == owner)
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotFoundError("There is no such picture. It may have been deleted.")
        return Picture(row.media_type, row.data)

    async def window(self, owner: UUID, conversation_id: UUID, before: UUID | None = None, limit: int = PAGE) -> Window:
        """The last `limit` messages of the shown branch, or those above the message `before`."""
        async with self._database.read() as session:
            conversation = await _find_conversation(session, owner, conversation_id)
            leaf = conversation.active_leaf_id
            if before is not None:
                below = await _find_message(session, owner, before, conversation_id)
                leaf = below.parent_id
            rows = await _branch(session, leaf, limit + 1) if leaf else []
            pictures = await _pictures(session, [row.id for row in rows[:limit]])
            messages = tuple(self._message(row, pictures.get(row.id, ())) for row in reversed(rows[:limit]))
            return Window(messages, has_earlier=len(rows) > limit)

    async def latest_answer(self, owner: UUID, conversation_id: UUID) -> Message:
        """The answer at the end of the shown branch. NotFoundError where nothing has been asked."""
        window = await self.window(owner, conversation_id, limit=1)
        if not window.messages or window.messages[0].role != "assistant":
            raise NotFoundError("Nothing has been asked in this conversation yet.")
        return window.messages[0]

    # Exchanges

    async def add_exchange(
        self, owner: UUID, conversation_id: UUID | None, text: str, model: str, client_id: str
    ) -> Exchange:
        """Adds a question and its empty answer at the end of a conversation's shown branch, or of a new one.

        A send that is repeated with its `client_id` and text finds what the first one made; without a `client_id`
        none is. Raises NotFoundError, ConflictError while an answer is growing there, TooManyError above the limit of
        growing answers.
        """
        async with self._database.write() as session:
            earlier = await _find_question(session, owner, client_id) if client_id else None
            if earlier is not None and earlier.content == text:
                return await self._repeated(session, owner, earlier)
            await self._check_room(session, owner)
            if conversation_id is None:
                conversation = _new_conversation(session, owner, model, title_from(text))
            else:
                conversation = await _find_conversation(session, owner, conversation_id)
                await _check_settled(session, conversation)
                if conversation.active_leaf_id is None and not conversation.title_is_given:
                    conversation.title = title_from(text)
            question = _new_message(conversation, conversation.active_leaf_id, "user", Status.COMPLETE, content=text)
            # A page that the browser kept sends its id again, with another text: that is another question.
            question.client_id = client_id if client_id and earlier is None else None
            session.add(question)
            answer = _add_answer(session, conversation, question.id, model)
            conversation.model = model
            return Exchange(
                _conversation(conversation),
                self._message(question),
                self._message(answer),
                await _prompt(session, conversation, question),
            )

    async def add_retry(self, owner: UUID, answer_id: UUID, model: str) -> Beginning:
        """Adds another answer beside the last one, empty and growing, and shows it instead. The old one is kept."""
        async with self._database.write() as session:
            old = await _find_message(session, owner, answer_id, role="assistant")
            conversation = await _find_conversation(session, owner, old.conversation_id)
            _check_last(conversation, old)
            await self._check_room(session, owner)
            await _check_settled(session, conversation)
            conversation.model = model
            answer = _add_answer(session, conversation, old.parent_id, model)
            return Beginning(self._message(answer), model, await _prompt(session, conversation, answer))

    async def resume(self, owner: UUID, answer_id: UUID) -> Beginning:
        """Makes a cut answer grow again, from the text that it has. ConflictError if it is not one."""
        async with self._database.write() as session:
            row = await _find_message(session, owner, answer_id, role="assistant")
            conversation = await _find_conversation(session, owner, row.conversation_id)
            _check_last(conversation, row)
            if not self._message(row).can_continue:
                raise ConflictError("This answer cannot be continued: it is whole, still growing, or empty.")
            await self._check_room(session, owner)
            row.status, row.stop_requested, row.html = Status.STREAMING, False, None
            row.error_code = row.error_message = row.finish_reason = ""
            row.heartbeat_at = datetime.now(UTC)
            return Beginning(self._message(row), conversation.model, await _prompt(session, conversation, row))

    async def _repeated(self, session: AsyncSession, owner: UUID, question: MessageRow) -> Exchange:
        conversation = await _find_conversation(session, owner, question.conversation_id)
        answers = select(MessageRow).where(MessageRow.parent_id == question.id, MessageRow.owner_id == owner)
        answer = (await session.scalars(answers.order_by(MessageRow.id).limit(1))).one()
        return Exchange(_conversation(conversation), self._message(question), self._message(answer), is_new=False)

    async def _check_room(self, session: AsyncSession, owner: UUID) -> None:
        live = await session.scalar(
            select(func.count()).where(MessageRow.owner_id == owner, MessageRow.status == Status.STREAMING)
        )
        if (live or 0) >= self._max_live:
            raise TooManyError(
                f"{live} answers are growing already, as many as may at once. Stop one, or wait for one to end.",
                retry_after=5,
            )

    def _message(self, row: MessageRow, pictures: tuple[UUID, ...] = ()) -> Message:
        return Message(
            id=row.id,
            conversation_id=row.conversation_id,
            owner_id=row.owner_id,
            parent_id=row.parent_id,
            role=row.role,  # type: ignore[arg-type]  # held to these words by a constraint of the table
            content=row.content,
            status=Status(row.status),
            created_at=row.created_at,
            reasoning=row.reasoning,
            sources=tuple(Source(**source) for source in row.citations),
            pictures=pictures,
            html=row.html if row.renderer_version == self._renderer_version else None,
            error_code=row.error_code,
            error_message=row.error_message,
            receipt=Receipt(**{name: getattr(row, name) for name in Receipt.__struct_fields__}),
        )


def _conversation(row: ConversationRow) -> Conversation:
    return Conversation(**{name: getattr(row, name) for name in Conversation.__struct_fields__})


async def _find_conversation(session: AsyncSession, owner: UUID, conversation_id: UUID) -> ConversationRow:
    row = await session.scalar(
        select(ConversationRow).where(ConversationRow.id == conversation_id, ConversationRow.owner_id == owner)
    )
    if row is None:
        raise NotFoundError("There is no such conversation. It may have been deleted.")
    return row


async def _find_message(
    session: AsyncSession, owner: UUID, message_id: UUID, conversation_id: UUID | None = None, role: str | None = None
) -> MessageRow:
    query = select(MessageRow).where(MessageRow.id == message_id, MessageRow.owner_id == owner)
    if conversation_id is not None:
        query = query.where(MessageRow.conversation_id == conversation_id)
    if role is not None:
        query = query.where(MessageRow.role == role)
    row = await session.scalar(query)
    if row is None:
        raise NotFoundError("There is no such message. It may have been deleted.")
    return row


async def _find_question(session: AsyncSession, owner: UUID, client_id: str) -> MessageRow | None:
    query = select(MessageRow).where(MessageRow.owner_id == owner, MessageRow.client_id == client_id)
    row: MessageRow | None = await session.scalar(query)
    return row


def _new_conversation(session: AsyncSession, owner: UUID, model: str, title: str) -> ConversationRow:
    now = datetime.now(UTC)
    row = ConversationRow(
        id=new_id(), owner_id=owner, model=model, title=title, system_prompt="", created_at=now, updated_at=now
    )
    session.add(row)
    return row


def _add_answer(session: AsyncSession, conversation: ConversationRow, parent: UUID | None, model: str) -> MessageRow:
    """An empty growing answer, at the end of the branch that is shown."""
    answer = _new_message(conversation, parent, "assistant", Status.STREAMING, model=model)
    answer.heartbeat_at = answer.created_at
    session.add(answer)
    conversation.active_leaf_id = answer.id
    conversation.updated_at = answer.created_at
    return answer


def _new_message(
    conversation: ConversationRow, parent: UUID | None, role: str, status: Status, *, content: str = "", model: str = ""
) -> MessageRow:
    return MessageRow(
        id=new_id(),
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        parent_id=parent,
        role=role,
        status=status,
        content=content,
        model=model,
        created_at=datetime.now(UTC),
    )


async def _check_settled(session: AsyncSession, conversation: ConversationRow) -> None:
    """An answer that is still growing cannot be asked on: the model would not have read it."""
    live = await session.scalar(
        select(MessageRow.id).where(MessageRow.id == conversation.active_leaf_id, MessageRow.status == Status.STREAMING)
    )
    if live is not None:
        raise ConflictError("The answer above is still growing. Wait for its end or stop it, then send.")


def _check_last(conversation: ConversationRow, answer: MessageRow) -> None:
    """Another answer higher up would take all that was asked below it out of sight."""
    if conversation.active_leaf_id != answer.id:
        raise ConflictError("Only the last answer of a conversation can be tried again or continued.")


async def _branch(session: AsyncSession, leaf: UUID, limit: int = 100_000) -> list[MessageRow]:
    """The message `leaf` and those above it, from the bottom up, at most `limit`."""
    above = select(MessageRow.id, MessageRow.parent_id, literal(1).label("place")).where(MessageRow.id == leaf)
    branch = above.cte("branch", recursive=True)
    branch = branch.union_all(
        select(MessageRow.id, MessageRow.parent_id, branch.c.place + 1)
        .join(branch, MessageRow.id == branch.c.parent_id)
        .where(branch.c.place < limit)
    )
    rows = await session.scalars(select(MessageRow).join(branch, MessageRow.id == branch.c.id).order_by(branch.c.place))
    return list(rows)


async def _pictures(session: AsyncSession, message_ids: list[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The pictures of messages, by message, in the order in which they came."""
    rows = await session.execute(
        select(AttachmentRow.message_id, AttachmentRow.id)
        .where(AttachmentRow.message_id.in_(message_ids))
        .order_by(AttachmentRow.id)
    )
    found: dict[UUID, tuple[UUID, ...]] = {}
    for message_id, picture_id in rows:
        found[message_id] = (*found.get(message_id, ()), picture_id)
    return found


async def _prompt(session: AsyncSession, conversation: ConversationRow, last: MessageRow) -> tuple[PromptMessage, ...]:
    """What the model is to read: the system prompt, and the branch down to `last`, oldest first.

    Answers without text are left out. If `last` is an answer with a beginning, the model is to go on from there.
    """
    rows = await _branch(session, last.id) if last.parent_id else [last]
    system = [PromptMessage("system", conversation.system_prompt)] if conversation.system_prompt else []
    return (*system, *(PromptMessage(row.role, row.content) for row in reversed(rows) if row.content))
