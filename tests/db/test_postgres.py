"""Connections to a Postgres server: how many, how well guarded, and what becomes of them when the server goes away."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select, text

from tests.fakes.database import open_database
from tests.fakes.door import Door, door
from tests.fakes.postgres import without_rows
from tests.fakes.reply_store import TroubledReplyStore
from webapp.accounts.store import Users
from webapp.conversations.store import Conversations
from webapp.db import engine
from webapp.db.address import PostgresServer
from webapp.db.engine import Database
from webapp.db.outages import AwayError
from webapp.db.postgres import PostgresDatabase, RefusedError, connect
from webapp.db.tables import User
from webapp.db.types import new_id


@pytest.fixture
def server(postgres: PostgresServer) -> PostgresServer:
    return without_rows(postgres)


async def count(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


async def test_there_are_never_more_connections_than_the_pool_has(server: PostgresServer) -> None:
    name = f"pool-{new_id()}"[:40]
    database = engine.open_database(replace(server, application_name=name), pool_size=2)
    held = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = :name")

    async def look() -> int:
        async with database.read() as session:
            return int(await session.scalar(held, {"name": name}) or 0)

    assert set(await asyncio.gather(*(look() for _ in range(20)))) <= {1, 2}
    await database.close()


class TestWhenTheServerGoesAway:
    @pytest.fixture
    async def way(self, server: PostgresServer) -> AsyncIterator[tuple[Door, PostgresServer]]:
        async with door(server) as way:
            yield way

    async def test_a_restart_costs_no_error(self, way: tuple[Door, PostgresServer]) -> None:
        standing, address = way
        async with open_database(address) as database:
            assert await asyncio.gather(*(count(database) for _ in range(4))) == [0] * 4
            await standing.slam()
            standing.shut = 3
            assert await asyncio.gather(*(count(database) for _ in range(4))) == [0] * 4
            assert standing.shut == 0
            await standing.slam()
            async with database.write(new_id()) as session:
                assert await session.scalar(select(func.count()).select_from(User)) == 0

    async def test_a_server_that_is_just_starting_is_waited_for(self, way: tuple[Door, PostgresServer]) -> None:
        standing, address = way
        standing.shut = 2
        connection = await connect(address)
        assert standing.knocks == 3
        await connection.close()

    async def test_what_is_broken_off_in_between_is_kept_whole_or_not_at_all(
        self, way: tuple[Door, PostgresServer]
    ) -> None:
        standing, address = way
        async with open_database(address) as database:
            assert not database.was_away(within=timedelta(hours=1))
            with pytest.raises(AwayError, match="connection"):
                await add_and_slam(database, standing)
            assert await count(database) == 0
            assert database.was_away(within=timedelta(hours=1))
            assert not database.was_away(within=timedelta(0))

    async def test_a_network_that_swallows_everything_is_noticed(self, way: tuple[Door, PostgresServer]) -> None:
        standing, address = way
        database = PostgresDatabase(address, 2, command_timeout=0.2)
        assert await count(database) == 0
        standing.open.clear()
        with pytest.raises(AwayError):
            await count(database)
        standing.open.set()
        assert await count(database) == 0
        await database.close()

    async def test_nobody_is_taken_for_dead_who_could_not_be_heard(self, way: tuple[Door, PostgresServer]) -> None:
        standing, address = way
        async with open_database(address) as database:
            store, alice = TroubledReplyStore(database), (await Users(database).local()).id
            conversations = Conversations(database, max_live=1, renderer_version=1)
            answer = (await conversations.add_exchange(alice, None, "Go", "m", "c1")).answer
            await store.silence(answer.id, timedelta(minutes=1))
            await standing.slam()
            standing.shut = 1
            for _ in range(2):
                assert await store.reap(timedelta(seconds=15)) == 0
            assert (await conversations.find_message(alice, answer.id)).is_live
            assert await store.reap(timedelta(0)) == 1

    async def test_a_server_that_stays_away_is_given_up_on(self, server: PostgresServer) -> None:
        listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        listener.close()
        with pytest.raises(RefusedError) as caught:
            await connect(replace(server, host="127.0.0.1", port=port), patience=0.2)
        assert "\n" not in str(caught.value)

    async def test_a_database_that_is_not_there_is_not_waited_for(self, server: PostgresServer) -> None:
        async with asyncio.timeout(10):  # less than the patience for a server
            with pytest.raises(RefusedError, match='database "nowhere" does not exist'):
                await connect(replace(server, database="nowhere"))


async def add_and_slam(database: Database, standing: Door) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO users VALUES (gen_random_uuid(), 'bob', now())"))
        await standing.slam()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but itself vouches for, with its key."""
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
    options = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run([*command.split(), *options], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
async def tls_way(server: PostgresServer, certificate: Path) -> AsyncIterator[tuple[Door, PostgresServer]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with door(server, context) as tls_way:
        yield tls_way


class TestTls:
    @pytest.mark.parametrize(
        ("mode", "is_encrypted"),
        [("disable", False), ("allow", False), ("prefer", True), ("require", True)],
    )
    async def test_a_mode_that_checks_nothing_takes_any_certificate(
        self, tls_way: tuple[Door, PostgresServer], mode: str, is_encrypted: bool
    ) -> None:
        standing, address = tls_way
        connection = await connect(replace(address, tls=mode))
        assert standing.encrypted == is_encrypted
        await connection.close()

    @pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
    async def test_a_certificate_that_is_vouched_for_is_taken(
        self, tls_way: tuple[Door, PostgresServer], certificate: Path, mode: str
    ) -> None:
        standing, address = tls_way
        connection = await connect(replace(address, tls=mode, root_certificate=str(certificate)))
        assert standing.encrypted == 1
        await connection.close()

    @pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
    async def test_one_that_nobody_vouches_for_is_refused_at_once(
        self, tls_way: tuple[Door, PostgresServer], mode: str
    ) -> None:
        standing, address = tls_way
        with pytest.raises(RefusedError, match=r"(?i)certificate verify failed"):
            await connect(replace(address, tls=mode))
        assert standing.knocks == 1

    async def test_the_name_counts_where_all_is_verified(
        self, tls_way: tuple[Door, PostgresServer], certificate: Path
    ) -> None:
        _, address = tls_way
        elsewhere = replace(address, host="localhost", root_certificate=str(certificate))
        with pytest.raises(RefusedError, match=r"(?i)hostname mismatch"):
            await connect(replace(elsewhere, tls="verify-full"))
        await (await connect(replace(elsewhere, tls="verify-ca"))).close()

    async def test_a_server_without_tls_is_refused_at_once_where_it_is_required(self, server: PostgresServer) -> None:
        async with door(server) as (standing, address):
            with pytest.raises(RefusedError, match="rejected SSL upgrade"):
                await connect(replace(address, tls="require"))
            assert standing.knocks == 1
