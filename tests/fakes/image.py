"""The Dockerfile as a builder reads it, and what it makes, in a folder in place of an image.

What needs a network is not run but stood in for by what the tests run on; FULL_INSTALL=1 runs that as well.
"""

import fnmatch
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from webapp.app import ROOT

FULL_INSTALL: Final = os.environ.get("FULL_INSTALL") == "1"


class Instruction(NamedTuple):
    word: str
    rest: str


class Stage(NamedTuple):
    base: str
    name: str
    instructions: list[Instruction]

    def all(self, word: str) -> list[str]:
        return [one.rest for one in self.instructions if one.word == word]


def read_dockerfile() -> list[Stage]:
    stages: list[Stage] = []
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name, []))
        elif line and not line.startswith("#"):
            stages[-1].instructions.append(Instruction(word, rest))
    return stages


def is_sent(path: str) -> bool:
    """Whether a builder gets a file of the checkout: the last line of .dockerignore that fits it, or a folder of it."""
    sent, parts = True, path.split("/")
    folders = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if pattern and not pattern.startswith("#") and any(_fits(folder, pattern) for folder in folders):
            sent = line.startswith("!")
    return sent


def _fits(folder: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(folder.rpartition("/")[2], pattern[3:])
    return folder.count("/") == pattern.count("/") and fnmatch.fnmatch(folder, pattern)


class Image:
    """The last stage, built: a folder that stands for the root of its file system, with nothing in it to be written."""

    def __init__(self, folder: Path) -> None:
        self._roots: dict[str, Path] = {}
        self._workdir = "/"
        self.environ: dict[str, str] = {}
        self.command: list[str] = []
        self.health: list[str] = []
        for number, stage in enumerate(read_dockerfile()):
            self.root = folder / str(number)
            self.root.mkdir()
            self._roots[stage.name] = self.root
            self._workdir = "/"
            for instruction in stage.instructions:
                self._build(*instruction)
        _make_read_only(self.root)

    @property
    def workdir(self) -> Path:
        return self._place(self._workdir)

    @property
    def data(self) -> Path:
        return self._place("/data")

    def find(self, program: str) -> str:
        """Where the PATH of the image has it; a link out of the image is what a quick build has for an interpreter."""
        return str(self._place("/venv/bin") / program)

    def written(self) -> dict[str, int]:
        """Every file outside the folder for data, and when it was changed last."""
        venv = self._place("/venv")
        files = (path for path in self.root.rglob("*") if not path.is_relative_to(self.data))
        return {
            str(path): path.lstat().st_mtime_ns for path in files if not (venv.is_symlink() and venv in path.parents)
        }

    def _build(self, word: str, rest: str) -> None:
        if word == "WORKDIR":
            self._workdir = rest
            self.workdir.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            self._copy(rest.split())
        elif word == "RUN":
            self._run(rest)
        elif word == "ENV":
            self.environ |= dict(pair.split("=", 1) for pair in rest.split())
        elif word == "CMD":
            self.command = json.loads(rest)
        elif word == "HEALTHCHECK":
            self.health = json.loads(rest.partition(" CMD ")[2])

    def _copy(self, arguments: list[str]) -> None:
        *sources, target = arguments
        origin = ROOT
        if sources[0].startswith("--from="):
            origin = self._roots[sources.pop(0).removeprefix("--from=")]
        for source in sources:
            found, place = origin / source.lstrip("/"), self._place(target)
            if target.endswith("/"):
                place /= found.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(
                    found, place, symlinks=True, dirs_exist_ok=True, ignore=_unsent if origin == ROOT else None
                )
            else:
                assert origin != ROOT or is_sent(source), f"{source} is not sent to the builder"
                shutil.copy2(found, place, follow_symlinks=False)

    def _run(self, command: str) -> None:
        if not FULL_INSTALL and command.startswith("npm ci"):
            shutil.copytree(ROOT / "node_modules", self.workdir / "node_modules")
        elif not FULL_INSTALL and " -m venv " in command:
            self._place("/venv").symlink_to(sys.prefix)
        elif FULL_INSTALL or " -m pip " not in command:
            here = command.replace(" /", f" {self.root}/").replace("$USER_ID", str(os.geteuid()))
            if here.startswith("/"):
                here = f"{self.root}{here}"
            subprocess.run(["/bin/sh", "-ec", here], cwd=self.workdir, check=True, capture_output=True)

    def _place(self, path: str) -> Path:
        """Where in the folder a path of the image is."""
        return self.root / (path if path.startswith("/") else f"{self._workdir}/{path}").lstrip("/")


def _unsent(folder: str, names: list[str]) -> set[str]:
    inside = Path(folder).relative_to(ROOT)
    return {name for name in names if not is_sent((inside / name).as_posix())}


def _make_read_only(root: Path) -> None:
    """All but the folder for data."""
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink() and path != root / "data":
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~0o222)
