"""How many event streams one person may hold open in this process, over all tabs and programs."""

from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, TypeVar
from uuid import UUID

from webapp.web.refusals import TooManyError

Version = TypeVar("Version")

MAX_STREAMS: Final = 50


class _Place:
    """One stream's. `is_over`: it is to end as soon as it has something to say."""

    is_over = False


class OpenStreams:
    """Where somebody opens one more than they may, their oldest is told to come back.

    The newest is the tab that is looked at; the oldest is as a rule a device that has gone without a word. Streams that
    were told and have not ended yet count too: twice as many as may be open are the end, and the newest is refused.
    """

    def __init__(self, most: int = MAX_STREAMS) -> None:
        self._most = most
        self._places: defaultdict[UUID, list[_Place]] = defaultdict(list)

    def limited(self, user: UUID, stream: AsyncGenerator[Version, None]) -> AsyncGenerator[Version, None]:
        """The stream, counted from its first step to its end. Raises TooManyError."""
        if len(self._places.get(user, ())) >= 2 * self._most:
            raise TooManyError(
                f"You have more than {self._most} answers open at once. Close some tabs, and try again.", retry_after=15
            )
        return self._counted(user, stream)

    def count(self, user: UUID) -> int:
        return len(self._places.get(user, ()))

    async def _counted(self, user: UUID, stream: AsyncGenerator[Version, None]) -> AsyncGenerator[Version, None]:
        place = self._take(user)
        try:
            async with aclosing(stream) as steps:
                async for step in steps:
                    yield step
                    if place.is_over:
                        return
        finally:
            self._leave(user, place)

    def _take(self, user: UUID) -> _Place:
        places = self._places[user]
        places.append(_Place())
        staying = [place for place in places if not place.is_over]
        if len(staying) > self._most:
            staying[0].is_over = True
        return places[-1]

    def _leave(self, user: UUID, place: _Place) -> None:
        places = self._places[user]
        places.remove(place)
        if not places:
            del self._places[user]
