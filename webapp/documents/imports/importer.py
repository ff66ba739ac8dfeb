"""Reads what somebody sent, and makes conversations of it when they say so: in the background, step by step.

Each step is in the database, so the page that tells of it may be answered by any process. Who confirms, or looks at an
import at which nobody works any more, has it gone on with in their own process.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import islice
from typing import Any, Final
from uuid import UUID

from webapp.background import background, end
from webapp.conversations.gallery import Gallery
from webapp.db.job_log import JobLog
from webapp.db.outages import AwayError
from webapp.db.patience import outlast
from webapp.documents.imports.items import Item, items
from webapp.documents.imports.store import BATCH, BATCH_BYTES, Import, ImportStore, State
from webapp.documents.imports.unpacking import FileError, open_package
from webapp.web.refusals import RefusalError, UnavailableError
from webapp.web.uploads import Upload

logger = logging.getLogger(__name__)

SWEEP_INTERVAL: Final = 3600.0  # seconds
UNPACKED: Final = 10  # times as much as a file may have, a zip may unpack to

_FAILED: Final = "Something went wrong here, and the file was not read on. What is told below is complete."


class Importer:
    def __init__(
        self, store: ImportStore, gallery: Gallery, *, max_bytes: int, default_model: Callable[[], str]
    ) -> None:
        """A file may have `max_bytes`. Conversations of other programs go on with the default model."""
        self.max_bytes = max_bytes
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
            with open_package(upload.path, limit=self.max_bytes * UNPACKED) as package:
                reading, place, notes = items(package), 0, list[str]()
                while batch := await asyncio.to_thread(_next_batch, reading):
                    notes += [one.title for one in batch if one.is_note]
                    found = [one for one in batch if not one.is_note]
                    await outlast(partial(self._store.add_items, owner, import_id, place, found))
                    place += len(found)
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


def _next_batch(reading: Iterator[Item]) -> list[Item]:
    """What is stored in one step; nothing at the end."""
    batch, size = list[Item](), 0
    for one in islice(reading, BATCH):
        batch.append(one)
        size += len(one.document or b"")
        if size > BATCH_BYTES:
            break
    return batch
