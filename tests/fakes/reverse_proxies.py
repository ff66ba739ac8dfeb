"""nginx and Caddy as docs/deploy sets them up, on a port of the test's own and without TLS."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from webapp.app import ROOT

RECIPES: Final = ROOT / "docs" / "deploy"
START_TIMEOUT: Final = 10.0  # seconds

NGINX: Final = """
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""
CADDY: Final = "{{\n\tadmin off\n\tauto_https off\n}}\n{site}\n"


class Recipe(NamedTuple):
    """A file of docs/deploy: the program that reads it, where it puts the app, and under which name."""

    program: str
    file: str
    host: str
    root: str

    @property
    def path(self) -> str | None:
        """The program, where it is installed; distributions have servers where only root looks."""
        return shutil.which(self.program) or shutil.which(self.program, path="/usr/sbin:/usr/local/sbin")


def nginx(recipe: str, folder: Path, port: int) -> list[str]:
    """The command for nginx with the first server of a recipe, or with what a recipe has for within a server."""
    listen = f"listen 127.0.0.1:{port};"
    if "server {" in recipe:
        server = recipe.partition("\n}\n")[0] + "\n}\n"
        server = re.sub(r"^\s*(listen|ssl_\w+) .*\n", "", server, flags=re.MULTILINE)
        server = server.replace("server {", f"server {{ {listen}", 1)
    else:
        server = f'server {{ {listen}\n{recipe}\nlocation / {{ return 404 "Elsewhere"; }} }}'
    config = folder / "nginx.conf"
    user = "user root root;" if os.geteuid() == 0 else ""  # the folder is nobody else's
    config.write_text(NGINX.format(folder=folder, server=server, user=user))
    return ["-p", str(folder), "-c", str(config)]


def caddy(recipe: str, folder: Path, port: int) -> list[str]:
    config = folder / "Caddyfile"
    site = re.sub(r"^([a-z.]+) \{", rf"http://\1:{port} {{\n\tbind 127.0.0.1", recipe, count=1, flags=re.MULTILINE)
    config.write_text(CADDY.format(site=site))
    return ["run", "--adapter", "caddyfile", "--config", str(config)]


COMMANDS: Final[dict[str, Callable[[str, Path, int], list[str]]]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def in_front_of(upstream: int, recipe: Recipe, folder: Path) -> Iterator[str]:
    """The address at which the program of a recipe listens, with a server on port `upstream` behind it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = (RECIPES / recipe.file).read_text().replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    arguments = COMMANDS[recipe.program](text, folder, port)
    assert recipe.path is not None
    with (folder / "log").open("wb") as log:
        environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        process = subprocess.Popen([recipe.path, *arguments], stdout=log, stderr=log, env=environ)
    try:
        _wait_until_listening(process, port, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise AssertionError(f"It does not listen:\n{log.read_text()}")
