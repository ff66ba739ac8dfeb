"""Whose file is coming just now: one for each owner, whichever process takes it."""

from uuid import UUID

from sqlalchemy import delete, select, update

from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Upload as UploadRow
from webapp.db.types import new_id
from webapp.documents.imports.store import BUSY, SILENT_AFTER, check_idle
from webapp.web.refusals import ConflictError


class Claims:
    """Every method takes the owner first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, owner: UUID) -> UUID:
        """The owner's place, before a file is read. ConflictError while another file comes or is worked on.

        A claim without a heartbeat for SILENT_AFTER has ended: whoever held it has died.
        """
        claim = new_id()
        async with self._database.write(owner) as session:
            await check_idle(session, owner)
            alive = (UploadRow.user_id == owner, UploadRow.heartbeat_at > moment(SILENT_AFTER))
            if await session.scalar(select(UploadRow.claim).where(*alive)):
                raise ConflictError(BUSY)
            await session.execute(delete(UploadRow).where(UploadRow.user_id == owner))
            row = UploadRow(user_id=owner, claim=claim, heartbeat_at=moment())
            session.add(row)
        return claim

    async def keep(self, owner: UUID, claim: UUID) -> None:
        """Gives a heartbeat. ConflictError if the place is somebody else's by now."""
        is_it = (UploadRow.user_id == owner, UploadRow.claim == claim)
        async with self._database.write(owner) as session:
            kept = update(UploadRow).where(*is_it).values(heartbeat_at=moment()).returning(UploadRow.claim)
            if (await session.execute(kept)).first() is None:
                raise ConflictError(BUSY)

    async def give_back(self, owner: UUID, claim: UUID) -> None:
        async with self._database.write(owner) as session:
            await session.execute(delete(UploadRow).where(UploadRow.user_id == owner, UploadRow.claim == claim))
