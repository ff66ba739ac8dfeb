"""The pictures that are kept: each is painted once, by whoever asks for it first, and none goes out before."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

from msgspec.structs import replace

from webapp.background import end
from webapp.conversations.painter import Painter
from webapp.conversations.pictures import Picture
from webapp.conversations.pictures_store import PictureStore
from webapp.db.engine import Database
from webapp.db.outages import AwayError
from webapp.sandbox.sandbox import Sandbox
from webapp.web.refusals import UnavailableError

logger = logging.getLogger(__name__)

AT_ONCE: Final = 2  # pictures in memory on their way to the sandbox and back
PATIENCE: Final = 30.0  # seconds that a request waits for its picture, which goes on being painted after that
MAX_WAITING: Final = 200  # pictures of one owner that wait to be painted
TRIES: Final = 3  # of what can't wait for the next request


@asynccontextmanager
async def open_gallery(database: Database) -> AsyncGenerator["Gallery", None]:
    """For a program that isn't the server: with a sandbox of its own."""
    sandbox = Sandbox()
    gallery = Gallery(PictureStore(database), Painter(sandbox))
    async with sandbox.running(), gallery.running():
        yield gallery


class Gallery:
    """Gives painted pictures out. Those of one owner are painted one after the other, so nobody waits for another's."""

    def __init__(self, store: PictureStore, painter: Painter) -> None:
        self._store = store
        self._painter = painter
        self._turns = WeakValueDictionary[UUID, asyncio.Lock]()
        self._readings = WeakValueDictionary[UUID, asyncio.Lock]()
        self._sent = WeakValueDictionary[UUID, Picture]()  # pictures that are being sent, by their ids
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks = dict[tuple[UUID, UUID], asyncio.Task[Picture | None]]()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """At its end nothing is painted any more; what wasn't is painted at the next request."""
        try:
            yield
        finally:
            await end(*self._tasks.values())

    async def picture(self, owner: UUID, picture_id: UUID) -> Picture:
        """A picture of one of the owner's messages, painted, or UNSHOWN: then as it came, for the owner alone.

        Raises NotFoundError, and UnavailableError where it can't be painted soon.
        """
        picture = await self._read(owner, picture_id)
        if picture is None:
            painting = self._painting(owner, picture_id)
            await asyncio.wait([painting], timeout=PATIENCE)
            has_ended = painting.done() and not painting.cancelled()
            picture = (painting.result() if has_ended else None) or await self._read(owner, picture_id)
        if picture is None:
            raise UnavailableError(
                "This picture isn't ready yet, because the server is busy. Load the page again in some seconds.",
                retry_after=5,
            )
        return picture

    async def _read(self, owner: UUID, picture_id: UUID) -> Picture | None:
        """A painted picture. Those who ask for the same one at once share it, and read one after the other."""
        async with self._readings.setdefault(picture_id, asyncio.Lock()):
            known = self._sent.get(picture_id)
            picture = await self._store.painted(owner, picture_id, known)
            if picture is not None:
                self._sent[picture_id] = picture
            return picture

    async def paint_all(self, owner: UUID, conversation_id: UUID) -> None:
        """Paints what isn't painted yet of a conversation. UnavailableError where that can't be done to the end."""
        for _ in range(TRIES):
            left = await self._store.unpainted_in(owner, conversation_id)
            for picture_id in left:
                await asyncio.wait([self._painting(owner, picture_id)])
            if not left:
                return
        if await self._store.unpainted_in(owner, conversation_id):
            raise UnavailableError(
                "Pictures of this conversation aren't ready yet, because the server is busy. Try again in a minute.",
                retry_after=60,
            )

    def _painting(self, owner: UUID, picture_id: UUID) -> asyncio.Task[Picture | None]:
        """The task that paints a picture. Several who ask for the same share it, and it doesn't end with them."""
        key = owner, picture_id
        if key not in self._tasks:
            if sum(one == owner for one, _ in self._tasks) >= MAX_WAITING:
                raise UnavailableError("Too many pictures wait to be painted. Try again in a minute.", retry_after=60)
            task = asyncio.create_task(self._paint(owner, picture_id), name=f"picture {picture_id}")
            self._tasks[key] = task
            task.add_done_callback(lambda _: self._tasks.pop(key))
        return self._tasks[key]

    async def _paint(self, owner: UUID, picture_id: UUID) -> Picture | None:
        """Paints a picture and keeps it. Returns it if it is the one that is kept, for those who wait for it."""
        try:
            async with self._turns.setdefault(owner, asyncio.Lock()), self._places:
                came = await self._store.unpainted(owner, picture_id)  # not before: it may be large
                if came is None:
                    return None
                [painted] = await self._painter.paint([came], owner)
                del came
                if not painted.is_shown:
                    painted = replace(painted, data=b"")  # what is kept of it is what came
                is_kept = bool(painted.name) and await self._store.keep(picture_id, painted)
                return painted if is_kept and painted.is_shown else None
        except AwayError:
            pass  # it's in the log already, and whoever waits for the picture hears of it
        except Exception:
            logger.exception("Picture %s could not be kept", picture_id)
        return None
