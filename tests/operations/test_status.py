"""The operator's page: what each line says in good times and in bad ones, and who may read it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.database import migrated_file, open_database
from webapp.config import Settings
from webapp.operations.backups import Backup, BackupCheck, last_backup, note_backup
from webapp.operations.checks import Finding, Level, Reported
from webapp.operations.machine import DiskCheck, sized
from webapp.operations.status import StatusPage, address_finding
from webapp.operations.store import DatabaseFacts
from webapp.operations.upstream import ClockCheck, CreditCheck, Upstream, UpstreamCheck
from webapp.services.errors import OpenRouterError
from webapp.services.listings import Credits, KeyInfo
from webapp.services.openrouter import Contact


class FakeAccount:
    """OpenRouter, as it answers about the key."""

    def __init__(
        self,
        *,
        limit: Decimal | None = None,
        left: Decimal | None = None,
        seconds: float = 0.1,
        ahead: float = 0.0,
        error: OpenRouterError | None = None,
        tells_of_keys: bool = True,
        lists_models: bool = True,
    ) -> None:
        self.asked = 0
        self._tells_of_keys, self._lists_models = tells_of_keys, lists_models
        self._limit, self._left, self._seconds, self._ahead, self._error = limit, left, seconds, ahead, error

    async def contact(self) -> Contact:
        self.asked += 1
        if self._error:
            raise self._error
        clock = datetime.now(UTC) - timedelta(seconds=self._ahead)
        key = KeyInfo(limit_remaining=self._limit) if self._tells_of_keys else None
        return Contact(key, self._seconds, clock)

    async def models(self) -> list[dict[str, Any]]:
        if not self._lists_models:
            raise OpenRouterError("not_offered", said="/models")
        return [{"id": "one"}]

    async def credits(self) -> Credits | None:
        return None if self._left is None else Credits(self._left + 5, Decimal(5))


async def clock(tmp_path: Path, **fields: Any) -> Finding:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        return await ClockCheck(DatabaseFacts(database), Upstream(FakeAccount(**fields))).look()


async def test_openrouter_is_good_slow_or_away() -> None:
    assert (await UpstreamCheck(Upstream(FakeAccount())).look()).level is Level.GOOD
    assert (await UpstreamCheck(Upstream(FakeAccount(seconds=5))).look()).level is Level.FAIR
    found = await UpstreamCheck(Upstream(FakeAccount(error=OpenRouterError("unauthorised")))).look()
    assert found == Finding(
        Level.BAD,
        "OpenRouter does not accept the API key.",
        "Check OPENROUTER_API_KEY in this server's settings.",
    )


async def test_a_server_without_keys_or_models_is_described_as_it_is() -> None:
    without_keys = Upstream(FakeAccount(tells_of_keys=False), "the model server")
    check = UpstreamCheck(without_keys)
    found = await check.look()
    assert (check.title, found.level, found.remedy) == ("Model server", Level.GOOD, "")
    assert found.says == "It answered within 100 ms and lists its models. It does not tell of keys."
    assert (await CreditCheck(without_keys).look()).says == "Not known: the model server does not tell of credit."

    found = await UpstreamCheck(Upstream(FakeAccount(tells_of_keys=False, lists_models=False))).look()
    assert found.level is Level.FAIR
    assert "so whether it takes the key isn't known" in found.says


async def test_all_checks_of_openrouter_ask_once() -> None:
    account = FakeAccount()
    upstream = Upstream(account)
    await UpstreamCheck(upstream).look()
    await CreditCheck(upstream).look()
    await UpstreamCheck(upstream).look()
    assert account.asked == 1


async def test_demo_mode_asks_nobody() -> None:
    assert (await UpstreamCheck(Upstream(None)).look()).level is Level.FAIR
    assert (await CreditCheck(Upstream(None)).look()).level is Level.GOOD


@pytest.mark.parametrize(
    ("limit", "left", "level", "says"),
    [
        (None, None, Level.GOOD, "Not known"),
        (Decimal(20), None, Level.GOOD, "$20.00"),
        (Decimal(20), Decimal("7.5"), Level.GOOD, "$7.50"),
        (Decimal("0.4"), Decimal(50), Level.FAIR, "$0.40"),
        (None, Decimal("-0.1"), Level.BAD, "$-0.10"),
    ],
)
async def test_credit_is_the_least_of_what_is_known(
    limit: Decimal | None, left: Decimal | None, level: Level, says: str
) -> None:
    found = await CreditCheck(Upstream(FakeAccount(limit=limit, left=left))).look()
    assert (found.level, says in found.says) == (level, True), found


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.5, Level.GOOD), (-3, Level.GOOD), (20, Level.FAIR), (-20, Level.FAIR), (3600, Level.BAD)]
)
async def test_our_clock_is_compared(tmp_path: Path, ahead: float, level: Level) -> None:
    assert (await clock(tmp_path, ahead=ahead)).level is level


async def test_a_clock_that_is_off_says_in_which_direction(tmp_path: Path) -> None:
    assert "20 s ahead of OpenRouter's" in (await clock(tmp_path, ahead=20)).says
    assert "20 s behind OpenRouter's" in (await clock(tmp_path, ahead=-20)).says


async def test_without_another_clock_ours_is_believed(tmp_path: Path) -> None:
    assert (await clock(tmp_path, error=OpenRouterError("unreachable"))).level is Level.GOOD


@pytest.mark.parametrize(("free", "level"), [(2e9, Level.GOOD), (5e8, Level.FAIR), (5e7, Level.BAD)])
async def test_a_disk_that_fills_up_is_told(tmp_path: Path, free: float, level: Level) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        check = DiskCheck(tmp_path / "not" / "made yet", DatabaseFacts(database), lambda _: int(free))
        assert (await check.look()).level is level


async def test_the_real_disk_has_some_room(tmp_path: Path) -> None:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        assert "free" in (await DiskCheck(tmp_path, DatabaseFacts(database)).look()).says


@pytest.mark.parametrize(
    ("age", "level", "says"),
    [
        (timedelta(minutes=5), Level.GOOD, "Less than an hour ago, 12 MB."),
        (timedelta(hours=1, minutes=1), Level.GOOD, "1 hour ago, 12 MB."),
        (timedelta(days=6), Level.GOOD, "6 days ago, 12 MB."),
        (timedelta(days=8), Level.FAIR, "8 days ago, 12 MB."),
    ],
)
async def test_the_last_backup_is_told_with_its_age(tmp_path: Path, age: timedelta, level: Level, says: str) -> None:
    note_backup(tmp_path, Backup(datetime.now(UTC) - age, 12_000_000))
    found = await BackupCheck(tmp_path).look()
    assert (found.level, found.says) == (level, says)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[1]", b"\xff\xfe"])
async def test_without_a_backup_one_is_asked_for(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "last-backup.json").write_bytes(content)
    assert last_backup(tmp_path) is None
    assert (await BackupCheck(tmp_path).look()).level is Level.FAIR


@pytest.mark.parametrize(
    ("environ", "host", "level"),
    [
        ({}, "localhost:8000", Level.GOOD),
        ({"HOST": "0.0.0.0"}, "chat.example.org", Level.FAIR),
        ({"APP_URL": "https://chat.example.org"}, "chat.example.org", Level.GOOD),
        ({"APP_URL": "https://chat.example.org"}, "127.0.0.1:8000", Level.GOOD),
        ({"APP_URL": "https://chat.example.org"}, "", Level.GOOD),
        ({"APP_URL": "https://chat.example.org"}, "internal.example.net", Level.BAD),
        ({"APP_URL": "http://chat.example.org"}, "chat.example.org", Level.FAIR),
    ],
)
def test_the_address_is_compared_with_the_one_that_was_asked_for(
    environ: dict[str, str], host: str, level: Level
) -> None:
    settings = Settings.from_env(environ)
    assert address_finding(settings, host).level is level


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        ([Level.GOOD], "Everything works."),
        ([Level.GOOD, Level.FAIR], "1 thing is worth a look."),
        ([Level.BAD, Level.BAD, Level.FAIR], "2 things do not work and 1 thing is worth a look."),
    ],
)
def test_the_whole_is_one_sentence(levels: list[Level], sentence: str) -> None:
    lines = tuple(Reported("x", "X", True, Finding(level, "It is.")) for level in levels)
    page = StatusPage("Status", lines, (), "", False, datetime.now(UTC))
    assert page.sentence == sentence
    assert page.worst is min(levels, key=[Level.BAD, Level.FAIR, Level.GOOD].index)


@pytest.mark.parametrize(
    ("count", "told"),
    [(900, "1 kB"), (131_072, "131 kB"), (12_345_678, "12.3 MB"), (81_600_000_000, "81.6 GB"), (2.5e12, "2,500 GB")],
)
def test_sizes_are_for_people(count: float, told: str) -> None:
    assert sized(int(count)) == told


async def test_the_page_is_for_the_operator_alone(client: httpx.AsyncClient) -> None:
    page = await client.get("/status")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    for title in ("Database", "Model server", "Credit", "Disk", "Last backup", "Public address", "Streams", "Memory"):
        assert title in page.text
    for path in ("/status", "/status/probe"):
        assert (await client.get(path, headers={"x-forwarded-for": "192.0.2.1"})).status_code == 404


async def test_the_probe_is_a_stream_of_five_pieces(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/status/probe", headers={"accept-encoding": "gzip"}) as stream:
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in stream.headers
        pieces = [piece async for piece in stream.aiter_raw()]
    assert b"".join(pieces).split(b"\n\n")[:-1] == [f"data: {number} of 5".encode() for number in range(1, 6)]
    assert len(pieces) > 2
