"""Every kind of secret that lets somebody in or through, and what ends it. A new kind is decided on here first.

Here is also where they end, in the transaction of whatever ends them: nothing that a thief has got is good a moment
longer, on either database.
"""

from collections.abc import Mapping
from enum import Flag
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.purposes import Purpose
from webapp.db.tables import ApiToken as TokenRow
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import SignedOutError


class Cause(Flag):
    """What its owner does to put everybody else out."""

    NEW_PASSWORD = 1  # chosen when signed in, or by a link
    SIGN_OUT = 2  # everywhere else
    EITHER = NEW_PASSWORD | SIGN_OUT
    NEITHER = 0


# By the column that has the secret, or what it is checked by. Who is disabled or deleted loses the use of all of them.
COLUMNS: Final[Mapping[str, Cause]] = {
    "sessions.token_hash": Cause.EITHER,  # but for the one in which it is done
    "api_tokens.token_hash": Cause.EITHER,
    "tickets.token_hash": Cause.EITHER,  # as its purpose says, below
    "users.password_hash": Cause.NEW_PASSWORD,  # which takes its place
    # These are ways in that people have beside the password, and would miss. The page of the account shows them.
    "passkeys.public_key": Cause.NEITHER,
    "users.identity": Cause.NEITHER,
    # These let nobody in: the one pays, the other shows one conversation to whoever has its link, and is listed.
    "users.openrouter_key": Cause.NEITHER,
    "shares.token": Cause.NEITHER,
}
PURPOSES: Final[Mapping[Purpose, Cause]] = {
    Purpose.PASSWORD: Cause.EITHER,
    # What was begun and is not finished: a passkey, a link to the provider, a key for OpenRouter.
    Purpose.PASSKEY: Cause.EITHER,
    Purpose.OIDC: Cause.EITHER,
    Purpose.OPENROUTER: Cause.EITHER,
    Purpose.DEVICE: Cause.NEW_PASSWORD,  # opens nothing, and whoever knew the old password is a stranger again
    Purpose.ARCHIVED: Cause.NEITHER,  # an Undo: good for whoever is signed in as its owner alone
    # Of nobody who has an account.
    Purpose.SETUP: Cause.NEITHER,
    Purpose.INVITATION: Cause.NEITHER,
    Purpose.SIGN_UP: Cause.NEITHER,
}


class Ended(Struct, frozen=True):
    """What has ended: sessions, and API tokens with their names."""

    sessions: tuple[UUID, ...] = ()
    tokens: tuple[UUID, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def credentials(self) -> tuple[UUID, ...]:
        return self.sessions + self.tokens

    @property
    def words(self) -> str:
        """For the security log, such as "ended 2 sessions and 1 API token: Backup script"."""
        counted = f"ended {_counted(len(self.sessions), 'session')} and {_counted(len(self.tokens), 'API token')}"
        return f"{counted}: {', '.join(self.names)}" if self.names else counted


async def end_credentials(session: AsyncSession, user_id: UUID, cause: Cause, *, but: UUID | None = None) -> Ended:
    """Ends all of the user's that `cause` ends, except for the session `but`, in the transaction of the caller."""
    await hold(session, user_id)
    purposes = [purpose for purpose, ends in PURPOSES.items() if ends & cause]
    await session.execute(delete(TicketRow).where(TicketRow.user_id == user_id, TicketRow.purpose.in_(purposes)))
    tokens = await session.execute(
        delete(TokenRow).where(TokenRow.user_id == user_id).returning(TokenRow.id, TokenRow.name)
    )
    listed = sorted(tokens, key=lambda row: row.name)
    others = delete(SessionRow).where(SessionRow.user_id == user_id)
    if but is not None:
        others = others.where(SessionRow.id != but)
    sessions = tuple(await session.scalars(others.returning(SessionRow.id)))
    return Ended(sessions, tuple(row.id for row in listed), tuple(row.name for row in listed))


async def check_is_still_in(session: AsyncSession, user_id: UUID, session_id: UUID | None) -> None:
    """Before a credential is added in the same transaction: it takes turns with whatever ends them.

    So nobody who is being put out leaves one behind. Raises SignedOutError if the session has ended meanwhile.
    """
    await hold(session, user_id)
    if session_id is None:
        return
    query = select(SessionRow.id).where(SessionRow.id == session_id, SessionRow.user_id == user_id)
    if await session.scalar(query) is None:
        raise SignedOutError


async def hold(session: AsyncSession, user_id: UUID) -> None:
    """Until the end of the transaction no other one does this for the user. SQLite has one writer as it is.

    It comes first, so that of two none waits for what the other holds.
    """
    query = select(UserRow.id).where(UserRow.id == user_id)
    await session.execute(query.with_for_update(key_share=True))  # rows that belong to the user can be added meanwhile


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
