"""`import`: conversations from a file that another program, or another installation, wrote."""

import argparse
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webapp.commands.terminal import NOT_POSSIBLE, WELL, CommandError, note, say
from webapp.config import Settings, load

if TYPE_CHECKING:
    from uuid import UUID

    from webapp.db.address import Address
    from webapp.db.engine import Database
    from webapp.documents.imports.store import ImportStore
    from webapp.web.uploads import Upload

MOST_NAMED = 20  # conversations of which there is something to say


def add_import(verbs: Any) -> None:
    parser = verbs.add_parser(
        "import",
        help="bring in conversations from a file of another program",
        description="Makes conversations of what is in a file: an export of Open Chat, ChatGPT, Claude and others, as "
        "the page Import takes them. What is here already isn't brought in again. The app may run.",
        epilog="example: python -m webapp import conversations.zip --user anna@example.org",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="what the other program wrote, zipped or not")
    parser.add_argument(
        "--user", metavar="EMAIL", default="", help="whose conversations they become; needed if there are accounts"
    )
    parser.set_defaults(run=_import)


def _import(options: argparse.Namespace) -> int:
    import asyncio

    from webapp.commands.database import require
    from webapp.db.address import address_of
    from webapp.db.errors import DATABASE_ERRORS, reason
    from webapp.web.refusals import RefusalError

    settings = load()
    address = address_of(settings)
    require(address)
    upload = _copied(options.file, settings.max_import_bytes)
    try:
        return asyncio.run(_run(settings, address, options.user, upload))
    except RefusalError as error:
        raise CommandError(error.sentence) from None
    except DATABASE_ERRORS as error:
        raise CommandError(f"The import into {address} broke off: {reason(error)}. Run it again.") from None
    finally:
        upload.delete()


def _copied(file: Path, limit: int) -> "Upload":
    """A copy, as the importer deletes what it has read. Raises CommandError for what it doesn't take."""
    from webapp.web.uploads import Upload

    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    size = file.stat().st_size
    if not size:
        raise CommandError(f"There is nothing in the file {file}.")
    if size > limit:
        raise CommandError(
            f"{file} is too large: at most {limit / 1_000_000:g} MB are taken. MAX_IMPORT_BYTES raises the limit."
        )
    with tempfile.NamedTemporaryFile(prefix="import-", delete=False) as target:
        copy = Upload(Path(target.name), file.name, size)
        try:
            with file.open("rb") as source:
                shutil.copyfileobj(source, target)
        except OSError as error:
            copy.delete()
            raise CommandError(f"{file} can't be read: {error.strerror}.") from None
    return copy


async def _run(settings: Settings, address: "Address", name: str, upload: "Upload") -> int:
    from webapp.conversations.gallery import Gallery
    from webapp.conversations.painter import Painter
    from webapp.conversations.pictures_store import PictureStore
    from webapp.db.engine import open_database
    from webapp.documents.imports.importer import Importer
    from webapp.documents.imports.store import ImportStore
    from webapp.sandbox.sandbox import Sandbox

    database = open_database(address)
    try:
        owner = await _owner(settings, database, name)
        store = ImportStore(database)
        sandbox = Sandbox()
        gallery = Gallery(PictureStore(database), Painter(sandbox))
        importer = Importer(
            store,
            gallery,
            sandbox,
            max_bytes=settings.max_import_bytes,
            default_model=lambda: settings.default_model,
            max_message_bytes=settings.max_message_bytes,
        )
        async with sandbox.running(), gallery.running():
            import_id = await importer.receive(owner, upload)
            await importer.idle()
            if (await store.find(owner, import_id)).state == "ready":
                await importer.confirm(owner, import_id)
                await importer.idle()
        return await _report(store, owner, import_id)
    finally:
        await database.close()


async def _owner(settings: Settings, database: "Database", name: str) -> "UUID":
    """Raises CommandError where there is no such account, or accounts and no name."""
    from webapp.accounts.addresses import sought
    from webapp.accounts.store import Users

    users = Users(database)
    if not name:
        if settings.has_accounts:
            raise CommandError("There are accounts; --user EMAIL says whose conversations these become.")
        return (await users.local()).id
    known = await users.credentials(*sought(name))
    if known is None:
        raise CommandError(f"There is no account {name}; `user list` shows those that there are.")
    return known.user.id


async def _report(store: "ImportStore", owner: "UUID", import_id: "UUID") -> int:
    """Says what came of it: what came in, then what didn't, by name."""
    sent, tally = await store.find(owner, import_id), await store.tally(owner, import_id)
    say(f"Conversations: {tally.done:,} brought in with {tally.messages:,} messages, {tally.known:,} here already.")
    for one in await store.listed(owner, import_id, MOST_NAMED):
        if one.remark:
            note(f"{one.title}: {one.remark}")
    if tally.bad > MOST_NAMED:
        note(f"{tally.bad - MOST_NAMED:,} more could not be read.")
    if sent.problem:
        note(sent.problem)
    is_whole = sent.state == "done" and not tally.bad and tally.done + tally.known > 0
    return WELL if is_whole else NOT_POSSIBLE
