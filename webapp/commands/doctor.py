"""`doctor`: the checks of `/status`, without a server."""

import argparse
from typing import TYPE_CHECKING, Any

from webapp.commands.terminal import NOT_POSSIBLE, WELL, say
from webapp.config import Settings, load

if TYPE_CHECKING:
    from webapp.operations.checks import Reported

_WORDS = {"good": "good", "fair": "look", "bad": "BAD"}


def add_doctor(verbs: Any) -> None:
    parser = verbs.add_parser(
        "doctor",
        help="look at everything and say what is wrong, and what to do",
        description="Looks at the database, OpenRouter, the disk and so on, as the page /status does, and "
        "through the whole file of the database. "
        "Ends with 0 where everything works, with 1 where something does not.",
        epilog="example: python -m webapp doctor --json",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=_examine)


def _examine(options: argparse.Namespace) -> int:
    import asyncio
    import logging

    from webapp.operations.checks import Level

    logging.getLogger().addHandler(logging.NullHandler())  # what is wrong is said below, once
    found = asyncio.run(_look(load()))
    worst = next(
        (level for level in (Level.BAD, Level.FAIR) if any(one.finding.level is level for one in found)), Level.GOOD
    )
    if options.json:
        _say_json(found, worst)
    else:
        for one in found:
            say(f"{_WORDS[one.finding.level]:<5} {one.title:<15} {one.finding.says}")
            if one.finding.remedy:
                say(f"{'':<22}{one.finding.remedy}")
    return NOT_POSSIBLE if worst is Level.BAD else WELL


async def _look(settings: Settings) -> "tuple[Reported, ...]":
    from math import inf

    from webapp.db.address import SqliteFile, address_of
    from webapp.db.engine import open_database
    from webapp.db.migrate import revisions
    from webapp.operations.checks import Finding, Level, Reported, look_at
    from webapp.operations.integrity import IntegrityCheck
    from webapp.operations.sandbox_check import SandboxCheck
    from webapp.operations.status import address_finding, checks_of
    from webapp.operations.store import DatabaseFacts
    from webapp.operations.upstream import Upstream
    from webapp.sandbox.sandbox import Sandbox
    from webapp.services.openrouter import OpenRouter
    from webapp.services.transport import open_client

    address = address_of(settings)
    there = not isinstance(address, SqliteFile) or address.path.is_file()
    database = open_database(address)
    try:
        async with open_client(settings) as client:
            account = OpenRouter(client, settings) if settings.openrouter_api_key else None
            upstream = Upstream(account, settings.model_server)
            checks = checks_of(settings, DatabaseFacts(database), upstream, revisions()[-1])
            # To ask an embedded database is to make it, where it is not there.
            asked = [check for check in checks if there or not check.needs_database]
            sandbox = Sandbox()
            async with sandbox.running():
                found = await look_at([*asked, SandboxCheck(sandbox)])
            if there and isinstance(address, SqliteFile):
                found = (*found, *await look_at([IntegrityCheck(address.path)], patience=inf))
    finally:
        await database.close()
    if not there:
        none = Finding(Level.FAIR, f"There is no file {address} yet.", "The first start makes it.")
        found = (Reported("database", "Database", True, none), *found)
    return (*found, Reported("address", "Public address", False, address_finding(settings)))


def _say_json(found: "tuple[Reported, ...]", worst: str) -> None:
    import msgspec

    lines = [
        {"name": one.name, "title": one.title, "required": one.is_required, **msgspec.to_builtins(one.finding)}
        for one in found
    ]
    say(msgspec.json.encode({"level": worst, "checks": lines}).decode())
