"""The software bill of materials: what the app runs on here.

The lock files say what should be there and by which hashes, the environment says what is, and under which licence.
"""

import hashlib
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from webapp import __version__
from webapp.operations.cyclonedx import Bom, Component, Dependency, LicenceChoice, Metadata, Reference, Tools
from webapp.operations.licences import licence_of
from webapp.operations.lockfiles import Digest, Locked, read_npm_lock, read_requirements
from webapp.web.assets import HTMX_FILES, MERMAID_FILE

_APP: Final = Component("application", "open-chat", "open-chat", __version__, licenses=(LicenceChoice("MIT"),))
_TOOL: Final = Component("application", "open-chat", version=__version__)
_REQUIREMENTS: Final = "requirements.txt"


class Inventory(msgspec.Struct, frozen=True):
    bom: Bom
    notes: tuple[str, ...]  # where the environment is not as locked, a sentence each


class _Installed(msgspec.Struct, frozen=True):
    version: str
    licenses: tuple[LicenceChoice, ...]


def take_inventory(root: Path, now: datetime) -> Inventory:
    """Of the checkout or image at `root`. Raises OSError where a lock file, or a file that pages load, is missing."""
    locked = read_requirements((root / _REQUIREMENTS).read_text())
    served = read_npm_lock((root / "package-lock.json").read_text())
    installed = {package.name: found for package in locked if (found := _find(package.name))}
    components = (
        _interpreter(),
        *(_from_python(package, installed[package.name]) for package in locked if package.name in installed),
        *(_from_npm(package, root / "node_modules") for package in served if not package.is_for_tests),
    )
    bom = Bom(
        metadata=Metadata(now.astimezone(UTC).isoformat(timespec="seconds"), Tools((_TOOL,)), _APP),
        components=components,
        dependencies=tuple(_dependencies(locked, components)),
    )
    return Inventory(bom, tuple(_differences(locked, installed)))


def _find(name: str) -> _Installed | None:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return None
    expression, field, classifiers = (
        found.metadata.get_all(name) or [] for name in ("License-Expression", "License", "Classifier")
    )
    licence = licence_of(expression="".join(expression), field="".join(field), classifiers=classifiers)
    return _Installed(found.version, (licence,) if licence else ())


def _interpreter() -> Component:
    version = platform.python_version()
    purl, cpe = f"pkg:generic/python@{version}", f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*"
    return Component("platform", platform.python_implementation(), purl, version, purl=purl, cpe=cpe)


def _from_python(package: Locked, found: _Installed) -> Component:
    purl = f"pkg:pypi/{package.name}@{found.version}"
    references = _files(purl, package.hashes if found.version == package.version else ())
    return Component(
        "library", package.name, purl, found.version, purl=purl, licenses=found.licenses, references=references
    )


def _from_npm(package: Locked, folder: Path) -> Component:
    purl = f"pkg:npm/{quote(package.name, safe='/')}@{package.version}"
    licence = licence_of(field=package.licence)
    return Component(
        "library",
        package.name,
        purl,
        package.version,
        purl=purl,
        licenses=(licence,) if licence else (),
        references=_files(purl, package.hashes),
        components=tuple(
            _loaded_by_pages(folder, name)
            for name in (*HTMX_FILES, MERMAID_FILE)
            if name.startswith(f"{package.name}/")
        ),
    )


def _loaded_by_pages(folder: Path, name: str) -> Component:
    digest = Digest("SHA-256", hashlib.sha256((folder / name).read_bytes()).hexdigest())
    return Component("file", name, name, hashes=(digest,))


def _files(purl: str, hashes: tuple[Digest, ...]) -> tuple[Reference, ...]:
    """The files that a package comes in. A machine installed one of them, but keeps no note of which."""
    return (Reference("distribution", purl, "the files that the lock lets in", hashes),) if hashes else ()


def _dependencies(locked: Sequence[Locked], components: Sequence[Component]) -> Iterator[Dependency]:
    """Each with what it asked for. The app asked for what is in pyproject.toml, for Python, and for all of npm's."""
    references = {one.name: one.bom_ref for one in components}
    asked_for_by = {package.name: package.asked_for_by for package in locked}
    for asking in (_APP.name, *references):
        needed = (ref for name, ref in references.items() if asking in asked_for_by.get(name, {_APP.name}))
        yield Dependency(references.get(asking, _APP.bom_ref), tuple(needed))


def _differences(locked: Sequence[Locked], installed: Mapping[str, _Installed]) -> Iterator[str]:
    for package in locked:
        found = installed.get(package.name)
        if found is None and not package.marker:
            yield f"{package.name} {package.version} is in {_REQUIREMENTS}, but not installed."
        elif found is not None and found.version != package.version:
            yield f"{package.name} is {found.version} here, and {package.version} in {_REQUIREMENTS}."
