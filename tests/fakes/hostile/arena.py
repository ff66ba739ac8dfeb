"""A server, an attacker of its own for each attack, and a neighbour who notices."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from msgspec import Struct
from sqlalchemy import insert

from tests.fakes.apart import apart
from tests.fakes.app_server import ROOT, AppServer
from tests.fakes.database import migrated_file, open_database
from tests.fakes.hostile.memory import MB, Watch, processor_time, resident
from tests.fakes.hostile.neighbour import Waits
from tests.fakes.upstream import KEY, Upstream
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.store import Users
from webapp.accounts.users import Role
from webapp.db.tables import Conversation
from webapp.db.types import new_id

CAP: Final = 20.0  # seconds for one attack; the server is started again after it
PATIENCE: Final = 4  # times as long, on a machine that is busy with other things
MAX_P99: Final = 100.0  # milliseconds
MAX_GROWTH: Final = 64 * MB
FAT: Final = 400 * MB  # a server of so much is started again, so that the next attack finds it as it was
AFTER: Final = 0.2  # seconds of quiet after an attack that still count

T = TypeVar("T")

Deed = Callable[[], Coroutine[Any, Any, str]]  # what is measured; returns how it was answered, in a word or two


class Attacker:
    """A signed-in user with nothing in their account yet, and the model server that they may choose a model of."""

    def __init__(self, client: httpx.AsyncClient, upstream: Upstream | None, database: Path) -> None:
        self.client = client
        self.upstream = upstream
        self.database = database


class Attack(Struct, frozen=True):
    """``prepare`` does what is not measured, and returns what is."""

    way: str
    name: str
    prepare: Callable[[Attacker], Coroutine[Any, Any, Deed]]

    def __str__(self) -> str:
        return f"{self.way}: {self.name}"


class Outcome(Struct, frozen=True):
    """How an attack went: the neighbour's waits, the server's and its children's memory in bytes, the time it took."""

    attack: str
    answer: str
    waits: Waits
    grown: int
    children: int
    seconds: float

    @property
    def is_within(self) -> bool:
        """Whether it kept to the law."""
        return not self.faults

    @property
    def is_nearly_within(self) -> bool:
        """Whether it kept to twice the time and one and a half times the memory, as on a machine that is busy."""
        is_quick = self.waits.p99 <= 2 * MAX_P99 and self.grown <= 1.5 * MAX_GROWTH
        return is_quick and not self.waits.failed and "it failed" not in self.faults

    @property
    def faults(self) -> tuple[str, ...]:
        found = []
        if self.waits.p99 > MAX_P99:
            found.append(f"p99 {self.waits.p99:.0f} ms")
        if self.grown > MAX_GROWTH:
            found.append(f"+{self.grown / MB:.0f} MB")
        if re.search(r"\b500\b", self.answer):
            found.append("it failed")  # which is quick, and no answer
        if self.waits.failed:
            found.append(f"{self.waits.failed} of {self.waits.requests} requests failed")
        return tuple(found)


class Arena:
    """Use ``arena`` to make one."""

    def __init__(
        self, server: AppServer, base_url: str, neighbour: "subprocess.Popen[str]", cookies: list[str]
    ) -> None:
        self.server = server
        self._base_url = base_url
        self._neighbour = neighbour
        self._cookies = cookies

    async def measure(self, attack: Attack, cap: float = CAP) -> Outcome:
        """Lets one attacker loose. A server that is held up for longer than ``cap`` seconds is started again."""
        if resident(self.server.pid) > FAT:
            self._start_again()
        headers = {"cookie": f"session={self._cookies.pop()}"}
        async with (
            httpx.AsyncClient(
                base_url=self.server.url, headers=headers, trust_env=False, verify=False, timeout=PATIENCE * cap
            ) as client,
            Upstream(self._base_url) as upstream,
        ):
            attacker = Attacker(client, upstream, self.server.database)
            try:
                await client.get("/")  # a server that has just started makes its pages ready with the first
                deed = await self._in_time(attack.prepare(attacker), PATIENCE * cap)
            except TimeoutError:
                self._start_again()
                return Outcome(str(attack), "not prepared in time", Waits(0, 0, 0, 0, 0, 0), 0, 0, cap)
            return await self._measure(str(attack), deed, cap)

    async def _measure(self, name: str, deed: Deed, cap: float) -> Outcome:
        began = time.monotonic()
        with Watch(self.server.pid) as watch:
            self._say(f"begin {self.server.port} {self.server.pid}")
            is_over = False
            try:
                answer = await self._in_time(deed(), cap)
                await asyncio.sleep(AFTER)
                is_over = True
            except TimeoutError:
                answer = f"over {cap:g} s"
            except httpx.HTTPError as error:
                answer = type(error).__name__
            seconds = time.monotonic() - began
            self._say("end")
            waits = Waits(*json.loads(await asyncio.to_thread(self._hear)))
        if not is_over:
            self._start_again()
        return Outcome(name, answer, waits, watch.grown, watch.children, seconds)

    async def _in_time(self, work: Coroutine[Any, Any, T], cap: float) -> T:
        """What the work returns. Raises TimeoutError when the server has had ``cap`` seconds of a processor for it.

        Where others keep the machine busy that takes longer, but never more than PATIENCE times as long.
        """
        task, began, busy = asyncio.ensure_future(work), time.monotonic(), processor_time(self.server.pid)
        while not task.done():
            await asyncio.wait([task], timeout=0.1)
            spent = time.monotonic() - began
            has_had_time = processor_time(self.server.pid) - busy > cap or spent > PATIENCE * cap
            if not task.done() and spent > cap and has_had_time:
                task.cancel()
                await asyncio.wait([task])
                raise TimeoutError
        return task.result()

    def _start_again(self) -> None:
        self.server.kill()
        self.server.start()

    def _say(self, line: str) -> None:
        assert self._neighbour.stdin is not None
        self._neighbour.stdin.write(f"{line}\n")
        self._neighbour.stdin.flush()

    def _hear(self) -> str:
        assert self._neighbour.stdout is not None
        return self._neighbour.stdout.readline()


@contextmanager
def arena(folder: Path, base_url: str, attackers: int, settings: Mapping[str, str] | None = None) -> Iterator[Arena]:
    """A server whose models are at ``base_url``, with accounts for so many attacks, and a neighbour beside it."""
    folder.mkdir(exist_ok=True)
    cookies = apart(_settle(folder, attackers + 1))
    environ = {"AUTH": "on", "OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": base_url, **(settings or {})}
    server = AppServer(folder, environ)
    server.start()
    command = [sys.executable, "-m", "tests.fakes.hostile.neighbour", cookies.pop()]
    try:
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as neighbour:
            yield Arena(server, base_url, neighbour, cookies)
            neighbour.stdin.close() if neighbour.stdin else None
    finally:
        server.stop()


async def _settle(folder: Path, count: int) -> list[str]:
    """Makes the database, with so many members; returns the secrets of their sessions. The last has conversations."""
    async with open_database(migrated_file(folder / "open-chat.db")) as database:
        users, sessions = Users(database), Sessions(database)
        await users.add_first("olga@example.org", "", "no password")
        cookies = []
        for number in range(count):
            user = await users.add(f"user{number}@example.org", "", Role.MEMBER)
            cookies.append(await sessions.begin(user.id, method="password", browser=""))
        async with database.write(user.id) as session:
            await session.execute(insert(Conversation), [_conversation(user.id, place) for place in range(30)])
    return cookies


def _conversation(owner: object, place: int) -> dict[str, object]:
    now = datetime.now(UTC)
    return {
        "id": new_id(),
        "owner_id": owner,
        "title": f"Conversation number {place}",
        "title_is_given": False,
        "model": "m",
        "system_prompt": "",
        "parameters": {},
        "pinned": False,
        "archived": False,
        "created_at": now,
        "updated_at": now,
    }
