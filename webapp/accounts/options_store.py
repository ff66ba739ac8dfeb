"""What administrators have chosen for the whole installation, by name. It is at hand without a look at the database.

A choice holds at once in the process where it is made, and within INTERVAL in others that share the database.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import select

from webapp.background import background
from webapp.db.engine import Database
from webapp.db.job_log import JobLog
from webapp.db.tables import Option as OptionRow

logger = logging.getLogger(__name__)

INTERVAL: Final = 2.0  # seconds
LOCK: Final = "options"

Kind = TypeVar("Kind")


class Options:
    def __init__(self, database: Database, *, interval: float = INTERVAL) -> None:
        self._database = database
        self._interval = interval
        self._values: Mapping[str, Any] = {}
        self._turns = asyncio.Lock()
        self._log = JobLog(logger, "What was chosen for the installation could not be read")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Has what was chosen, and where other processes may choose too, looks again from time to time."""
        await self.load()
        if not self._database.is_shared:
            yield
            return
        async with background(self._keep_loading(), name="options"):
            yield

    def get(self, name: str, kind: type[Kind], default: Kind) -> Kind:
        """What was chosen; `default` where nothing was, or what is there is not of the kind."""
        return _converted(self._values[name], kind, default) if name in self._values else default

    def has(self, name: str) -> bool:
        """Whether anything was chosen."""
        return name in self._values

    async def change(self, name: str, kind: type[Kind], default: Kind, how: Callable[[Kind], Kind]) -> None:
        """Keeps what `how` makes of the present value, and nothing where that is the default.

        Of two who change something at once, the second changes what the first has left. JSON has to hold the value.
        """
        async with self._database.write(LOCK) as session:
            row = await session.get(OptionRow, name)
            value = how(default if row is None else _converted(row.value, kind, default))
            if row is not None:
                await session.delete(row)
                await session.flush()
            if value != default:
                session.add(OptionRow(name=name, value=msgspec.to_builtins(value), updated_at=datetime.now(UTC)))
        await self.load()

    async def load(self) -> None:
        async with self._turns, self._database.read() as session:  # one after another: the last has the newest
            rows = await session.execute(select(OptionRow.name, OptionRow.value))
            self._values = {row.name: row.value for row in rows}

    async def _keep_loading(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self.load()
                self._log.worked()
            except Exception as error:  # what was chosen before holds
                self._log.failed(error)


def _converted(value: Any, kind: type[Kind], default: Kind) -> Kind:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return default
