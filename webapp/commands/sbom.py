"""`sbom`: what the app runs on here, for a scanner."""

import argparse
from pathlib import Path
from typing import Any, Final

from webapp.commands.terminal import WELL, CommandError, note, say

ROOT: Final = Path(__file__).parent.parent.parent


def add_sbom(verbs: Any) -> None:
    parser = verbs.add_parser(
        "sbom",
        help="write what the app runs on, as CycloneDX for a scanner",
        description="Writes the software bill of materials to standard output: Python, the packages of "
        "requirements.txt that are installed, and what pages get of npm; with versions, licences and hashes, as JSON "
        "of CycloneDX 1.6. Where a version is not the locked one, a line on standard error says so.",
        epilog="example: python -m webapp sbom > open-chat.cdx.json",
    )
    parser.set_defaults(run=_write)


def _write(_options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    import msgspec

    from webapp.operations.sbom import take_inventory

    try:
        inventory = take_inventory(ROOT, datetime.now(UTC))
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from None
    for line in inventory.notes:
        note(line)
    say(msgspec.json.format(msgspec.json.encode(inventory.bom), indent=2).decode())
    return WELL
