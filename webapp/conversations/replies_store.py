"""What the streaming core keeps of growing answers. Found by id alone: whoever starts a reply has found its owner."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, select, update

from webapp.conversations.messages import Receipt, Source, Status
from webapp.conversations.pictures import Picture
from webapp.db.engine import Database
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Message as MessageRow


class Progress(Struct, frozen=True):
    """An answer so far."""

    id: UUID
    content: str
    reasoning: str
    sources: tuple[Source, ...]


class Ending(Struct, frozen=True):
    """How an answer ended. `html` is its text as rendered by `renderer_version`."""

    progress: Progress
    status: Status
    receipt: Receipt
    html: str
    renderer_version: int
    pictures: tuple[Picture, ...] = ()
    error_code: str = ""
    error_message: str = ""


class Checkpoint(Struct, frozen=True):
    """An answer as the database has it."""

    progress: Progress
    status: Status
    heartbeat_at: datetime | None


class ReplyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def checkpoint(self, changed: Iterable[Progress], live: Iterable[UUID], now: datetime) -> set[UUID]:
        """Keeps the texts of `changed` and a heartbeat for all `live`, in one transaction.

        Returns the ids of those in `live` that somebody asked to stop. Answers that have ended are left alone.
        """
        texts = [
            {"key": one.id, "text": one.content, "thoughts": one.reasoning, "cited": msgspec.to_builtins(one.sources)}
            for one in changed
        ]
        ids = list(live)
        async with self._database.write() as session:
            connection = await session.connection()
            if texts:
                await connection.execute(_KEEP_TEXT, texts)
            await connection.execute(
                update(MessageRow).where(MessageRow.id.in_(ids), _IS_LIVE).values(heartbeat_at=now)
            )
            stopped = await session.scalars(
                select(MessageRow.id).where(MessageRow.id.in_(ids), MessageRow.stop_requested.is_(True))
            )
            return set(stopped)

    async def end(self, ending: Ending, now: datetime) -> bool:
        """Keeps how an answer ended. False if it was no longer growing, or is gone: then nothing is changed."""
        progress = ending.progress
        values = {
            "content": progress.content,
            "reasoning": progress.reasoning,
            "citations": msgspec.to_builtins(progress.sources),
            "html": ending.html,
            "renderer_version": ending.renderer_version,
            "status": ending.status,
            "error_code": ending.error_code,
            "error_message": ending.error_message,
            "finished_at": now,
            "stop_requested": False,
            **{name: getattr(ending.receipt, name) for name in Receipt.__struct_fields__},
        }
        async with self._database.write() as session:
            result = await session.execute(
                update(MessageRow)
                .where(MessageRow.id == progress.id, _IS_LIVE)
                .values(**values)
                .returning(MessageRow.id)
                .execution_options(synchronize_session=False)
            )
            if result.first() is None:
                return False
            session.add_all(_attachment(progress.id, picture, now) for picture in ending.pictures)
            return True

    async def request_stop(self, owner: UUID, message_id: UUID) -> bool:
        """Leaves word for whichever process writes the answer. False if the owner has no such growing answer."""
        async with self._database.write() as session:
            result = await session.execute(
                update(MessageRow)
                .where(MessageRow.id == message_id, MessageRow.owner_id == owner, _IS_LIVE)
                .values(stop_requested=True)
                .returning(MessageRow.id)
            )
            return result.first() is not None

    async def read(self, message_id: UUID) -> Checkpoint | None:
        """The answer's last checkpoint; None if it is gone."""
        async with self._database.read() as session:
            row = await session.get(MessageRow, message_id)
        if row is None:
            return None
        sources = tuple(Source(**source) for source in row.citations)
        return Checkpoint(Progress(row.id, row.content, row.reasoning, sources), Status(row.status), row.heartbeat_at)

    async def reap(self, silent_since: datetime, now: datetime) -> int:
        """Marks growing answers without a heartbeat since then as interrupted: whoever wrote them has died.

        Returns how many.
        """
        async with self._database.write() as session:
            result = await session.scalars(
                update(MessageRow)
                .where(_IS_LIVE, MessageRow.heartbeat_at < silent_since)
                .values(status=Status.INTERRUPTED, finished_at=now, stop_requested=False)
                .returning(MessageRow.id)
            )
            return len(result.all())

    async def save_html(self, message_id: UUID, html: str, renderer_version: int) -> None:
        """Keeps a finished answer's HTML by a newer renderer."""
        async with self._database.write() as session:
            await session.execute(
                update(MessageRow)
                .where(MessageRow.id == message_id, MessageRow.status != Status.STREAMING)
                .values(html=html, renderer_version=renderer_version)
            )


def _attachment(message_id: UUID, picture: Picture, now: datetime) -> AttachmentRow:
    return AttachmentRow(
        message_id=message_id,
        media_type=picture.media_type,
        size=len(picture.data),
        data=picture.data,
        created_at=now,
    )


_IS_LIVE = MessageRow.status == Status.STREAMING
_KEEP_TEXT = (
    update(MessageRow.__table__)  # type: ignore[arg-type]  # a declared class's table is a Table, typed more widely
    .where(MessageRow.id == bindparam("key"), _IS_LIVE)
    .values(content=bindparam("text"), reasoning=bindparam("thoughts"), citations=bindparam("cited"))
)
