"""A real Postgres and a real Redis for tests: those that are named, those that run on this machine, or private ones.

`TEST_POSTGRES_URL` and `TEST_REDIS_URL` name servers on which tests may make databases and keys of their own. Without
them the standard ports are tried. Where nothing answers there, a server is started from installed binaries, in a
folder that goes with it. Otherwise there is none.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg
from msgspec.structs import replace

from tests.fakes.apart import apart
from webapp.db.address import PostgresServer, parse

PATIENCE = 60.0  # seconds for a private server to come up

_BINARIES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/pgsql/bin",
)


@contextmanager
def postgres() -> Iterator[PostgresServer | None]:
    """A server on which databases may be made."""
    named = os.environ.get("TEST_POSTGRES_URL")
    if named:
        yield _server(named)
        return
    standard = _server("postgresql://postgres@127.0.0.1:5432/postgres")
    if _takes_databases(standard):
        yield standard
        return
    folder = _postgres_binaries()
    if folder is None:
        yield None
        return
    with _private_postgres(folder) as server:
        yield server


@contextmanager
def redis() -> Iterator[str | None]:
    """The address of a server, `redis://...`. Keys there may be somebody else's."""
    named = os.environ.get("TEST_REDIS_URL")
    if named:
        yield named
        return
    if _pongs(6379):
        yield "redis://127.0.0.1:6379"
        return
    with private_redis() as server:
        if server is None:
            yield None
            return
        server.start()
        yield server.url


class RedisServer:
    """A server of a test's own, on a port that it keeps: to be killed and started again."""

    def __init__(self, program: str, folder: str) -> None:
        self.port = _free_port()
        self._folder = folder
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._running: ExitStack | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._running = ExitStack()
        self._running.enter_context(_running(self._command, self._folder, lambda: _pongs(self.port)))

    def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None


@contextmanager
def private_redis() -> Iterator[RedisServer | None]:
    """A server that does not run yet; None where no program is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(program, folder)
        try:
            yield server
        finally:
            server.stop()


def _server(url: str) -> PostgresServer:
    address = parse(url)
    assert isinstance(address, PostgresServer), "TEST_POSTGRES_URL takes postgresql://user:password@host:5432/name"
    return address


def _takes_databases(server: PostgresServer) -> bool:
    async def ask() -> bool:
        connection = await asyncpg.connect(
            host=server.host, port=server.port, user=server.user, database=server.database, timeout=3
        )
        try:
            return bool(await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = user"))
        finally:
            await connection.close()

    try:
        return apart(ask())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


def _postgres_binaries() -> Path | None:
    """The folder with the newest installed server; None where there is none."""
    found = [Path(program).parent for program in (shutil.which("initdb"),) if program]
    for pattern in _BINARIES:
        found += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in found if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def _private_postgres(binaries: Path) -> Iterator[PostgresServer]:
    """A server of our own. It refuses to run as root: then it runs as somebody else."""
    user = ("postgres" if _has_user("postgres") else "nobody") if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir()
        if user:
            Path(folder).chmod(0o755)
            shutil.chown(data, user)
        data.chmod(0o700)
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        made = subprocess.run(initdb, cwd=data, user=user, capture_output=True, text=True, check=False)
        assert made.returncode == 0, f"initdb could not make a database:\n{made.stdout}{made.stderr}"
        server = replace(_server("postgresql://postgres@127.0.0.1:1/postgres"), port=_free_port())
        command = [str(binaries / "postgres"), "-D", str(data), "-p", str(server.port), "-c", "fsync=off"]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with _running(command, folder, lambda: _takes_databases(server), user):
            yield server


@contextmanager
def _running(command: Sequence[str], folder: str, is_up: Callable[[], bool], user: str | None = None) -> Iterator[None]:
    log = Path(folder) / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, user=user, stdout=output, stderr=output)
    try:
        until = time.monotonic() + PATIENCE
        while not is_up():
            assert process.poll() is None, f"{command[0]} did not start:\n{log.read_text()}"
            assert time.monotonic() < until, f"{command[0]} did not answer:\n{log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pongs(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _has_user(name: str) -> bool:
    import pwd

    return any(entry.pw_name == name for entry in pwd.getpwall())
