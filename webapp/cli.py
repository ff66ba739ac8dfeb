"""The command line: one verb for each thing that an operator does."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from webapp.commands.backup import add_backup, add_restore
from webapp.commands.db_status import add_db_status
from webapp.commands.doctor import add_doctor
from webapp.commands.export import add_export
from webapp.commands.importing import add_import
from webapp.commands.recount import add_recount
from webapp.commands.sbom import add_sbom
from webapp.commands.terminal import CommandError
from webapp.commands.user import add_user
from webapp.config import SettingError, Settings, load

if TYPE_CHECKING:  # loaded by the verbs that need it alone
    from webapp.db.address import Address
    from webapp.db.copy import Step


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the verb that `arguments` name; returns the exit code: 0 well, 1 not possible, 2 wrongly called."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # conversations are nobody else's on this machine
    try:
        return int(options.run(options))
    except (SettingError, CommandError) as error:
        return _stop(str(error))
    except KeyboardInterrupt:
        return _stop("Broken off.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m webapp",
        description="Open Chat: a chat UI for language models. Settings come from the environment and a file .env.",
        epilog="A verb ends with 0 if it did what it was asked for, with 1 if that was not possible, and with 2 if it "
        "was called wrongly. `python -m webapp VERB --help` says more.",
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    serve = verbs.add_parser("serve", help="serve the app; HOST and PORT say where (default 127.0.0.1:8000)")
    serve.add_argument("--host", help="address to listen on, whatever HOST says")
    serve.set_defaults(run=_serve)
    verbs.add_parser("worker").set_defaults(run=_work)  # not listed: for the processes that `serve` starts
    demo = verbs.add_parser("demo-openrouter", help="serve a stand-in for OpenRouter's API, for trials and tests")
    demo.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    demo.add_argument("--port", type=int, default=8100, help="port, 0 for any free one (default %(default)s)")
    demo.add_argument("--speed", type=float, default=60.0, help="tokens per second (default %(default)s)")
    demo.set_defaults(run=_demo_openrouter)
    _add_database_verbs(verbs.add_parser("db", help="see to the database: status, upgrade, copy, recount"))
    for add in (add_backup, add_restore, add_export, add_import, add_doctor, add_sbom, add_user):
        add(verbs)
    return parser


def _add_database_verbs(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    add_db_status(verbs)
    add_recount(verbs)
    upgrade = verbs.add_parser("upgrade", help="bring the database to this version's tables")
    upgrade.set_defaults(run=_upgrade)
    copy = verbs.add_parser(
        "copy",
        help="copy everything from one database to another, such as from SQLite to Postgres",
        description="Copies everything from one database to another, which has been upgraded and is empty, and "
        "compares each row. Stop the app before. Both are addresses as DATABASE_URL takes them, or the word "
        "DATABASE_URL for the one that is set.",
        epilog="example: python -m webapp db copy sqlite:///data/open-chat.db DATABASE_URL",
    )
    copy.add_argument("source", metavar="FROM")
    copy.add_argument("target", metavar="TO")
    copy.set_defaults(run=_copy)


def _serve(options: argparse.Namespace) -> int:
    settings = load(**({"HOST": options.host} if options.host else {}))
    if settings.web_concurrency > 1:
        return _supervise(settings)

    from webapp.server import serve

    return _serving(settings, lambda: serve(settings))


def _supervise(settings: Settings) -> int:
    from webapp.supervisor import supervise  # without the app, which it does not need

    try:
        return supervise(settings)
    except OSError as error:
        return _stop(_not_listening(settings, error))


def _work(_options: argparse.Namespace) -> int:
    """One of several processes, as the supervisor starts it."""
    from webapp.supervisor import take_orders

    orders = take_orders(sys.stdin)

    from webapp.server import work

    return _serving(orders.settings, lambda: work(orders))


def _serving(settings: Settings, serve: Callable[[], None]) -> int:
    """Serves; what keeps it from that becomes one line."""
    from webapp.db.lock import DatabaseInUseError
    from webapp.db.migrate import MigrationError
    from webapp.web.assets import MissingAssetError

    try:
        serve()
    except (DatabaseInUseError, MigrationError, MissingAssetError) as error:
        return _stop(str(error))
    except OSError as error:
        return _stop(_unusable(error) if error.filename is not None else _not_listening(settings, error))
    return 0


def _not_listening(settings: Settings, error: OSError) -> str:
    return f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT."


def _demo_openrouter(options: argparse.Namespace) -> int:
    from webapp.standin.app import API, Options
    from webapp.standin.server import listen, serve_on

    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        return _stop(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.")
    print(f"The stand-in for OpenRouter is at http://{options.host}:{listener.getsockname()[1]}{API}", flush=True)
    serve_on(listener, Options(tokens_per_second=options.speed))
    return 0


def _upgrade(_options: argparse.Namespace) -> int:
    """In the release phase of a platform the version before it still runs: that is no reason to stop a release."""
    from webapp.db.address import address_of
    from webapp.db.lock import DatabaseInUseError, hold
    from webapp.db.migrate import MigrationError, upgrade

    address = address_of(load())
    try:
        with hold(address):
            changed = upgrade(address)
    except DatabaseInUseError:
        print(f"{address} is in use; the next start brings it up to date.")
        return 0
    except MigrationError as error:
        return _stop(str(error))
    except OSError as error:
        return _stop(_unusable(error))
    print("The database is up to date." if changed else "Nothing to do: the database was up to date.")
    return 0


def _copy(options: argparse.Namespace) -> int:
    import asyncio

    from webapp.db.copy import CopyError, copy
    from webapp.db.lock import DatabaseInUseError, hold
    from webapp.db.migrate import MigrationError

    source, target = _address("FROM", options.source), _address("TO", options.target)
    try:
        with hold(source), hold(target):
            count = asyncio.run(copy(source, target, _show))
    except (CopyError, DatabaseInUseError, MigrationError) as error:
        return _stop(str(error))
    except OSError as error:
        return _stop(_unusable(error))
    print(f"Copied {count} rows from {source} to {target}; each is the same in both.")
    return 0


def _address(name: str, text: str) -> "Address":
    from webapp.db.address import AddressError, address_of, parse

    try:
        return address_of(load()) if text == "DATABASE_URL" else parse(text)
    except AddressError as error:
        raise SettingError(f"{name} {error}.") from None


def _show(step: "Step") -> None:
    """One line that grows where somebody looks at it; else one for each table."""
    is_last = step.done == step.total
    line = f"{'compared' if step.is_comparing else 'copied'} {step.done} of {step.total} rows of {step.table}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="\n" if is_last else "", file=sys.stderr, flush=True)
    elif is_last:
        print(line, file=sys.stderr)


def _unusable(error: OSError) -> str:
    return f"{error.filename} cannot be used: {error.strerror}. Set DATA_DIR to another folder."


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
