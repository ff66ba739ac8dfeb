"""Pictures of messages, as they are kept. Nothing else reads their bytes, and those that came go to the painter alone.

Every method takes the owner first and finds nothing that belongs to another, or was deleted.
"""

from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, Select, and_, case, false, null, select, update

from webapp.conversations.pictures import Picture
from webapp.db.engine import Database
from webapp.db.tables import IS_THERE
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.web.refusals import NotFoundError

_IS_PAINTED: Final = AttachmentRow.name != ""
_PICTURE: Final = (AttachmentRow.media_type, AttachmentRow.data, AttachmentRow.name)


class PictureStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def painted(self, owner: UUID, picture_id: UUID, known: Picture | None = None) -> Picture | None:
        """A picture that goes out; None for one that isn't painted yet. NotFoundError if there is no such.

        One that is `known`, as it was painted, isn't read again.
        """
        is_needed = _IS_PAINTED if known is None else false()
        data = case((is_needed, AttachmentRow.data), else_=null())  # what came isn't needed, and may be large
        query = _of(owner, AttachmentRow.media_type, data, AttachmentRow.name).where(AttachmentRow.id == picture_id)
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotFoundError("There is no such picture. It may have been deleted.")
        return (known or Picture(*row)) if row.name else None

    async def unpainted(self, owner: UUID, picture_id: UUID) -> Picture | None:
        """The same as it came; None where it's painted, or gone."""
        query = _of(owner, *_PICTURE).where(AttachmentRow.id == picture_id, ~_IS_PAINTED)
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        return None if row is None else Picture(*row)

    async def unpainted_in(self, owner: UUID, conversation_id: UUID) -> list[UUID]:
        """Those of a conversation that aren't painted yet."""
        query = _of(owner, AttachmentRow.id).where(MessageRow.conversation_id == conversation_id, ~_IS_PAINTED)
        async with self._database.read() as session:
            return list(await session.scalars(query.order_by(AttachmentRow.id)))

    async def keep(self, picture_id: UUID, painted: Picture) -> bool:
        """Puts a painted picture in the place of what came. Of several painters the first one's stays.

        Returns whether this one stays; False also if the picture has been deleted.
        """
        values: dict[str, Any] = {"name": painted.name, "media_type": painted.media_type}
        if painted.is_shown:
            width, height = painted.size or (None, None)
            values |= {"data": painted.data, "size": len(painted.data), "width": width, "height": height}
        async with self._database.write() as session:
            kept = update(AttachmentRow).where(AttachmentRow.id == picture_id, ~_IS_PAINTED).values(values)
            result = cast("CursorResult[Any]", await session.execute(kept))
            return result.rowcount > 0  # SQLite makes another copy of the row for a RETURNING


def _of(owner: UUID, *columns: Any) -> Select[Any]:
    is_there: ColumnElement[bool] = and_(ConversationRow.id == MessageRow.conversation_id, IS_THERE)
    return (
        select(*columns)
        .join(MessageRow, MessageRow.id == AttachmentRow.message_id)
        .join(ConversationRow, is_there)
        .where(MessageRow.owner_id == owner, MessageRow.deleted_at.is_(None))
    )
