"""How often one may have what costs much: more than any person asks for, and less than a program could.

| what is counted | by whom | where |
|---|---|---|
| forks, imports, questions of temporary chats | a user | in the database, for all processes |
| exports of many conversations | a user | in each process: who only reads never waits for a write |
| pictures of shared conversations | an address | the same |
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Final
from uuid import UUID

from webapp.accounts.attempts_store import Attempts, Rate
from webapp.accounts.limits import in_words
from webapp.web.client import Client
from webapp.web.refusals import TooManyError

HOUR: Final = timedelta(hours=1)
EXPORTS: Final = 60
PICTURES: Final = 3_000
PICTURES_OF_MANY: Final = 30_000  # where all readers may seem to come from one address
MOST_ADDRESSES: Final = 10_000  # that are counted at a time; the one that has been there the longest is let go of


class Costly(StrEnum):
    """What is counted, as it is called in a sentence."""

    FORK = "forks"
    IMPORT = "imports"
    TEMPORARY = "temporary questions"


RATES: Final = {
    Costly.FORK: Rate(300, HOUR),
    Costly.IMPORT: Rate(100, HOUR),
    Costly.TEMPORARY: Rate(1_000, HOUR),
}


class Throttles:
    """Each method raises TooManyError, which says when to try again."""

    def __init__(self, attempts: Attempts, clock: Callable[[], float] = monotonic) -> None:
        self._attempts = attempts
        self._pictures = Windows(HOUR.total_seconds(), clock)
        self._exports = Windows(HOUR.total_seconds(), clock)

    async def take(self, what: Costly, user: UUID) -> None:
        rate = RATES[what]
        seconds = await self._attempts.spend(f"{what} of {user}", rate)
        if seconds > 0:
            raise _too_many(rate.most, what, seconds)

    def export(self, user: UUID) -> None:
        """Before many conversations of a user are read at once."""
        seconds = self._exports.spend(str(user), EXPORTS)
        if seconds > 0:
            raise _too_many(EXPORTS, "exports", seconds)

    def show_picture(self, client: Client) -> None:
        """Before a picture of a share is read, for a reader whom nobody knows."""
        most = PICTURES_OF_MANY if client.is_shared else PICTURES
        seconds = self._pictures.spend(client.network, most)
        if seconds > 0:
            raise _too_many(most, "pictures", seconds)


class Windows:
    """How often each of many did something, in a window of time that begins with the first."""

    def __init__(self, length: float, clock: Callable[[], float]) -> None:
        self._length = length
        self._clock = clock
        self._begun: OrderedDict[str, tuple[float, int]] = OrderedDict()  # in the order of their beginnings

    def spend(self, who: str, most: int) -> float:
        """Counts one, or returns how many seconds to wait until one more may be."""
        now = self._clock()
        began, count = self._begun.get(who, (now, 0))
        if now - began >= self._length:
            del self._begun[who]
            began, count = now, 0
        if count >= most:
            return began + self._length - now
        self._begun[who] = (began, count + 1)
        if len(self._begun) > MOST_ADDRESSES:
            self._begun.popitem(last=False)
        return 0.0


def _too_many(most: int, what: str, seconds: float) -> TooManyError:
    sentence = f"That's more than {most:,} {what} within an hour. Try again in {in_words(seconds)}."
    return TooManyError(sentence, retry_after=seconds)
