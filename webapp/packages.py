"""What pages get from npm, where no build step has installed it: fetched at the start, by the build's own script."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Final

from webapp.web.assets import missing_files

logger = logging.getLogger(__name__)

INSTALLER: Final = "bin/assets"


def fetch_missing(root: Path) -> None:
    """Has the installer of `root` bring what is missing in its node_modules; does nothing where nothing is.

    That takes some seconds, the network, and a folder that can be written. Where it fails, the installer has said why
    on standard error, and what was missing still is.
    """
    missing, installer = missing_files(root / "node_modules"), root / INSTALLER
    if not missing or not installer.is_file():
        return
    logger.warning("%s is not there: fetching it; starts are quicker where the build calls %s", missing[0], INSTALLER)
    subprocess.run(["/usr/bin/env", f"PYTHON={sys.executable}", "/bin/sh", str(installer)], check=False)  # noqa: S603  # ours
