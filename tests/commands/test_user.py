"""Accounts by the command line."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.accounts.people import HOME, House
from webapp.accounts.users import Role
from webapp.cli import main
from webapp.db.address import SqliteFile
from webapp.db.engine import open_database

Capture = pytest.CaptureFixture[str]


async def in_house(file: Path, link: str, password: str) -> str:
    """Follows a link to a new password, signs in with it, and tells the role."""
    database = open_database(SqliteFile(file))
    try:
        house = House(database)
        token = re.findall(r"/password\?token=(\S+)", link)[0]
        user = await house.resetting.reset(token, password, HOME)
        assert await house.signing_in.by_password(user.name, password, HOME) == user
        return user.role
    finally:
        await database.close()


def test_an_account_is_made_and_its_link_chooses_the_password(database: Path, capsys: Capture) -> None:
    assert main(["user", "add", "Anna@example.org", "--full-name", "Anna", "--administrator"]) == 0
    out = capsys.readouterr().out
    assert "Made an account for anna@example.org." in out
    assert asyncio.run(in_house(database, out, "a quiet afternoon")) == Role.ADMINISTRATOR
    assert main(["user", "add", "bob@example.org"]) == 0
    assert asyncio.run(in_house(database, capsys.readouterr().out, "a quiet evening")) == Role.MEMBER


def test_a_forgotten_password_is_replaced(database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_URL", "https://example.org/chat")
    main(["user", "add", "anna@example.org"])
    capsys.readouterr()
    assert main(["user", "reset", "anna@example.org"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("https://example.org/chat/password?token=")
    asyncio.run(in_house(database, out, "a quiet afternoon"))


def test_where_members_have_no_passwords_they_get_no_link(
    database: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = {
        "APP_URL": "https://example.org",
        "OIDC_ISSUER": "https://accounts.example.org",
        "OIDC_CLIENT_ID": "chat",
    }
    provider |= {"OIDC_CLIENT_SECRET": "secret", "OIDC_NAME": "Provider", "PASSWORD_SIGN_IN": "off"}
    for name, value in provider.items():
        monkeypatch.setenv(name, value)
    assert main(["user", "add", "anna@example.org", "--administrator"]) == 0
    assert "/password?token=" in capsys.readouterr().out
    assert main(["user", "add", "bob@example.org"]) == 0
    assert capsys.readouterr().out == "Made an account for bob@example.org, who signs in with Provider.\n"
    assert main(["user", "reset", "anna@example.org"]) == 0
    assert "/password?token=" in capsys.readouterr().out
    assert main(["user", "reset", "bob@example.org"]) == 1
    assert "Members have no passwords here. Sign in with Provider" in capsys.readouterr().err


def test_an_address_as_an_earlier_version_kept_it_is_found(database: Path, capsys: Capture) -> None:
    async def add() -> None:
        opened = open_database(SqliteFile(database))
        try:
            await House(opened).add("strasse..5@example.org")
        finally:
            await opened.close()

    asyncio.run(add())
    assert main(["user", "reset", "Straße..5@example.org"]) == 0
    assert "/password?token=" in capsys.readouterr().out


def test_all_are_listed(database: Path, capsys: Capture) -> None:
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == ""
    main(["user", "add", "anna@example.org", "--administrator"])
    main(["user", "add", "bob@example.org"])
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    assert re.fullmatch(
        r"anna@example\.org +administrator +never signed in\nbob@example\.org +member +never signed in\n",
        capsys.readouterr().out,
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["add", "anna"], "name@example.org"),
        (["add", "known@example.org"], "There is an account"),
        (["reset", "nobody@example.org"], "There is no account nobody@example.org"),
        (["reset", "nobody"], "There is no account nobody"),
    ],
)
def test_what_cannot_be_done_is_one_line(database: Path, capsys: Capture, arguments: list[str], line: str) -> None:
    main(["user", "add", "known@example.org"])
    capsys.readouterr()
    assert main(["user", *arguments]) == 1
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1


def test_without_a_database_it_says_so(folder: Path, capsys: Capture) -> None:
    assert main(["user", "list"]) == 1
    assert "There is no database" in capsys.readouterr().err
