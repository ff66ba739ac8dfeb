"""Checks of OpenRouter: whether it answers, what credit is left, and what its clock says of ours."""

import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from msgspec import Struct

from webapp.operations.checks import Finding, Level
from webapp.operations.store import DatabaseFacts
from webapp.services.errors import OpenRouterError
from webapp.services.listings import Credits
from webapp.services.openrouter import Contact

FRESH: Final = 30.0  # seconds for which what OpenRouter said is good
SLOW: Final = 2.0  # seconds
LITTLE: Final = Decimal(1)  # US dollars
CLOCK_IS_OFF: Final = 5.0  # seconds; OpenRouter tells whole ones, and its answer has travelled
CLOCK_IS_WRONG: Final = 60.0
DATABASE_CLOCK_IS_OFF: Final = 2.0
SET_CLOCK: Final = "Let the clocks be set by the network: timedatectl set-ntp true."


class Account(Protocol):
    """Where the key has its account."""

    async def contact(self) -> Contact: ...

    async def credits(self) -> Credits | None: ...

    async def models(self) -> list[dict[str, Any]]: ...


class Reached(Struct, frozen=True):
    """What OpenRouter said. `left` is None where the key has no limit and may not know the account's credit.

    `lists_models` is asked of a server that does not tell of keys: by then it is not known whether it takes the key.
    """

    contact: Contact
    left: Decimal | None
    lists_models: bool
    ahead: float | None  # seconds that our clock is ahead of OpenRouter's


class Upstream:
    """Asks at most every FRESH seconds, for all checks together."""

    def __init__(self, account: Account | None, server: str = "OpenRouter") -> None:
        """`account` is None in demo mode, where a stand-in answers and nothing is paid. `server` is its name."""
        self.server = server
        self._account = account
        self._asking = asyncio.Lock()
        self._said: Reached | OpenRouterError | None = None
        self._asked_at = 0.0

    async def ask(self) -> Reached | None:
        """None in demo mode. Raises OpenRouterError where it does not answer, or not well."""
        if self._account is None:
            return None
        async with self._asking:
            if self._said is None or time.monotonic() - self._asked_at >= FRESH:
                self._said = await self._ask(self._account)
                self._asked_at = time.monotonic()
        if isinstance(self._said, OpenRouterError):
            raise self._said
        return self._said

    async def _ask(self, account: Account) -> Reached | OpenRouterError:
        try:
            contact = await account.contact()
            now = datetime.now(UTC)
            lists_models = contact.key is not None or await _lists_models(account)
            bought = await account.credits()
        except OpenRouterError as error:
            return error
        of_account = None if bought is None else bought.remaining
        of_key = None if contact.key is None else contact.key.limit_remaining
        known = [one for one in (of_key, of_account) if one is not None]
        ahead = None if contact.clock is None else (now - contact.clock).total_seconds()
        return Reached(contact, min(known, default=None), lists_models, ahead)


class UpstreamCheck:
    name = "upstream"
    is_required = False
    needs_database = False

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self.title = "OpenRouter" if upstream.server == "OpenRouter" else "Model server"

    async def look(self) -> Finding:
        try:
            reached = await self._upstream.ask()
        except OpenRouterError as error:
            return Finding(Level.BAD, error.reason, _advice(error))
        if reached is None:
            return Finding(
                Level.FAIR, "Demo mode: a stand-in answers.", "Set OPENROUTER_API_KEY; openrouter.ai/keys makes one."
            )
        seconds = reached.contact.seconds
        time_taken = f"answered within {seconds * 1000:.0f} ms"
        if not reached.lists_models:
            says = f"It {time_taken}. It tells of no keys and lists no models, so whether it takes the key isn't known."
            return Finding(Level.FAIR, says, "Ask a question. If that fails, check OPENROUTER_BASE_URL.")
        if reached.contact.key is None:
            says = f"It {time_taken} and lists its models. It does not tell of keys."
        else:
            says = f"It takes the key, and {time_taken}."
        if seconds < SLOW:
            return Finding(Level.GOOD, says)
        where = "status.openrouter.ai" if self._upstream.server == "OpenRouter" else "that server"
        return Finding(Level.FAIR, says, f"Look at {where}, and at this machine's network.")


class CreditCheck:
    name = "credit"
    title = "Credit"
    is_required = False
    needs_database = False

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def look(self) -> Finding:
        try:
            reached = await self._upstream.ask()
        except OpenRouterError:
            return Finding(Level.FAIR, f"Not known, as {self._upstream.server} does not answer.")
        if reached is None:
            return Finding(Level.GOOD, "Demo mode: nothing is paid.")
        left = reached.left
        if left is None and reached.contact.key is None:
            return Finding(Level.GOOD, f"Not known: {self._upstream.server} does not tell of credit.")
        if left is None:
            return Finding(Level.GOOD, "Not known: the key has no limit, and may not see the account's credit.")
        says = f"${left:,.2f} is left at {self._upstream.server}."
        if left >= LITTLE:
            return Finding(Level.GOOD, says)
        return Finding(
            Level.BAD if left <= 0 else Level.FAIR,
            says,
            "Add credit at openrouter.ai/settings/credits, or raise the key's limit at openrouter.ai/settings/keys.",
        )


class ClockCheck:
    """Our clock beside that of the database's server and of OpenRouter."""

    name = "clock"
    title = "Clock"
    is_required = False
    needs_database = True

    def __init__(self, facts: DatabaseFacts, upstream: Upstream) -> None:
        self._facts = facts
        self._upstream = upstream

    async def look(self) -> Finding:
        if self._facts.is_shared:
            off = (datetime.now(UTC) - await self._facts.now()).total_seconds()
            if abs(off) > DATABASE_CLOCK_IS_OFF:
                return Finding(Level.FAIR, f"It is {_off(off)} the database's.", SET_CLOCK)
        try:
            reached = await self._upstream.ask()
        except OpenRouterError:
            reached = None
        ahead = None if reached is None else reached.ahead
        if ahead is None:
            return Finding(Level.GOOD, f"{_ours()}; there is no other to compare it with.")
        if abs(ahead) <= CLOCK_IS_OFF:
            return Finding(Level.GOOD, f"{_ours()}, as elsewhere.")
        level = Level.BAD if abs(ahead) > CLOCK_IS_WRONG else Level.FAIR
        return Finding(level, f"It is {_off(ahead)} {self._upstream.server}'s.", SET_CLOCK)


async def _lists_models(account: Account) -> bool:
    try:
        await account.models()
    except OpenRouterError as error:
        if error.code == "not_offered":
            return False
        raise
    return True


def _advice(error: OpenRouterError) -> str:
    """What to do, as a sentence of its own: an error's sentence says what happened, then that."""
    advice = error.sentence.removeprefix(error.reason.rstrip(".")).lstrip("; ")
    return advice[:1].upper() + advice[1:]


def _ours() -> str:
    return f"It is {datetime.now(UTC):%H:%M:%S} UTC"


def _off(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"
