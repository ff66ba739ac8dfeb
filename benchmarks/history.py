"""Long histories: pages of conversations with thousands of messages, and a list of thousands of conversations."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from benchmarks.bench import Bench, Server
from benchmarks.load import percentile
from benchmarks.pages import fetch
from benchmarks.table import Row, at_most
from webapp.accounts.store import Users
from webapp.conversations.messages import Status
from webapp.db.address import SqliteFile
from webapp.db.engine import open_database
from webapp.db.migrate import upgrade
from webapp.db.tables import Conversation, Message
from webapp.db.types import new_id
from webapp.rendering.markdown import RENDERER_VERSION, render

LENGTHS: Final = (1_000, 5_000)  # messages
LISTED: Final = 10_000  # conversations
VISITS: Final = 30
PAGE_BUDGET: Final = 50.0  # milliseconds
LIST_BUDGET: Final = 15.0  # milliseconds

_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ANSWER: Final = "An answer with **some** words, `code` and\n\n- a list\n- of two\n\n```python\nprint(42)\n```\n" * 2


def measure_history(bench: Bench) -> list[Row]:
    """From the request to the last byte of the page, one request after the other, without the browser's part."""
    folder = bench.folder / "history"
    folder.mkdir()
    ids = asyncio.run(_write(folder / "open-chat.db"))
    with bench.upstream() as upstream, bench.app(upstream, "history") as app:
        fetch(app.port, "/")
        rows = [row for length, key in ids.items() for row in _page_rows(app, length, key)]
        return [*rows, _list_row(app)]


def _page_rows(app: Server, length: int, key: UUID) -> list[Row]:
    times, cpu, size = _visit(app, f"/c/{key}")
    name = f"page of {length:,} messages"
    return [
        Row(f"{name} p50, with {LISTED:,} conversations beside it", "ms", percentile(times, 0.5)),
        at_most(f"{name} p95", "ms", percentile(times, 0.95), PAGE_BUDGET),
        Row(f"{name}: CPU", "ms", cpu),
        Row(f"{name}: compressed", "kB", size / 1000),
    ]


def _list_row(app: Server) -> Row:
    times, _, _ = _visit(app, "/c")
    return at_most(f"list of {LISTED:,} conversations p50", "ms", percentile(times, 0.5), LIST_BUDGET)


def _visit(app: Server, path: str) -> tuple[list[float], float, int]:
    """Fetches a page again and again: times in milliseconds in order, CPU of one, bytes."""
    size = fetch(app.port, path).size
    times, before = [], app.process.cpu_seconds()
    for _ in range(VISITS):
        began = time.perf_counter()
        fetch(app.port, path)
        times.append((time.perf_counter() - began) * 1000)
    return sorted(times), (app.process.cpu_seconds() - before) / VISITS * 1000, size


async def _write(path: Path) -> dict[int, UUID]:
    """Makes the database; returns the long conversations by their number of messages."""
    upgrade(SqliteFile(path))
    database = open_database(SqliteFile(path))
    owner = (await Users(database).local()).id
    async with database.write() as session:
        connection = await session.connection()
        await connection.execute(insert(Conversation), [conversation_row(owner, place) for place in range(LISTED)])
        ids = {length: new_id() for length in LENGTHS}
        for length, key in ids.items():
            messages = _branch(owner, key, length)
            row = conversation_row(owner, LISTED) | {"id": key, "active_leaf_id": messages[-1]["id"]}
            await connection.execute(insert(Conversation), [row])
            await connection.execute(insert(Message), messages)
    await database.close()
    return ids


def conversation_row(owner: UUID, place: int) -> dict[str, object]:
    used = _BEGINNING + timedelta(minutes=place)
    return {
        "id": new_id(),
        "owner_id": owner,
        "title": f"Conversation number {place}, with a title",
        "title_is_given": False,
        "model": "bench/quick-7b",
        "system_prompt": "",
        "parameters": {},
        "pinned": False,
        "archived": False,
        "created_at": used,
        "updated_at": used,
    }


def _branch(owner: UUID, conversation: UUID, length: int) -> list[dict[str, object]]:
    """Questions and answers, each below the one before, the answers with their HTML."""
    html = render(_ANSWER, anchor="m")
    messages: list[dict[str, object]] = []
    for place in range(length):
        is_answer = place % 2 == 1
        messages.append(
            {
                "id": new_id(),
                "conversation_id": conversation,
                "owner_id": owner,
                "parent_id": messages[-1]["id"] if messages else None,
                "role": "assistant" if is_answer else "user",
                "content": _ANSWER if is_answer else f"Question number {place}?",
                "html": html if is_answer else None,
                "renderer_version": RENDERER_VERSION if is_answer else None,
                "status": Status.COMPLETE,
                "created_at": _BEGINNING + timedelta(seconds=place),
                **DEFAULTS,
            }
        )
    return messages


DEFAULTS: Final[dict[str, object]] = {
    "reasoning": "",
    "citations": [],
    "stop_requested": False,
    **dict.fromkeys(("finish_reason", "error_code", "error_message", "model", "provider", "generation_id"), ""),
}
