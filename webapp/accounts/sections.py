"""The sections of the account page. Whoever has one more adds a provider to the list in `create_app`.

A section is a struct that names its template, `accounts/_section_*.html`, which gets it as `section`.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

from msgspec import Struct

from webapp.accounts.account import LIFETIMES, MAX_TOKEN_NAME, Account
from webapp.accounts.api_tokens_store import SCOPES, ApiToken, ApiTokens
from webapp.accounts.browsers import browser_in_words
from webapp.accounts.moments import ago, day
from webapp.accounts.sessions_store import Sessions, SignedIn
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import Way, WaysIn


class Section(Struct, frozen=True):
    """What the template of a section is given. `key` is its place on the page, `#key`, and where its errors go."""

    template: ClassVar[str]
    key: ClassVar[str]


Provider = Callable[[Caller], Awaitable[Section | None]]


class ProfileSection(Section, frozen=True):
    template = "accounts/_section_profile.html"
    key = "profile"

    name: str
    full_name: str
    is_administrator: bool


class PasswordSection(Section, frozen=True):
    """`name` is for the browser's own list of passwords. `tokens` are those that a new one ends, by name.

    `must_confirm`: who they are, before they set a first one.
    """

    template = "accounts/_section_password.html"
    key = "password"

    name: str
    has_password: bool
    tokens: tuple[str, ...] = ()
    must_confirm: bool = False


class ListedSession(Struct, frozen=True):
    id: UUID
    browser: str
    method: str
    since: str
    last_used: str
    is_this_one: bool


class SessionsSection(Section, frozen=True):
    """`tokens` are those that end with all other sessions, by name."""

    template = "accounts/_section_sessions.html"
    key = "sessions"

    sessions: tuple[ListedSession, ...]
    tokens: tuple[str, ...] = ()


class ListedToken(Struct, frozen=True):
    id: UUID
    name: str
    scopes: str
    made: str
    last_used: str
    ends: str
    has_ended: bool


class Lifetime(Struct, frozen=True):
    days: int
    words: str


class TokensSection(Section, frozen=True):
    template = "accounts/_section_tokens.html"
    key = "tokens"

    tokens: tuple[ListedToken, ...]
    scopes: tuple[str, ...] = SCOPES
    lifetimes: tuple[Lifetime, ...] = ()
    longest_name: int = MAX_TOKEN_NAME


class ListedPasskey(Struct, frozen=True):
    name: str
    made: str


class WaysSection(Section, frozen=True):
    """How one signs in without a password. `provider` is the name of the other place to sign in at, "" for none."""

    template = "accounts/_section_ways.html"
    key = "ways"

    passkeys: tuple[ListedPasskey, ...]
    provider: str
    is_linked: bool


class AccountSections:
    """All sections, in the order in which the page has them."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = providers

    async def of(self, caller: Caller) -> tuple[Section, ...]:
        sections = [await provider(caller) for provider in self._providers]
        return tuple(section for section in sections if section is not None)


class OwnSections:
    """Those that every installation with accounts has."""

    def __init__(self, account: Account, sessions: Sessions, tokens: ApiTokens, ways_in: WaysIn) -> None:
        self._ways_in = ways_in
        self._account = account
        self._sessions = sessions
        self._tokens = tokens

    @property
    def providers(self) -> list[Provider]:
        return [self.profile, self.password, self.sessions, self.tokens]

    async def profile(self, caller: Caller) -> ProfileSection:
        return ProfileSection(caller.user.name, caller.user.full_name, caller.user.is_administrator)

    async def password(self, caller: Caller) -> PasswordSection | None:
        """None where the user may not have a password."""
        if not self._ways_in.takes_password_of(caller.user.role):
            return None
        has_password = await self._account.has_password(caller)
        is_fresh = caller.credential is not None and await self._sessions.is_fresh(caller.user.id, caller.credential)
        tokens = await self._working_tokens(caller)
        return PasswordSection(caller.user.name, has_password, tokens, must_confirm=not (has_password or is_fresh))

    async def sessions(self, caller: Caller) -> SessionsSection:
        now = datetime.now(UTC)
        listed = [_listed(one, caller, now) for one in await self._sessions.of(caller.user.id)]
        own_first = tuple(sorted(listed, key=lambda one: not one.is_this_one))
        return SessionsSection(own_first, await self._working_tokens(caller))

    async def tokens(self, caller: Caller) -> TokensSection:
        now = datetime.now(UTC)
        tokens = tuple([_listed_token(one, now) for one in await self._tokens.of(caller.user.id)])
        return TokensSection(tokens, lifetimes=tuple([Lifetime(days, _LIFETIMES[days]) for days in LIFETIMES]))

    async def _working_tokens(self, caller: Caller) -> tuple[str, ...]:
        listed = (await self.tokens(caller)).tokens
        return tuple([one.name for one in listed if not one.has_ended])


_METHODS: Final[dict[str, str]] = {
    Way.PASSWORD: "by password",
    Way.LINK: "by a link to choose a new password",
    Way.PASSKEY: "by passkey",
    Way.PROVIDER: "by single sign-on",
}
_LIFETIMES: Final = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year", 0: "until it is revoked"}


def _listed(one: SignedIn, caller: Caller, now: datetime) -> ListedSession:
    return ListedSession(
        one.id,
        browser_in_words(one.browser),
        _METHODS.get(one.method, one.method),
        ago(one.created_at, now),
        ago(one.last_seen_at, now),
        one.id == caller.credential,
    )


def _listed_token(one: ApiToken, now: datetime) -> ListedToken:
    return ListedToken(
        one.id,
        one.name,
        " and ".join(one.scopes),
        ago(one.created_at, now),
        "never" if one.last_used_at is None else ago(one.last_used_at, now),
        "" if one.expires_at is None else day(one.expires_at),
        one.expires_at is not None and one.expires_at <= now,
    )
