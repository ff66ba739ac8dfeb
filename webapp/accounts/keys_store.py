"""Where users' own keys are kept: encrypted, in their rows."""

from uuid import UUID

from sqlalchemy import select, update

from webapp.accounts.keys import Keys, UnreadableKeyError
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow


class KeyStore:
    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self.keys = keys

    async def sealed(self, user: UUID) -> bytes | None:
        """The user's key as it is kept; None where there is none."""
        async with self._database.read() as session:
            found: bytes | None = await session.scalar(select(UserRow.openrouter_key).where(UserRow.id == user))
        return found

    async def keep(self, user: UUID, key: str) -> None:
        """Keeps a key in place of any other. Raises UnreadableKeyError without a secret to encrypt it by."""
        await self._set(user, self.keys.seal(user, key))

    async def remove(self, user: UUID) -> None:
        await self._set(user, None)

    async def seal_anew(self) -> int:
        """Encrypts by the first secret what older ones have encrypted; returns how many keys that were."""
        if not self.keys.has_older:
            return 0
        query = select(UserRow.id, UserRow.openrouter_key).where(UserRow.openrouter_key.is_not(None))
        async with self._database.write("keys") as session:
            rows = (await session.execute(query)).all()
            count = 0
            for user, sealed in rows:
                if sealed is not None and (new := self._sealed_anew(user, sealed)) is not None:
                    is_it = (UserRow.id == user, UserRow.openrouter_key == sealed)
                    await session.execute(update(UserRow).where(*is_it).values(openrouter_key=new))
                    count += 1
        return count

    def _sealed_anew(self, user: UUID, sealed: bytes) -> bytes | None:
        try:
            return None if self.keys.is_current(user, sealed) else self.keys.seal(user, self.keys.open(user, sealed))
        except UnreadableKeyError:
            return None  # its user is told

    async def _set(self, user: UUID, sealed: bytes | None) -> None:
        async with self._database.write(user) as session:
            await session.execute(update(UserRow).where(UserRow.id == user).values(openrouter_key=sealed))
