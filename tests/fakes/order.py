"""Which files come first where several processes share the tests: the long ones, so that all processes end together."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

# Seconds for a test, about, of a file or else of a folder; elsewhere most take no time.
SECONDS: Final = {
    "administration": 0.5,
    "browser": 2.0,
    "conversations": 0.1,
    "db/test_migrations.py": 0.5,
    "operations/test_law.py": 4.0,
    "properties": 0.7,
    "services/test_image.py": 0.8,
    "services/test_other_servers.py": 2.3,
    "services/test_paas.py": 3.0,
    "services/test_postgres.py": 3.0,
    "services/test_processes.py": 5.0,
    "services/test_proxies.py": 0.7,
    "test_locked_database.py": 10.0,
    "test_route_matrix.py": 6.0,
    "test_secrets.py": 1.4,
    "test_supervisor.py": 1.5,
    "test_twice.py": 0.8,
}
QUICK: Final = 0.02


def long_files_first(items: list[pytest.Item], folder: Path) -> None:
    """Sorts the tests below `folder` by how long their files may take. Within a file they stay as they are."""
    counts = Counter(item.path for item in items)
    items.sort(key=lambda item: -counts[item.path] * _seconds(item.path, folder))


def _seconds(path: Path, folder: Path) -> float:
    file = path.relative_to(folder)
    return SECONDS.get(file.as_posix(), SECONDS.get(file.parts[0], QUICK))
