"""A platform that deploys this repository as Heroku and its likes do, by its Procfile alone.

    platform = Platform(folder, config, grace=10)
    platform.deploy()                      # what a `git push` sets off: build, release phase, start, health check
    with platform.client() as client: ...  # through its router, by the app's public name
    killed = platform.restart()            # SIGTERM, grace, SIGKILL if need be; then the same slug again

What is on its disk outlives everything, what is in a slug's folder nothing. The build takes what the tests run on for
the installed requirements, and npm's packages from this checkout; with FULL_INSTALL=1 it installs both.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

import httpx

from tests.fakes.image import FULL_INSTALL
from tests.fakes.signed_in import sign_in
from webapp.app import ROOT
from webapp.operations.lockfiles import read_requirements

BOOT_TIMEOUT: Final = 30.0  # seconds
PUBLIC: Final = "chat.example.org"
# What a slug finds of a system: no Node, and no Python but the buildpack's.
TOOLS: Final = ("sh", "env", "cat", "cmp", "cp", "dirname", "mkdir", "mktemp", "rm")
NPM: Final = f'#!/bin/sh\n[ "$1" = ci ] && cp -R "{ROOT}/node_modules" .\n'


class DeployError(Exception):
    """A step of a deployment failed; the text is its output."""


class Platform:
    def __init__(self, folder: Path, config: Mapping[str, str], *, grace: float) -> None:
        self.disk = folder / "disk"
        self.log = folder / "log"
        self.config = dict(config)
        self.grace = grace
        self._folder = folder
        self._tools = folder / "tools"
        self._python = Path(sys.prefix)
        self._slug = folder / "slug"
        self._dyno = folder / "dyno"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.disk.mkdir()
        self._install_system()

    # What an operator does

    def deploy(self) -> None:
        """Raises DeployError, and leaves what runs as it is, where the build or the release phase fails."""
        self._push()
        self._build()
        self.release()
        self.restart()

    def release(self) -> str:
        """The release phase of the slug, beside what runs; returns what it said."""
        return self._run(self._procfile()["release"], self._environ())

    def restart(self) -> bool:
        """Ends what runs and starts the slug in a fresh folder; returns whether the end took a SIGKILL."""
        killed = self.stop()
        shutil.rmtree(self._dyno, ignore_errors=True)
        shutil.copytree(self._slug, self._dyno, symlinks=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        with self.log.open("ab") as log:
            command = ["/bin/sh", "-c", f"exec {self._procfile()['web']}"]
            self._process = subprocess.Popen(
                command, cwd=self._dyno, env=self._environ(), stdout=log, stderr=log, start_new_session=True
            )
        self._wait_until_healthy()
        return killed

    def stop(self) -> bool:
        """SIGTERM to all processes of the dyno, SIGKILL after the grace; returns whether it came to that."""
        if self._process is None:
            return False
        process, self._process = self._process, None
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(self.grace)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        return False

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """The administrator's requests, as the router passes them on: for the public name, to whatever address."""
        address = f"http://127.0.0.1:{self._port}"
        with httpx.Client(
            base_url=address, headers={"host": PUBLIC}, trust_env=False, verify=False, timeout=20
        ) as client:
            sign_in(client)
            yield client

    # What goes on inside

    def _install_system(self) -> None:
        self._tools.mkdir()
        for name in TOOLS:
            (self._tools / name).symlink_to(shutil.which(name) or name)
        if not FULL_INSTALL:
            (self._tools / "npm").write_text(NPM)
            (self._tools / "npm").chmod(0o755)

    def _push(self) -> None:
        """What a clone has once the tree as it stands is committed."""
        shutil.rmtree(self._slug, ignore_errors=True)
        self._slug.mkdir()
        git = ["git", f"--git-dir={self._folder / 'repository'}", f"--work-tree={ROOT}"]
        subprocess.run(["git", "init", "--quiet", "--bare", self._folder / "repository"], check=True)
        subprocess.run([*git, "add", "--all"], cwd=ROOT, check=True)
        tree = subprocess.run([*git, "write-tree"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
        archive = subprocess.run([*git, "archive", tree], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x"], cwd=self._slug, input=archive, check=True)

    def _build(self) -> None:
        if FULL_INSTALL:
            self._python = self._folder / "python"
            subprocess.run([sys.executable, "-m", "venv", self._python], check=True)
            # As the buildpacks say it: the hashes in the file are reason enough for pip to ask for all of them.
            self._run("python -m pip install -qq --disable-pip-version-check -r requirements.txt", self._system())
        else:
            self._check_requirements()
        self._run("bin/post_compile", self._system())
        self._run("python -m compileall -q webapp", self._system())  # or each start of a test would do that anew

    def _check_requirements(self) -> None:
        for package in read_requirements((self._slug / "requirements.txt").read_text()):
            if not package.marker:
                assert version(package.name) == package.version, f"{package.name} is not what requirements.txt says"

    def _procfile(self) -> dict[str, str]:
        lines = (self._slug / "Procfile").read_text().splitlines()
        return {name: command.strip() for name, _, command in (line.partition(":") for line in lines)}

    def _run(self, command: str, environ: dict[str, str]) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=self._slug, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise DeployError(done.stdout + done.stderr)
        return done.stdout + done.stderr

    def _system(self) -> dict[str, str]:
        return {"PATH": f"{self._python / 'bin'}:{self._tools}", "HOME": os.environ.get("HOME", "/")}

    def _environ(self) -> dict[str, str]:
        return {**self._system(), "PORT": str(self._port), "PYTHONWARNINGS": "error", **self.config}

    def _wait_until_healthy(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + BOOT_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                raise DeployError(self.log.read_text())
            try:
                if (
                    httpx.get(f"http://127.0.0.1:{self._port}/healthz", trust_env=False, verify=False).status_code
                    == 200
                ):
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.stop()
        raise DeployError(f"Nothing answered in {BOOT_TIMEOUT:g} s:\n{self.log.read_text()}")
