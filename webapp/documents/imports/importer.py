"""Has read what somebody sent, and makes conversations of it when they say so: in the background, step by step.

A file is read in the sandbox (reading_job.py): nothing of it is opened in the server's own process.

Each step is in the database, so the page that tells of it may be answered by any process. Who confirms, or looks at an
import at which nobody works any more, has it gone on with in their own process.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from typing import Any, Final
from uuid import UUID

from webapp.background import background, end
from webapp.conversations.gallery import Gallery
from webapp.db.job_log import JobLog
from webapp.db.outages import AwayError
from webapp.db.patience import outlast
from webapp.documents.imports.pieces import Pieces
from webapp.documents.imports.reading_job import UNPACKED, Answer, Sent, Unreadable, reading_job
from webapp.documents.imports.soundness import MAX_CHARACTERS
from webapp.documents.imports.store import Import, ImportStore, State
from webapp.documents.imports.unpacking import FileError
from webapp.sandbox.job import Job
from webapp.sandbox.process import Reason, SandboxError
from webapp.sandbox.sandbox import Sandbox
from webapp.web.refusals import RefusalError, UnavailableError
from webapp.web.uploads import Upload

logger = logging.getLogger(__name__)

ReadingJob = Callable[[Sent, int], Job[Sent, Answer]]

SWEEP_INTERVAL: Final = 3600.0  # seconds
SIGN_INTERVAL: Final = 5.0  # seconds between two signs that a file is still being read, or waits for its turn

_BUSY: Final = "The server is busy reading other files. Send this one again in some minutes."
_BECAUSE: Final[Mapping[Reason, str]] = {
    "time": "it takes too long",
    "processor": "it takes too long",
    "memory": "it needs more memory than an import may take",
    "killed": "it needs more memory than an import may take",
    "output": "there's more in it than an import may bring",
}
_FAILED: Final = "Something went wrong here, and the file was not read on. What is told below is complete."


class Importer:
    def __init__(
        self,
        store: ImportStore,
        gallery: Gallery,
        sandbox: Sandbox,
        *,
        max_bytes: int,
        default_model: Callable[[], str],
        max_message_bytes: int = 0,
        job: ReadingJob = reading_job,
    ) -> None:
        """A file may have `max_bytes`. Conversations of other programs go on with the default model.

        No message is longer than the longest answer can be, or, where that is more, than what can be typed.
        """
        self.max_bytes = max_bytes
        self._longest = max(MAX_CHARACTERS, max_message_bytes)
        self._sandbox = sandbox
        self._job = job
        self._default_model = default_model
        self._store = store
        self._gallery = gallery
        self._tasks: set[asyncio.Task[None]] = set()
        self._looked_after = set[tuple[UUID, UUID]]()
        self._log = JobLog(logger, "Imports could not be looked through")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """At its end what is under way is broken off between two steps: what is being imported can be gone on with."""
        async with background(self._sweep(), name="imports"):
            try:
                yield
            finally:
                await end(*self._tasks)

    async def receive(self, owner: UUID, upload: Upload) -> UUID:
        """Begins to read a file, which belongs to this from now on; returns the import's id at once."""
        try:
            import_id = await self._store.begin(owner, upload.name)
        except BaseException:
            upload.delete()
            raise
        self._begin(self._read(owner, import_id, upload), import_id)
        return import_id

    async def confirm(self, owner: UUID, import_id: UUID) -> None:
        """Begins to make conversations of what was read."""
        await self._store.turn(owner, import_id, "ready", "importing")
        self._begin(self._bring_in(owner, import_id), import_id)

    async def look_after(self, owner: UUID, sent: Import) -> None:
        """Goes on with an import whose process has died. Whoever looks at its page doesn't wait for that."""
        if sent.is_silent and sent.state == "importing" and (owner, sent.id) not in self._looked_after:
            self._looked_after.add((owner, sent.id))
            self._begin(self._take_over(owner, sent.id), sent.id)

    async def _sweep(self) -> None:
        """Lets go, for ever, of files to which nobody has said yes."""
        while True:
            try:
                await self._store.sweep()
                self._log.worked()
            except Exception as error:
                self._log.failed(error)
            await asyncio.sleep(SWEEP_INTERVAL)

    async def idle(self) -> None:
        """Returns when nothing is under way in this process."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _read(self, owner: UUID, import_id: UUID, upload: Upload) -> None:
        try:
            async with background(self._give_signs(owner, import_id), name=f"signs of import {import_id}"):
                notes = await self._keep(owner, import_id, upload)
            await self._turn(owner, import_id, "reading", "ready", " ".join(notes))
        except FileError as error:
            await self._turn(owner, import_id, "reading", "failed", str(error))
        except RefusalError:
            pass  # the owner has let go of it
        except Exception:
            logger.exception("Import %s could not be read", import_id)
            with suppress(Exception):
                await self._turn(owner, import_id, "reading", "failed", _FAILED)
        finally:
            upload.delete()

    async def _keep(self, owner: UUID, import_id: UUID, upload: Upload) -> list[str]:
        """Keeps the conversations of a file as they are read; returns notes on the rest. Raises FileError."""
        sent = Sent(str(upload.path.absolute()), self.max_bytes * UNPACKED, self._longest)
        place, notes = 0, list[str]()
        try:
            async with aclosing(self._sandbox.stream(self._job(sent, upload.size), sent, owner=owner)) as answers:
                async for answer in answers:
                    if isinstance(answer, Unreadable):
                        raise FileError(answer.reason)
                    if isinstance(answer, Pieces):
                        await outlast(partial(self._store.add_pieces, owner, import_id, place - 1, answer.pieces))
                        continue
                    notes += [one.title for one in answer.items if one.is_note]
                    found = [one for one in answer.items if not one.is_note]
                    await outlast(partial(self._store.add_items, owner, import_id, place, found))
                    place += len(found)
        except SandboxError as error:
            logger.warning("Import %s broke off: %s", import_id, error)
            raise FileError(_sentence(error.reason, is_begun=place > 0)) from None
        return notes

    async def _give_signs(self, owner: UUID, import_id: UUID) -> None:
        """Says now and then that a file isn't forgotten: it may wait for its turn, or take long."""
        with suppress(Exception):  # then the file is let go of, or what keeps it fails as well
            while True:
                await asyncio.sleep(SIGN_INTERVAL)
                await self._turn(owner, import_id, "reading", "reading")

    async def _bring_in(self, owner: UUID, import_id: UUID) -> None:
        try:
            while await outlast(partial(self._store.bring_in, owner, import_id, self._default_model())):
                pass
            await self._paint(owner, import_id)
        except RefusalError:
            pass
        except Exception:
            logger.exception("Import %s broke off", import_id)
            with suppress(Exception):
                await self._turn(owner, import_id, "importing", "failed", _FAILED)

    async def _paint(self, owner: UUID, import_id: UUID) -> None:
        """Paints the pictures that came. Those that it doesn't get to are painted when somebody looks at them."""
        for conversation in await outlast(partial(self._store.conversations, owner, import_id)):
            with suppress(UnavailableError, AwayError):
                await self._gallery.paint_all(owner, conversation)

    async def _turn(self, owner: UUID, import_id: UUID, before: State, after: State, problem: str = "") -> None:
        await outlast(partial(self._store.turn, owner, import_id, before, after, problem))

    async def _take_over(self, owner: UUID, import_id: UUID) -> None:
        try:
            if await outlast(partial(self._store.claim, owner, import_id)):
                await self._bring_in(owner, import_id)
        except Exception:
            logger.exception("Import %s could not be gone on with", import_id)
        finally:
            self._looked_after.discard((owner, import_id))

    def _begin(self, work: Coroutine[Any, Any, None], import_id: UUID) -> None:
        task = asyncio.create_task(work, name=f"import {import_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _sentence(reason: Reason, *, is_begun: bool) -> str:
    """Why a file wasn't read, for whoever sent it."""
    if reason in ("busy", "away"):
        return _BUSY
    because = f": {_BECAUSE[reason]}" if reason in _BECAUSE else ""
    if is_begun:
        return f"This file couldn't be read to its end{because}. What's below came before that, and isn't brought in."
    return f"This file couldn't be read{because}."
