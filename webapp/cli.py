"""The command line: one verb for each thing that an operator does."""

import argparse
import os
import sys
from collections.abc import Sequence

from webapp.config import SettingError, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the verb that `arguments` name; returns the exit code: 0 well, 1 not possible, 2 wrongly called."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # conversations are nobody else's on this machine
    try:
        return int(options.run(options))
    except SettingError as error:
        return _stop(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m webapp", description="Open Chat: a chat UI for language models.")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    serve = verbs.add_parser("serve", help="serve the app; HOST and PORT say where (default 127.0.0.1:8000)")
    serve.set_defaults(run=_serve)
    demo = verbs.add_parser("demo-openrouter", help="serve a stand-in for OpenRouter's API, for trials and tests")
    demo.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    demo.add_argument("--port", type=int, default=8100, help="port, 0 for any free one (default %(default)s)")
    demo.add_argument("--speed", type=float, default=60.0, help="tokens per second (default %(default)s)")
    demo.set_defaults(run=_demo_openrouter)
    upgrade = verbs.add_parser("db-upgrade", help="bring the database to this version's tables")
    upgrade.set_defaults(run=_upgrade)
    return parser


def _serve(_options: argparse.Namespace) -> int:
    from webapp.db.lock import DatabaseInUseError
    from webapp.db.migrate import MigrationError
    from webapp.server import serve
    from webapp.web.assets import MissingAssetError

    settings = load()
    try:
        serve(settings)
    except (DatabaseInUseError, MigrationError, MissingAssetError) as error:
        return _stop(str(error))
    except OSError as error:
        if error.filename is not None:
            return _stop(_unusable(error))
        return _stop(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Set HOST or PORT.")
    return 0


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
    from webapp.db.lock import DatabaseInUseError, sole_process
    from webapp.db.migrate import MigrationError, upgrade

    settings = load()
    try:
        with sole_process(settings.database_path):
            changed = upgrade(settings.database_path)
    except (DatabaseInUseError, MigrationError) as error:
        return _stop(str(error))
    except OSError as error:
        return _stop(_unusable(error))
    print("The database is up to date." if changed else "Nothing to do: the database was up to date.")
    return 0


def _unusable(error: OSError) -> str:
    return f"{error.filename} cannot be used: {error.strerror}. Set DATA_DIR to another folder."


def _stop(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1
