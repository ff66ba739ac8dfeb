"""The check of the sandbox, in which long texts, imports and pictures are worked on."""

import time
from typing import Final

from webapp.operations.checks import Finding, Level
from webapp.sandbox.probe import PROBE, Probe
from webapp.sandbox.process import SandboxError
from webapp.sandbox.sandbox import Sandbox

GOOD_FOR: Final = 3600.0  # seconds: each look starts a process


class SandboxCheck:
    """Not required: without it chats go on, and long texts stay plain."""

    name = "sandbox"
    title = "Sandbox"
    is_required = False
    needs_database = False

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._good_until = 0.0

    async def look(self) -> Finding:
        if time.monotonic() > self._good_until:
            try:
                await self._sandbox.run(PROBE, Probe())
            except SandboxError as error:
                return Finding(
                    Level.BAD,
                    f"No process could do a small job: {error}. Long texts stay plain, and files can't be imported.",
                    "See whether the system lets the app start processes, and has memory left for them.",
                )
            self._good_until = time.monotonic() + GOOD_FOR
        return Finding(Level.GOOD, "Long texts, imports and pictures are worked on in processes with limits.")
