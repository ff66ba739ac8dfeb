"""Copies: whole, of one moment, checked before they replace anything; all of a copy comes back, or nothing does."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, create_engine, select

from tests.fakes.apart import apart
from tests.fakes.database import migrated_file, on
from tests.fakes.household import left_of, move_in, move_out
from tests.fakes.postgres import run
from webapp.db.address import Address, PostgresServer, SqliteFile
from webapp.db.backup import BackupError, back_up, restore
from webapp.db.migrate import apply_migrations, current_revision, file_revision, revisions
from webapp.db.postgres import connect
from webapp.db.postgres_backup import conninfo
from webapp.db.sqlite_backup import copy
from webapp.db.tables import Conversation as ConversationRow


def silent(_done: int, _total: int) -> None:
    """For those who do not look."""


def put_back(address: Address, source: Path, *, force: bool = False) -> None:
    restore(address, source, force=force, progress=silent)


def number_of_conversations(connection: Connection) -> int:
    return len(connection.execute(select(ConversationRow.id)).all())


def test_everything_comes_back(address: Address, tmp_path: Path) -> None:
    rows = apart(on(address, move_in))
    size = back_up(address, tmp_path / "copy", silent)
    assert size == (tmp_path / "copy").stat().st_size > 1_000
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    apart(on(address, move_out))
    put_back(address, tmp_path / "copy")
    assert apart(on(address, lambda connection: left_of(connection, rows))) == rows
    assert apart(current_revision(address)) == revisions()[-1]


def test_a_database_with_conversations_is_replaced_by_force_alone(address: Address, tmp_path: Path) -> None:
    back_up(address, tmp_path / "empty", silent)
    rows = apart(on(address, move_in))
    with pytest.raises(BackupError, match="--force"):
        put_back(address, tmp_path / "empty")
    assert apart(on(address, lambda connection: left_of(connection, rows))) == rows
    put_back(address, tmp_path / "empty", force=True)
    assert apart(on(address, number_of_conversations)) == 0


def test_a_server_that_the_app_uses_is_left_alone_also_by_force(postgres: PostgresServer, tmp_path: Path) -> None:
    back_up(postgres, tmp_path / "copy", silent)

    async def put_back_beside(name: str) -> None:
        used = await connect(replace(postgres, application_name=name))
        try:
            await asyncio.to_thread(put_back, postgres, tmp_path / "copy", force=True)
        finally:
            await used.close()

    apart(put_back_beside("psql"))
    with pytest.raises(BackupError, match=r"name open-chat: 1\)\. Stop it first"):
        apart(put_back_beside("open-chat"))


def test_what_is_no_copy_is_refused(address: Address, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("A letter to my aunt.")
    for name in ("letter", "nowhere"):
        with pytest.raises(BackupError, match=name):
            put_back(address, tmp_path / name, force=True)


def test_a_damaged_copy_is_refused_and_changes_nothing(address: Address, tmp_path: Path) -> None:
    rows = apart(on(address, move_in))
    back_up(address, tmp_path / "copy", silent)
    whole = (tmp_path / "copy").read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BackupError):
        put_back(address, tmp_path / "half", force=True)
    assert apart(on(address, lambda connection: left_of(connection, rows))) == rows


def test_a_copy_of_another_kind_is_refused(postgres: PostgresServer, tmp_path: Path) -> None:
    file = migrated_file(tmp_path / "file.db")
    back_up(file, tmp_path / "of-file", silent)
    back_up(postgres, tmp_path / "of-server", silent)
    for address, source in ((postgres, "of-file"), (file, "of-server")):
        with pytest.raises(BackupError, match="db copy"):
            put_back(address, tmp_path / source, force=True)


def test_a_copy_by_a_newer_version_is_refused(tmp_path: Path) -> None:
    file, newer = migrated_file(tmp_path / "file.db"), migrated_file(tmp_path / "newer.db")
    with closing(sqlite3.connect(newer.path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupError, match="9999"):
        put_back(file, newer.path, force=True)
    assert file_revision(file.path) == revisions()[-1]


@pytest.fixture
def newer_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    run(postgres, "UPDATE alembic_version SET version_num = '9999'")
    yield postgres
    run(postgres, f"UPDATE alembic_version SET version_num = '{revisions()[-1]}'")


def test_a_server_s_copy_by_a_newer_version_is_refused(newer_server: PostgresServer, tmp_path: Path) -> None:
    back_up(newer_server, tmp_path / "copy", silent)
    with pytest.raises(BackupError, match="9999"):
        put_back(newer_server, tmp_path / "copy", force=True)


def test_a_copy_by_an_older_version_gets_the_tables_of_this_one(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.begin() as connection:
        apply_migrations(connection, "0001")
    engine.dispose()
    file = SqliteFile(tmp_path / "new.db")
    put_back(file, tmp_path / "old.db")
    assert file_revision(file.path) == revisions()[-1]
    assert file_revision(tmp_path / "old.db") == "0001"


def test_a_database_of_somebody_else_is_no_copy_of_ours(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "music.db")) as connection, connection:
        connection.execute("CREATE TABLE songs (name)")
    with pytest.raises(BackupError, match="no copy of an Open Chat database"):
        put_back(SqliteFile(tmp_path / "file.db"), tmp_path / "music.db")
    assert not (tmp_path / "file.db").exists()


def test_a_copy_is_of_one_moment_however_much_is_written_meanwhile(tmp_path: Path) -> None:
    source = tmp_path / "busy.db"
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE pairs (one INTEGER, other INTEGER, text TEXT)")
        writer.executemany("INSERT INTO pairs VALUES (0, 0, ?)", [("x" * 3_000,)] * 100)
        steps = 0

        def write(_done: int, _total: int) -> None:
            nonlocal steps
            steps += 1
            writer.execute("UPDATE pairs SET one = ?, other = ?", (steps, steps))

        copy(source, tmp_path / "copy", write, pages=10)
    assert 10 <= steps <= 30  # it did not begin anew
    with closing(sqlite3.connect(tmp_path / "copy")) as connection:
        assert connection.execute("SELECT DISTINCT one, other FROM pairs").fetchall() == [(0, 0)]
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_what_an_old_database_left_in_its_log_does_not_come_over_the_new_one(tmp_path: Path) -> None:
    file = migrated_file(tmp_path / "file.db")
    rows = apart(on(file, move_in))
    back_up(file, tmp_path / "copy", silent)
    with closing(sqlite3.connect(file.path, isolation_level=None)) as crashed:
        crashed.execute("PRAGMA journal_mode = WAL")
        crashed.execute("PRAGMA wal_autocheckpoint = 0")
        crashed.execute("UPDATE conversations SET title = 'Later'")
        assert (tmp_path / "file.db-wal").stat().st_size
        put_back(file, tmp_path / "copy", force=True)
        assert apart(on(file, lambda connection: left_of(connection, rows))) == rows


def test_a_damaged_database_is_replaced_by_force(tmp_path: Path) -> None:
    back_up(migrated_file(tmp_path / "file.db"), tmp_path / "copy", silent)
    broken = SqliteFile(tmp_path / "broken.db")
    broken.path.write_text("What was once a database. " * 1_000)
    with pytest.raises(BackupError, match="--force"):
        put_back(broken, tmp_path / "copy")
    put_back(broken, tmp_path / "copy", force=True)
    assert file_revision(broken.path) == revisions()[-1]


def test_without_postgres_s_tools_a_line_says_what_to_install(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BackupError, match="postgresql-client"):
        back_up(postgres, tmp_path / "copy", silent)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="pg_dump failed"):
        back_up(PostgresServer("127.0.0.1", "nowhere", port=1), tmp_path / "copy", silent)


def test_a_password_is_no_argument() -> None:
    secret = "p:a\\s's"
    with conninfo(PostgresServer("db.example.org", "chat", user="me", password=secret)) as told:
        assert secret not in told
        passfile = Path(told.partition("passfile='")[2].partition("'")[0])
        assert passfile.read_text() == "*:*:*:*:p\\:a\\\\s's\n"
        assert passfile.stat().st_mode & 0o077 == 0
    assert not passfile.exists()
