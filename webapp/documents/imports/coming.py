"""A file on its way here: one of each owner's at a time, in all processes, and no more of it than there is room for."""

import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final
from uuid import UUID

from webapp.accounts.storage import NoRoomError, no_room
from webapp.accounts.storage_store import Storage
from webapp.background import in_any_case
from webapp.db.job_log import JobLog
from webapp.documents.imports.claims_store import Claims

logger = logging.getLogger(__name__)

HEARTBEAT: Final = 5.0  # seconds, well below the time after which a silent claim has ended


class Coming:
    def __init__(self, claims: Claims, storage: Storage) -> None:
        self._claims = claims
        self._storage = storage
        self._log = JobLog(logger, "The place of an upload could not be given back")

    @asynccontextmanager
    async def claimed(self, owner: UUID) -> AsyncGenerator["Claim", None]:
        """Holds the owner's place while the block runs. ConflictError while another file comes or is worked on."""
        claim = Claim(self._claims, owner, await self._claims.take(owner))
        try:
            claim.used = (await self._storage.used_by([owner])).get(owner, 0)
            claim.most = self._storage.most
            yield claim
        finally:
            await in_any_case(self._give_back(claim))

    async def _give_back(self, claim: "Claim") -> None:
        """Where that can't be done it ends by itself, as it has no heartbeat any more."""
        try:
            await self._claims.give_back(claim.owner, claim.key)
            self._log.worked()
        except Exception as error:
            self._log.failed(error)


class Claim:
    """The place of one upload. `used` is what its owner had when it began, of at most `most` bytes; 0 for any."""

    def __init__(self, claims: Claims, owner: UUID, key: UUID) -> None:
        self.owner = owner
        self.key = key
        self.used = self.most = 0
        self._claims = claims
        self._kept_at = monotonic()

    async def watch(self, size: int) -> None:
        """Keeps the place, and raises NoRoomError where so many bytes don't fit. See `receive_file`."""
        if self.most and self.used + size >= self.most:
            raise NoRoomError(no_room(self.used, self.most, size))
        if monotonic() - self._kept_at >= HEARTBEAT:
            self._kept_at = monotonic()
            await self._claims.keep(self.owner, self.key)
