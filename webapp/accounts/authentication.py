"""Who asks: by the cookie of a session, by an API token, or, without accounts, whoever is at this machine."""

from typing import Final

from webapp.accounts.api_tokens_store import PREFIX, ApiTokens
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.store import Users
from webapp.accounts.users import Caller

COOKIE: Final = "session"
MAX_SECRET: Final = 200  # characters; ours are far shorter, and nothing longer is looked up


class Authentication:
    def __init__(self, users: Users, sessions: Sessions, tokens: ApiTokens, *, has_accounts: bool) -> None:
        self._users = users
        self._sessions = sessions
        self._tokens = tokens
        self.has_accounts = has_accounts
        self._local: Caller | None = None

    async def by_cookie(self, secret: str) -> Caller | None:
        """Who has the session; without accounts the one local user, who needs none."""
        if not self.has_accounts:
            return await self._local_caller()
        if not secret or len(secret) > MAX_SECRET:
            return None
        return await self._sessions.find(secret)

    async def by_authorization(self, header: str) -> Caller | None:
        """Who has the token of an Authorization header; None if it is none of ours, or not good any more."""
        scheme, _, token = header.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token.startswith(PREFIX) or len(token) > MAX_SECRET:
            return None
        return await self._tokens.find(token)

    async def _local_caller(self) -> Caller:
        if self._local is None:
            self._local = Caller(await self._users.local())
        return self._local
