"""Where the database is, read from what operators and platforms write."""

from pathlib import Path

import pytest

from webapp.config import SettingError, Settings
from webapp.db.address import TLS_MODES, AddressError, PostgresServer, SqliteFile, address_of, parse


def server(url: str) -> PostgresServer:
    address = parse(url)
    assert isinstance(address, PostgresServer)
    return address


def test_without_an_address_it_is_a_file_in_the_data_folder() -> None:
    assert address_of(Settings(data_dir="/data")) == SqliteFile(Path("/data/open-chat.db"))
    assert address_of(Settings(database_url="sqlite:///chat.db")) == SqliteFile(Path("chat.db"))
    assert address_of(Settings(database_url="sqlite:////srv/chat.db")) == SqliteFile(Path("/srv/chat.db"))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_server_is_read_whatever_the_platform_calls_its_kind(scheme: str) -> None:
    found = server(f"{scheme}://ann:p%40ss%2Fword@db.example.org:6543/chat")
    assert (found.user, found.password, found.host, found.port, found.database) == (
        "ann",
        "p@ss/word",
        "db.example.org",
        6543,
        "chat",
    )
    assert server(f"{scheme}://db/chat").port == 5432


def test_a_socket_is_a_host_too() -> None:
    assert server("postgresql:///chat?host=/var/run/postgresql").host == "/var/run/postgresql"
    assert server("postgresql://%2Fvar%2Frun/chat").host == "/var/run"
    assert server("postgresql://[::1]:5433/chat").host == "::1"


@pytest.mark.parametrize("mode", TLS_MODES)
def test_tls_is_asked_for_as_libpq_has_it(mode: str) -> None:
    assert server(f"postgres://db/chat?sslmode={mode}&sslrootcert=system").tls == mode


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://db/chat", "takes sqlite:///"),
        ("sqlite:///", "takes sqlite:///"),
        ("postgres://db", "takes sqlite:///"),
        ("postgres:///chat", "takes sqlite:///"),
        ("postgres://db/chat/more", "takes sqlite:///"),
        ("postgres://db:port/chat", "takes sqlite:///"),
        ("postgres://a:1,b:2/chat", "takes sqlite:///"),
        ("postgres://[::1/chat", "takes sqlite:///"),
        ("postgres://db/chat?sslmode=maybe", "the parameter sslmode, which takes disable, allow"),
        ("postgres://db/chat?sslmode=", "the parameter sslmode, which takes disable, allow"),
        ("postgres://db/chat?sslrootcert=/nowhere/ca.pem", "no such file"),
        ("postgres://db/chat?channel_binding=require", "'channel_binding', which is not known here"),
    ],
)
def test_what_cannot_be_used_is_one_line_that_says_what_can(url: str, words: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse(url)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_password_is_in_no_word_about_the_server() -> None:
    found = server("postgresql://ann:hunter2@db/chat")
    assert "hunter2" not in f"{found} {found!r}"
    assert str(found) == "chat on db:5432"
    with pytest.raises(SettingError, match="DATABASE_URL has the parameter") as caught:
        address_of(Settings(database_url="postgresql://ann:hunter2@db/chat?x=1"))
    assert "hunter2" not in str(caught.value)
