"""Paints pictures: no byte of what a model or a file brought reaches a browser's decoder, or anybody, as it came."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.pictures import MAX_PICTURE_BYTES, UNSHOWN, Picture
from webapp.conversations.repainting import paint
from webapp.sandbox.job import Job, Limits
from webapp.sandbox.process import SandboxError
from webapp.sandbox.sandbox import Sandbox

logger = logging.getLogger(__name__)

# The largest that there may be takes two seconds of a processor, and half a gigabyte of addresses, as WebP.
LIMITS: Final = Limits(processor=10, wait=120, patience=20, memory=640_000_000, output=MAX_PICTURE_BYTES + 1_000)
PAINT: Final = Job(paint, Picture, Picture | None, LIMITS)

PASSES: Final = frozenset({"busy", "away", "time"})  # reasons that say nothing of the picture


class Painter:
    """Has the sandbox decode pictures and encode them again. The server itself does neither."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def paint(
        self, pictures: Sequence[Picture], owner: UUID, *, within: float | None = None
    ) -> tuple[Picture, ...]:
        """Each from our own encoder, with a name; one that has a name stays as it is.

        What can't be decoded, or takes too much, comes back as UNSHOWN. What can't be painted just now, or not
        `within` so many seconds for all, comes back as it is, without a name: it's to be tried again later, and not to
        be shown before.
        """
        painted = list(pictures)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                for place, one in enumerate(pictures):
                    painted[place] = one if one.name else await self._painted(one, owner)
        return tuple(painted)

    async def _painted(self, picture: Picture, owner: UUID) -> Picture:
        try:
            painted = await self._in_sandbox(picture, owner)
        except SandboxError as error:
            logger.info("A picture of %d bytes wasn't painted: %s", len(picture.data), error)
            if error.reason in PASSES:
                return picture
            painted = None
        return painted or replace(picture, media_type=UNSHOWN, name="picture.bin")

    async def _in_sandbox(self, picture: Picture, owner: UUID) -> Picture | None:
        """A process that dies early is given a second chance: what killed it may not have been the picture."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await self._sandbox.run(PAINT, picture, owner=owner)
        except SandboxError as error:
            if error.reason not in ("died", "killed") or clock() - began >= LIMITS.processor:
                raise
        return await self._sandbox.run(PAINT, picture, owner=owner)
