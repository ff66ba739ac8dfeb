"""While another program holds SQLite's write lock every page is shown, and what is sent is refused in words."""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Final

from httpx import Response
from sqlalchemy import text

from tests.fakes.eventually import eventually
from tests.fakes.sqlite_trouble import locked
from tests.test_route_matrix import MODEL, ROWS, House, alices, open_house, send
from webapp.db.engine import Database
from webapp.standin.server import StandIn

SOON: Final = 2.0  # seconds; one second on a machine that has nothing else to do
PAGES: Final = [row for row in ROWS if row.route.startswith("GET ")]
LATE: Final = (
    "UPDATE sessions SET last_seen_at = strftime('%Y-%m-%d %H:%M:%f000', 'now', '-2 hours')",
    "UPDATE messages SET renderer_version = 0, html = NULL WHERE role != 'user'",
    "UPDATE conversations SET read_at = NULL",
    "UPDATE imports SET state = 'importing', heartbeat_at = '2026-01-01 00:00:00.000000'",
)


async def leave_much_to_note(database: Database) -> None:
    """Whoever looks at anything now has something to write: that it was seen, read, rendered, gone on with."""
    async with database.write() as session:
        for statement in LATE:
            await session.execute(text(statement))


async def is_read(house: House, conversation_id: str) -> bool:
    async with house.database.read() as session:
        query = text("SELECT read_at IS NOT NULL FROM conversations WHERE id = :id")
        return bool(await session.scalar(query, {"id": conversation_id.replace("-", "")}))


async def timed(sending: Awaitable[Response]) -> tuple[Response, float]:
    """The answer, and the seconds that it took to come."""
    began = time.monotonic()
    return await sending, time.monotonic() - began


async def test_reading_never_waits_for_writing(standin: StandIn, tmp_path: Path) -> None:
    async with (
        open_house(tmp_path, standin.base_url) as house,
        house.as_("alice") as alice,
        house.as_("olga") as olga,
    ):
        ids = await alices(house)
        await leave_much_to_note(house.database)
        async with locked(tmp_path / "open-chat.db"):
            form = {"message": "Go", "model": MODEL, "client_id": "c1"}
            sends = [asyncio.create_task(timed(alice.post("/c", data=form))) for _ in range(3)]
            for row in PAGES:
                began = time.monotonic()
                found = await send(olga if row.opens_for == "administrators" else alice, row, ids)
                assert (row.route, found.status_code) == (row.route, row.status)
                assert time.monotonic() - began < SOON, row.route
            refused = await asyncio.gather(*sends)
        for one, seconds in refused:
            assert seconds < 10 + SOON
            assert (one.status_code, one.headers["retry-after"]) == (503, "5")
            assert "The database is locked by another program" in one.text
        assert (await alice.post("/c", data=form)).status_code == 303

        async def was_noted() -> bool:
            return await is_read(house, ids["conversation_id"])

        await eventually(was_noted)
