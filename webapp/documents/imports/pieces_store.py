"""The pieces of large conversations that wait to be brought in. One at a time is in memory."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.db.tables import ImportItem as ItemRow
from webapp.db.tables import ImportPiece as PieceRow
from webapp.db.types import new_id
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.intake_store import Intake, add_messages, add_picture
from webapp.documents.imports.pieces import Piece, messages_of


async def keep_pieces(session: AsyncSession, owner: UUID, import_id: UUID, place: int, pieces: Sequence[Piece]) -> bool:
    """Keeps pieces of the item at a place. False where it doesn't wait, so that nobody needs them."""
    item = await session.scalar(
        select(ItemRow.id).where(ItemRow.import_id == import_id, ItemRow.place == place, ItemRow.state == "waiting")
    )
    if item is None:
        return False
    rows = [
        {"id": new_id(), "item_id": item, "owner_id": owner, "number": one.number, "kind": one.kind, "data": one.data}
        for one in pieces
    ]
    await session.execute(insert(PieceRow), rows)
    return True


async def outline(session: AsyncSession, item: UUID) -> Document:
    """The document without what its messages say."""
    data = await session.scalar(select(PieceRow.data).where(PieceRow.item_id == item, PieceRow.number == 0))
    return msgspec.json.decode(data or b"", type=Document)


async def add_pieces(session: AsyncSession, intake: Intake, item: UUID) -> None:
    """Adds what all pieces hold to a conversation."""
    last: DocumentMessage | None = None
    picture = list[bytes]()
    async for kind, data in _pieces(session, item):
        if kind != "more":
            await _add_joined(session, intake, last, picture)
        if kind == "messages":
            messages = messages_of(data)
            await add_messages(session, intake, messages)
            last = messages[-1]
        else:
            picture.append(data)
    await _add_joined(session, intake, last, picture)


async def _add_joined(
    session: AsyncSession, intake: Intake, message: DocumentMessage | None, parts: list[bytes]
) -> None:
    """Adds the picture of these parts, if there are any, and lets go of them before."""
    if parts and message is not None:
        data = b"".join(parts)
        parts.clear()
        await add_picture(session, intake, message, data)


async def _pieces(session: AsyncSession, item: UUID) -> AsyncIterator[tuple[str, bytes]]:
    numbers = await session.scalars(
        select(PieceRow.number).where(PieceRow.item_id == item, PieceRow.number > 0).order_by(PieceRow.number)
    )
    for number in numbers.all():
        query = select(PieceRow.kind, PieceRow.data).where(PieceRow.item_id == item, PieceRow.number == number)
        kind, data = (await session.execute(query)).one()
        yield kind, data


async def drop_pieces(session: AsyncSession, item: UUID) -> None:
    await session.execute(delete(PieceRow).where(PieceRow.item_id == item))
