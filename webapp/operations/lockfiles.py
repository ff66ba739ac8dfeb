"""What the lock files say: which packages, of which version, by which hashes, and who asked for them. Pure."""

import base64
import re
from typing import Any, Final, Literal

import msgspec

# A line of a requirements file as uv writes it: `name==1.0 ; marker \`, then hashes, then the names of those that ask.
_PINNED: Final = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))? *\\?$")
_HASH: Final = re.compile(r"--hash=(\w+):([0-9a-f]+)")
_ASKED: Final = re.compile(r"^ +#(?: via|  ) ([a-z0-9][a-z0-9._-]*)")
_ALGORITHMS: Final[dict[str, Literal["SHA-256", "SHA-384", "SHA-512"]]] = {
    "sha256": "SHA-256",
    "sha384": "SHA-384",
    "sha512": "SHA-512",
}
_NPM_FOLDER: Final = "node_modules/"


class Digest(msgspec.Struct, frozen=True):
    """The hash of a file, named as CycloneDX names it."""

    alg: Literal["SHA-256", "SHA-384", "SHA-512"]
    content: str  # in hexadecimal


class Locked(msgspec.Struct, frozen=True):
    name: str
    version: str
    marker: str = ""  # where it is needed at all; empty for everywhere
    hashes: tuple[Digest, ...] = ()  # of its files, of which a machine installs one
    asked_for_by: frozenset[str] = frozenset()
    licence: str = ""
    is_for_tests: bool = False


def read_requirements(text: str) -> tuple[Locked, ...]:
    """The packages of a requirements file that `bin/lock` wrote. A pin that cannot be read is a ValueError."""
    packages: list[Locked] = []
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            packages.append(_pin(line))
        elif found := _HASH.search(line):
            last = packages[-1]
            packages[-1] = msgspec.structs.replace(last, hashes=(*last.hashes, _digest(found[1], found[2])))
        elif found := _ASKED.match(line):
            last = packages[-1]
            packages[-1] = msgspec.structs.replace(last, asked_for_by=last.asked_for_by | {found[1]})
    return tuple(packages)


def _pin(line: str) -> Locked:
    found = _PINNED.match(line)
    if found is None:
        raise ValueError(f"{line!r} is not a package with one version")
    return Locked(found["name"], found["version"], found["marker"] or "")


def read_npm_lock(text: str) -> tuple[Locked, ...]:
    """The packages of a `package-lock.json`, without the project itself."""
    packages: dict[str, dict[str, Any]] = msgspec.json.decode(text)["packages"]
    return tuple(
        Locked(
            path.rpartition(_NPM_FOLDER)[2],
            about["version"],
            hashes=tuple(map(_from_integrity, about.get("integrity", "").split())),
            licence=about.get("license", ""),
            is_for_tests=about.get("dev", False),
        )
        for path, about in packages.items()
        if path
    )


def _from_integrity(text: str) -> Digest:
    """From the form of browsers, `sha512-` and base64."""
    algorithm, _, digest = text.partition("-")
    return _digest(algorithm, base64.b64decode(digest).hex())


def _digest(algorithm: str, content: str) -> Digest:
    return Digest(_ALGORITHMS[algorithm], content)
