"""Which files come first where several processes share the tests: the long ones, so that all processes end together."""

from collections import Counter
from pathlib import Path
from typing import Final

import pytest

# Seconds for a test, about; elsewhere most take no time.
SECONDS: Final = {"browser": 2.0, "services": 0.5, "conversations": 0.1}
QUICK: Final = 0.02


def long_files_first(items: list[pytest.Item], folder: Path) -> None:
    """Sorts the tests below `folder` by how long their files may take. Within a file they stay as they are."""
    counts = Counter(item.path for item in items)
    items.sort(key=lambda item: -counts[item.path] * _seconds(item.path, folder))


def _seconds(path: Path, folder: Path) -> float:
    return SECONDS.get(path.relative_to(folder).parts[0], QUICK)
