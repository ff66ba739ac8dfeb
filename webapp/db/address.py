"""Where the database is: an SQLite file, or a Postgres server, read from an address as platforms give them. Pure."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from msgspec import Struct

from webapp.config import SettingError, Settings

TLS_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = ("postgres", "postgresql", "postgresql+asyncpg")
_TAKES: Final = "takes sqlite:///path/to/file.db or postgresql://user:password@host:5432/name"


class AddressError(ValueError):
    """An address that cannot be used. The text goes on from the address's name: "takes ...". It holds no password."""


class SqliteFile(Struct, frozen=True):
    path: Path

    def __str__(self) -> str:
        return str(self.path)


class PostgresServer(Struct, frozen=True):
    """A database on a server. `host` that begins with a slash is the folder of its socket; "" stands for "not said"."""

    host: str
    database: str
    port: int = 5432
    user: str = ""
    password: str = ""
    tls: str = "prefer"  # one of TLS_MODES, with the meaning that libpq gives it
    root_certificate: str = ""  # a file; "" for those that the system trusts
    application_name: str = "open-chat"

    def __str__(self) -> str:
        return f"{self.database} on {self.host}:{self.port}"

    def __repr__(self) -> str:
        """Without user and password: it may come into a log."""
        return f"PostgresServer({self})"


Address = SqliteFile | PostgresServer


def address_of(settings: Settings) -> Address:
    """The database of this installation: DATABASE_URL, or the file in DATA_DIR.

    Raises SettingError for an address that cannot be used.
    """
    if not settings.database_url:
        return SqliteFile(settings.database_path)
    try:
        return parse(settings.database_url)
    except AddressError as error:
        raise SettingError(f"DATABASE_URL {error}.") from None


def parse(url: str) -> Address:
    """The database at an address, `sqlite:///...` or `postgresql://...`. Raises AddressError."""
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE):
        return SqliteFile(Path(url.removeprefix(_SQLITE)))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError(_TAKES) from None
    if parts.scheme not in _POSTGRES or parts.fragment:
        raise AddressError(_TAKES)
    return _server(parts, port or 5432)


def _server(parts: SplitResult, port: int) -> PostgresServer:
    said = _parameters(parts.query)
    host = said.pop("host", "") or unquote(parts.hostname or "")
    database = unquote(parts.path.removeprefix("/"))
    if not host or not database or "/" in database:
        raise AddressError(_TAKES)
    return PostgresServer(
        host=host,
        port=port,
        database=database,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=said.get("sslmode", "prefer"),
        root_certificate=_certificate(said.get("sslrootcert", "")),
        application_name=said.get("application_name", "open-chat"),
    )


# What may follow the question mark, and what each takes, in words; the rest of the world's parameters are refused, as
# one that we left out could be the one that was to keep the connection safe.
_PARAMETERS: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "sslmode": (", ".join(TLS_MODES), TLS_MODES.__contains__),
    "sslrootcert": ("a file of certificates, or system", bool),
    "application_name": ("a name of 1 to 60 letters, digits, dots and dashes", re.compile(r"[\w.-]{1,60}$").match),
    "host": ("a host, or the folder of a socket", bool),
}


def _parameters(query: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _PARAMETERS:
            known = ", ".join(_PARAMETERS)
            shown = repr(name) if re.fullmatch(r"[a-z_]{1,40}", name) else "after ?"  # else maybe part of a password
            raise AddressError(f"has the parameter {shown}, which is not known here; those known are {known}")
        takes, is_fit = _PARAMETERS[name]
        if not is_fit(value):
            got = "something else" if "@" in value else repr(value[:80])
            raise AddressError(f"has the parameter {name}, which takes {takes}; got {got}")
        said[name] = value
    return said


def _certificate(said: str) -> str:
    if not said or said == "system":
        return ""
    if not Path(said).is_file():
        raise AddressError(f"names the certificates {said[:200]!r} as sslrootcert, and there is no such file")
    return said
