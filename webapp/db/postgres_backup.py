"""Copies of a Postgres database, by Postgres's own tools: pg_dump, pg_restore and psql."""

import asyncio
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, cast

import asyncpg

from webapp.db.address import PostgresServer
from webapp.db.backup import BackupError, refuse_to_overwrite
from webapp.db.migrate import MigrationError, is_current, upgrade
from webapp.db.postgres import connect
from webapp.db.tables import Base

PATIENCE: Final = 2.0  # seconds for psql to end after it was cut off, or after it has cut us off; for others to be gone

_USERS: Final = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()"
)


def dump(server: PostgresServer, target: Path) -> None:
    """Writes a copy of one snapshot, in pg_dump's compressed format."""
    with conninfo(server) as told:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", f"--dbname={told}")


def put_back(server: PostgresServer, source: Path, *, force: bool) -> None:
    """Replaces all tables by those of the copy, in one transaction, and brings them to this version."""
    _check(server, source)
    users, has_conversations = asyncio.run(_look(server))
    if users:
        raise BackupError(
            f"The app uses {server} (connections by the name {server.application_name}: {users}). Stop it first. "
            "If it does not run, and a pooler keeps them, add application_name=restore to DATABASE_URL."
        )
    if has_conversations and not force:
        raise refuse_to_overwrite(server)
    with conninfo(server) as told:
        _replace_tables(source, told)
    try:
        upgrade(server)
    except MigrationError as error:
        raise BackupError(str(error)) from None


@contextmanager
def conninfo(server: PostgresServer) -> Iterator[str]:
    """How Postgres's tools are told of a server. The password goes by a file: arguments are seen by everybody."""
    with tempfile.NamedTemporaryFile("w", prefix="open-chat-") as passwords:  # readable by us alone
        escaped = server.password.replace("\\", "\\\\").replace(":", "\\:")
        passwords.write(f"*:*:*:*:{escaped}\n")
        passwords.flush()
        said = {
            "host": server.host,
            "port": str(server.port),
            "dbname": server.database,
            "user": server.user,
            "sslmode": server.tls,
            "sslrootcert": server.root_certificate,
            "application_name": server.application_name,
            "passfile": passwords.name if server.password else "",
        }
        yield " ".join(f"{name}={_quoted(value)}" for name, value in said.items() if value)


def _check(server: PostgresServer, source: Path) -> None:
    """Whether the copy can be read to its end, is ours, and not of a newer version."""
    _run("pg_restore", "--file=/dev/null", str(source))
    script = _run("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(source))
    revision = re.search(r"^COPY .*alembic_version .*\n(\S+)$", script, re.MULTILINE)
    if revision is None:
        raise BackupError(f"{source} is no copy of an Open Chat database.")
    try:
        is_current(server, revision[1])
    except MigrationError as error:
        raise BackupError(str(error)) from None


async def _look(server: PostgresServer) -> tuple[int, bool]:
    """How many connections of the app there are beside ours, and whether there are conversations."""
    try:
        connection = await connect(server)
    except OSError as error:
        raise BackupError(f"The database {server} cannot be opened: {_line(str(error))}.") from None
    try:
        return await _users(connection, server), await _has_conversations(connection)
    finally:
        await connection.close()


async def _users(connection: asyncpg.Connection, server: PostgresServer) -> int:
    """Looks for a moment, as a connection that was closed just now is still there for a while."""
    until = asyncio.get_running_loop().time() + PATIENCE
    while users := int(await connection.fetchval(_USERS, server.application_name)):
        if asyncio.get_running_loop().time() > until:
            break
        await asyncio.sleep(0.1)
    return users


async def _has_conversations(connection: asyncpg.Connection) -> bool:
    try:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT 1 FROM conversations)"))
    except asyncpg.UndefinedTableError:
        return False


def _replace_tables(source: Path, told: str) -> None:
    """pg_restore writes a script and psql executes it, in one transaction; nothing of it is kept if either fails."""
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    with tempfile.TemporaryFile("w+") as complaints:
        command = [_path("psql"), *options, f"--dbname={told}"]
        psql = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints)  # noqa: S603  # no shell
        try:
            _write_script(source, psql)
        finally:
            psql.wait()
        complaints.seek(0)
        if psql.returncode:
            raise BackupError(f"The copy could not be put back, and nothing has changed: {_line(complaints.read())}.")


def _write_script(source: Path, psql: subprocess.Popen[bytes]) -> None:
    """Raises BackupError, and cuts psql off in mid-script, where the copy cannot be read to its end."""
    command = [_path("pg_restore"), "--clean", "--if-exists", "--no-owner", "--no-privileges", "--file=-", str(source)]
    with suppress(BrokenPipeError), cast("IO[bytes]", psql.stdin) as script, tempfile.TemporaryFile("w+") as complaints:
        script.write(_clearing())
        script.flush()
        if not subprocess.run(command, stdout=script, stderr=complaints, check=False).returncode:  # noqa: S603  # no shell
            return
        try:
            psql.wait(PATIENCE)  # it may have failed first, and says why
        except subprocess.TimeoutExpired:
            psql.kill()
            complaints.seek(0)
            raise BackupError(f"{source} cannot be read: {_line(complaints.read())}.") from None


def _clearing() -> bytes:
    """Drops all tables of this version, also those that the copy does not know. Does not wait for who uses one."""
    tables = ", ".join((*(table.name for table in Base.metadata.sorted_tables), "alembic_version"))
    return f"SET lock_timeout = '10s'; DROP TABLE IF EXISTS {tables} CASCADE;\n".encode()


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _run(tool: str, *arguments: str) -> str:
    """What the tool printed. Raises BackupError with its own words where it fails."""
    done = subprocess.run([_path(tool), *arguments], capture_output=True, text=True, check=False)  # noqa: S603  # no shell
    if done.returncode:
        raise BackupError(f"{tool} failed: {_line(done.stderr)}.")
    return done.stdout


def _path(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        raise BackupError(
            f"{tool} is not installed; it comes with Postgres's client tools (Debian: postgresql-client)."
        )
    return path


def _line(text: str) -> str:
    """The last line of what a tool says, which is the reason."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return (lines[-1] if lines else "it gave no reason").rstrip(".")[:500]
