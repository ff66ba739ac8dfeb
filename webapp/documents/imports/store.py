"""Imports under way. They are in the database, so that any process can tell of one and go on with it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, cast
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.storage import NoRoomError
from webapp.accounts.storage_store import UNLIMITED, Quota
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Import as ImportRow
from webapp.db.tables import ImportItem as ItemRow
from webapp.db.types import new_id
from webapp.documents.document import Document
from webapp.documents.imports.ids import keys, origins
from webapp.documents.imports.intake_store import Known, add_messages, begin, grow, here
from webapp.documents.imports.items import Item
from webapp.documents.imports.pieces import Piece
from webapp.documents.imports.pieces_store import add_pieces, drop_pieces, keep_pieces, outline
from webapp.web.refusals import ConflictError, NotFoundError

LIFETIME: Final = timedelta(days=1)  # of what nobody has confirmed, and of the account of what was done
SILENT_AFTER: Final = timedelta(seconds=20)  # without a sign for so long, whoever was at it has died
BATCH: Final = 20  # conversations in one transaction,
BATCH_BYTES: Final = 4_000_000  # unless they are larger than this together

GOES_ON: Final = "New in a conversation that's here already."

BUSY: Final = "Another import is under way. Wait for its end, then send the file again."
_GONE: Final = "There is no such import. It may be long done: what it brought is in the list."

State = Literal["reading", "ready", "importing", "done", "failed"]


class Import(Struct, frozen=True):
    """A file that somebody sent. `is_silent` if it was being worked on by somebody who gives no sign any more."""

    id: UUID
    name: str
    state: State
    problem: str
    is_silent: bool = False

    @property
    def is_lost(self) -> bool:
        """Whether it was being read by a process that has died, and took the file along."""
        return self.is_silent and self.state == "reading"


class Tally(Struct, frozen=True):
    """How many conversations of a file wait, were brought in, are here already, or bad; messages of the first two."""

    waiting: int = 0
    done: int = 0
    known: int = 0
    bad: int = 0
    messages: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.done


class Listed(Struct, frozen=True):
    """A conversation of a file, as it is told. `conversation` is the one here that has its messages."""

    title: str
    state: Literal["waiting", "done", "known", "bad"]
    messages: int
    remark: str
    conversation: UUID | None = None


class ImportStore:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, database: Database, quota: Quota = UNLIMITED) -> None:
        self._database = database
        self._quota = quota

    async def begin(self, owner: UUID, name: str) -> UUID:
        """A file that is being read. What the owner sent before is let go of.

        ConflictError while another of the owner's is being worked on.
        """
        now = datetime.now(UTC)
        async with self._database.write(owner) as session:
            await check_idle(session, owner)
            await session.execute(delete(ImportRow).where(ImportRow.user_id == owner))
            row = ImportRow(user_id=owner, name=name[:200], state="reading", created_at=now, expires_at=now + LIFETIME)
            row.heartbeat_at = moment()
            session.add(row)
            return row.id

    async def sweep(self) -> None:
        """Lets go of whatever has lain here for its LIFETIME, whoever sent it."""
        async with self._database.write() as session:
            await session.execute(delete(ImportRow).where(ImportRow.expires_at < datetime.now(UTC)))

    async def find(self, owner: UUID, import_id: UUID) -> Import:
        is_silent = ImportRow.state.in_(("reading", "importing")) & (ImportRow.heartbeat_at <= moment(SILENT_AFTER))
        query = select(ImportRow.id, ImportRow.name, ImportRow.state, ImportRow.problem, is_silent).where(
            ImportRow.id == import_id, ImportRow.user_id == owner
        )
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotFoundError(_GONE)
        key, name, state, problem, silent = row
        return Import(key, name, cast("State", state), problem, is_silent=bool(silent))

    async def latest(self, owner: UUID) -> Import | None:
        async with self._database.read() as session:
            key = await session.scalar(
                select(ImportRow.id).where(ImportRow.user_id == owner).order_by(ImportRow.id.desc()).limit(1)
            )
        return None if key is None else await self.find(owner, key)

    async def tally(self, owner: UUID, import_id: UUID) -> Tally:
        query = (
            select(ItemRow.state, func.count(), func.coalesce(func.sum(ItemRow.messages), 0))
            .join(ImportRow, ImportRow.id == ItemRow.import_id)
            .where(ImportRow.id == import_id, ImportRow.user_id == owner)
            .group_by(ItemRow.state)
        )
        async with self._database.read() as session:
            rows = {row[0]: (row[1], int(row[2])) for row in await session.execute(query)}
        messages = sum(number for state, (_, number) in rows.items() if state in ("waiting", "done"))
        return Tally(**{state: count for state, (count, _) in rows.items()}, messages=messages)

    async def listed(self, owner: UUID, import_id: UUID, limit: int) -> list[Listed]:
        """What there is to tell of single conversations: the bad ones first."""
        order = case((ItemRow.state == "bad", 0), (ItemRow.remark != "", 1), else_=2)
        query = (
            select(ItemRow.title, ItemRow.state, ItemRow.messages, ItemRow.remark, ItemRow.conversation_id)
            .join(ImportRow, ImportRow.id == ItemRow.import_id)
            .where(ImportRow.id == import_id, ImportRow.user_id == owner)
            .order_by(order, ItemRow.place)
            .limit(limit)
        )
        async with self._database.read() as session:
            return [Listed(*row) for row in await session.execute(query)]  # type: ignore[arg-type]  # by a constraint

    async def conversations(self, owner: UUID, import_id: UUID) -> list[UUID]:
        """Those that an import has made, or added to."""
        query = (
            select(ItemRow.conversation_id)
            .join(ImportRow, ImportRow.id == ItemRow.import_id)
            .where(ImportRow.id == import_id, ImportRow.user_id == owner, ItemRow.state == "done")
            .order_by(ItemRow.place)
        )
        async with self._database.read() as session:
            return [one for one in await session.scalars(query) if one is not None]

    async def add_items(self, owner: UUID, import_id: UUID, place: int, items: Sequence[Item]) -> None:
        """What was read next, from that place on. NotFoundError if nobody wants to know any more.

        NoRoomError where it is more than the owner may have: then the import has failed, and nothing of it waits.
        """
        try:
            await self._add_items(owner, import_id, place, items)
        except NoRoomError as refusal:
            await self._fail(owner, import_id, refusal)
            raise

    async def add_pieces(self, owner: UUID, import_id: UUID, place: int, pieces: Sequence[Piece]) -> None:
        """The next pieces of the large conversation at a place. Raises as `add_items` does."""
        try:
            async with self._database.write(owner) as session:
                (await self._require(session, owner, import_id, "reading")).heartbeat_at = moment()
                if await keep_pieces(session, owner, import_id, place, pieces):
                    await self._quota.check(session, owner)
        except NoRoomError as refusal:
            await self._fail(owner, import_id, refusal)
            raise

    async def _fail(self, owner: UUID, import_id: UUID, refusal: NoRoomError) -> None:
        async with self._database.write(owner) as session:
            row = await self._require(session, owner, import_id, "reading")
            row.state, row.problem = "failed", refusal.sentence
            await session.execute(delete(ItemRow).where(ItemRow.import_id == import_id))

    async def _add_items(self, owner: UUID, import_id: UUID, place: int, items: Sequence[Item]) -> None:
        found = {place: _keys(owner, one) for place, one in enumerate(items)}
        async with self._database.write(owner) as session:
            import_row = await self._require(session, owner, import_id, "reading")
            import_row.heartbeat_at = moment()
            taken = await here(session, owner, [key for keys_ in found.values() for key in keys_])
            seen = dict[UUID, set[str]]()  # conversations of this batch, by the ids of their messages
            rows = []
            for number, one in enumerate(items):
                known = next((taken[key] for key in found[number] if key in taken), None)
                new = _new_messages(one, known, seen, found[number])
                rows.append(_item_row(import_id, place + number, one, new, known))
            if rows:
                await session.execute(insert(ItemRow), rows)
                await self._quota.check(session, owner)

    async def turn(self, owner: UUID, import_id: UUID, before: State, after: State, problem: str = "") -> None:
        """From one state to the next, with what is to be said of the file. ConflictError if it is in another."""
        async with self._database.write(owner) as session:
            row = await self._require(session, owner, import_id, before)
            row.state, row.heartbeat_at = after, moment()
            row.problem = problem or row.problem

    async def delete(self, owner: UUID, import_id: UUID) -> None:
        gone = delete(ImportRow).where(ImportRow.id == import_id, ImportRow.user_id == owner)
        async with self._database.write(owner) as session:
            if (await session.execute(gone.returning(ImportRow.id))).first() is None:
                raise NotFoundError(_GONE)

    async def claim(self, owner: UUID, import_id: UUID) -> bool:
        """Whether the caller is to go on with an import at which nobody works any more."""
        async with self._database.write(owner) as session:
            result = await session.execute(
                update(ImportRow)
                .where(
                    ImportRow.id == import_id,
                    ImportRow.user_id == owner,
                    ImportRow.state == "importing",
                    ImportRow.heartbeat_at <= moment(SILENT_AFTER),
                )
                .values(heartbeat_at=moment())
                .returning(ImportRow.id)
            )
            return result.first() is not None

    async def bring_in(self, owner: UUID, import_id: UUID, default_model: str = "") -> bool:
        """Makes conversations of the next ones that wait, each whole; False when there are no more.

        What other programs call a model is none here: what comes from them goes on with the default one. NoRoomError
        where they are more than the owner may have: then the rest waits again, to be brought in when there is room.
        """
        try:
            return await self._bring_in(owner, import_id, default_model)
        except NoRoomError as refusal:
            await self.turn(owner, import_id, "importing", "ready", refusal.sentence)
            raise

    async def _bring_in(self, owner: UUID, import_id: UUID, default_model: str) -> bool:
        async with self._database.write(owner) as session:
            row = await self._require(session, owner, import_id, "importing")
            row.heartbeat_at = moment()
            waiting = await _next_waiting(session, import_id)
            for item in waiting:
                item.conversation_id, new = await _bring_in_item(session, owner, item, default_model)
                item.state, item.messages = "known" if new is None else "done", new or item.messages
                item.document = None
            if waiting:
                await self._quota.check(session, owner)
            else:
                row.state = "done"
            return bool(waiting)

    async def _require(self, session: AsyncSession, owner: UUID, import_id: UUID, state: State) -> ImportRow:
        row: ImportRow | None = await session.scalar(
            select(ImportRow).where(ImportRow.id == import_id, ImportRow.user_id == owner)
        )
        if row is None:
            raise NotFoundError(_GONE)
        if row.state != state:
            raise ConflictError("This import has gone on meanwhile. Look at it again.")
        return row


async def check_idle(session: AsyncSession, owner: UUID) -> None:
    """Raises ConflictError while an import of the owner's is being worked on."""
    busy = select(ImportRow.id).where(
        ImportRow.user_id == owner,
        ImportRow.state.in_(("reading", "importing")),
        ImportRow.heartbeat_at > moment(SILENT_AFTER),
    )
    if await session.scalar(busy.limit(1)):
        raise ConflictError(BUSY)


def _keys(owner: UUID, item: Item) -> tuple[UUID, ...]:
    return keys(owner, item.origins) if item.is_good else ()


def _new_messages(item: Item, known: Known | None, seen: dict[UUID, set[str]], keys_: Sequence[UUID]) -> int | None:
    """How many messages an item has that neither are here nor came before it in the file; None if there is no need."""
    if not item.is_good:
        return None
    before = next((seen[key] for key in keys_ if key in seen), None)
    names = {one.first_id for one in (known.new_of(item.messages) if known else item.messages)}
    seen.update(dict.fromkeys(keys_, (before or set()) | names))
    new = len(names - (before or set()))
    return new if new or (known is None and before is None) else None


async def _bring_in_item(
    session: AsyncSession, owner: UUID, item: ItemRow, default_model: str
) -> tuple[UUID, int | None]:
    """The conversation that has it now, and how many messages came in; None if all of it was here."""
    whole = None if item.document is None else msgspec.json.decode(item.document, type=Document)
    document = whole or await outline(session, item.id)
    if item.format != "openchat":
        document = replace(document, model=default_model)
    names = origins(item.format, document)
    ids = keys(owner, names)
    found = await here(session, owner, ids)
    known = next((found[key] for key in ids if key in found), None)
    if known is None:
        intake = await begin(session, owner, ids[0], document, names)
    else:
        intake = await grow(session, owner, known, document)
    if whole is not None:
        await add_messages(session, intake, whole.messages)
    else:
        if intake.new:
            await add_pieces(session, intake, item.id)
        await drop_pieces(session, item.id)
    return intake.conversation, len(intake.new) or (0 if known is None else None)


def _item_row(import_id: UUID, place: int, item: Item, new: int | None, known: Known | None) -> dict[str, Any]:
    state = "bad" if not item.is_good else "known" if new is None else "waiting"
    goes_on = GOES_ON if known and new else ""
    return {
        "id": new_id(),
        "import_id": import_id,
        "place": place,
        "state": state,
        "title": item.title,
        "remark": " ".join(filter(None, (goes_on, item.remark))),
        "format": item.format,
        "source_id": item.source_id,
        "conversation_id": known.conversation if known and known.is_there else None,
        "messages": new or len(item.messages),
        "document": item.document if state == "waiting" else None,
    }


async def _next_waiting(session: AsyncSession, import_id: UUID) -> list[ItemRow]:
    """The next items that wait: at most BATCH, and no more than BATCH_BYTES, but one in any case."""
    sizes = await session.execute(
        select(ItemRow.id, func.length(ItemRow.document))
        .where(ItemRow.import_id == import_id, ItemRow.state == "waiting")
        .order_by(ItemRow.place)
        .limit(BATCH)
    )
    chosen, total = list[UUID](), 0
    for key, size in sizes:
        total += BATCH_BYTES + 1 if size is None else size  # without a document it is large, and waits in pieces
        if chosen and total > BATCH_BYTES:
            break
        chosen.append(key)
    rows = await session.scalars(select(ItemRow).where(ItemRow.id.in_(chosen)).order_by(ItemRow.place))
    return list(rows)
